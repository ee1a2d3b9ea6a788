"""The event log: records, opaque indexes, wrap and erasure (checklist item 11)."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.satel.simulator.log import EMPTY_RECORD, INDEX_SPACE, NEWEST, Entry, EventLog

from .support import GATE, INSTANT, Bench


def entry(code: int, minute: int = 0) -> Entry:
    return Entry(at=datetime(2026, 3, 14, 12, minute, tzinfo=UTC), code=code)


def walk(log: EventLog) -> list[int]:
    """Codes from the newest back to the end, by indexes only."""
    codes: list[int] = []
    index = NEWEST
    while True:
        found, index = log.read(index)
        if found is None:
            return codes
        codes.append(found.code)


@pytest.mark.parametrize(
    ("record", "fields"),
    [  # the computed examples of the reference, §4.3; S bits 11 there, so only the other bits are compared
        ("BF 0E 32 F2 00 82 05 00", {"at": datetime(2026, 3, 14, 12, 34, tzinfo=UTC), "code": 130, "source": 5}),
        (
            "BF 0E 32 F3 04 82 05 00",
            {"at": datetime(2026, 3, 14, 12, 35, tzinfo=UTC), "code": 130, "source": 5, "restore": True},
        ),
        (
            "BF 4E 35 29 0D 91 07 00",
            {"at": datetime(2026, 3, 14, 22, 1, tzinfo=UTC), "code": 401, "partition": 2, "source": 7, "restore": True},
        ),
        ("BF AE 30 00 01 2D 00 00", {"at": datetime(2026, 3, 14, tzinfo=UTC), "code": 301}),
        (
            "BF 1F C5 9F F8 82 48 01",
            {
                "at": datetime(2026, 12, 31, 23, 59, tzinfo=UTC),
                "code": 130,
                "partition": 32,
                "source": 200,
                "second_map": True,
            },
        ),
    ],
)
def test_records_are_packed_as_in_the_reference(record: str, fields: dict[str, object]) -> None:
    wanted = bytes.fromhex(record)
    packed = Entry(**fields).pack(reported=False)  # type: ignore[arg-type]
    assert (packed[0], packed[1:]) == (wanted[0] & 0xF0, wanted[1:])


def test_reporting_bits_change_later_on_the_same_record() -> None:
    bench = Bench(station_delay=4)
    bench.panel.violate(GATE)
    (record,) = bench.panel.log.entries()
    assert record.pack(bench.panel.is_reported(record))[0] & 0x0F == 0
    bench.wait(4)
    assert record.pack(bench.panel.is_reported(record))[0] & 0x0F == 0b0101


@pytest.mark.parametrize("seed", range(20))
def test_indexes_are_opaque_and_lead_back_through_the_whole_log(seed: int) -> None:
    log = EventLog(200, seed)
    for code in range(1, 101):
        log.append(entry(code))
    assert walk(log) == list(range(100, 0, -1))
    indexes = []
    index = NEWEST
    for _ in range(100):
        _, index = log.read(index)
        indexes.append(index)
    assert len(set(indexes)) == 100
    assert indexes != sorted(indexes)
    assert indexes != sorted(indexes, reverse=True)
    assert not {NEWEST, 0x00FFFF} & set(indexes)
    assert all(0 <= index < INDEX_SPACE for index in indexes)


def test_an_index_stays_valid_while_new_records_come() -> None:
    log = EventLog(10, 1)
    log.append(entry(1))
    log.append(entry(2))
    _, index = log.read(NEWEST)
    log.append(entry(3))
    found, _ = log.read(index)
    assert found is not None
    assert found.code == 1


def test_a_full_log_forgets_the_oldest_and_a_forgotten_index_ends_the_walk() -> None:
    log = EventLog(5, 1)
    log.append(entry(1))
    _, old = log.read(NEWEST)
    for code in range(2, 12):
        log.append(entry(code))
    assert walk(log) == [11, 10, 9, 8, 7]
    assert log.read(old)[0] is None


def test_scrambling_changes_indexes_but_not_records() -> None:
    log = EventLog(5, 1)
    log.append(entry(1))
    _, before = log.read(NEWEST)
    log.scramble()
    found, after = log.read(NEWEST)
    assert found is not None
    assert before != after


def test_erasing_leaves_only_the_record_of_it() -> None:
    bench = Bench()
    bench.panel.violate(GATE)
    bench.panel.erase_log()
    assert bench.codes() == [(621, False)]


def test_the_log_says_how_full_it_is() -> None:
    bench = Bench(log_capacity=10)
    bench.panel.arm(1, delay=0)
    for _ in range(5):
        bench.panel.violate(INSTANT)
        bench.panel.restore(INSTANT)
    codes = [code for code, _ in bench.codes()]
    assert len(codes) == 10
    assert 622 in codes
    assert 623 in codes


def test_an_empty_log_ends_at_once() -> None:
    log = EventLog(5, 1)
    assert log.read(NEWEST)[0] is None
    assert EMPTY_RECORD[0] & 0x20 == 0


def test_the_year_is_kept_modulo_four() -> None:
    years = [(entry(1).at + timedelta(days=366 * step)).year for step in range(4)]
    packed = [Entry(at=datetime(year, 1, 1, tzinfo=UTC), code=1).pack(reported=False)[0] >> 6 for year in years]
    assert packed == [year % 4 for year in years]
