"""What clients send about objects."""

from datetime import time
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StrictBool, StringConstraints, model_validator

from activities.db.models.objects import ObjectStatus
from api.schemas.requests import Body, Line, Version
from workflows.domain.alarm import NOTE_REQUIRED, AlarmType, Priority, lowered
from workflows.domain.response import StepKind
from workflows.domain.service import MOST_MINUTES

Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000)]
Phone = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9][0-9 ()/-]{2,28}$"), Field(examples=["+48 600 100 200"])
]


def _both_or_none(lat: float | None, lon: float | None) -> None:
    if (lat is None) is not (lon is None):
        raise ValueError("lat and lon belong together: give both or neither")


class NewObject(Body):
    name: Line
    address: Line
    kind: Line = Field(examples=["shop"])
    external_number: Line = Field(description="The customer's own number; unique.")
    lat: Latitude | None = None
    lon: Longitude | None = None

    @model_validator(mode="after")
    def _a_point(self) -> Self:
        _both_or_none(self.lat, self.lon)
        return self


class ObjectChange(Body):
    """Only the members that are there change; `lat` and `lon` go together, null takes them away."""

    version: Version
    name: Line | None = None
    address: Line | None = None
    kind: Line | None = None
    external_number: Line | None = None
    status: ObjectStatus | None = Field(default=None, description="Service mode has an end, and is begun in its own way.")
    lat: Latitude | None = None
    lon: Longitude | None = None

    @model_validator(mode="after")
    def _nothing_is_emptied(self) -> Self:
        needed = {"name", "address", "kind", "external_number", "status"}
        if emptied := sorted(name for name in self.model_fields_set & needed if getattr(self, name) is None):
            raise ValueError(f"{', '.join(emptied)} cannot be null")
        if len(self.model_fields_set & {"lat", "lon"}) == 1:
            raise ValueError("lat and lon belong together: give both or neither")
        _both_or_none(self.lat, self.lon)
        return self


class Restore(Body):
    version: Version


# -- contacts and procedure


class PlanContact(Body):
    """A code word is a secret and has its own place."""

    id: UUID | None = Field(default=None, description="Of a contact that stays; a new one may bring an id of yours, or none.")
    name: Line
    phone: Phone
    call_from: time | None = Field(default=None, description="Local time; together with `call_until`. May span midnight.")
    call_until: time | None = None
    note: Note | None = None

    @model_validator(mode="after")
    def _hours(self) -> Self:
        if (self.call_from is None) is not (self.call_until is None):
            raise ValueError("call_from and call_until belong together: give both or neither")
        if self.call_from is not None and self.call_from == self.call_until:
            raise ValueError("call_from and call_until are the same: leave both out for any hour")
        return self


class PlanStep(Body):
    id: UUID | None = Field(default=None, description="As for contacts.")
    kind: StepKind
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
    contact_id: UUID | None = Field(default=None, description="Of a contact in this document; only for CALL.")
    alarm_type: AlarmType | None = Field(
        default=None, description="For alarms of this type alone; without it for every type that has no steps of its own."
    )

    @model_validator(mode="after")
    def _calls_only(self) -> Self:
        if self.contact_id is not None and self.kind is not StepKind.CALL:
            raise ValueError(f"contact_id: a {self.kind} step calls nobody")
        return self


class ResponsePlan(Body):
    version: Version
    contacts: Annotated[list[PlanContact], Field(max_length=50, description="In call order.")]
    steps: Annotated[list[PlanStep], Field(max_length=100, description="In their order.")]


# -- how its alarms are treated


def _not_lowered(priorities: dict[AlarmType, Priority]) -> dict[AlarmType, Priority]:
    if wrong := lowered(priorities):
        raise ValueError(f"{', '.join(wrong)} is always CRITICAL")
    return priorities


def _note_stays(required: dict[AlarmType, bool]) -> dict[AlarmType, bool]:
    if wrong := sorted(kind for kind in NOTE_REQUIRED if required.get(kind) is False):
        raise ValueError(f"{', '.join(wrong)} always needs a note")
    return required


class AlarmConfig(Body):
    """The whole configuration: what is left out is as everywhere."""

    version: Version
    join_window_seconds: Annotated[int, Field(ge=10, le=86_400)] | None = Field(
        default=None, description="So long after the last event a new one joins the open alarm."
    )
    priorities: Annotated[dict[AlarmType, Priority], AfterValidator(_not_lowered)] = Field(default_factory=dict)
    requires_note: Annotated[dict[AlarmType, StrictBool], AfterValidator(_note_stays)] = Field(default_factory=dict)
    service_max_minutes: Annotated[int, Field(ge=1, le=MOST_MINUTES)] | None = Field(
        default=None, description="The longest service mode that may be begun here."
    )
    never_silenced: Annotated[list[AlarmType], Field(max_length=len(AlarmType))] = Field(
        default_factory=list, description="Types that sound in service mode too, beside hold-up and duress."
    )
    two_person: StrictBool = Field(
        default=False, description="Disarming, isolating and long service mode need a second person (flag `two_person`)."
    )


# -- assignments


class Assignees(Body):
    """`before`: who had it when you looked; somebody else by now is a 409."""

    before: Annotated[list[UUID], Field(max_length=3_000)]
    users: Annotated[list[UUID], Field(max_length=3_000)]


class AssignedObjects(Body):
    """`before`: what the user had when you looked; something else by now is a 409."""

    before: Annotated[list[UUID], Field(max_length=3_000)]
    objects: Annotated[list[UUID], Field(max_length=3_000)]
