"""The walk back through a panel's log finds what is new, exactly once and in order, or says that it cannot (R-RECOVER)."""

import itertools
from collections.abc import Callable, Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ingest.satel import requests
from ingest.satel.eventlog import CHAIN_LENGTH, GapReason, LogCursor, LogRecord, LogWalk, WalkResult
from ingest.satel.messages import EventAnswer
from ingest.satel.requests import NEWEST, NEWEST_GRADE

ERASED = 621


def record(step: int, *, code: int = 130) -> LogRecord:
    """A record that differs from those of other steps; steps 1440 apart repeat."""
    head = bytes((0xB0, 0x0E, 0x30 | step % 1440 >> 8, step % 1440 & 0xFF))
    return LogRecord.from_bytes(head + bytes((code >> 8, code & 0xFF, 5, 0)))


def steps(first: int, last: int) -> list[LogRecord]:
    return [record(step) for step in range(first, last)]


class PanelLog:
    """The log side of a panel: opaque indexes without order, oldest records overwritten, reporting states that move."""

    def __init__(self, records: Sequence[LogRecord] = (), *, capacity: int = 10_000) -> None:
        self.capacity = capacity
        self.records: list[LogRecord] = []
        self.indexes: list[bytes] = []
        self.asked: list[bytes] = []
        self._next = 0
        self.add(*records)

    def add(self, *records: LogRecord) -> None:
        for new in records:
            self.records.append(new)
            self.indexes.append(self._fresh())
        del self.records[: -self.capacity]
        del self.indexes[: -self.capacity]

    def renumber(self) -> None:
        self.indexes = [self._fresh() for _ in self.records]

    def erase(self) -> None:
        self.records.clear()
        self.indexes.clear()
        self.add(record(0, code=ERASED))

    def report(self) -> None:
        """The station was told: the two mutable states of every record move."""
        self.records = [
            LogRecord.from_bytes(bytes((raw[0] ^ 0x05,)) + raw[1:]) for raw in (old.to_bytes() for old in self.records)
        ]

    def answer(self, index: bytes) -> EventAnswer:
        self.asked.append(index)
        newest = index in (NEWEST, NEWEST_GRADE)
        place = len(self.records) if newest else self.indexes.index(index) if index in self.indexes else 0
        if place == 0:
            return EventAnswer(record=bytes(8), index=b"\x5a\x5a\x5a", called_with=index)
        return EventAnswer(record=self.records[place - 1].to_bytes(), index=self.indexes[place - 1], called_with=index)

    def _fresh(self) -> bytes:
        self._next += 1
        return (self._next * 40_503 % 0xFFFF00).to_bytes(3, "big")  # neither ordered nor repeating


def walk(
    log: PanelLog,
    cursor: LogCursor | None,
    *,
    limit: int = 500,
    grade: bool = False,
    meanwhile: Callable[[int], None] = lambda answered: None,
) -> WalkResult:
    """Drive a walk against the log; `meanwhile` is called after every answer."""
    walking = LogWalk(cursor, limit=limit, grade=grade)
    answered = 0
    while (request := walking.next_request()) is not None:
        assert request == walking.next_request()
        walking.receive(log.answer(request.data))
        answered += 1
        assert answered <= limit + 3
        meanwhile(answered)
    assert walking.result is not None
    return walking.result


def visited(log: PanelLog) -> LogCursor:
    """The cursor of a first visit."""
    cursor = walk(log, None).cursor
    assert cursor is not None
    return cursor


def identities(records: Sequence[LogRecord]) -> list[bytes]:
    return [each.identity for each in records]


# Records of a few kinds, several in a minute: duplicates are the rule.
histories = st.lists(st.tuples(st.booleans(), st.sampled_from([130, 144, 301])), max_size=45).map(
    lambda moves: [record(sum(later for later, _ in moves[: place + 1]), code=code) for place, (_, code) in enumerate(moves)]
)


def split(history: list[LogRecord], data: st.DataObject) -> tuple[list[LogRecord], list[LogRecord]]:
    cut = data.draw(st.integers(0, len(history)))
    return history[:cut], history[cut:]


# --- examples -----------------------------------------------------------------------------------------------------


def test_first_visit_replays_nothing_and_remembers_a_fingerprint() -> None:
    log = PanelLog(steps(0, 100))
    result = walk(log, None)
    assert (result.entries, result.first, result.gap) == ((), True, False)
    assert result.cursor is not None
    assert result.cursor.index == log.indexes[-1]
    assert list(result.cursor.chain) == identities(log.records[::-1])[:CHAIN_LENGTH]
    assert not result.cursor.whole_log


def test_first_visit_of_an_empty_log_then_everything_is_new() -> None:
    log = PanelLog()
    cursor = visited(log)
    assert (cursor.chain, cursor.whole_log) == ((), True)
    log.add(*steps(0, 30))
    result = walk(log, cursor)
    assert list(result.records) == log.records
    assert not result.gap


def test_nothing_new_costs_one_request() -> None:
    log = PanelLog(steps(0, 50))
    cursor = visited(log)
    log.report()
    log.asked.clear()
    result = walk(log, cursor)
    assert (result.entries, result.gap, result.cursor) == ((), False, cursor)
    assert log.asked == [NEWEST]


def test_new_records_come_oldest_first_with_their_indexes() -> None:
    log = PanelLog(steps(0, 50))
    cursor = visited(log)
    log.add(*steps(50, 53))
    result = walk(log, cursor)
    assert list(result.records) == steps(50, 53)
    assert [entry.index for entry in result.entries] == log.indexes[-3:]
    assert not result.first


def test_equal_records_of_one_minute_are_all_found() -> None:
    log = PanelLog([record(1)] * 30)
    cursor = visited(log)
    log.add(*[record(1)] * 4)
    assert list(walk(log, cursor).records) == [record(1)] * 4


def test_a_renumbered_log_is_recognised_by_its_chain() -> None:
    log = PanelLog(steps(0, 50))
    cursor = visited(log)
    log.add(*steps(50, 53))
    log.renumber()
    result = walk(log, cursor)
    assert list(result.records) == steps(50, 53)
    assert not result.gap
    assert result.cursor is not None
    assert result.cursor.index == log.indexes[-1]


def test_a_renumbered_log_without_news_gives_the_new_index() -> None:
    log = PanelLog(steps(0, 50))
    cursor = visited(log)
    log.renumber()
    result = walk(log, cursor)
    assert result.entries == ()
    assert result.cursor is not None
    assert (result.cursor.index, result.cursor.chain) == (log.indexes[-1], cursor.chain)


def test_a_row_of_equal_records_in_a_renumbered_log_repeats_some_rather_than_losing_any() -> None:
    log = PanelLog([record(0)] + [record(1)] * 40)
    cursor = visited(log)
    log.add(*[record(1)] * 4)
    log.renumber()
    result = walk(log, cursor)
    assert not result.gap
    assert list(result.records) == [record(1)] * 27  # 44 equal ones, of which the oldest 17 are the chain


def test_a_log_that_outgrew_the_chain_is_no_longer_known_to_its_end() -> None:
    log = PanelLog(steps(0, 5))
    log.add(*steps(5, 25))
    result = walk(log, visited(PanelLog(steps(0, 5))))
    assert list(result.records) == steps(5, 25)
    log.add(record(25))
    log.renumber()
    result = walk(log, result.cursor)
    assert (list(result.records), result.gap) == ([record(25)], False)


def test_one_matching_record_without_its_predecessors_is_no_match() -> None:
    log = PanelLog(steps(0, 50))
    cursor = visited(log)
    other = PanelLog([*steps(700, 730), record(49), *steps(731, 740)])
    result = walk(other, cursor)
    assert result.gap_reason is GapReason.END_OF_LOG
    assert list(result.records) == other.records


def test_records_that_come_during_the_walk_are_found_too() -> None:
    log = PanelLog(steps(0, 50))
    cursor = visited(log)
    log.add(*steps(50, 53))
    arriving = iter([record(53), record(54)])

    def meanwhile(answered: int) -> None:
        if answered in (2, 6):
            log.add(next(arriving))

    result = walk(log, cursor, meanwhile=meanwhile)
    assert (list(result.records), result.meanwhile) == (steps(50, 55), 2)


def test_an_overwritten_cursor_is_a_gap_with_all_there_is() -> None:
    log = PanelLog(steps(0, 50), capacity=60)
    cursor = visited(log)
    log.add(*steps(50, 150))
    result = walk(log, cursor)
    assert (result.gap, result.gap_reason) == (True, GapReason.END_OF_LOG)
    assert list(result.records) == log.records
    log.add(record(150))
    assert list(walk(log, result.cursor).records) == [record(150)]


def test_an_erased_log_is_a_gap_from_the_erasure_on() -> None:
    log = PanelLog(steps(0, 50))
    cursor = visited(log)
    log.erase()
    log.add(*steps(60, 63))
    result = walk(log, cursor)
    assert result.gap_reason is GapReason.ERASED
    assert list(result.records) == [record(0, code=ERASED), *steps(60, 63)]
    assert result.cursor is not None
    assert result.cursor.whole_log


def test_an_erasure_that_leaves_old_records_behind_it_stops_there() -> None:
    log = PanelLog([*steps(700, 760), record(0, code=ERASED), *steps(60, 63)])
    result = walk(log, visited(PanelLog(steps(0, 50))))
    assert result.gap_reason is GapReason.ERASED
    assert list(result.records) == log.records[60:]
    log.add(record(63))
    log.renumber()
    result = walk(log, result.cursor)
    assert (list(result.records), result.gap) == ([record(63)], False)


def test_an_erasure_that_looks_like_ours_for_a_while_is_still_one() -> None:
    erasure = record(0, code=ERASED)
    cursor = visited(PanelLog([*steps(700, 730), record(1), erasure]))
    log = PanelLog([*steps(800, 830), record(1), erasure, *steps(60, 63)])
    log.renumber()
    result = walk(log, cursor)
    assert result.gap_reason is GapReason.ERASED
    assert list(result.records) == [erasure, *steps(60, 63)]


def test_an_erasure_we_know_of_is_no_gap() -> None:
    log = PanelLog([record(0, code=ERASED), *steps(60, 63)])
    cursor = visited(log)
    log.add(record(63))
    log.renumber()
    result = walk(log, cursor)
    assert (list(result.records), result.gap) == ([record(63)], False)


def test_the_erasure_itself_may_be_the_last_known_record() -> None:
    log = PanelLog([record(0, code=ERASED)])
    cursor = visited(log)
    log.add(record(1))
    log.renumber()
    result = walk(log, cursor)
    assert (list(result.records), result.gap) == ([record(1)], False)


def test_a_log_erased_during_the_walk_is_left_to_the_next_one() -> None:
    log = PanelLog(steps(0, 50))
    cursor = visited(log)
    log.add(*steps(50, 53))

    def meanwhile(answered: int) -> None:
        if answered == 4:  # the old record was just met
            log.erase()

    result = walk(log, cursor, meanwhile=meanwhile)
    assert (list(result.records), result.gap) == (steps(50, 53), False)
    result = walk(log, result.cursor)
    assert (list(result.records), result.gap_reason) == ([record(0, code=ERASED)], GapReason.ERASED)


def test_too_many_new_records_are_a_gap_with_the_newest() -> None:
    log = PanelLog(steps(0, 50))
    cursor = visited(log)
    log.add(*steps(50, 150))
    result = walk(log, cursor, limit=20)
    assert result.gap_reason is GapReason.LIMIT
    assert list(result.records) == steps(130, 150)
    log.add(record(150))
    result = walk(log, result.cursor, limit=20)
    assert (list(result.records), result.gap) == ([record(150)], False)


def test_a_stopped_walk_keeps_what_it_has_and_says_so() -> None:
    log = PanelLog(steps(0, 50))
    walking = LogWalk(visited(log))
    log.add(*steps(50, 60))
    for _ in range(4):
        request = walking.next_request()
        assert request is not None
        walking.receive(log.answer(request.data))
    walking.stop()
    assert walking.result is not None
    assert walking.next_request() is None
    assert walking.result.gap_reason is GapReason.STOPPED
    assert list(walking.result.records) == steps(56, 60)


def test_a_walk_stopped_before_its_first_answer_changes_nothing() -> None:
    cursor = visited(PanelLog(steps(0, 50)))
    walking = LogWalk(cursor)
    walking.stop()
    assert walking.result is not None
    assert (walking.result.cursor, walking.result.entries, walking.result.gap) == (cursor, (), False)


def test_a_first_visit_stopped_before_its_first_answer_has_no_cursor() -> None:
    walking = LogWalk(None)
    walking.stop()
    assert walking.result is not None
    assert walking.result.cursor is None


def test_a_foreign_event_answer_is_ignored() -> None:
    log = PanelLog(steps(0, 50))
    walking = LogWalk(visited(log))
    foreign = EventAnswer(record=record(99).to_bytes(), index=b"\x03\x58\x96", called_with=b"\x03\x50\x96")
    walking.receive(foreign)
    assert walking.next_request() == requests.read_event(NEWEST)
    assert walking.result is None
    walking.receive(log.answer(NEWEST))
    assert walking.result is not None
    walking.receive(log.answer(NEWEST))
    assert walking.result.entries == ()


def test_the_grade_log_has_its_own_start_and_end() -> None:
    log = PanelLog(steps(0, 5))
    result = walk(log, None, grade=True)
    assert log.asked[0] == NEWEST_GRADE
    assert result.cursor is not None
    assert result.cursor.whole_log
    # In the Grade log a record without Z is still a record, and only a first byte of zero ends it.
    log.records[2] = LogRecord.from_bytes(b"\x80" + log.records[2].to_bytes()[1:])
    cursor = walk(log, None, grade=True).cursor
    assert cursor is not None
    assert len(cursor.chain) == 5


class RingLog(PanelLog):
    """A panel that goes on with the newest record after the oldest instead of telling the end."""

    def answer(self, index: bytes) -> EventAnswer:
        again = super().answer(NEWEST if index == self.indexes[0] else index)
        return EventAnswer(record=again.record, index=again.index, called_with=index)


def test_a_log_that_bites_its_tail_ends_there() -> None:
    result = walk(RingLog(steps(0, 30)), visited(PanelLog(steps(700, 730))))
    assert (result.gap_reason, len(result.entries)) == (GapReason.END_OF_LOG, 30)


# --- properties ---------------------------------------------------------------------------------------------------


@given(histories, st.data())
def test_exactly_the_new_records_are_found(history: list[LogRecord], data: st.DataObject) -> None:
    old, new = split(history, data)
    log = PanelLog(old)
    cursor = visited(log)
    log.add(*new)
    if data.draw(st.booleans()):
        log.report()
    result = walk(log, LogCursor.from_bytes(cursor.to_bytes()))
    assert identities(result.records) == identities(new)
    assert not result.gap
    assert walk(log, result.cursor).entries == ()


@given(histories, st.data())
def test_successive_walks_of_a_growing_log_tell_everything_once_and_in_order(
    history: list[LogRecord], data: st.DataObject
) -> None:
    old, new = split(history, data)
    log = PanelLog(old)
    cursor: LogCursor | None = visited(log)
    coming = list(new)

    def meanwhile(answered: int) -> None:
        for _ in range(data.draw(st.integers(0, 2))):
            if coming:
                log.add(coming.pop(0))

    told: list[LogRecord] = []
    while coming:
        meanwhile(0)
        result = walk(log, cursor, meanwhile=meanwhile)
        assert not result.gap
        told += result.records
        cursor = result.cursor
    told += walk(log, cursor).records
    assert told == new


@given(histories, st.data())
def test_a_first_visit_of_a_growing_log_loses_nothing_that_came_during_it(
    history: list[LogRecord], data: st.DataObject
) -> None:
    old, new = split(history, data)
    log = PanelLog(old)
    coming = list(new)
    before: list[int] = []

    def meanwhile(answered: int) -> None:
        if not before:
            before.append(len(log.records))  # the newest record was read: what comes from now on is new
        if coming:
            log.add(coming.pop(0))

    result = walk(log, None, meanwhile=meanwhile)
    told = [*result.records, *walk(log, result.cursor).records]
    assert told == log.records[before[0] :]


def _places(chain: Sequence[bytes], newest_first: Sequence[bytes]) -> list[int]:
    size = len(chain)
    return [place for place in range(len(newest_first) - size + 1) if list(newest_first[place : place + size]) == list(chain)]


@given(histories, st.data())
def test_after_renumbering_nothing_is_lost_and_nothing_repeated_unless_the_chain_repeats(
    history: list[LogRecord], data: st.DataObject
) -> None:
    old, new = split(history, data)
    log = PanelLog(old)
    cursor = visited(log)
    log.add(*new)
    log.renumber()
    result = walk(log, cursor)
    assert not result.gap
    places = _places(cursor.chain, identities(log.records[::-1]))
    if cursor.whole_log or places == [len(new)]:
        assert list(result.records) == new
        return
    # Several places could be the cursor's. Of a row of overlapping ones the oldest is taken; a distant second
    # occurrence of 17 records of the same minutes is beyond what a log without stable indexes can tell.
    overlapping = all(later - earlier < CHAIN_LENGTH for earlier, later in itertools.pairwise(places))
    assume(overlapping)
    assert identities(result.records)[-len(new) or len(result.records) :] == identities(new)
    assert len(result.records) == max(places)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 3))
def test_a_repeating_pattern_in_a_renumbered_log_never_loses_a_record(old: int, new: int, period: int) -> None:
    pattern = [record(1, code=(130, 144, 301)[place % period]) for place in range(old + new)]
    log = PanelLog([record(0), *pattern[:old]])
    cursor = visited(log)
    log.add(*pattern[old:])
    log.renumber()
    result = walk(log, cursor)
    assert not result.gap
    assert len(result.records) >= new
    assert list(result.records) == pattern[len(pattern) - len(result.records) :]


@given(histories, histories, st.booleans())
def test_after_an_erasure_the_gap_is_told_and_all_after_it_is_found(
    old: list[LogRecord], new: list[LogRecord], renumbered: bool
) -> None:
    log = PanelLog(old)
    cursor = visited(log)
    log.erase()
    log.add(*new)
    if renumbered:
        log.renumber()
    result = walk(log, cursor)
    if result.gap:
        assert result.gap_reason is GapReason.ERASED
        assert list(result.records) == log.records
    else:
        # The records after the erasure repeat the chain, minute by minute: told apart only by stable indexes.
        assert _places(cursor.chain, identities(log.records[::-1]))
        assert not cursor.whole_log
    assert walk(log, result.cursor).entries == ()


@given(histories, st.integers(1, 30))
def test_an_overwritten_cursor_is_never_passed_over_silently(new: list[LogRecord], capacity: int) -> None:
    log = PanelLog(steps(1000, 1040), capacity=capacity)
    cursor = visited(log)
    log.add(*new)
    result = walk(log, cursor)
    if len(new) < capacity:
        assert (list(result.records), result.gap) == (new, False)
    else:
        assert result.gap_reason is GapReason.END_OF_LOG
        assert list(result.records) == log.records


@given(histories, st.data())
def test_a_walk_may_be_stored_in_parts(history: list[LogRecord], data: st.DataObject) -> None:
    old, new = split(history, data)
    log = PanelLog(old)
    cursor = visited(log)
    log.add(*new)
    result = walk(log, cursor)
    for count in range(1, len(new) + 1):
        assert walk(log, result.cursor_after(count)).records == result.records[count:]
    if new:
        assert result.cursor_after(len(new)) == result.cursor


@given(histories, st.binary(min_size=8, max_size=8), st.binary(min_size=3, max_size=3))
def test_any_answers_end_within_the_limit(history: list[LogRecord], raw: bytes, index: bytes) -> None:
    """A panel that answers nonsense costs at most `limit` requests."""
    walking = LogWalk(visited(PanelLog(history)), limit=40)
    answered = 0
    while (request := walking.next_request()) is not None:
        own = (int.from_bytes(index, "big") + answered * 7) % 0x1000000
        walking.receive(EventAnswer(record=raw, index=own.to_bytes(3, "big"), called_with=request.data))
        answered += 1
    assert answered <= 41


def test_cursor_after_names_a_wrong_count() -> None:
    log = PanelLog(steps(0, 5))
    result = walk(log, visited(log))
    with pytest.raises(Exception, match="cursor after 1 of 0"):
        result.cursor_after(1)
