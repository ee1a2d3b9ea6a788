"""R-ESCALATE: who is on call at an instant."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest

from workflows.domain.on_call import Override, Rota, Shift, on_call, shifts

ANNA, BARTEK, CELINA = UUID(int=1), UUID(int=2), UUID(int=3)
# Mondays at eight in Warsaw; 2026-10-25 the clock goes back there, 2026-03-29 it goes forward.
ROTA = Rota(members=(ANNA, BARTEK, CELINA), first_on=date(2026, 10, 12), handover_at=time(8), time_zone="Europe/Warsaw")


def utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "who"),
    [
        (utc(10, 12, 6), ANNA),  # 8:00 in summer
        (utc(10, 19, 5, 59), ANNA),
        (utc(10, 19, 6), BARTEK),
        (utc(10, 26, 6), BARTEK),  # 7:00 in winter: an hour longer
        (utc(10, 26, 7), CELINA),
        (utc(11, 2, 7), ANNA),
        (utc(10, 5, 6), CELINA),  # before the first handover the turns are the same
    ],
)
def test_turns_change_by_the_clock_on_the_wall(now: datetime, who: UUID) -> None:
    assert on_call(ROTA, [], now) == who


@pytest.mark.parametrize(("now", "who"), [(utc(3, 29, 0, 59), BARTEK), (utc(3, 29, 1), CELINA)])
def test_a_handover_in_the_hour_that_summer_skips_is_when_it_would_have_been(now: datetime, who: UUID) -> None:
    """Sundays at 2:30, which is not there on 29 March: clocks go from 2:00 to 3:00."""
    rota = replace(ROTA, first_on=date(2026, 3, 15), handover_at=time(2, 30))
    assert on_call(rota, [], now + timedelta(minutes=30)) == who


def test_an_override_wins_for_its_time_and_the_later_of_two() -> None:
    first = Override(user_id=CELINA, since=utc(10, 13, 12), until=utc(10, 14, 12))
    second = Override(user_id=BARTEK, since=utc(10, 14, 0), until=utc(10, 14, 6))
    overrides = [first, second]
    assert on_call(ROTA, overrides, utc(10, 13, 11, 59)) == ANNA
    assert on_call(ROTA, overrides, utc(10, 13, 12)) == CELINA
    assert on_call(ROTA, overrides, utc(10, 14, 3)) == BARTEK
    assert on_call(ROTA, overrides, utc(10, 14, 12)) == ANNA


def test_nobody_is_on_call_in_a_rota_without_members_but_who_stands_in() -> None:
    empty = replace(ROTA, members=())
    override = Override(user_id=ANNA, since=utc(10, 13, 0), until=utc(10, 14, 0))
    assert on_call(empty, [], utc(10, 13, 0)) is None
    assert on_call(empty, [override], utc(10, 13, 0)) == ANNA
    assert shifts(empty, [override], since=utc(10, 12, 0), until=utc(10, 20, 0)) == [
        Shift(user_id=ANNA, since=utc(10, 13, 0), until=utc(10, 14, 0), overridden=True)
    ]


def test_a_preview_tells_shifts_with_who_stands_in_between() -> None:
    override = Override(user_id=CELINA, since=utc(10, 20, 0), until=utc(10, 21, 0))
    assert shifts(ROTA, [override], since=utc(10, 18, 0), until=utc(10, 27, 0)) == [
        Shift(user_id=ANNA, since=utc(10, 18, 0), until=utc(10, 19, 6)),
        Shift(user_id=BARTEK, since=utc(10, 19, 6), until=utc(10, 20, 0)),
        Shift(user_id=CELINA, since=utc(10, 20, 0), until=utc(10, 21, 0), overridden=True),
        Shift(user_id=BARTEK, since=utc(10, 21, 0), until=utc(10, 26, 7)),
        Shift(user_id=CELINA, since=utc(10, 26, 7), until=utc(10, 27, 0)),
    ]


def test_one_member_has_one_shift() -> None:
    alone = replace(ROTA, members=(ANNA,))
    assert shifts(alone, [], since=utc(10, 1, 0), until=utc(10, 30, 0)) == [
        Shift(user_id=ANNA, since=utc(10, 1, 0), until=utc(10, 30, 0))
    ]
