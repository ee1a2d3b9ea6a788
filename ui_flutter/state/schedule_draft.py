"""An auto-arm schedule as it is being typed. Pure: texts in, what the API takes or what is wrong out."""

from dataclasses import dataclass, replace
from datetime import date, time
from typing import Any, Final
from uuid import UUID

from api.client.auto_arm import AutoArmException, AutoArmSchedule
from workflows.domain.auto_arm import OpenZones
from workflows.domain.command import ArmMode
from workflows.domain.schedule import HolidayPolicy

MINUTES_MOST: Final = 720
PARTITIONS_MOST: Final = 32
_MINUTES: Final = ("warn_minutes", "postpone_minutes", "deadline_minutes")
_DAYS: Final = ("valid_from", "valid_until")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDraft:
    """Texts as typed. `exceptions`: (day, time or "" for no firing). `version` None: a new one."""

    panel_id: str = ""
    name: str = ""
    partitions: str = ""
    weekdays: frozenset[int] = frozenset({1, 2, 3, 4, 5})
    at: str = "20:00"
    time_zone: str = ""
    arm_mode: ArmMode = ArmMode.FULL
    forced: bool = False
    warn_minutes: str = "15"
    postpone_minutes: str = "60"
    deadline_minutes: str = "30"
    open_zones: OpenZones = OpenZones.WAIT
    holidays: HolidayPolicy = HolidayPolicy.USUAL
    region: str = "PL"
    enabled: bool = True
    valid_from: str = ""
    valid_until: str = ""
    exceptions: tuple[tuple[str, str], ...] = ()
    version: int | None = None

    def with_weekday(self, day: int) -> "ScheduleDraft":
        """It changes sides."""
        return replace(self, weekdays=self.weekdays ^ {day})

    def with_partition(self, number: int) -> "ScheduleDraft":
        """It changes sides; what is no number is forgotten."""
        return replace(self, partitions=", ".join(map(str, sorted(set(numbers_of(self.partitions) or ()) ^ {number}))))

    def with_exception(self, day: str, at: str) -> "ScheduleDraft":
        """In the order of days; one for the same day is replaced."""
        others = tuple(one for one in self.exceptions if one[0] != day)
        return replace(self, exceptions=tuple(sorted((*others, (day, at)))))

    def without_exception(self, day: str) -> "ScheduleDraft":
        return replace(self, exceptions=tuple(one for one in self.exceptions if one[0] != day))

    def faults(self) -> dict[str, str]:
        """What is wrong, by field, as keys of words; nothing: it can be sent."""
        found: dict[str, str] = {}
        numbers = numbers_of(self.partitions)
        if not self.panel_id:
            found["panel_id"] = "schedule.fault.panel"
        if not self.name.strip():
            found["name"] = "schedule.fault.name"
        if not numbers or not all(1 <= number <= PARTITIONS_MOST for number in numbers):
            found["partitions"] = "schedule.fault.partitions"
        if not self.weekdays:
            found["weekdays"] = "schedule.fault.weekdays"
        if clock_of(self.at) is None:
            found["at"] = "schedule.fault.at"
        for name in _MINUTES:
            text = getattr(self, name).strip()
            if not text.isdecimal() or int(text) > MINUTES_MOST:
                found[name] = "schedule.fault.minutes"
        for name in _DAYS:
            if getattr(self, name).strip() and day_of(getattr(self, name)) is None:
                found[name] = "schedule.fault.day"
        first, last = day_of(self.valid_from), day_of(self.valid_until)
        if first is not None and last is not None and last < first:
            found["valid_until"] = "schedule.fault.order"
        return found

    def members(self) -> dict[str, Any]:
        """For `AutoArm.create` and `change`, but for panel and exceptions. Only when nothing is wrong."""
        return {
            "name": self.name.strip(),
            "partitions": sorted(set(numbers_of(self.partitions) or ())),
            "weekdays": sorted(self.weekdays),
            "at": clock_of(self.at),
            "time_zone": self.time_zone.strip() or None,
            "arm_mode": int(self.arm_mode),
            "forced": self.forced,
            "open_zones": self.open_zones,
            "holidays": self.holidays,
            "region": self.region.strip().upper() or None,
            "enabled": self.enabled,
            **{name: int(getattr(self, name)) for name in _MINUTES},
            **{name: day.isoformat() if (day := day_of(getattr(self, name))) else None for name in _DAYS},
        }

    def days(self) -> dict[date, time | None]:
        """The exceptions, for the API."""
        return {date.fromisoformat(day): clock_of(at) for day, at in self.exceptions}


def draft_of(schedule: AutoArmSchedule, exceptions: tuple[AutoArmException, ...]) -> ScheduleDraft:
    return ScheduleDraft(
        panel_id=str(schedule.panel_id),
        name=schedule.name,
        partitions=", ".join(map(str, schedule.partitions)),
        weekdays=frozenset(schedule.weekdays),
        at=schedule.at,
        time_zone=schedule.time_zone or "",
        arm_mode=schedule.arm_mode,
        forced=schedule.forced,
        warn_minutes=str(schedule.warn_minutes),
        postpone_minutes=str(schedule.postpone_minutes),
        deadline_minutes=str(schedule.deadline_minutes),
        open_zones=schedule.open_zones,
        holidays=schedule.holidays,
        region=schedule.region or "",
        enabled=schedule.enabled,
        valid_from=schedule.valid_from.isoformat() if schedule.valid_from else "",
        valid_until=schedule.valid_until.isoformat() if schedule.valid_until else "",
        exceptions=tuple((one.day.isoformat(), one.at or "") for one in exceptions),
        version=schedule.version,
    )


def numbers_of(text: str) -> list[int] | None:
    """`1, 2 5` → [1, 2, 5]; None: something in it is no number."""
    parts = text.replace(",", " ").replace(";", " ").split()
    return [int(part) for part in parts] if all(part.isdecimal() for part in parts) else None


def clock_of(text: str) -> time | None:
    """`20:00`, `8:05`, `20.00`."""
    hours, colon, minutes = text.strip().replace(".", ":").partition(":")
    if not (colon and hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2):
        return None
    return time(int(hours), int(minutes)) if int(hours) < 24 and int(minutes) < 60 else None


def day_of(text: str) -> date | None:
    """`2026-12-24` or `24.12.2026`."""
    parts = text.strip().split(".")
    written = "-".join(part.zfill(2) for part in reversed(parts)) if len(parts) == 3 else text.strip()
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def panel_of(draft: ScheduleDraft) -> UUID:
    return UUID(draft.panel_id)
