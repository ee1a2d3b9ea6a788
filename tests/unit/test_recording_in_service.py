"""Service mode in the recording (R-SERVICE): what is silent, what rings, and that no ringing alarm hides in a silent one."""

from dataclasses import replace
from uuid import UUID

import pytest

from tests.support.signals import edge, initial, later, record
from tests.unit.test_recording import FACTS, PANEL, Rows, in_service, with_zone
from workflows.domain.alarm import AlarmType, Outcome, Priority, Signal, SignalSource
from workflows.domain.bundle import BundleStatus
from workflows.domain.recording import Bundle, Event, Recording
from workflows.domain.service import Scope

ZONE_1 = Scope(zones={PANEL: frozenset({1})})
SILENT, RINGS = Outcome.SUPPRESSED, Outcome.EVENT


def ringing(rows: Rows) -> Bundle:
    (bundle,) = (bundle for bundle in rows.bundles.values() if not bundle.suppressed)
    return bundle


def silent(rows: Rows) -> Bundle:
    (bundle,) = (bundle for bundle in rows.bundles.values() if bundle.suppressed)
    return bundle


def again(event: Event, **more: object) -> Signal:
    """What the end of service mode makes of an alarm that still stands."""
    signal = edge(PANEL, event.source_number, later(minutes=30), source=SignalSource.SYSTEM, alarm_type=event.alarm_type)
    return replace(signal, rings_again=True, **more)  # type: ignore[arg-type]


def test_a_silenced_alarm_is_recorded_with_the_lowest_priority() -> None:
    rows = Rows(with_zone(priority_override={"priority": "CRITICAL"}, facts=in_service()))
    assert rows.take(edge(PANEL)) == [SILENT]
    assert (rows.event.suppressed, rows.event.priority) == (True, Priority.LOW)
    assert (rows.bundle.suppressed, rows.bundle.priority, rows.bundle.active_count) == (True, Priority.LOW, 1)


@pytest.mark.parametrize(
    ("scope", "alarm_type", "outcome"),
    [
        (Scope(), AlarmType.INTRUSION, SILENT),
        (Scope(), AlarmType.FIRE, SILENT),
        (Scope(), AlarmType.HOLDUP, RINGS),
        (ZONE_1, AlarmType.INTRUSION, SILENT),
        (ZONE_1, AlarmType.HOLDUP, RINGS),
        (Scope(zones={PANEL: frozenset({2})}), AlarmType.INTRUSION, RINGS),
        (Scope(alarm_types=frozenset({AlarmType.TAMPER})), AlarmType.INTRUSION, RINGS),
        (Scope(alarm_types=frozenset({AlarmType.TAMPER})), AlarmType.TAMPER, SILENT),
    ],
)
def test_r_service_silences_what_it_covers_but_never_a_hold_up(scope: Scope, alarm_type: AlarmType, outcome: Outcome) -> None:
    rows = Rows(in_service(scope))
    assert rows.take(edge(PANEL, alarm_type=alarm_type)) == [outcome]
    assert rows.bundle.suppressed is (outcome is SILENT)


@pytest.mark.parametrize(("kind", "outcome"), [(AlarmType.FIRE, RINGS), (AlarmType.INTRUSION, SILENT)])
def test_what_an_object_never_silences_rings(kind: AlarmType, outcome: Outcome) -> None:
    assert Rows(in_service(never_silenced=frozenset({"FIRE"}))).take(edge(PANEL, alarm_type=kind)) == [outcome]


def test_a_zone_that_makes_its_intrusion_a_hold_up_is_never_silenced() -> None:
    assert Rows(with_zone(alarm_type=AlarmType.HOLDUP, facts=in_service())).take(edge(PANEL)) == [RINGS]


def test_two_periods_silence_what_either_covers() -> None:
    rows = Rows(in_service(ZONE_1, Scope(zones={PANEL: frozenset({2})})))
    assert rows.take(edge(PANEL, 1), edge(PANEL, 2), edge(PANEL, 3)) == [SILENT, SILENT, RINGS]


@pytest.mark.parametrize(("minutes", "outcome"), [(-30, RINGS), (-1, SILENT), (1, SILENT)])
def test_what_happened_before_it_began_rings_when_the_log_tells_late(minutes: int, outcome: Outcome) -> None:
    """The panel's own time within its accuracy."""
    rows = Rows(in_service())
    assert rows.take(record(PANEL, at=later(minutes=minutes), recovered=True), now=later(minutes=5)) == [outcome]


def test_an_edge_that_waited_for_the_database_rings_if_it_came_before() -> None:
    assert Rows(in_service(begun_at=later(minutes=10))).take(edge(PANEL)) == [RINGS]


# -- joining


@pytest.mark.parametrize("status", [BundleStatus.NEW, BundleStatus.CLAIMING, BundleStatus.IN_PROGRESS, BundleStatus.ACK])
def test_what_rings_opens_a_bundle_of_its_own_beside_a_silent_one(status: BundleStatus) -> None:
    rows = Rows(in_service(ZONE_1))
    rows.take(edge(PANEL, 1))
    rows.set_status(status)
    assert rows.take(edge(PANEL, 2)) == [RINGS]
    assert (silent(rows).event_count, silent(rows).joinable, silent(rows).status) == (1, False, status)
    loud = ringing(rows)
    assert (loud.status, loud.priority, loud.event_count, loud.joinable) == (BundleStatus.NEW, Priority.HIGH, 1, True)
    assert loud.headline.source_number == 2


def test_each_joins_its_own_kind() -> None:
    rows = Rows(in_service(ZONE_1))
    rows.take(edge(PANEL, 1), edge(PANEL, 2), edge(PANEL, 1, later(minutes=1)), edge(PANEL, 3, later(minutes=2)))
    assert (silent(rows).event_count, ringing(rows).event_count) == (2, 2)
    assert ringing(rows).priority is Priority.HIGH


def test_what_is_silenced_may_join_what_rings_and_calms_it_not() -> None:
    rows = Rows()
    rows.take(edge(PANEL, 2))
    rows.facts = in_service(ZONE_1)
    rows.take(edge(PANEL, 1, later(minutes=1)))
    assert (rows.bundle.suppressed, rows.bundle.priority, rows.bundle.event_count) == (False, Priority.HIGH, 2)
    assert rows.bundle.headline.source_number == 2


def test_after_the_end_an_alarm_of_the_same_minute_rings() -> None:
    """Seen again in one minute it would be a repetition (D4) of what was silenced."""
    rows = Rows(in_service())
    rows.take(edge(PANEL), edge(PANEL, at=later(seconds=5), restore=True))
    rows.facts = FACTS
    assert rows.take(edge(PANEL, at=later(seconds=10))) == [RINGS]
    assert (ringing(rows).event_count, ringing(rows).active_count) == (1, 1)


def test_the_log_that_confirms_after_the_end_makes_no_second_alarm() -> None:
    rows = Rows(in_service())
    rows.take(edge(PANEL))
    rows.facts = FACTS
    assert rows.take(record(PANEL)) == [Outcome.CONFIRMATION]
    assert rows.event.suppressed


def test_a_restore_goes_to_the_silent_alarm_it_ends() -> None:
    rows = Rows(in_service())
    rows.take(edge(PANEL), edge(PANEL, at=later(minutes=2), restore=True))
    assert (rows.bundle.active_count, rows.bundle.suppressed) == (0, True)
    assert {event.bundle_id for event in rows.events.values()} == {rows.bundle.id}


# -- what the log finds out


def hold_up(zone: int = 1) -> Signal:
    return record(PANEL, zone, alarm_type=AlarmType.HOLDUP, code=122)


def test_a_hold_up_found_out_raises_its_own_silent_bundle() -> None:
    rows = Rows(in_service())
    rows.take(edge(PANEL))
    rows.take(hold_up())
    assert (rows.bundle.suppressed, rows.bundle.priority) == (False, Priority.CRITICAL)
    assert rows.bundle.alarm_type is AlarmType.HOLDUP


def test_a_hold_up_found_out_among_others_leaves_their_silent_bundle() -> None:
    rows = Rows(in_service())
    rows.take(edge(PANEL, 1), edge(PANEL, 2))
    rows.take(hold_up(2))
    assert (silent(rows).event_count, silent(rows).active_count) == (1, 1)
    loud = ringing(rows)
    assert (loud.alarm_type, loud.priority, loud.status) == (AlarmType.HOLDUP, Priority.CRITICAL, BundleStatus.NEW)


def test_a_hold_up_found_out_after_its_silent_bundle_was_acknowledged_rings_anew() -> None:
    rows = Rows(in_service())
    rows.take(edge(PANEL))
    rows.set_status(BundleStatus.ACK)
    rows.take(hold_up())
    assert (ringing(rows).status, ringing(rows).priority) == (BundleStatus.NEW, Priority.CRITICAL)
    assert silent(rows).event_count == 0


def test_another_silenced_type_found_out_stays_silent_and_low() -> None:
    rows = Rows(in_service())
    rows.take(edge(PANEL))
    rows.take(record(PANEL, alarm_type=AlarmType.FIRE, code=110))
    assert (rows.bundle.alarm_type, rows.bundle.suppressed, rows.bundle.priority) == (AlarmType.FIRE, True, Priority.LOW)


# -- what still stands at the end


@pytest.mark.parametrize("status", list(BundleStatus))
def test_what_still_stands_at_the_end_rings_as_an_alarm_of_its_own(status: BundleStatus) -> None:
    rows = Rows(in_service())
    rows.take(edge(PANEL))
    old = rows.event
    rows.set_status(status)
    rows.facts = FACTS
    assert rows.take(again(old)) == [RINGS]
    loud = ringing(rows)
    assert (loud.status, loud.priority, loud.active_count) == (BundleStatus.NEW, Priority.HIGH, 1)
    assert (silent(rows).active_count, rows.events[old.id].active) == (0, False)


def test_its_restore_ends_what_rings_again() -> None:
    rows = Rows(in_service())
    rows.take(edge(PANEL))
    rows.facts = FACTS
    rows.take(again(rows.event))
    rows.take(edge(PANEL, at=later(minutes=40), restore=True))
    assert ringing(rows).active_count == 0


def test_a_bit_that_is_set_when_the_link_comes_up_after_the_end_is_what_rings_again() -> None:
    rows = Rows(in_service())
    rows.take(edge(PANEL))
    rows.facts = FACTS
    rows.take(again(rows.event))
    assert rows.take(initial(PANEL, at=later(minutes=45))) == [Outcome.CONFIRMATION]


def moot(rows: Rows, signal: Signal) -> bool:
    at = signal.received_at
    made = Recording(rows.facts, now=at, new_id=lambda: UUID(int=1), events=rows.events.values(), bundles=())
    return made.is_moot(signal)


def test_what_ended_meanwhile_or_is_silenced_again_does_not_ring_again() -> None:
    rows = Rows(in_service())
    rows.take(edge(PANEL))
    standing = again(rows.event)
    assert moot(rows, standing), "another period covers it"
    rows.facts = FACTS
    assert not moot(rows, standing)
    assert not moot(rows, edge(PANEL))
    rows.take(edge(PANEL, at=later(minutes=1), restore=True))
    assert moot(rows, standing), "it has ended"
    assert moot(rows, replace(standing, panel_id=UUID(int=99))), "nobody knows the panel"


def test_it_rings_again_once() -> None:
    rows = Rows(in_service())
    rows.take(edge(PANEL))
    standing = again(rows.event)
    rows.facts = FACTS
    rows.take(standing)
    assert moot(rows, standing)
