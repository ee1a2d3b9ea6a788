"""What clients send about escalation: policies, rotas, addresses, apps."""

import re
from datetime import date, time, timedelta
from typing import Annotated, Final, Self
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, model_validator

from activities.notify.fcm import BadServiceAccount, ServiceAccount
from api.schemas import text
from api.schemas.requests import Body, Line, TimeZone, Version
from api.schemas.text import Moment
from workflows.domain.alarm import Priority
from workflows.domain.escalation import ESCALATED, OF_PEOPLE, Channel, Platform, TargetKind, fault_of_levels

_LONGEST: Final = 86_400  # s
_EMAIL: Final = re.compile(r"[^@\s<>,;\"]{1,64}@[A-Za-z0-9.-]{1,190}", re.ASCII)
_PHONE: Final = re.compile(r"\+[0-9]{6,15}")  # E.164

Seconds = Annotated[int, Field(ge=60, le=_LONGEST)]


class Step(Body):
    channel: Channel
    target: TargetKind
    user_id: UUID | None = None
    rota_id: UUID | None = Field(default=None, description="Whoever is on call when it rings.")
    address_id: UUID | None = Field(default=None, description="A notification channel, of the channel's kind.")

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        given = {TargetKind.USER: self.user_id, TargetKind.ROTA: self.rota_id, TargetKind.ADDRESS: self.address_id}
        if [kind for kind, value in given.items() if value is not None] != [self.target]:
            raise ValueError(f"target {self.target} has exactly its own id: user_id, rota_id or address_id")
        if self.target is not TargetKind.ADDRESS and self.channel not in OF_PEOPLE:
            raise ValueError(f"{self.channel} reaches an address of the installation, not a person")
        if self.target is TargetKind.ADDRESS and self.channel is Channel.PUSH:
            raise ValueError("PUSH reaches people: their apps")
        return self


class Level(Body):
    after_seconds: Annotated[int, Field(ge=0, le=_LONGEST, description="So long nobody must have had the alarm.")]
    steps: Annotated[list[Step], Field(min_length=1, max_length=20)]


def _escalated(priority: Priority) -> Priority:
    if priority not in ESCALATED:
        raise ValueError(f"only {', '.join(sorted(ESCALATED))} alarms are escalated")
    return priority


class NewPolicy(Body):
    name: Line
    priority: Annotated[Priority, AfterValidator(_escalated)] = Priority.CRITICAL
    is_default: bool = Field(default=False, description="For every object without a policy of its own; there is one.")
    object_ids: Annotated[list[UUID], Field(max_length=3_000)] = Field(
        default_factory=list, description="Objects that have this one instead of the default one."
    )
    levels: Annotated[list[Level], Field(max_length=10, description="L1 first; each no earlier than the one before it.")]
    left_after_seconds: Seconds | None = Field(
        default=900, description="A claimed alarm about which nothing is done for so long rings again; null: never."
    )
    repeat_after_seconds: Seconds | None = Field(
        default=1_800, description="So long after the last level all ring again; null: never."
    )
    attempts: Annotated[int, Field(ge=1, le=10)] = 4
    retry_after_seconds: Annotated[int, Field(ge=1, le=300, description="The first pause; each is twice the one before.")] = 5

    @model_validator(mode="after")
    def _levels_ascend(self) -> Self:
        if fault := fault_of_levels(timedelta(seconds=level.after_seconds) for level in self.levels):
            raise ValueError(fault)
        if len(set(self.object_ids)) < len(self.object_ids):
            raise ValueError("object_ids: an object is there twice")
        return self


class Policy(NewPolicy):
    """The whole policy."""

    version: Version


class NewRota(Body):
    name: Line
    time_zone: TimeZone
    first_on: date = Field(description="The first handover, to the first member; all are on this weekday.")
    handover_at: time = Field(description="Local time.", examples=["08:00"])
    members: Annotated[list[UUID], Field(min_length=1, max_length=100, description="In their turns, a week each.")]

    @model_validator(mode="after")
    def _on_the_wall(self) -> Self:
        if self.handover_at.tzinfo is not None:
            raise ValueError("handover_at is local time, without a zone")
        if not text.EARLIEST <= self.first_on.year <= text.LATEST:
            raise ValueError(f"first_on must be between the years {text.EARLIEST} and {text.LATEST}")
        return self


class Rota(NewRota):
    version: Version


class NewOverride(Body):
    user_id: UUID
    since: Moment
    until: Moment

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.since >= self.until:
            raise ValueError("until must be after since")
        return self


ChannelSecret = Annotated[
    SecretStr,
    Field(
        min_length=1, max_length=8_000, description="Webhook: signs it. PagerDuty: the routing key. Push: the service account."
    ),
    text.VERBATIM,
]
Address = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=500),
    AfterValidator(text.one_line),
    Field(examples=["+48600100200"]),
]


class NewChannel(Body):
    kind: Channel
    label: Line
    address: Address = Field(default="", description="E-mail address, phone number or URL; none for PAGERDUTY and PUSH.")
    user_id: UUID | None = Field(default=None, description="Whom it reaches; null: an address of the installation.")
    secret: ChannelSecret | None = None
    enabled: bool = True

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.user_id is not None and self.kind not in OF_PEOPLE - {Channel.PUSH}:
            raise ValueError(f"user_id: {self.kind} is not an address of a person")
        check_address(self.kind, self.address)
        check_secret(self.kind, self.secret)
        return self


class ChannelChange(Body):
    """Only the members that are there change."""

    version: Version
    label: Line | None = None
    address: Address | None = None
    secret: ChannelSecret | None = None
    enabled: bool | None = None

    @model_validator(mode="after")
    def _something_changes(self) -> Self:
        if not self.model_fields_set - {"version"}:
            raise ValueError("nothing to change: give label, address, secret or enabled")
        emptied = sorted(name for name in self.model_fields_set if getattr(self, name) is None)
        if emptied:
            raise ValueError(f"{', '.join(emptied)} cannot be null")
        return self


def check_address(kind: Channel, address: str) -> None:
    """Raises ValueError, in words."""
    match kind:
        case Channel.EMAIL if not _EMAIL.fullmatch(address):
            raise ValueError("address: not an e-mail address")
        case Channel.SMS if not _PHONE.fullmatch(address):
            raise ValueError("address: not a phone number as +48600100200")
        case Channel.WEBHOOK:
            _check_url(address)
        case Channel.PAGERDUTY | Channel.PUSH if address:
            raise ValueError(f"address: {kind} has none")
        case _:
            return


def _check_url(address: str) -> None:
    try:
        url = urlsplit(address)
        good = url.scheme in {"https", "http"} and bool(url.hostname) and url.username is None and url.port != 0
    except ValueError:
        good = False
    if not good or not address.isascii() or " " in address:
        raise ValueError("address: not a URL as https://example.org/hook, without a user name")


def check_secret(kind: Channel, secret: SecretStr | None) -> None:
    """Raises ValueError, in words, without the secret."""
    if kind in OF_PEOPLE - {Channel.PUSH}:
        if secret is not None:
            raise ValueError(f"secret: {kind} has none")
        return
    if secret is None:
        raise ValueError(f"secret: {kind} needs one")
    if kind is Channel.PUSH:
        try:
            ServiceAccount.parse(secret.get_secret_value())
        except BadServiceAccount as error:
            raise ValueError(f"secret: {error}") from None


class NewDevice(Body):
    platform: Platform
    token: Annotated[SecretStr, Field(min_length=16, max_length=4_096, description="Of FCM; never told again."), text.VERBATIM]
    label: Line = Field(examples=["Pixel 9"])
    in_background: bool = Field(
        default=True, description="false: the app shows alarms by itself, as long as it goes on saying so."
    )
