"""Log records: fields, sources, full time, the stored cursor (R-RECOVER; reference §4.2-§4.6)."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.satel.equipment import PanelModel
from ingest.satel.errors import LocalProtocolError
from ingest.satel.eventlog import (
    CHAIN_LENGTH,
    Description,
    LogCursor,
    LogRecord,
    LogSource,
    SourceKind,
    UserKind,
    describe,
    identity_of,
    local_time,
    user_kind,
)
from workflows.domain.event_codes import Change, CodeFamily, LongKind

NOW = datetime(2026, 3, 15, 12, 0)  # noqa: DTZ001 - a panel's wall clock
naive_times = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31))  # noqa: DTZ001


def _record(text: str) -> LogRecord:
    return LogRecord.from_bytes(bytes.fromhex(text))


def _make(code: int, *, number: int = 0, partition_field: int = 0, restore: bool = False, tail: int = 0) -> LogRecord:
    """A record of 14 March 12:34 in a year of marker 2; `tail` is its last byte."""
    fifth = partition_field << 3 | restore << 2 | code >> 8
    return LogRecord.from_bytes(bytes((0xBF, 0x0E, 0x32, 0xF2, fifth, code & 0xFF, number, tail)))


@given(st.binary(min_size=8, max_size=8))
def test_every_eight_bytes_are_a_record_and_back(raw: bytes) -> None:
    record = LogRecord.from_bytes(raw)
    assert record.to_bytes() == raw
    assert record.text("pl")
    for model in PanelModel:
        assert isinstance(describe(record, model), Description)


@pytest.mark.parametrize("size", [0, 7, 9])
def test_another_size_is_our_error(size: int) -> None:
    with pytest.raises(LocalProtocolError, match=f"not {size}"):
        LogRecord.from_bytes(bytes(size))


@given(st.binary(min_size=8, max_size=8), st.integers(0, 15))
def test_the_identity_ignores_the_reporting_states_only(raw: bytes, states: int) -> None:
    record = LogRecord.from_bytes(raw)
    assert LogRecord.from_bytes(bytes((raw[0] & 0xF0 | states,)) + raw[1:]).identity == record.identity
    assert record.identity == identity_of(raw)
    for place in range(1, 8):
        other = bytearray(raw)
        other[place] ^= 1
        assert identity_of(bytes(other)) != record.identity


# Reference §4.3.
WORKED = [
    ("7F98 8313 5DA6 0A02", 422, 4, "2025-08-24 13:07", Description(user=10, source=LogSource(SourceKind.EXPANDER, 43))),
    ("BFC5 54C2 87FB 0301", 1019, 6, "2022-05-05 20:18", Description(user=3, source=LogSource(SourceKind.EXPANDER, 48))),
    ("BF0E 32F2 0082 0500", 130, 0, "2026-03-14 12:34", Description(partition=1, source=LogSource(SourceKind.ZONE, 5))),
    ("BF0E 32F3 0482 0500", 130, 0, "2026-03-14 12:35", Description(partition=1, source=LogSource(SourceKind.ZONE, 5))),
    ("BF4E 3529 0D91 0703", 401, 2, "2026-03-14 22:01", Description(partition=2, user=7)),
    ("BF4F 31A3 0991 0703", 401, 2, "2026-03-15 06:59", Description(partition=2, user=7)),
    ("BFAE 3000 012D 0000", 301, 5, "2026-03-14 00:00", Description(source=LogSource(SourceKind.MAIN_BOARD))),
    ("BF1F C59F F882 4801", 130, 0, "2022-12-31 23:59", Description(partition=32, source=LogSource(SourceKind.ZONE, 200))),
]


@pytest.mark.parametrize(("raw", "code", "event_class", "at", "description"), WORKED, ids=[row[0] for row in WORKED])
def test_worked_record(raw: str, code: int, event_class: int, at: str, description: Description) -> None:
    record = _record(raw)
    assert (record.code, record.event_class) == (code, event_class)
    assert (record.present, record.has_event) == (True, True)
    assert local_time(record, NOW) == datetime.fromisoformat(at)
    assert describe(record) == description


def test_worked_record_fields() -> None:
    record = _record("7F98 8313 5DA6 0A02")
    assert (record.year_marker, record.report_1, record.report_2) == (1, 3, 3)
    assert (record.partition_field, record.restore, record.number) == (11, True, 10)
    assert (record.object_number, record.generation) == (0, 2)
    assert (record.family, record.change) == (CodeFamily.ACCESS, Change.HAPPENED)


@pytest.mark.parametrize(
    ("number", "model", "source"),
    [
        (0, PanelModel.INTEGRA_128, LogSource(SourceKind.MAIN_BOARD)),
        (128, PanelModel.INTEGRA_128, LogSource(SourceKind.ZONE, 128)),
        (129, PanelModel.INTEGRA_128, LogSource(SourceKind.EXPANDER, 0)),
        (192, PanelModel.INTEGRA_128, LogSource(SourceKind.EXPANDER, 63)),
        (193, PanelModel.INTEGRA_128, LogSource(SourceKind.KEYPAD_BUS, 0)),
        (200, PanelModel.INTEGRA_128, LogSource(SourceKind.KEYPAD_BUS, 7)),
        (201, PanelModel.INTEGRA_128, LogSource(SourceKind.REMOTE_KEYPAD, 0)),
        (208, PanelModel.INTEGRA_128, LogSource(SourceKind.REMOTE_KEYPAD, 7)),
        (209, PanelModel.INTEGRA_128, LogSource(SourceKind.DLOADX_RS)),
        (210, PanelModel.INTEGRA_128, LogSource(SourceKind.DLOADX_TELEPHONE)),
        (211, PanelModel.INTEGRA_128, LogSource(SourceKind.UNKNOWN, 211)),
        (196, PanelModel.INTEGRA_32, LogSource(SourceKind.KEYPAD_BUS, 3)),
        (197, PanelModel.INTEGRA_24, LogSource(SourceKind.REMOTE_KEYPAD, 0)),
        (201, PanelModel.INTEGRA_24, LogSource(SourceKind.DLOADX_RS)),
        (202, PanelModel.INTEGRA_32, LogSource(SourceKind.DLOADX_TELEPHONE)),
        (203, PanelModel.INTEGRA_32, LogSource(SourceKind.UNKNOWN, 203)),
    ],
)
def test_device_numbers(number: int, model: PanelModel, source: LogSource) -> None:
    assert describe(_make(301, number=number), model).source == source
    assert describe(_make(130, number=number, partition_field=31), model) == Description(partition=32, source=source)


@pytest.mark.parametrize(
    ("model", "zone"),
    [(PanelModel.INTEGRA_256_PLUS, 200), (PanelModel.UNKNOWN, 200), (PanelModel.INTEGRA_128, 72)],
)
def test_generation_one_adds_128_on_the_256_plus_only(model: PanelModel, zone: int) -> None:
    assert describe(_make(130, number=72, tail=1), model).source == LogSource(SourceKind.ZONE, zone)
    assert describe(_make(95, number=72, tail=1), model).source == LogSource(SourceKind.OUTPUT, zone)
    assert describe(_make(384, number=72, tail=1), model).source == LogSource(SourceKind.RADIO, zone)


@pytest.mark.parametrize(
    ("record", "kind", "description"),
    [
        (_make(31), LongKind.NOTHING, Description()),
        (_make(44, partition_field=3), LongKind.PARTITION, Description(partition=4)),
        (
            _make(3, number=9, partition_field=2),
            LongKind.KEYPAD_USER,
            Description(user=9, source=LogSource(SourceKind.KEYPAD_BUS, 2)),
        ),
        (_make(29, number=9), LongKind.USER, Description(user=9)),
        (_make(330, number=9), LongKind.READER, Description(source=LogSource(SourceKind.READER, 9))),
        (_make(79, number=2), LongKind.TELEPHONE, Description(source=LogSource(SourceKind.TELEPHONE, 2))),
        (_make(47, number=2), LongKind.RELAY, Description(source=LogSource(SourceKind.RELAY, 2))),
        (
            _make(333, number=2, partition_field=1),
            LongKind.PARTITION_BUS,
            Description(partition=2, source=LogSource(SourceKind.BUS, 2)),
        ),
        (_make(333, number=130), LongKind.PARTITION_BUS, Description(partition=1, source=LogSource(SourceKind.EXPANDER, 1))),
        (_make(333, number=7), LongKind.PARTITION_BUS, Description(partition=1, source=LogSource(SourceKind.UNKNOWN, 7))),
        (_make(95, number=3), LongKind.MAIN_BOARD_OUTPUT, Description(source=LogSource(SourceKind.OUTPUT, 3))),
        (
            _make(73, number=129, partition_field=4),
            LongKind.OUTPUT,
            Description(partition=5, source=LogSource(SourceKind.EXPANDER_SUPPLY, 0)),
        ),
        (_make(73, number=0), LongKind.OUTPUT, Description(source=LogSource(SourceKind.UNKNOWN, 0))),
        (
            _make(1009, number=5, partition_field=1),
            LongKind.TELEPHONE_USER,
            Description(user=5, source=LogSource(SourceKind.TELEPHONE, 1)),
        ),
        (
            _make(403, number=5, partition_field=1),
            LongKind.PARTITION_TIMER,
            Description(partition=2, source=LogSource(SourceKind.TIMER, 5)),
        ),
        (
            _make(381, number=5, partition_field=1),
            LongKind.PARTITION_RADIO,
            Description(partition=2, source=LogSource(SourceKind.RADIO, 5)),
        ),
        (
            _make(54, number=192, partition_field=2, tail=168),
            LongKind.ADDRESS_FIRST_HALF,
            Description(source=LogSource(SourceKind.KEYPAD_BUS, 2), octets=(192, 168)),
        ),
        (_make(50, number=1, tail=37), LongKind.ADDRESS_SECOND_HALF, Description(octets=(1, 37))),
    ],
)
def test_description_by_kind(record: LogRecord, kind: LongKind, description: Description) -> None:
    assert record.kind is kind
    assert describe(record) == description


def test_kind_3_address_is_bus_times_32_plus_p() -> None:
    for restore, place, address in [(False, 0, 0), (False, 31, 31), (True, 0, 32), (True, 15, 47)]:
        record = _make(421, partition_field=place, restore=restore)
        assert describe(record).source == LogSource(SourceKind.EXPANDER, address)


def test_the_panel_may_tell_the_kind_of_a_code_we_lack() -> None:
    record = _make(700, number=5)
    assert describe(record) == Description()
    assert describe(record, kind=LongKind.DEVICE).source == LogSource(SourceKind.ZONE, 5)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (0, UserKind.UNKNOWN),
        (1, UserKind.USER),
        (240, UserKind.USER),
        (241, UserKind.MASTER),
        (248, UserKind.MASTER),
        (252, UserKind.TIMER),
        (254, UserKind.QUICK_ARM),
        (255, UserKind.SERVICE),
    ],
)
def test_user_kinds(number: int, kind: UserKind) -> None:
    assert user_kind(number) is kind


# --- full time ----------------------------------------------------------------------------------------------------


def _at(marker: int, month: int, day: int, minute: int) -> LogRecord:
    head = marker << 6 | 0x30, day, month << 4 | minute >> 8, minute & 0xFF
    return LogRecord.from_bytes(bytes((*head, 0, 0, 0, 0)))


@pytest.mark.parametrize(
    ("record", "clock", "at"),
    [
        (_at(3, 7, 31, 1223), "2012-01-01 00:00", "2011-07-31 20:23"),  # openHAB's test
        (_at(2, 3, 14, 754), "2026-03-14 12:34", "2026-03-14 12:34"),
        (_at(2, 3, 15, 754), "2026-03-14 12:34", "2026-03-15 12:34"),  # a day ahead: the clock was set back
        (_at(2, 3, 16, 754), "2026-03-14 12:34", "2022-03-16 12:34"),
        (_at(0, 1, 1, 0), "2027-12-31 23:59", "2028-01-01 00:00"),  # written while the clock was being read
        (_at(3, 12, 31, 1439), "2028-01-01 00:00", "2027-12-31 23:59"),
        (_at(0, 2, 29, 600), "2026-03-14 12:34", "2024-02-29 10:00"),
        (_at(2, 2, 29, 600), "2026-03-14 12:34", "2024-02-29 10:00"),  # marker of no leap year
        (_at(1, 2, 29, 600), "2026-03-14 12:34", "2024-02-29 10:00"),
    ],
)
def test_full_year(record: LogRecord, clock: str, at: str) -> None:
    assert local_time(record, datetime.fromisoformat(clock)) == datetime.fromisoformat(at)


@pytest.mark.parametrize("record", [_at(2, 0, 1, 0), _at(2, 13, 1, 0), _at(2, 1, 0, 0), _at(2, 4, 31, 0), _at(2, 1, 1, 1440)])
def test_fields_that_are_no_date_have_no_time(record: LogRecord) -> None:
    assert local_time(record, NOW) is None


@given(naive_times, st.integers(0, 4 * 365 - 2))
def test_a_record_of_the_last_four_years_gets_its_year_back(clock: datetime, days: int) -> None:
    if clock.year < 10:
        clock = clock.replace(year=10)
    stamp = (clock - timedelta(days=days)).replace(second=0, microsecond=0)
    record = _at(stamp.year % 4, stamp.month, stamp.day, stamp.hour * 60 + stamp.minute)
    assert local_time(record, clock) == stamp


@given(st.binary(min_size=8, max_size=8), naive_times)
def test_any_record_at_any_clock_has_a_time_in_reach_or_none(raw: bytes, clock: datetime) -> None:
    stamp = local_time(LogRecord.from_bytes(raw), clock)
    assert stamp is None or stamp - clock <= timedelta(days=1)


# --- the stored cursor --------------------------------------------------------------------------------------------

cursors = st.builds(
    LogCursor,
    index=st.binary(min_size=3, max_size=3),
    chain=st.lists(st.binary(min_size=8, max_size=8), max_size=CHAIN_LENGTH).map(tuple),
    whole_log=st.booleans(),
)


@given(cursors)
def test_a_cursor_survives_storing(cursor: LogCursor) -> None:
    stored = cursor.to_bytes()
    assert LogCursor.from_bytes(stored) == cursor
    assert len(stored) <= 5 + 8 * CHAIN_LENGTH


@given(st.binary(max_size=160))
def test_a_damaged_cursor_is_named_so(stored: bytes) -> None:
    length, rest = divmod(len(stored) - 5, 8)
    if length in range(CHAIN_LENGTH + 1) and rest == 0 and stored[0] == 1 and stored[1] in (0, 1):
        assert LogCursor.from_bytes(stored).to_bytes() == stored
    else:
        with pytest.raises(LocalProtocolError, match="cursor is damaged"):
            LogCursor.from_bytes(stored)
