"""Service mode decided (R-SERVICE): what is covered, what never, for how long, and what is said at the end."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from tests.support.signals import NOON, later
from workflows.domain.alarm import AlarmType, Source
from workflows.domain.service import (
    DEFAULT_MINUTES,
    LISTED,
    MOST_MINUTES,
    Period,
    Place,
    Scope,
    ServiceTimer,
    Silenced,
    can_be_silenced,
    covers,
    most_minutes,
    next_timer,
    silences,
    summary,
    too_long,
)

PANEL, OTHER = UUID(int=2), UUID(int=9)
INTRUSION, TAMPER, FIRE, HOLDUP = AlarmType.INTRUSION, AlarmType.TAMPER, AlarmType.FIRE, AlarmType.HOLDUP
ZONES = Scope(zones={PANEL: frozenset({1, 2})})
TAMPERS = Scope(alarm_types=frozenset({TAMPER}))
BOTH = Scope(zones={PANEL: frozenset({1})}, alarm_types=frozenset({TAMPER}))
WHOLE = Scope()


def zone(number: int = 1, panel_id: UUID | None = PANEL) -> Place:
    return Place(panel_id=panel_id, source_kind=Source.ZONE, source_number=number)


ELSEWHERE = Place(panel_id=PANEL, source_kind=Source.EXPANDER, source_number=1)
SMS = Place(panel_id=None, source_kind=Source.SYSTEM, source_number=0)


@pytest.mark.parametrize(
    ("scope", "alarm_type", "place", "covered"),
    [
        (WHOLE, INTRUSION, zone(), True),
        (WHOLE, INTRUSION, ELSEWHERE, True),
        (WHOLE, AlarmType.TEMPERATURE, SMS, True),
        (ZONES, INTRUSION, zone(1), True),
        (ZONES, INTRUSION, zone(3), False),
        (ZONES, INTRUSION, zone(1, OTHER), False),
        (ZONES, INTRUSION, zone(1, None), False),
        (ZONES, INTRUSION, ELSEWHERE, False),
        (ZONES, AlarmType.COMM_LOSS, SMS, False),
        (TAMPERS, TAMPER, ELSEWHERE, True),
        (TAMPERS, INTRUSION, zone(), False),
        (BOTH, TAMPER, zone(1), True),
        (BOTH, TAMPER, zone(2), False),
        (BOTH, INTRUSION, zone(1), False),
    ],
)
def test_a_period_covers_its_zones_and_types(scope: Scope, alarm_type: AlarmType, place: Place, covered: bool) -> None:
    assert covers(scope, alarm_type, place) is covered


@pytest.mark.parametrize("scope", [WHOLE, ZONES, TAMPERS, BOTH])
def test_a_scope_is_kept_as_json(scope: Scope) -> None:
    assert Scope.of_json(scope.as_json()) == scope


@pytest.mark.parametrize("kind", list(AlarmType))
def test_hold_up_alone_can_never_be_silenced(kind: AlarmType) -> None:
    assert can_be_silenced(kind) is (kind is not HOLDUP)
    assert not can_be_silenced(kind, {kind.value})


@pytest.mark.parametrize(
    ("periods", "alarm_type", "at", "never", "by_log", "silent"),
    [
        ([WHOLE], INTRUSION, NOON, (), False, True),
        ([], INTRUSION, NOON, (), False, False),
        ([WHOLE], HOLDUP, NOON, (), False, False),
        ([WHOLE], FIRE, NOON, ("FIRE",), False, False),
        ([TAMPERS, ZONES], INTRUSION, NOON, (), False, True),
        ([TAMPERS], INTRUSION, NOON, (), False, False),
        ([WHOLE], INTRUSION, later(seconds=-1), (), False, False),
        ([WHOLE], INTRUSION, later(seconds=-90), (), True, True),
        ([WHOLE], INTRUSION, later(seconds=-91), (), True, False),
    ],
)
def test_what_is_silenced(
    periods: list[Scope], alarm_type: AlarmType, at: datetime, never: tuple[str, ...], by_log: bool, silent: bool
) -> None:
    """All periods began at noon."""
    begun = [Period(scope=scope, begun_at=NOON) for scope in periods]
    assert silences(begun, alarm_type, zone(), at, never_silenced=never, by_log=by_log) is silent


@pytest.mark.parametrize(
    ("configured", "most"),
    [(None, DEFAULT_MINUTES), (1, 1), (600, 600), (MOST_MINUTES + 1, MOST_MINUTES)],
)
def test_how_long_it_may_last(configured: int | None, most: int) -> None:
    assert most_minutes(configured) == most
    assert not too_long(NOON, later(minutes=most), configured)
    assert too_long(NOON, later(minutes=most, seconds=1), configured)


@pytest.mark.parametrize(
    ("ends", "warned", "timer", "at"),
    [
        (60, None, ServiceTimer.WARN, 50),
        (60, 60, ServiceTimer.END, 60),
        (90, 60, ServiceTimer.WARN, 80),  # extended
        (10, None, ServiceTimer.WARN, 0),
        (9, None, ServiceTimer.END, 9),
        (-5, None, ServiceTimer.END, -5),
    ],
)
def test_what_time_does_next(ends: int, warned: int | None, timer: ServiceTimer, at: int) -> None:
    warned_of = None if warned is None else later(minutes=warned)
    assert next_timer(now=NOON, ends_at=later(minutes=ends), warned_of=warned_of) == (timer, later(minutes=at))


def silenced(number: int, *, kind: AlarmType = INTRUSION, events: int = 1, **more: Any) -> Silenced:
    return Silenced(alarm_type=kind, place=zone(number), events=events, **more)


def test_the_summary_counts_by_type_and_place_and_names_what_stands() -> None:
    one, two = UUID(int=101), UUID(int=102)
    told = summary(
        WHOLE,
        [
            silenced(1, events=2, bundles=frozenset({one})),
            silenced(2, events=5, bundles=frozenset({one, two}), active_since=NOON),
            silenced(1, kind=TAMPER, bundles=frozenset({two})),
        ],
    )
    assert (told["events"], told["bundles"], told["by_type"], told["active"]) == (8, 2, {"INTRUSION": 7, "TAMPER": 1}, 1)
    assert [(place["source_number"], place["events"]) for place in told["by_place"]] == [(2, 5), (1, 2), (1, 1)]
    assert told["still_active"] == [
        {
            "alarm_type": "INTRUSION",
            "panel_id": str(PANEL),
            "source_kind": "ZONE",
            "source_number": 2,
            "since": NOON.isoformat(),
        }
    ]


def test_the_summary_leaves_out_what_another_period_silenced() -> None:
    told = summary(ZONES, [silenced(1), silenced(3, active_since=NOON)])
    assert (told["events"], told["active"], told["by_type"]) == (1, 0, {"INTRUSION": 1})


def test_a_long_list_is_cut_and_its_numbers_are_not() -> None:
    told = summary(WHOLE, [silenced(number, active_since=NOON) for number in range(1, LISTED + 51)])
    assert (len(told["by_place"]), len(told["still_active"])) == (LISTED, LISTED)
    assert (told["events"], told["active"]) == (LISTED + 50, LISTED + 50)


def test_nothing_silenced_is_said_too() -> None:
    assert summary(WHOLE, [])["events"] == 0
