"""What clients send about users, their sessions and their tokens."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from api.schemas.requests import Body, Code, Line, Password, Version
from workflows.domain.permissions import Role, ServiceRole

Username = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{1,63}$"),
    Field(examples=["j.kowalska"], description="Letters, digits and . _ @ -; kept in lower case."),
]
Locale = Literal["pl", "en"]
Given = Annotated[str | None, Field(max_length=1_000, description="Left out: the server makes one and tells it once.")]


class NewUser(Body):
    username: Username
    display_name: Line
    role: Role
    locale: Locale = "pl"
    password: Given = None

    @model_validator(mode="after")
    def _programs_have_no_password(self) -> Self:
        if self.role is Role.SYSTEM and self.password is not None:
            raise ValueError("a service account has no password")
        return self


class UserChange(Body):
    """Only the members that are there change."""

    version: Version
    display_name: Line | None = None
    role: Role | None = None
    locale: Locale | None = None
    active: bool | None = None

    @model_validator(mode="after")
    def _nothing_is_emptied(self) -> Self:
        emptied = sorted(name for name in self.model_fields_set if getattr(self, name) is None)
        if emptied:
            raise ValueError(f"{', '.join(emptied)} cannot be null")
        return self


class PasswordReset(Body):
    version: Version
    password: Given = None


class AtVersion(Body):
    version: Version


class ByPassword(Body):
    password: Password


class ByCode(Body):
    code: Code


class ByBoth(Body):
    password: Password
    code: Code


class NewServiceToken(Body):
    user_id: UUID = Field(description="A user of role SYSTEM.")
    name: Line = Field(description="What it is for.")
    service_role: ServiceRole
    expires_in_days: int = Field(default=90, ge=1, le=366)
