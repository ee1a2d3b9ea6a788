"""When an auto-arm schedule fires (R-AUTOARM), in the local time of its panel. Pure.

A local time that the clocks leave out fires at the first moment after the gap; one that they pass twice fires once, the first
time. A calendar fires at most once a local day.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

LOOK_AHEAD: Final = 2 * 366  # days in which a preview looks for firings


class HolidayPolicy(StrEnum):
    USUAL = "USUAL"  # a holiday is a day like any other
    SKIP = "SKIP"  # nothing happens on a holiday
    ONLY = "ONLY"  # on holidays alone, whatever their weekday


class Skipped(StrEnum):
    """Why a schedule does not fire on a day."""

    DISABLED = "DISABLED"
    NOT_VALID = "NOT_VALID"  # before its first day, or after its last
    WEEKDAY = "WEEKDAY"
    HOLIDAY = "HOLIDAY"
    NO_HOLIDAY = "NO_HOLIDAY"
    EXCEPTION = "EXCEPTION"  # somebody said: not on this day


class ClockChange(StrEnum):
    """What the clocks do about a local time on one day."""

    SKIPPED = "SKIPPED"  # they leave it out
    TWICE = "TWICE"  # they pass it twice


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """A schedule as far as time is concerned. `weekdays`: ISO, 1 is Monday. `exceptions`: another time on that day, whatever
    would have been so, or None for not at all. `warn`: so long before a firing people are told of it."""

    weekdays: frozenset[int]
    at: time
    zone: str
    warn: timedelta = timedelta(0)
    policy: HolidayPolicy = HolidayPolicy.USUAL
    holidays: frozenset[date] = frozenset()
    exceptions: tuple[tuple[date, time | None], ...] = ()
    enabled: bool = True
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """`moved`: at the time of an exception."""

    day: date
    fire_at: datetime
    warn_at: datetime
    moved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A line of a preview: a firing, or a day that is left out though the schedule is made for it."""

    day: date
    fire_at: datetime | None = None
    moved: bool = False
    skipped: Skipped | None = None
    clocks: ClockChange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """The local times at which the workflows of a schedule start, literally: on ``weekdays`` at ``at``, and once each at
    ``once`` (naive) where a day differs."""

    weekdays: frozenset[int]
    at: time
    once: tuple[datetime, ...] = ()


def moment(day: date, at: time, zone: str) -> datetime:
    """The local time as a moment in UTC, by the rules above."""
    info = ZoneInfo(zone)
    local = datetime.combine(day, at, info)
    found = local.astimezone(UTC)
    if _wall(found, info) == local.replace(tzinfo=None):
        return found
    # Left out: `fold` 1 is a moment before the gap, `fold` 0 one after it (PEP 495); the clocks change in between.
    before, after = local.replace(fold=1).astimezone(UTC), found
    offset = after.astimezone(info).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        before, after = (before, middle) if middle.astimezone(info).utcoffset() == offset else (middle, after)
    return after.replace(microsecond=0)


def clock_change(day: date, at: time, zone: str) -> ClockChange | None:
    """Whether the clocks change about this local time; None: it comes once, as on any other day."""
    info = ZoneInfo(zone)
    local = datetime.combine(day, at, info)
    if _wall(local.astimezone(UTC), info) != local.replace(tzinfo=None):
        return ClockChange.SKIPPED
    return ClockChange.TWICE if local.utcoffset() != local.replace(fold=1).utcoffset() else None


def _wall(at: datetime, info: ZoneInfo) -> datetime:
    return at.astimezone(info).replace(tzinfo=None)


def firing_on(calendar: Calendar, day: date) -> Firing | Skipped:
    """What happens on a local day. An exception goes before holidays and weekdays."""
    found = _time_on(calendar, day)
    if isinstance(found, Skipped):
        return found
    fire_at = moment(day, found, calendar.zone)
    moved = day in dict(calendar.exceptions)
    return Firing(day=day, fire_at=fire_at, warn_at=fire_at - calendar.warn, moved=moved)


def _time_on(calendar: Calendar, day: date) -> time | Skipped:
    first, last, exceptions = calendar.valid_from, calendar.valid_until, dict(calendar.exceptions)
    if not calendar.enabled:
        return Skipped.DISABLED
    if (first is not None and day < first) or (last is not None and day > last):
        return Skipped.NOT_VALID
    if day in exceptions:
        other = exceptions[day]
        return Skipped.EXCEPTION if other is None else other
    is_holiday = day in calendar.holidays
    if calendar.policy is HolidayPolicy.ONLY:
        return calendar.at if is_holiday else Skipped.NO_HOLIDAY
    if day.isoweekday() not in calendar.weekdays:
        return Skipped.WEEKDAY
    return Skipped.HOLIDAY if is_holiday and calendar.policy is HolidayPolicy.SKIP else calendar.at


def day_of_start(calendar: Calendar, started_at: datetime) -> date:
    """The local day whose firing a workflow is for that was started at this moment by a `pattern`."""
    return (started_at + calendar.warn).astimezone(ZoneInfo(calendar.zone)).date()


def firings(calendar: Calendar, since: datetime, until: datetime) -> Iterator[Firing]:
    """Those with since <= fire_at < until, in order of days."""
    info = ZoneInfo(calendar.zone)
    day, last = since.astimezone(info).date() - timedelta(days=1), until.astimezone(info).date()
    while day <= last:
        found = firing_on(calendar, day)
        if isinstance(found, Firing) and since <= found.fire_at < until:
            yield found
        day += timedelta(days=1)


def preview(calendar: Calendar, after: datetime, count: int) -> list[Expected]:
    """The next ``count`` firings, and between them the days that are left out. One that is switched off is shown as it would
    be, every line of it DISABLED."""
    lines: list[Expected] = []
    on, missing, today = replace(calendar, enabled=True), count, after.astimezone(ZoneInfo(calendar.zone)).date()
    for day in (today + timedelta(days=n) for n in range(LOOK_AHEAD)):
        found = firing_on(on, day)
        if isinstance(found, Firing) and found.fire_at > after:
            lines.append(_expected(found, calendar))
            missing -= 1
        elif found in {Skipped.HOLIDAY, Skipped.EXCEPTION}:
            lines.append(Expected(day=day, skipped=Skipped(found)))
        if not missing or (on.valid_until is not None and day >= on.valid_until):
            break
    return lines


def _expected(found: Firing, calendar: Calendar) -> Expected:
    skipped = None if calendar.enabled else Skipped.DISABLED
    clocks = clock_change(found.day, dict(calendar.exceptions).get(found.day) or calendar.at, calendar.zone)
    return Expected(day=found.day, fire_at=found.fire_at, moved=found.moved, skipped=skipped, clocks=clocks)


@lru_cache(maxsize=4_096)
def pattern(calendar: Calendar, year: int) -> Pattern:
    """When workflows must be started so that every firing of ``year`` and the next has its own.

    It may start some too many (a time that comes twice, a holiday, the usual time of a day with another one): each looks at the
    row and finds that there is nothing to do. A local time that the clocks leave out starts nothing by itself.
    """
    usual = datetime.combine(date(year, 1, 2), calendar.at) - calendar.warn
    shift = (date(year, 1, 2) - usual.date()).days
    weekdays = frozenset() if calendar.policy is HolidayPolicy.ONLY else calendar.weekdays
    starts = frozenset((day - 1 - shift) % 7 + 1 for day in weekdays)
    info, once = ZoneInfo(calendar.zone), []
    for day in (date(year, 1, 1) + timedelta(days=n) for n in range((date(year + 2, 1, 1) - date(year, 1, 1)).days)):
        found = firing_on(calendar, day)
        if isinstance(found, Firing):
            wall = _wall(found.warn_at, info)
            is_usual = wall.time() == usual.time() and wall.isoweekday() in starts
            if not is_usual:
                once.append(wall)
    return Pattern(weekdays=starts, at=usual.time(), once=tuple(once))
