"""What clients send. Unknown members are refused: a misspelt one must not be ignored silently."""

from functools import cache
from typing import Annotated, Any, Literal, Self
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from api.schemas import text
from workflows.domain.bundle import ResultCode
from workflows.domain.supervision import SupervisionClass


class Body(BaseModel):
    """What every request body keeps to, in its own members and in all below them: see `text`."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _is_clean(cls, given: Any) -> Any:
        return text.clean_body(cls, given)

    @model_validator(mode="after")
    def _times_are_sane(self) -> Self:
        text.check_times(self)
        return self


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(text.one_line)]
NoteText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000)]
Code = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=6, max_length=32),
    Field(description="Six digits of the authenticator app, or a recovery code.", examples=["123456"]),
]
Password = Annotated[str, StringConstraints(min_length=1, max_length=1_000), text.VERBATIM]
Version = Annotated[
    int,
    Field(ge=1, le=text.LARGEST_VERSION, description="The `version` the change is based on; another one by now is a 409."),
]


# -- auth


class Login(Body):
    username: Line = Field(examples=["operator"])
    password: Password
    code: Code | None = Field(default=None, description="Of the second factor; asked for by SECOND_FACTOR_REQUIRED.")
    keep: Literal["cookie", "body"] = Field(
        default="cookie",
        description="Where the refresh token goes: an HttpOnly cookie (browsers) or the answer (everything else).",
    )


class Refresh(Body):
    refresh_token: str | None = Field(default=None, max_length=200, description="Left out when the cookie has it.")


class PasswordChange(Body):
    current_password: Password
    new_password: Annotated[str, text.VERBATIM] = Field(
        max_length=10_000,  # far beyond the policy, whose reasons have codes of their own
        description="12 to 1000 characters, without the user name, not easy to guess.",
    )


# -- alarms


class Act(Body):
    version: Version
    note: NoteText | None = Field(default=None, description="Required by `ack` where the alarm says `requires_note`.")


class Resolve(Act):
    result_code: ResultCode | None = Field(default=None, description="How it ended.")


class TakeOver(Act):
    note: NoteText = Field(description="Why it is taken from whoever holds it.")


class AddNote(Body):
    version: Version
    text: NoteText


# -- panels


@cache
def _zones() -> frozenset[str]:
    """Looked up once: it walks folders."""
    return frozenset(available_timezones())


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("no such time zone")
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone), Field(examples=["Europe/Warsaw"])]
Host = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9.:_-]{1,253}$")]
Port = Annotated[int, Field(ge=1, le=65_535)]
IntegrationKey = Annotated[
    str,
    StringConstraints(min_length=1, max_length=12),
    AfterValidator(text.one_line),
    text.VERBATIM,
    Field(description="Of the ETHM-1; never told again."),
]
CommandCode = Annotated[
    str,
    StringConstraints(pattern=r"^([0-9]{1,8}-)?[0-9]{4,8}$"),
    text.VERBATIM,
    Field(description="Of the panel's user that commands are given with; a code prefix before a hyphen. Never told again."),
]


class NewPanel(Body):
    object_id: UUID
    name: Line
    host: Host
    port: Port = 7094
    integration_key: IntegrationKey | None = Field(default=None, description="Left out: a plain line.")
    command_code: CommandCode | None = Field(default=None, description="Left out: the panel takes no commands.")
    time_zone: TimeZone | None = Field(default=None, description="Of the panel's clock; left out: the installation's.")
    enabled: bool = True
    supervision_class: SupervisionClass = Field(
        default=SupervisionClass.SP5,
        description="How soon the loss of its line is an alarm: SP6 20 s, SP5 90 s, SP4 3 min, SP3 30 min, SP2 25 h.",
    )


class PanelChange(Body):
    """Only the members that are there change."""

    version: Version
    name: Line | None = None
    host: Host | None = None
    port: Port | None = None
    integration_key: IntegrationKey | None = Field(default=None, description="null makes the line plain.")
    command_code: CommandCode | None = Field(default=None, description="null: no more commands.")
    time_zone: TimeZone | None = None
    enabled: bool | None = None
    supervision_class: SupervisionClass | None = Field(default=None, description="Takes effect at once; the line stays up.")

    @model_validator(mode="after")
    def _nothing_is_emptied(self) -> Self:
        needed = {"name", "host", "port", "enabled", "supervision_class"}
        emptied = sorted(name for name in self.model_fields_set & needed if getattr(self, name) is None)
        if emptied:
            raise ValueError(f"{', '.join(emptied)} cannot be null")
        return self
