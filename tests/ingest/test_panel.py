"""State bits and log records into signals, without a line (R-EDGE, R-RECOVER)."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from ingest.satel.classify import Condition
from ingest.satel.errors import LocalProtocolError
from ingest.satel.eventlog import GapReason, LogCursor, LogEntry, LogRecord, WalkResult
from ingest.satel.frames import Frame
from ingest.satel.line import Outage
from ingest.satel.messages import Command, PanelStatus, decode
from ingest.satel.panel import PARTITION_GRACE, PanelSetup, PanelTracker, Position, ZoneSetup
from ingest.satel.state import Picture
from workflows.domain.alarm import LOG_GAP, PANEL_REPLACED, AlarmType, Family, Signal, SignalSource, Source
from workflows.domain.panel import LinkStatus, PartitionState

AT = datetime(2026, 6, 1, 12, 0, 30, tzinfo=UTC)
SETUP = PanelSetup(
    panel_id=uuid4(),
    object_id=uuid4(),
    host="panel",
    port=7094,
    config_version=1,
    key="secret",
    zones={5: ZoneSetup(partition=1, reaction=5), 6: ZoneSetup(partition=2, reaction=32)},
)


def zones(command: int, *numbers: int, size: int = 16) -> Frame:
    return Frame(command, sum(1 << (number - 1) for number in numbers).to_bytes(size, "little"))


def partitions(command: int, *numbers: int) -> Frame:
    return zones(command, *numbers, size=4)


def settled(position: Position | None = None, setup: PanelSetup = SETUP) -> PanelTracker:
    tracker = PanelTracker(setup, position or Position())
    quiet = [zones(Command.ZONES_ALARM), zones(Command.ZONES_TAMPER_ALARM), Frame(Command.TROUBLES_1, bytes(47))]
    quiet += [partitions(Command.PARTITIONS_ALARM), partitions(Command.PARTITIONS_FIRE_ALARM)]
    tracker.connected()
    tracker.take(quiet, AT)
    assert tracker.settle(AT, complete=True) == []
    return tracker


def entry(code: int, *, local: datetime, zone: int = 0, restore: bool = False, partition: int = 1) -> LogEntry:
    record = LogRecord(
        year_marker=local.year % 4,
        present=True,
        has_event=True,
        report_1=0,
        report_2=0,
        event_class=0,
        day=local.day,
        month=local.month,
        minute_of_day=local.hour * 60 + local.minute,
        partition_field=partition - 1,
        restore=restore,
        code=code,
        number=zone,
        object_number=0,
        generation=0,
    )
    return LogEntry(index=bytes(3), record=record)


def walk(tracker: PanelTracker, *entries: LogEntry, at: datetime = AT, recovering: bool = False) -> list[Signal]:
    cursor = LogCursor(index=bytes(3), chain=(bytes(8),), whole_log=False)
    result = WalkResult(entries=entries, first=False, gap_reason=None, cursor=cursor, before=cursor)
    return [signal for chunk in tracker.walked(result, at, recovering=recovering) for signal in chunk.signals]


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


# -- edges ----------------------------------------------------------------------------------------------------------------


def test_a_first_sight_is_no_edge_and_a_change_is_one() -> None:
    tracker = PanelTracker(SETUP, Position())
    tracker.connected()
    assert tracker.take([zones(Command.ZONES_ALARM, 5)], AT) == []
    (edge,) = tracker.take([zones(Command.ZONES_ALARM, 5, 6)], AT)
    assert (edge.source, edge.family, edge.source_number, edge.partition) == (SignalSource.EDGE, Family.ZONE_ALARM, 6, 2)
    assert (edge.code, edge.alarm_type) == (110, AlarmType.FIRE)
    assert edge.raw == bytes((2,)) + zones(Command.ZONES_ALARM, 5, 6).data


def test_a_zone_nobody_described_alarms_as_a_burglary() -> None:
    (edge,) = settled().take([zones(Command.ZONES_ALARM, 77)], AT)
    assert (edge.code, edge.alarm_type, edge.partition) == (130, AlarmType.INTRUSION, None)


def test_what_a_zone_is_for_decides_where_its_reaction_is_not_known() -> None:
    setup = PanelSetup(
        panel_id=uuid4(),
        object_id=None,
        host="",
        port=1,
        config_version=1,
        zones={9: ZoneSetup(alarm_type=AlarmType.HOLDUP)},
    )
    (edge,) = settled(setup=setup).take([zones(Command.ZONES_ALARM, 9)], AT)
    assert edge.alarm_type is AlarmType.HOLDUP


def test_two_blocks_that_say_the_same_of_a_zone_tell_it_once() -> None:
    tracker = settled()
    technical = Frame(Command.TROUBLES_1, (1 << 4).to_bytes(47, "little"))
    assert len(tracker.take([zones(Command.ZONES_ALARM, 5), technical], AT)) == 1
    assert tracker.take([zones(Command.ZONES_ALARM)], AT) == []
    (over,) = tracker.take([Frame(Command.TROUBLES_1, bytes(47))], AT)
    assert over.restore


def test_a_narrow_block_says_nothing_of_zones_above_128() -> None:
    tracker = settled()
    assert len(tracker.take([zones(Command.ZONES_ALARM, 200, size=32)], AT)) == 1
    assert tracker.take([zones(Command.ZONES_ALARM, size=16)], AT) == []
    assert tracker.picture.numbers(Command.ZONES_ALARM) == {200}


def test_a_block_of_a_wrong_length_is_ignored() -> None:
    assert settled().take([Frame(Command.ZONES_ALARM, b"\xff\xff\xff")], AT) == []


# -- partitions -----------------------------------------------------------------------------------------------------------


def test_a_partition_alarm_of_a_zone_is_explained_by_it() -> None:
    tracker = settled()
    (edge,) = tracker.take([zones(Command.ZONES_ALARM, 5), partitions(Command.PARTITIONS_ALARM, 1)], AT)
    assert edge.source_kind is Source.ZONE
    assert tracker.judge(AT + timedelta(minutes=1)) == []
    assert tracker.take([zones(Command.ZONES_ALARM), partitions(Command.PARTITIONS_ALARM)], AT)[0].source_kind is Source.ZONE


def test_a_partition_alarm_that_nothing_explains_is_told_after_its_grace() -> None:
    tracker = settled()
    assert tracker.take([zones(Command.ZONES_ALARM, 6), partitions(Command.PARTITIONS_ALARM, 1)], AT) != []
    assert tracker.judge(AT) == []
    (told,) = tracker.judge(AT + PARTITION_GRACE)
    assert (told.family, told.source_kind, told.source_number) == (Family.PARTITION_ALARM, Source.PARTITION, 1)
    assert (told.code, told.alarm_type, told.received_at) == (130, AlarmType.INTRUSION, AT)
    (over,) = tracker.take([partitions(Command.PARTITIONS_ALARM)], AT)
    assert (over.restore, over.source_number) == (True, 1)


def test_a_fire_alarm_of_a_partition_is_a_fire() -> None:
    tracker = settled()
    tracker.take([partitions(Command.PARTITIONS_FIRE_ALARM, 3)], AT)
    (told,) = tracker.judge(AT + PARTITION_GRACE)
    assert (told.family, told.alarm_type) == (Family.PARTITION_FIRE, AlarmType.FIRE)


def test_a_partition_alarm_is_explained_by_a_log_record_of_the_partition() -> None:
    tracker = settled()
    tracker.take([partitions(Command.PARTITIONS_ALARM, 1)], AT)
    walk(tracker, entry(120, local=local("2026-06-01T14:00"), zone=193))
    assert tracker.judge(AT + PARTITION_GRACE) == []


def test_a_trouble_explains_no_partition_alarm() -> None:
    tracker = settled()
    tracker.take([partitions(Command.PARTITIONS_ALARM, 1)], AT)
    walk(tracker, entry(350, local=local("2026-06-01T14:00")))
    assert len(tracker.judge(AT + PARTITION_GRACE)) == 1


# -- the position ---------------------------------------------------------------------------------------------------------


def test_the_position_survives_being_stored() -> None:
    position = Position(
        log=LogCursor(index=b"\1\2\3", chain=(b"12345678",), whole_log=True),
        reported={Condition(Family.ZONE_ALARM, Source.ZONE, 5), Condition(Family.TROUBLE, Source.KEYPAD, 2, 78)},
        explained={Condition(Family.PARTITION_ALARM, Source.PARTITION, 1)},
        partitions={1: PartitionState.ARMED_FULL},
        link=LinkStatus.BUSY,
        outage=Outage(since=AT, address=SETUP.address, told=2005),
        origin="panel:7094/00",
    )
    assert Position.from_json(position.to_json()) == position
    assert Position.from_json(Position().to_json()) == Position()


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"log": "zz"},
        {"log": None, "reported": ["?"], "explained": [], "partitions": {}},
        {"log": None, "reported": 1},
        {**Position().to_json(), "outage": {"since": "once"}},
    ],
)
def test_a_damaged_position_is_said_to_be_damaged(stored: dict[str, object]) -> None:
    with pytest.raises(LocalProtocolError):
        Position.from_json(stored)


def test_what_the_last_holder_told_is_not_told_again() -> None:
    told = Position(reported={Condition(Family.ZONE_ALARM, Source.ZONE, 5)})
    tracker = PanelTracker(SETUP, told)
    tracker.connected()
    tracker.take([zones(Command.ZONES_ALARM, 5, 6)], AT)
    (initial,) = tracker.settle(AT, complete=False)
    assert (initial.source, initial.source_number) == (SignalSource.INITIAL, 6)


def test_what_the_log_just_told_is_no_initial_state() -> None:
    tracker = PanelTracker(SETUP, Position())
    tracker.connected()
    tracker.take([zones(Command.ZONES_ALARM, 5, 6)], AT)
    (record,) = walk(tracker, entry(130, local=local("2026-06-01T13:59"), zone=5), recovering=True)
    assert record.recovered
    assert [each.source_number for each in tracker.settle(AT, complete=False)] == [6]
    assert len(tracker.position.reported) == 2


def test_what_is_over_is_only_told_when_every_block_was_seen() -> None:
    tracker = PanelTracker(SETUP, Position(reported={Condition(Family.ZONE_ALARM, Source.ZONE, 5)}))
    tracker.connected()
    tracker.take([zones(Command.ZONES_TAMPER_ALARM)], AT)
    assert tracker.settle(AT, complete=False) == []
    (over,) = tracker.settle(AT, complete=True)
    assert (over.source, over.restore, over.source_number) == (SignalSource.INITIAL, True, 5)


def test_while_suspended_nothing_is_told_and_afterwards_the_difference() -> None:
    tracker = settled()
    tracker.suspend()
    assert tracker.take([zones(Command.ZONES_ALARM, 5)], AT) == []
    assert tracker.take([zones(Command.ZONES_ALARM, 5, 6)], AT) == []
    assert tracker.take([zones(Command.ZONES_ALARM, 6)], AT) == []
    assert [each.source_number for each in tracker.settle(AT, complete=True)] == [6]
    assert [each.source for each in tracker.take([zones(Command.ZONES_ALARM, 5, 6)], AT)] == [SignalSource.EDGE]


# -- times ----------------------------------------------------------------------------------------------------------------


def status(panel_local: datetime) -> PanelStatus:
    digits = bytes.fromhex(panel_local.strftime("%Y%m%d%H%M%S"))
    message = decode(Frame(Command.STATUS, digits + bytes((0, 3))))
    assert isinstance(message, PanelStatus)
    return message


@pytest.mark.parametrize("ahead", [0, 7200, -3600, 90061])
def test_the_error_of_the_panels_clock_is_taken_out(ahead: int) -> None:
    tracker = settled()
    panel_now = local("2026-06-01T14:00:30") + timedelta(seconds=ahead)
    tracker.set_clock(status(panel_now), AT)
    (record,) = walk(tracker, entry(130, local=panel_now.replace(second=0), zone=5))
    assert record.panel_at is not None
    assert AT - timedelta(minutes=1) <= record.panel_at <= AT
    assert tracker.clock_offset == timedelta(seconds=ahead)


def test_summer_and_winter_time_are_the_zones_own() -> None:
    tracker = settled()
    winter = datetime(2026, 1, 10, 12, 0, 30, tzinfo=UTC)
    (record,) = walk(tracker, entry(130, local=local("2026-01-10T13:00"), zone=5), at=winter)
    assert record.panel_at == datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
    (record,) = walk(tracker, entry(130, local=local("2026-06-01T14:00"), zone=5))
    assert record.panel_at == datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def test_in_the_doubled_hour_the_order_of_the_log_decides() -> None:
    tracker = settled()
    at = datetime(2026, 10, 25, 2, 0, tzinfo=UTC)  # 03:00 winter time; the hour from 02:00 ran twice
    signals = walk(
        tracker,
        entry(130, local=local("2026-10-25T02:10"), zone=5),
        entry(130, local=local("2026-10-25T02:50"), zone=6),
        entry(42, local=local("2026-10-25T02:00")),
        entry(130, local=local("2026-10-25T02:20"), zone=7),
        at=at,
    )
    assert [each.panel_at and each.panel_at.strftime("%H:%M") for each in signals] == ["00:10", "00:50", "01:00", "01:20"]
    assert tracker.clock_wanted


def test_a_live_record_of_the_doubled_hour_is_not_dated_into_the_future() -> None:
    at = datetime(2026, 10, 25, 0, 30, 10, tzinfo=UTC)  # 02:30 for the first time
    (record,) = walk(settled(), entry(130, local=local("2026-10-25T02:30"), zone=5), at=at)
    assert record.panel_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_record_without_a_date_has_no_time() -> None:
    damaged = entry(130, local=local("2026-06-01T14:00"), zone=5)
    record = LogRecord.from_bytes(damaged.record.to_bytes()[:2] + b"\xf0\x00" + damaged.record.to_bytes()[4:])
    (signal,) = walk(settled(), LogEntry(index=bytes(3), record=record))
    assert signal.panel_at is None


# -- another line, another panel ------------------------------------------------------------------------------------------


def test_what_the_log_told_on_one_line_hides_nothing_on_the_next() -> None:
    """Zone 5 alarms and is restored; then, unseen, it alarms again and the log is erased."""
    tracker = settled()
    tracker.take([zones(Command.ZONES_ALARM, 5)], AT)
    moment = local("2026-06-01 14:00")
    walk(tracker, entry(133, local=moment, zone=5), entry(133, local=moment, zone=5, restore=True))
    tracker.take([zones(Command.ZONES_ALARM)], AT)
    tracker.connected()
    tracker.take([zones(Command.ZONES_ALARM, 5)], AT)
    told = tracker.settle(AT, complete=False)
    assert [(each.source, each.source_number) for each in told] == [(SignalSource.INITIAL, 5)]
    tracker.take([zones(Command.ZONES_ALARM)], AT)
    assert tracker.position.reported == set()


def test_what_the_log_told_before_a_suspension_hides_nothing_after_it() -> None:
    tracker = settled()
    tracker.take([zones(Command.ZONES_ALARM, 5)], AT)
    walk(tracker, entry(133, local=local("2026-06-01 14:00"), zone=5))
    tracker.take([zones(Command.ZONES_ALARM)], AT)
    tracker.suspend()
    tracker.take([zones(Command.ZONES_ALARM, 5)], AT)
    assert [each.source for each in tracker.settle(AT, complete=False)] == [SignalSource.INITIAL]


def test_a_restore_the_log_told_on_a_former_line_does_not_hide_the_next_one() -> None:
    tracker = settled()
    tracker.take([zones(Command.ZONES_ALARM, 5)], AT)
    walk(tracker, entry(133, local=local("2026-06-01 14:00"), zone=5, restore=True))
    tracker.connected()  # the bit stands
    tracker.take([zones(Command.ZONES_ALARM, 5)], AT)
    tracker.settle(AT, complete=False)
    assert [each.restore for each in tracker.take([zones(Command.ZONES_ALARM)], AT)] == [True]


def test_an_alarm_the_walk_told_with_its_restore_is_not_told_again_while_its_bit_stands() -> None:
    """The bit of a zone alarm stays until somebody clears the alarm."""
    tracker = settled()
    tracker.connected()
    tracker.take([zones(Command.ZONES_ALARM, 5)], AT)
    moment = local("2026-06-01 14:00")
    walk(tracker, entry(133, local=moment, zone=5), entry(133, local=moment, zone=5, restore=True), recovering=True)
    assert tracker.settle(AT, complete=False) == []


OLD, NEW = bytes(12), b"another one."
CHAIN = tuple(bytes((number,)) * 8 for number in range(1, 5))


def known(*chain: bytes, whole_log: bool = False) -> Position:
    """As recorded of the OLD panel, whose zones 5 and 6 are in alarm."""
    return Position(
        log=LogCursor(index=bytes(3), chain=chain, whole_log=whole_log),
        reported={Condition(Family.ZONE_ALARM, Source.ZONE, number) for number in (5, 6)},
        partitions={1: PartitionState.ARMED_FULL},
        origin=f"panel:7094/{OLD.hex()}",
    )


def meet(position: Position, identity: bytes, result: WalkResult) -> tuple[PanelTracker, list[Signal]]:
    """A line to the panel that says it is ``identity``, whose zone 5 is in alarm."""
    tracker = PanelTracker(SETUP, position)
    tracker.connected()
    tracker.identified(identity)
    tracker.take([zones(Command.ZONES_ALARM, 5)], AT)
    chunks = tracker.walked(result, AT, recovering=True)
    tracker.position.log = chunks[-1].log
    told = [signal for chunk in chunks for signal in chunk.signals]
    return tracker, told + tracker.settle(AT, complete=False)


def found(*entries: LogEntry, gap: GapReason | None, meanwhile: int = 0) -> WalkResult:
    cursor = LogCursor(index=b"new", chain=(bytes(8),), whole_log=False)
    return WalkResult(entries=entries, first=False, gap_reason=gap, cursor=cursor, before=None, meanwhile=meanwhile)


OLD_RECORD = entry(130, local=local("2026-05-30 03:00"), zone=9)
NEW_RECORD = entry(120, local=local("2026-06-01 14:00"))


@pytest.mark.parametrize(
    ("position", "result"),
    [
        (known(*CHAIN), found(OLD_RECORD, NEW_RECORD, gap=GapReason.LIMIT, meanwhile=1)),
        (known(*CHAIN), found(OLD_RECORD, NEW_RECORD, gap=GapReason.ERASED, meanwhile=1)),
        (known(whole_log=True), found(OLD_RECORD, NEW_RECORD, gap=None, meanwhile=1)),  # an empty log "continues" in any other
        (known(CHAIN[0], whole_log=True), found(OLD_RECORD, NEW_RECORD, gap=None, meanwhile=1)),
    ],
)
def test_a_replaced_panel_is_said_to_be_one_and_its_past_is_not_replayed(position: Position, result: WalkResult) -> None:
    tracker, told = meet(position, NEW, result)
    assert [(each.source, each.source_number, each.restore) for each in told] == [
        (SignalSource.SYSTEM, 0, False),
        (SignalSource.INITIAL, 5, True),
        (SignalSource.INITIAL, 6, True),
        (SignalSource.LOG, 0, False),
        (SignalSource.INITIAL, 5, False),
    ]
    assert (told[0].code, told[0].alarm_type, told[3].code) == (PANEL_REPLACED, AlarmType.LOG_GAP, 120)
    assert not any(each.recovered for each in told)
    assert tracker.position.origin == f"panel:7094/{NEW.hex()}"
    assert (tracker.position.log, tracker.position.partitions) == (result.cursor, {})


def test_a_panel_that_moved_or_got_new_firmware_is_known_by_its_log() -> None:
    tracker, told = meet(known(*CHAIN), NEW, found(OLD_RECORD, gap=None))
    assert [(each.code, each.source_number, each.recovered) for each in told] == [(130, 9, True)]
    assert tracker.position.origin == f"panel:7094/{NEW.hex()}"


def test_the_same_panel_with_a_gap_is_no_other_panel() -> None:
    _, told = meet(known(*CHAIN), OLD, found(OLD_RECORD, gap=GapReason.LIMIT))
    assert [each.code for each in told] == [LOG_GAP, 130]


# -- the picture ----------------------------------------------------------------------------------------------------------

ARMED = Command.PARTITIONS_ARMED


@pytest.mark.parametrize(
    ("blocks", "state"),
    [
        ((), PartitionState.DISARMED),
        ((ARMED,), PartitionState.ARMED_FULL),
        ((ARMED, Command.PARTITIONS_ARMED_MODE_1), PartitionState.ARMED_BYPASS),
        ((Command.PARTITIONS_ARMED_MODE_1,), PartitionState.DISARMED),  # read before the partition was disarmed
        ((ARMED, Command.PARTITIONS_ARMED_MODE_2), PartitionState.ARMED_STAY),
        ((ARMED, Command.PARTITIONS_ARMED_MODE_3), PartitionState.ARMED_STAY_INSTANT),
        ((ARMED, Command.PARTITIONS_ENTRY_TIME), PartitionState.ENTRY_TIME),
        ((Command.PARTITIONS_EXIT_TIME_LONG,), PartitionState.EXIT_TIME),
        ((Command.PARTITIONS_EXIT_TIME_SHORT,), PartitionState.EXIT_TIME),
        ((ARMED, Command.PARTITIONS_FIRE_ALARM), PartitionState.FIRE_ALARM),
        ((ARMED, Command.PARTITIONS_ALARM, Command.PARTITIONS_ENTRY_TIME), PartitionState.ALARM),
    ],
)
def test_the_one_word_for_a_partition(blocks: tuple[int, ...], state: PartitionState) -> None:
    picture = Picture()
    for block in {ARMED, *blocks}:
        picture.put(block, partitions(block, *([2] if block in blocks else [])).data)
    assert picture.partition_states({1, 2}) == {1: PartitionState.DISARMED, 2: state}


def test_before_anything_was_read_a_partition_is_unknown() -> None:
    assert Picture().partition_states({1}) == {1: PartitionState.UNKNOWN}


def test_the_history_is_told_changes_only() -> None:
    tracker = settled()
    tracker.take([partitions(ARMED, 1)], AT)
    assert tracker.partition_changes() == {1: PartitionState.ARMED_FULL, 2: PartitionState.DISARMED}
    assert tracker.partition_changes() == {}
    tracker.take([partitions(ARMED, 1, 7)], AT)
    assert tracker.partition_changes() == {7: PartitionState.ARMED_FULL}
    tracker.take([partitions(ARMED, 1)], AT)
    assert tracker.partition_changes() == {7: PartitionState.DISARMED}


def test_the_key_is_not_shown() -> None:
    assert "secret" not in repr(SETUP)
