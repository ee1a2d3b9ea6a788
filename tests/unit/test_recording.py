"""What signals do to events and bundles (R-RECORD, R-EDGE, R-BUNDLE, D4, D13): the pure decisions."""

import itertools
import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.signals import NOON, edge, initial, later, record
from workflows.domain.alarm import AlarmType, Family, Outcome, Priority, Signal, SignalSource, Source
from workflows.domain.bundle import BundleStatus
from workflows.domain.recording import Bundle, Event, Facts, ObjectFacts, Recording, ZoneFacts, dedup_key
from workflows.domain.service import Period, Scope

OBJECT, PANEL = UUID(int=1), UUID(int=2)
FACTS = Facts(panels={PANEL: OBJECT}, objects={OBJECT: ObjectFacts(object_id=OBJECT)})


class Rows:
    """A database of two tables that keeps what each batch writes, as the real one does."""

    def __init__(self, facts: Facts = FACTS) -> None:
        self.facts = facts
        self.events: dict[UUID, Event] = {}
        self.bundles: dict[UUID, Bundle] = {}
        self._ids = (UUID(int=n) for n in itertools.count(1000))

    def take(self, *signals: Signal, now: datetime | None = None) -> list[Outcome]:
        at = now or max(signal.received_at for signal in signals)
        recording = Recording(
            self.facts,
            now=at,
            new_id=lambda: next(self._ids),
            events=self.events.values(),
            bundles=self.bundles.values(),
        )
        outcomes = [recording.take(signal).outcome for signal in signals]
        for event in recording.events:
            self.events[event.id] = event
        for bundle in recording.bundles:
            self._write(bundle)
        return outcomes

    def _write(self, bundle: Bundle) -> None:
        """As the unique index: one joinable bundle per object and type, at any moment."""
        self.bundles[bundle.id] = bundle
        same = [b for b in self.bundles.values() if b.joinable and b.alarm_type is bundle.alarm_type]
        assert len(same) <= 1, "two joinable bundles of one type"

    def set_status(self, status: BundleStatus) -> None:
        self.bundles = {
            key: replace(b, status=status, joinable=b.joinable and status.value not in {"RESOLVED", "CLOSED"})
            for key, b in self.bundles.items()
        }

    @property
    def event(self) -> Event:
        (event,) = self.events.values()
        return event

    @property
    def bundle(self) -> Bundle:
        (bundle,) = self.bundles.values()
        return bundle

    def alarms(self) -> list[Event]:
        return [event for event in self.events.values() if not event.restore]


def with_object(**config: object) -> Facts:
    return replace(FACTS, objects={OBJECT: ObjectFacts(object_id=OBJECT, **config)})  # type: ignore[arg-type]


def with_zone(number: int = 1, facts: Facts = FACTS, **zone: object) -> Facts:
    return replace(facts, zones={(PANEL, number): ZoneFacts(**zone)})  # type: ignore[arg-type]


def in_service(*scopes: Scope, begun_at: datetime = NOON, **config: object) -> Facts:
    """Of the whole object when no scope is given."""
    periods = tuple(Period(scope=scope, begun_at=begun_at) for scope in scopes or (Scope(),))
    return with_object(service=periods, **config)


# -- R-EDGE: one happening is one event -----------------------------------------------------------------------------------


def test_an_edge_is_an_event_at_once_and_opens_a_bundle() -> None:
    rows = Rows()
    assert rows.take(edge(PANEL)) == [Outcome.EVENT]
    assert (rows.event.active, rows.event.bundle_id) == (True, rows.bundle.id)
    assert (rows.bundle.status, rows.bundle.version, rows.bundle.event_count) == (BundleStatus.NEW, 1, 1)
    assert (rows.bundle.priority, rows.bundle.active_count, rows.bundle.joinable) == (Priority.HIGH, 1, True)


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("seconds", [-80, -20, 0, 45, 89])
def test_r_edge_the_log_confirms_an_edge_within_90_seconds(seconds: int, together: bool) -> None:
    rows, told = Rows(), NOON.replace(second=0)
    seen = told + timedelta(seconds=seconds)
    signals = [edge(PANEL, at=seen), record(PANEL, at=told, user=7, received_at=seen)]
    outcomes = rows.take(*signals) if together else [*rows.take(signals[0]), *rows.take(signals[1])]
    assert outcomes == [Outcome.EVENT, Outcome.CONFIRMATION]
    assert (rows.event.code, rows.event.user_number, rows.event.panel_at) == (134, 7, told)
    assert rows.event.confirmed_at is not None
    assert rows.event.occurred_at == seen  # an edge's time is finer than the log's minute


def test_r_edge_a_log_record_may_come_before_its_edge() -> None:
    rows = Rows()
    assert rows.take(record(PANEL), edge(PANEL, at=later(seconds=2))) == [Outcome.EVENT, Outcome.CONFIRMATION]
    assert len(rows.events) == rows.bundle.event_count == 1


def test_r_edge_a_record_of_another_time_is_an_event_of_its_own() -> None:
    rows = Rows()
    assert rows.take(edge(PANEL), record(PANEL, at=later(minutes=-5), recovered=True)) == [Outcome.EVENT, Outcome.EVENT]
    assert sorted(event.recovered for event in rows.events.values()) == [False, True]


def test_r_edge_first_in_first_out() -> None:
    rows = Rows()
    rows.take(edge(PANEL, at=later(seconds=0)), edge(PANEL, at=later(seconds=50)))
    first, second = sorted(rows.events.values(), key=lambda event: event.occurred_at)
    rows.take(record(PANEL, at=later(seconds=50)))
    assert rows.events[first.id].confirmed_at is not None
    assert rows.events[second.id].confirmed_at is None


def test_r_edge_zones_do_not_confirm_each_other() -> None:
    rows = Rows()
    assert rows.take(edge(PANEL, 1), record(PANEL, 2)) == [Outcome.EVENT, Outcome.EVENT]


def test_r_edge_an_initial_state_confirms_what_is_known_to_last() -> None:
    rows = Rows()
    rows.take(edge(PANEL))
    assert rows.take(initial(PANEL, at=later(hours=5))) == [Outcome.CONFIRMATION]
    assert len(rows.events) == 1


def test_r_edge_an_initial_state_is_what_an_older_record_of_the_walk_tells() -> None:
    rows = Rows()
    rows.take(initial(PANEL, at=later(hours=1)))
    assert rows.take(record(PANEL, at=NOON, received_at=later(hours=1), recovered=True)) == [Outcome.CONFIRMATION]
    assert rows.event.occurred_at == NOON.replace(second=0)


def test_r_edge_a_walk_over_alarm_restore_alarm_ends_in_one_lasting_event() -> None:
    rows, back = Rows(), later(hours=2)
    rows.take(initial(PANEL, at=back))
    walked = [
        record(PANEL, at=later(minutes=0), received_at=back, recovered=True),
        record(PANEL, at=later(minutes=10), received_at=back, recovered=True, restore=True),
        record(PANEL, at=later(minutes=60), received_at=back, recovered=True),
    ]
    rows.take(*walked)
    first, second = sorted(rows.alarms(), key=lambda event: event.occurred_at)
    assert (first.active, second.active) == (False, True)
    assert first.restored_at == later(minutes=10).replace(second=0)
    assert sum(bundle.active_count for bundle in rows.bundles.values()) == 1


def test_r_edge_a_lost_link_noticed_twice_is_one_event() -> None:
    rows = Rows()
    lost = edge(PANEL, source=SignalSource.SYSTEM, family=Family.LINK, code=2001, alarm_type=AlarmType.COMM_LOSS)
    assert rows.take(lost, replace(lost, received_at=later(minutes=9))) == [Outcome.EVENT, Outcome.CONFIRMATION]


def test_r_edge_troubles_of_one_source_are_told_apart_by_code() -> None:
    rows = Rows()
    trouble = edge(PANEL, family=Family.TROUBLE, alarm_type=AlarmType.TROUBLE, code=350, source_kind=Source.SYSTEM)
    assert rows.take(trouble, replace(trouble, code=351)) == [Outcome.EVENT, Outcome.EVENT]
    assert all(event.active for event in rows.events.values())


# -- D4: repetitions ------------------------------------------------------------------------------------------------------


def test_d4_a_second_edge_in_the_minute_raises_occurrences() -> None:
    rows = Rows()
    assert rows.take(edge(PANEL), edge(PANEL, at=later(seconds=10))) == [Outcome.EVENT, Outcome.DUPLICATE]
    assert (rows.event.occurrences, rows.event.last_seen_at) == (2, later(seconds=10))
    assert rows.bundle.event_count == 1


def test_d4_each_of_two_alarms_in_a_minute_is_confirmed_by_its_own_record() -> None:
    rows = Rows()
    rows.take(edge(PANEL), edge(PANEL, at=later(seconds=10)))
    assert rows.take(record(PANEL), record(PANEL)) == [Outcome.CONFIRMATION, Outcome.CONFIRMATION]
    assert rows.take(record(PANEL)) == [Outcome.DUPLICATE]


def test_d4_the_key_names_panel_code_source_and_minute() -> None:
    assert dedup_key(edge(PANEL, 5)) == f"{PANEL}:130:Z5:2026-11-24T12:00+00:00"
    assert dedup_key(edge(PANEL, 5, restore=True)) != dedup_key(edge(PANEL, 5))


def test_two_people_in_one_minute_are_two_events() -> None:
    rows = Rows()
    armed = record(PANEL, family=Family.ARMED, alarm_type=None, source_kind=Source.SYSTEM, source_number=0, code=400)
    assert rows.take(replace(armed, user=1), replace(armed, user=2)) == [Outcome.EVENT, Outcome.EVENT]


def test_arming_and_disarming_in_one_minute_are_two_events() -> None:
    rows = Rows()
    told = record(PANEL, family=Family.ARMED, alarm_type=None, code=400, user=1)
    outcomes = rows.take(replace(told, detail={"armed": True}), replace(told, detail={"armed": False}))
    assert outcomes == [Outcome.EVENT, Outcome.EVENT]
    assert [event.detail for event in rows.events.values()] == [{"armed": True}, {"armed": False}]


# -- restores -------------------------------------------------------------------------------------------------------------


def test_a_restore_ends_its_event_and_lowers_the_count_of_sources_in_alarm() -> None:
    rows = Rows()
    rows.take(edge(PANEL, 1), edge(PANEL, 2))
    assert rows.take(edge(PANEL, 1, later(seconds=30), restore=True)) == [Outcome.EVENT]
    ended = next(event for event in rows.alarms() if event.source_number == 1)
    assert (ended.active, ended.restored_at) == (False, later(seconds=30))
    assert (rows.bundle.active_count, rows.bundle.event_count) == (1, 2)
    assert {event.bundle_id for event in rows.events.values()} == {rows.bundle.id}


def test_a_zone_found_quiet_after_a_gap_is_restored_and_its_record_confirms_it() -> None:
    rows = Rows()
    rows.take(edge(PANEL))
    assert rows.take(initial(PANEL, at=later(hours=1), restore=True)) == [Outcome.EVENT]
    assert rows.take(record(PANEL, at=later(hours=1), restore=True)) == [Outcome.CONFIRMATION]
    assert (rows.alarms()[0].active, rows.bundle.active_count) == (False, 0)


def test_a_restore_of_nothing_opens_no_bundle() -> None:
    rows = Rows()
    assert rows.take(edge(PANEL, restore=True)) == [Outcome.EVENT]
    assert rows.bundles == {}


def test_the_same_again_after_its_restore_in_the_same_minute_is_in_alarm_again() -> None:
    rows = Rows()
    rows.take(edge(PANEL), edge(PANEL, at=later(seconds=5), restore=True), edge(PANEL, at=later(seconds=9)))
    (alarm,) = rows.alarms()
    assert (alarm.active, alarm.restored_at, rows.bundle.active_count) == (True, None, 1)


def test_a_walk_over_a_minute_of_alarm_restore_alarm_leaves_the_zone_in_alarm() -> None:
    """The link was down for the first alarm; the edge of the second came before the walk."""
    rows, told = Rows(), NOON.replace(second=0)
    rows.take(edge(PANEL, at=later(seconds=30)))
    rows.take(record(PANEL, at=told), record(PANEL, at=told, restore=True), record(PANEL, at=told))
    (alarm,) = rows.alarms()
    assert (alarm.active, alarm.occurrences, rows.bundle.active_count) == (True, 2, 1)


def test_a_late_record_of_a_restore_does_not_end_a_later_alarm() -> None:
    rows = Rows()
    rows.take(edge(PANEL, at=later(minutes=30)))
    rows.take(record(PANEL, at=later(minutes=5), received_at=later(minutes=31), restore=True))
    assert rows.alarms()[0].active


def test_a_new_alarm_of_a_source_takes_the_place_of_its_former() -> None:
    rows = Rows()
    rows.take(edge(PANEL), edge(PANEL, at=later(minutes=3)))
    assert sorted(event.active for event in rows.alarms()) == [False, True]
    assert (rows.bundle.active_count, rows.bundle.event_count) == (1, 2)


# -- the exact code -------------------------------------------------------------------------------------------------------


def test_the_log_may_change_the_type_of_a_bundle_that_holds_only_this_event() -> None:
    rows = Rows()
    rows.take(edge(PANEL))
    rows.take(record(PANEL, alarm_type=AlarmType.HOLDUP, code=122))
    assert (rows.bundle.alarm_type, rows.bundle.priority, rows.bundle.version) == (AlarmType.HOLDUP, Priority.CRITICAL, 2)
    assert rows.bundle.headline.code == 122


def test_the_log_only_raises_the_priority_of_a_bundle_with_other_events() -> None:
    rows = Rows()
    rows.take(edge(PANEL, 1), edge(PANEL, 2))
    rows.take(record(PANEL, 2, alarm_type=AlarmType.HOLDUP, code=122))
    assert (rows.bundle.alarm_type, rows.bundle.priority) == (AlarmType.INTRUSION, Priority.CRITICAL)


def test_the_log_does_not_make_a_second_joinable_bundle_of_a_type() -> None:
    rows = Rows()
    rows.take(edge(PANEL, 1), edge(PANEL, 2, alarm_type=AlarmType.HOLDUP, code=122))
    rows.take(record(PANEL, 1, alarm_type=AlarmType.HOLDUP, code=122))
    assert sorted(bundle.alarm_type for bundle in rows.bundles.values()) == [AlarmType.HOLDUP, AlarmType.INTRUSION]


def test_a_hold_up_found_out_in_service_mode_rings() -> None:
    rows = Rows(in_service())
    assert rows.take(edge(PANEL)) == [Outcome.SUPPRESSED]
    rows.take(record(PANEL, alarm_type=AlarmType.HOLDUP, code=122))
    assert (rows.event.suppressed, rows.bundle.suppressed) == (False, False)


# -- priority, service mode -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("override", "config", "alarm_type", "expected"),
    [
        ({}, {}, AlarmType.INTRUSION, Priority.HIGH),
        ({}, {"INTRUSION": "MEDIUM"}, AlarmType.INTRUSION, Priority.MEDIUM),
        ({"priority": "LOW"}, {"INTRUSION": "MEDIUM"}, AlarmType.INTRUSION, Priority.LOW),
        ({"INTRUSION": "CRITICAL", "priority": "LOW"}, {}, AlarmType.INTRUSION, Priority.CRITICAL),
        ({"FIRE": "LOW"}, {}, AlarmType.INTRUSION, Priority.HIGH),
        ({"priority": "LOW"}, {"HOLDUP": "LOW"}, AlarmType.HOLDUP, Priority.CRITICAL),
        ({"priority": "URGENT"}, {}, AlarmType.INTRUSION, Priority.HIGH),
    ],
)
def test_r_record_priority_is_the_zones_before_the_objects_before_the_default(
    override: dict[str, str], config: dict[str, str], alarm_type: AlarmType, expected: Priority
) -> None:
    rows = Rows(with_zone(priority_override=override, facts=with_object(priorities=config)))
    rows.take(edge(PANEL, alarm_type=alarm_type))
    assert (rows.event.priority, rows.bundle.priority) == (expected, expected)


def test_a_zone_says_what_an_intrusion_in_it_is() -> None:
    rows = Rows(with_zone(alarm_type=AlarmType.HOLDUP))
    rows.take(edge(PANEL))
    rows.take(record(PANEL))
    assert rows.bundle.alarm_type is AlarmType.HOLDUP


def test_a_bundle_takes_the_headline_and_priority_of_its_most_urgent_event() -> None:
    rows = Rows(with_zone(2, priority_override={"priority": "CRITICAL"}))
    rows.take(edge(PANEL, 1))
    rows.take(edge(PANEL, 2))
    rows.take(edge(PANEL, 3))
    assert (rows.bundle.priority, rows.bundle.headline.source_number) == (Priority.CRITICAL, 2)


@pytest.mark.parametrize(("note", "expected"), [(frozenset({"INTRUSION"}), True), (frozenset[str](), False)])
def test_an_object_may_require_a_note(note: frozenset[str], expected: bool) -> None:
    rows = Rows(with_object(requires_note=note))
    rows.take(edge(PANEL))
    assert rows.bundle.requires_note is expected


# -- bundles --------------------------------------------------------------------------------------------------------------


def test_d13_the_window_slides_from_the_last_event() -> None:
    rows = Rows()
    for minutes in (0, 14, 28):
        rows.take(edge(PANEL, minutes + 1, later(minutes=minutes)))
    assert rows.bundle.event_count == 3
    rows.take(edge(PANEL, 99, later(minutes=44)))
    assert [bundle.joinable for bundle in rows.bundles.values()] == [False, True]
    assert next(iter(rows.bundles.values())).version == 3, "to cease to be joinable is nothing an operator sees"


def test_d13_the_window_is_the_objects() -> None:
    rows = Rows(with_object(join_window=timedelta(minutes=1)))
    rows.take(edge(PANEL, 1), edge(PANEL, 2, later(minutes=2)))
    assert len(rows.bundles) == 2


@pytest.mark.parametrize(
    ("status", "bundles"),
    [
        (BundleStatus.CLAIMING, 1),
        (BundleStatus.IN_PROGRESS, 1),
        (BundleStatus.ACK, 1),
        (BundleStatus.RESOLVED, 2),
        (BundleStatus.CLOSED, 2),
    ],
)
def test_r_bundle_an_event_joins_an_open_bundle_and_never_a_resolved_one(status: BundleStatus, bundles: int) -> None:
    rows = Rows()
    rows.take(edge(PANEL, 1))
    rows.set_status(status)
    rows.take(edge(PANEL, 2, later(seconds=30)))
    assert len(rows.bundles) == bundles


FINISHED = (BundleStatus.RESOLVED, BundleStatus.CLOSED)


@pytest.mark.parametrize("status", FINISHED)
@pytest.mark.parametrize("restored", [True, False])
def test_r_bundle_the_same_alarm_in_the_same_minute_is_heard_again_when_its_bundle_is_finished(
    status: BundleStatus, restored: bool
) -> None:
    rows = Rows()
    rows.take(edge(PANEL, at=later(seconds=0)), record(PANEL, at=NOON, received_at=later(seconds=1)))
    if restored:
        rows.take(edge(PANEL, at=later(seconds=5), restore=True))
    worked_off = rows.bundle
    rows.set_status(status)
    assert rows.take(edge(PANEL, at=later(seconds=20))) == [Outcome.EVENT]
    first, second = rows.alarms()
    (fresh,) = (bundle for bundle in rows.bundles.values() if bundle.id != worked_off.id)
    assert (second.bundle_id, second.active, first.active) == (fresh.id, True, False)
    assert (fresh.status, fresh.active_count, rows.bundles[worked_off.id].active_count) == (BundleStatus.NEW, 1, 0)
    # the log tells of the second alarm, and then both are known
    assert rows.take(record(PANEL, at=NOON, received_at=later(seconds=21))) == [Outcome.CONFIRMATION]
    assert rows.take(edge(PANEL, at=later(seconds=25), restore=True)) in ([Outcome.EVENT], [Outcome.DUPLICATE])
    assert rows.take(edge(PANEL, at=later(seconds=28))) == [Outcome.DUPLICATE], "its bundle is open: an occurrence more"
    assert (rows.bundles[fresh.id].active_count, len(rows.bundles)) == (1, 2)


@pytest.mark.parametrize("status", FINISHED)
def test_r_bundle_a_record_alone_that_is_told_again_is_heard_again_but_not_when_a_walk_only_reads_it_again(
    status: BundleStatus,
) -> None:
    rows = Rows()
    rows.take(record(PANEL))
    rows.set_status(status)
    assert rows.take(record(PANEL, recovered=True, received_at=later(seconds=30))) == [Outcome.DUPLICATE]
    assert len(rows.bundles) == 1
    assert rows.take(record(PANEL, received_at=later(seconds=31))) == [Outcome.EVENT]
    assert rows.take(edge(PANEL, at=later(seconds=31))) == [Outcome.CONFIRMATION]
    assert sorted(bundle.event_count for bundle in rows.bundles.values()) == [1, 1]


def test_r_bundle_an_alarm_may_be_worked_off_several_times_in_one_minute() -> None:
    rows = Rows()
    for second in range(4):
        rows.take(edge(PANEL, at=later(seconds=second)))
        rows.set_status(BundleStatus.CLOSED)
    assert [event.dedup_key.partition("#")[2] for event in rows.alarms()] == ["", "2", "3", "4"]
    assert len(rows.bundles) == 4


def test_r_bundle_types_have_bundles_of_their_own() -> None:
    rows = Rows()
    rows.take(edge(PANEL, 1), edge(PANEL, 2, alarm_type=AlarmType.FIRE, code=110))
    assert len(rows.bundles) == 2


def test_r_recover_what_is_heard_of_late_does_not_end_the_present_bundle() -> None:
    rows = Rows()
    rows.take(edge(PANEL, 1, later(hours=2)))
    live = rows.bundle.id
    rows.take(*(record(PANEL, z, later(minutes=z), received_at=later(hours=2), recovered=True) for z in (2, 3)))
    rows.take(edge(PANEL, 4, later(hours=2, minutes=1)))
    assert sorted(bundle.event_count for bundle in rows.bundles.values()) == [2, 2]
    assert (rows.bundles[live].joinable, rows.bundles[live].event_count) == (True, 2)


def test_information_is_an_event_without_a_bundle() -> None:
    rows = Rows()
    assert rows.take(record(PANEL, family=Family.ARMED, alarm_type=None, code=400)) == [Outcome.EVENT]
    assert (rows.bundles, rows.event.bundle_id, rows.event.priority) == ({}, None, None)


def test_r_ledger_what_cannot_be_attributed_is_quarantined_and_a_probe_is_a_test() -> None:
    rows = Rows()
    assert rows.take(edge(UUID(int=77)), edge(None)) == [Outcome.QUARANTINED, Outcome.QUARANTINED]
    assert rows.take(edge(PANEL, source=SignalSource.PROBE)) == [Outcome.TEST]
    assert (rows.events, rows.bundles) == ({}, {})


def test_every_change_raises_the_version_by_one_per_transaction() -> None:
    rows = Rows()
    rows.take(edge(PANEL, 1), edge(PANEL, 2), edge(PANEL, 3))
    assert rows.bundle.version == 1
    rows.take(edge(PANEL, 4), edge(PANEL, 4, later(seconds=9), restore=True))
    assert rows.bundle.version == 2
    rows.take(initial(PANEL, 1, later(minutes=1)))
    assert rows.bundle.version == 2, "nothing about the bundle changed"


# -- properties -----------------------------------------------------------------------------------------------------------

_TYPES = {Family.ZONE_ALARM: AlarmType.INTRUSION, Family.ZONE_TAMPER: AlarmType.TAMPER}


@st.composite
def _sequences(draw: st.DrawFn) -> list[Signal]:
    """Random signals of three zones over forty minutes, received in no particular order of happening."""

    def one() -> Signal:
        make: Callable[..., Signal] = draw(st.sampled_from([edge, edge, initial, record]))
        family = draw(st.sampled_from(sorted(_TYPES)))
        at = later(seconds=draw(st.integers(0, 2400)))
        exact = draw(st.sampled_from([_TYPES[family], AlarmType.HOLDUP])) if make is record else _TYPES[family]
        restore = make is not initial and draw(st.booleans())
        return make(PANEL, draw(st.integers(1, 3)), at, family=family, alarm_type=exact, restore=restore)

    return [one() for _ in range(draw(st.integers(1, 25)))]


def _batches(signals: list[Signal], seed: int) -> Iterable[list[Signal]]:
    chance, rest = random.Random(seed), list(signals)
    while rest:
        size = chance.randint(1, 6)
        yield rest[:size]
        rest = rest[size:]


@given(signals=_sequences(), chance=st.randoms(use_true_random=False))
def test_r_bundle_a_live_edge_into_alarm_always_leaves_somebody_something_to_do(
    signals: list[Signal], chance: random.Random
) -> None:
    """Whatever was worked off before: after an edge there is a bundle that nobody has finished with."""
    rows = Rows()
    for signal in signals:
        rows.take(signal, now=later(hours=1))
        if signal.source is SignalSource.EDGE and not signal.restore:
            assert [b for b in rows.bundles.values() if b.status not in FINISHED], "an alarm nobody hears of"
        if chance.random() < 0.5:
            rows.set_status(chance.choice(FINISHED))


@given(signals=_sequences(), seed=st.integers(0, 99))
def test_any_sequence_in_any_batches_keeps_the_promises(signals: list[Signal], seed: int) -> None:
    rows, outcomes = Rows(), list[Outcome]()
    for batch in _batches(signals, seed):
        outcomes += rows.take(*batch)  # `Rows` checks: never two joinable bundles of a type
    assert len(outcomes) == len(signals)
    assert outcomes.count(Outcome.EVENT) == len(rows.events)
    seen = sum(event.occurrences for event in rows.events.values())
    assert seen == outcomes.count(Outcome.EVENT) + outcomes.count(Outcome.DUPLICATE)
    active = [event for event in rows.events.values() if event.active]
    assert len(active) == len({event.track for event in active}), "two events hold one source in alarm"
    for bundle in rows.bundles.values():
        mine = [event for event in rows.alarms() if event.bundle_id == bundle.id]
        assert (bundle.event_count, bundle.active_count) == (len(mine), sum(event.active for event in mine))
        assert bundle.first_event_at <= bundle.last_event_at
    assert all(event.bundle_id in rows.bundles for event in rows.alarms())
    keys = [event.dedup_key for event in rows.events.values()]
    assert len(keys) == len(set(keys)), "the unique key would refuse this"


@given(
    zones=st.lists(st.integers(1, 5), min_size=1, max_size=8),
    order=st.randoms(use_true_random=False),
    delay=st.integers(0, 29),
)
def test_one_physical_alarm_is_one_event_whichever_way_tells_first(zones: list[int], order: random.Random, delay: int) -> None:
    """Alarms of a zone five minutes apart, each seen by an edge and by a record, told in any order of ways."""
    rows, physical = Rows(), [(zone, later(minutes=5 * n)) for n, zone in enumerate(zones)]
    for zone, at in physical:
        pair = [edge(PANEL, zone, at), record(PANEL, zone, at, received_at=at + timedelta(seconds=delay))]
        order.shuffle(pair)
        rows.take(*pair) if order.random() < 0.5 else [rows.take(signal) for signal in pair]
    assert len(rows.events) == len(physical)
    assert sum(bundle.event_count for bundle in rows.bundles.values()) == len(physical)
    assert all(event.confirmed_at is not None for event in rows.events.values())
