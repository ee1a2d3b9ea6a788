"""R-AUTOARM: when a schedule fires, in both nights in which the clocks change and in all others."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.domain.schedule import (
    Calendar,
    Expected,
    Firing,
    HolidayPolicy,
    Skipped,
    day_of_start,
    firing_on,
    firings,
    moment,
    pattern,
    preview,
)

WARSAW, EVERY_DAY = "Europe/Warsaw", frozenset(range(1, 8))
ZONES = [WARSAW, "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kolkata", "America/Havana", "UTC"]
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)  # in Warsaw
CHRISTMAS = date(2026, 12, 25)  # a Friday


def calendar(**more: Any) -> Calendar:
    usual: dict[str, Any] = {"weekdays": EVERY_DAY, "at": time(20), "zone": WARSAW}
    return Calendar(**(usual | more))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("day", "at", "zone", "expected"),
    [
        (date(2026, 1, 5), time(20), WARSAW, utc(2026, 1, 5, 19)),
        (date(2026, 7, 5), time(20), WARSAW, utc(2026, 7, 5, 18)),
        (SPRING, time(2, 30), WARSAW, utc(2026, 3, 29, 1)),  # there is no 2:30: at 3:00, the first moment after
        (SPRING, time(2), WARSAW, utc(2026, 3, 29, 1)),
        (SPRING, time(1, 59), WARSAW, utc(2026, 3, 29, 0, 59)),
        (SPRING, time(3), WARSAW, utc(2026, 3, 29, 1)),
        (AUTUMN, time(2, 30), WARSAW, utc(2026, 10, 25, 0, 30)),  # twice: the first
        (AUTUMN, time(3), WARSAW, utc(2026, 10, 25, 2)),
        (date(2026, 3, 8), time(2, 15), "America/New_York", utc(2026, 3, 8, 7)),
        (date(2026, 11, 1), time(1, 15), "America/New_York", utc(2026, 11, 1, 5, 15)),
        (date(2026, 10, 4), time(2, 10), "Australia/Lord_Howe", utc(2026, 10, 3, 15, 30)),  # clocks move by half an hour
        (date(2026, 4, 24), time(0, 15), "Africa/Cairo", utc(2026, 4, 23, 22)),  # at midnight
    ],
)
def test_a_local_time_is_one_moment(day: date, at: time, zone: str, expected: datetime) -> None:
    assert moment(day, at, zone) == expected


@given(
    day=st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    at=st.times().map(lambda found: found.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES),
)
def test_the_moment_is_the_first_with_that_local_time_or_the_first_after_it(day: date, at: time, zone: str) -> None:
    found, wanted, info = moment(day, at, zone), datetime.combine(day, at), ZoneInfo(zone)

    def wall(when: datetime) -> datetime:
        return when.astimezone(info).replace(tzinfo=None)

    assert wall(found) >= wanted
    before = [wall(found - timedelta(minutes=minutes)) for minutes in range(1, 181)]
    assert wanted not in before, "that local time came earlier"
    assert wall(found) == wanted or before[0] < wanted, "there was an earlier moment after it"


@pytest.mark.parametrize(
    ("more", "day", "expected"),
    [
        ({"weekdays": frozenset({5})}, CHRISTMAS, None),
        ({"weekdays": frozenset({1})}, CHRISTMAS, Skipped.WEEKDAY),
        ({"enabled": False}, CHRISTMAS, Skipped.DISABLED),
        ({"valid_from": date(2026, 12, 26)}, CHRISTMAS, Skipped.NOT_VALID),
        ({"valid_until": date(2026, 12, 24)}, CHRISTMAS, Skipped.NOT_VALID),
        ({"valid_from": CHRISTMAS, "valid_until": CHRISTMAS}, CHRISTMAS, None),
        ({"policy": HolidayPolicy.SKIP}, CHRISTMAS, Skipped.HOLIDAY),
        ({"policy": HolidayPolicy.USUAL}, CHRISTMAS, None),
        ({"policy": HolidayPolicy.ONLY, "weekdays": frozenset({1})}, CHRISTMAS, None),
        ({"policy": HolidayPolicy.ONLY}, date(2026, 12, 24), Skipped.NO_HOLIDAY),
        ({"exceptions": ((CHRISTMAS, None),)}, CHRISTMAS, Skipped.EXCEPTION),
        ({"exceptions": ((CHRISTMAS, None),), "enabled": False}, CHRISTMAS, Skipped.DISABLED),
    ],
)
def test_a_day_has_a_firing_or_a_reason(more: dict[str, Any], day: date, expected: Skipped | None) -> None:
    found = firing_on(calendar(holidays=frozenset({CHRISTMAS}), **more), day)
    assert (found if isinstance(found, Skipped) else None) is expected


def test_an_exception_moves_a_firing_whatever_else_would_be() -> None:
    moved = calendar(
        weekdays=frozenset({1}),
        policy=HolidayPolicy.SKIP,
        holidays=frozenset({CHRISTMAS}),
        exceptions=((CHRISTMAS, time(14)),),
        warn=timedelta(minutes=15),
    )
    assert firing_on(moved, CHRISTMAS) == Firing(
        day=CHRISTMAS, fire_at=utc(2026, 12, 25, 13), warn_at=utc(2026, 12, 25, 12, 45), moved=True
    )


def test_the_preview_shows_ten_firings_and_what_is_left_out_between_them() -> None:
    shown = preview(
        calendar(policy=HolidayPolicy.SKIP, holidays=frozenset({CHRISTMAS}), exceptions=((date(2026, 12, 27), None),)),
        utc(2026, 12, 24, 19),  # just then: it has begun
        10,
    )
    assert [line.skipped for line in shown[:3]] == [Skipped.HOLIDAY, None, Skipped.EXCEPTION]
    fired = [line for line in shown if line.fire_at is not None]
    assert (len(fired), fired[0].day, fired[-1].day) == (10, date(2026, 12, 26), date(2027, 1, 5))


def test_what_is_switched_off_is_previewed_as_such() -> None:
    shown = preview(calendar(enabled=False), utc(2026, 5, 1), 2)
    assert shown == [
        Expected(day=date(2026, 5, day), fire_at=utc(2026, 5, day, 18), skipped=Skipped.DISABLED) for day in (1, 2)
    ]


def test_a_preview_ends_with_the_schedule() -> None:
    assert len(preview(calendar(valid_until=date(2026, 5, 3)), utc(2026, 5, 1), 10)) == 3
    assert preview(calendar(weekdays=frozenset()), utc(2026, 5, 1), 10) == []


def _starts(found: Calendar, year: int) -> list[datetime]:
    """Every moment at which Temporal would start a workflow: it takes the pattern literally, minute by minute."""
    told, info = pattern(found, year), ZoneInfo(found.zone)
    at, starts = datetime(year, 1, 1, tzinfo=UTC), []
    while at.year == year:
        wall = at.astimezone(info).replace(tzinfo=None)
        if (wall.isoweekday() in told.weekdays and wall.time() == told.at) or wall in told.once:
            starts.append(at)
        at += timedelta(minutes=15)
    return starts


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", [time(0, 15), time(2, 30), time(3), time(20)])
@pytest.mark.parametrize("warn", [0, 45, 240])
def test_every_firing_of_a_year_has_a_start_of_its_own_at_the_time_of_its_warning(zone: str, at: time, warn: int) -> None:
    found = calendar(
        zone=zone,
        at=at,
        warn=timedelta(minutes=warn),
        weekdays=frozenset({3, 5, 6, 7}),
        exceptions=((date(2026, 6, 1), time(11)),),
    )
    starts = _starts(found, 2026)
    wanted = list(firings(found, utc(2026, 1, 2), utc(2026, 12, 31)))
    assert {firing.warn_at for firing in wanted} <= set(starts)
    by_day = {day_of_start(found, firing.warn_at) for firing in wanted}
    assert by_day == {firing.day for firing in wanted}
    assert len(starts) <= len(wanted) + 6, "no more than the few that come twice, and the ends of the year"


def test_holidays_alone_start_once_each() -> None:
    found = calendar(policy=HolidayPolicy.ONLY, holidays=frozenset({CHRISTMAS}), warn=timedelta(minutes=30))
    assert pattern(found, 2026).once == (datetime.combine(CHRISTMAS, time(19, 30)),)
    assert pattern(found, 2026).weekdays == frozenset()


def test_a_warning_before_midnight_starts_on_the_day_before() -> None:
    found = calendar(weekdays=frozenset({1}), at=time(0, 10), warn=timedelta(minutes=20))
    assert (pattern(found, 2026).weekdays, pattern(found, 2026).at) == (frozenset({7}), time(23, 50))
