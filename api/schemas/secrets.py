"""What clients send about secrets and their reveals. `SecretStr`: a value is in no repr, and so in no log."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, SecretStr, StringConstraints, model_validator

from api.schemas import text
from api.schemas.requests import Body, Line, Version
from workflows.domain.reveal import MIN_REASON, SecretKind

Value = Annotated[
    SecretStr, Field(min_length=1, max_length=1_000, description="Sealed at once; told by a reveal alone."), text.VERBATIM
]
# PostgreSQL keeps no NUL in a text.
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=MIN_REASON, max_length=500, pattern=r"^[^\x00]*$")]


class NewSecret(Body):
    kind: SecretKind
    label: Line = Field(description="What it opens. No secret: it is shown in lists.", examples=["Back door"])
    value: Value
    contact_id: UUID | None = Field(default=None, description="Whose code word it is: a contact of the object.")
    panel_id: UUID | None = Field(default=None, description="Whose user code it is: a panel of the object.")
    user_number: int | None = Field(default=None, ge=1, le=255, description="In the panel.")


class SecretChange(Body):
    """Only the members that are there change."""

    version: Version
    label: Line | None = None
    value: Value | None = None

    @model_validator(mode="after")
    def _something_changes(self) -> Self:
        if self.label is None and self.value is None:
            raise ValueError("nothing to change: give label, value or both")
        return self


class NewReveal(Body):
    secret_id: UUID
    reason: Reason = Field(description="Why. Kept for the auditors.", examples=["Intervention, patrol at the gate"])
