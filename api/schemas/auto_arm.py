"""What clients send about auto-arm."""

from datetime import date, time
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from activities.auto_arm_calendars import is_region
from api.schemas.panel_parts import PartitionNumber
from api.schemas.requests import Body, Line, TimeZone, Version
from workflows.domain.auto_arm import OpenZones
from workflows.domain.command import ArmMode
from workflows.domain.schedule import HolidayPolicy


def _once(numbers: list[int]) -> list[int]:
    if twice := sorted({number for number in numbers if numbers.count(number) > 1}):
        raise ValueError(f"given twice: {', '.join(map(str, twice))}")
    return sorted(numbers)


def _known_region(region: str) -> str:
    if not is_region(region):
        raise ValueError("no public holidays of it are known")
    return region


Partitions = Annotated[list[PartitionNumber], Field(min_length=1, max_length=32), AfterValidator(_once)]
Weekdays = Annotated[
    list[Annotated[int, Field(ge=1, le=7)]],
    Field(min_length=1, max_length=7, description="ISO: 1 is Monday.", examples=[[1, 2, 3, 4, 5]]),
    AfterValidator(_once),
]
Clock = Annotated[
    str,
    StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"),
    Field(description="Local time.", examples=["20:00"]),
]
Minutes = Annotated[int, Field(ge=0, le=720)]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2199, 12, 31))]
Region = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,4})?$"),
    AfterValidator(_known_region),
    Field(description="Whose public holidays count; own dates always do.", examples=["PL", "DE-BY"]),
]
_DEADLINE = Field(default=30, description="So long after its time it is tried; then it is an alarm.")
_WARN = Field(default=15, description="So long before its time operators are told.")
_POSTPONE = Field(default=60, description="So long after its time it may be put off.")


class NewSchedule(Body):
    panel_id: UUID
    name: Line
    partitions: Partitions
    weekdays: Weekdays
    at: Clock
    time_zone: TimeZone | None = Field(default=None, description="Left out: the panel's.")
    arm_mode: ArmMode = ArmMode.FULL
    forced: bool = Field(default=False, description="Arm whatever is open, without trying first.")
    warn_minutes: Minutes = _WARN
    postpone_minutes: Minutes = _POSTPONE
    open_zones: OpenZones = OpenZones.WAIT
    deadline_minutes: Minutes = _DEADLINE
    holidays: HolidayPolicy = HolidayPolicy.USUAL
    region: Region | None = None
    enabled: bool = True
    valid_from: Day | None = None
    valid_until: Day | None = None

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.valid_from is not None and self.valid_until is not None and self.valid_until < self.valid_from:
            raise ValueError("valid_until must not be before valid_from")
        return self


_MAY_BE_NULL = frozenset({"time_zone", "region", "valid_from", "valid_until"})


class ScheduleChange(Body):
    """Only the members that are there change."""

    version: Version
    name: Line | None = None
    partitions: Partitions | None = None
    weekdays: Weekdays | None = None
    at: Clock | None = None
    time_zone: TimeZone | None = Field(default=None, description="null: the panel's.")
    arm_mode: ArmMode | None = None
    forced: bool | None = None
    warn_minutes: Minutes | None = None
    postpone_minutes: Minutes | None = None
    open_zones: OpenZones | None = None
    deadline_minutes: Minutes | None = None
    holidays: HolidayPolicy | None = None
    region: Region | None = None
    enabled: bool | None = None
    valid_from: Day | None = None
    valid_until: Day | None = None

    @model_validator(mode="after")
    def _nothing_is_emptied(self) -> Self:
        emptied = sorted(name for name in self.model_fields_set - _MAY_BE_NULL if getattr(self, name) is None)
        if emptied:
            raise ValueError(f"{', '.join(emptied)} cannot be null")
        return self


def columns(body: NewSchedule | ScheduleChange, *, given_only: bool) -> dict[str, Any]:
    """The members as the row has them."""
    found = body.model_dump(exclude_unset=given_only, exclude={"version", "exceptions"})
    if "at" in found:
        found["at"] = time.fromisoformat(found["at"])
    if "arm_mode" in found:
        found["arm_mode"] = int(found["arm_mode"])
    return found


class ExceptionDay(Body):
    day: Day
    at: Clock | None = Field(default=None, description="null: no firing on that day.")


def _days_once(days: list[ExceptionDay]) -> list[ExceptionDay]:
    if len({one.day for one in days}) < len(days):
        raise ValueError("a day is given twice")
    return days


class Exceptions(Body):
    """`version`: the schedule's."""

    version: Version
    exceptions: Annotated[list[ExceptionDay], Field(max_length=366), AfterValidator(_days_once)]


class Draft(NewSchedule):
    """A schedule as it would be."""

    exceptions: Annotated[list[ExceptionDay], Field(max_length=366), AfterValidator(_days_once)] = Field(default_factory=list)


class HolidayName(Body):
    name: Line


class Decision(Body):
    reason: Line | None = Field(default=None, description="For the audit log.")


class Postpone(Decision):
    minutes: Annotated[int, Field(ge=1, le=720, description="Later than now planned.")]
