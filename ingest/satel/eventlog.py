"""The panel's event log: records, what they speak of, and the walk that finds what happened since the last visit.

A record has eight bytes (V19 p. 25, reference §4.2). Its time is the panel's wall clock without year and zone, its
resolution a minute, and two bits pairs of it change after the fact (whether the station was told), so the identity of
a record is its bytes without them. Every record can be read by an opaque three-byte index; reading with an index
returns the record *before* it, so the log is walked from the newest backwards.

`LogWalk` is that walk without I/O: it says what to ask next and takes the answers. It looks for the record at which the
last walk ended (`LogCursor`), first by its index, and if the panel has renumbered its log, by the chain of records that
stood there. Equal records are usual in a log, so a position counts, never mere membership.
"""

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from ingest.satel import requests
from ingest.satel.equipment import PanelModel
from ingest.satel.errors import LocalProtocolError
from ingest.satel.frames import Frame
from ingest.satel.messages import EventAnswer
from workflows.domain.event_codes import LOG_ERASED, Change, CodeFamily, EventCode, Language, LongKind, code_info

RECORD_SIZE = 8
INDEX_SIZE = 3
CHAIN_LENGTH = 17  # the record of the cursor and its 16 predecessors

_CLOCK_TOLERANCE = timedelta(days=1)  # how far a record may lie after the panel's clock before it is last year's


class SourceKind(StrEnum):
    """What the number of a source counts."""

    MAIN_BOARD = "MAIN_BOARD"  # number 0
    ZONE = "ZONE"  # from 1
    EXPANDER = "EXPANDER"  # address 0..63
    KEYPAD_BUS = "KEYPAD_BUS"  # module address 0..7
    REMOTE_KEYPAD = "REMOTE_KEYPAD"  # GUARDX or browser at keypad-bus address 0..7
    DLOADX_RS = "DLOADX_RS"  # number 0
    DLOADX_TELEPHONE = "DLOADX_TELEPHONE"  # number 0
    OUTPUT = "OUTPUT"  # from 1
    EXPANDER_SUPPLY = "EXPANDER_SUPPLY"  # supply output of expander address 0..63
    READER = "READER"  # number as in the record
    TELEPHONE = "TELEPHONE"  # from 1; 0: not known
    RELAY = "RELAY"  # telephone relay, from 1
    BUS = "BUS"  # 0 DTM, 1 DT1, 2 DT2
    TIMER = "TIMER"  # from 1
    RADIO = "RADIO"  # radio zone or ABAX output, from 1
    UNKNOWN = "UNKNOWN"  # the number as in the record


class UserKind(StrEnum):
    """Who a user number is (reference §4.4)."""

    UNKNOWN = "UNKNOWN"
    USER = "USER"
    MASTER = "MASTER"
    INT_AV = "INT_AV"
    ACCO_NET = "ACCO_NET"
    SMS = "SMS"
    TIMER = "TIMER"
    FUNCTION_ZONE = "FUNCTION_ZONE"
    QUICK_ARM = "QUICK_ARM"
    SERVICE = "SERVICE"


_SPECIAL_USERS = {
    0: UserKind.UNKNOWN,
    249: UserKind.INT_AV,
    250: UserKind.ACCO_NET,
    251: UserKind.SMS,
    252: UserKind.TIMER,
    253: UserKind.FUNCTION_ZONE,
    254: UserKind.QUICK_ARM,
    255: UserKind.SERVICE,
}


def user_kind(number: int) -> UserKind:
    """Who hides behind a user number 0..255."""
    return _SPECIAL_USERS.get(number) or (UserKind.USER if number <= 240 else UserKind.MASTER)


@dataclass(frozen=True, slots=True)
class LogSource:
    """A thing in the panel, by kind and number."""

    kind: SourceKind
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a record speaks of: what is not told is None. Partitions count from 1; `octets` is half an IPv4 address."""

    partition: int | None = None
    user: int | None = None
    source: LogSource | None = None
    octets: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRecord:
    """One record, field by field; every eight bytes are a record and every record is eight bytes.

    `partition_field` is the raw P (zero-based partition, or an address), `report_1` and `report_2` the mutable
    reporting states, `generation` the raw u.
    """

    year_marker: int  # year modulo 4
    present: bool  # Z: the record is not empty
    has_event: bool  # E
    report_1: int
    report_2: int
    event_class: int
    day: int
    month: int
    minute_of_day: int
    partition_field: int
    restore: bool
    code: int
    number: int
    object_number: int
    generation: int

    @classmethod
    def from_bytes(cls, record: bytes) -> "LogRecord":
        """Decode eight bytes. LocalProtocolError if there are more or fewer."""
        if len(record) != RECORD_SIZE:
            raise LocalProtocolError(f"a log record has {RECORD_SIZE} bytes, not {len(record)}")
        first, second, third, fourth, fifth, sixth, seventh, eighth = record
        return cls(
            year_marker=first >> 6,
            present=bool(first & 0x20),
            has_event=bool(first & 0x10),
            report_2=first >> 2 & 3,
            report_1=first & 3,
            event_class=second >> 5,
            day=second & 0x1F,
            month=third >> 4,
            minute_of_day=(third & 0x0F) << 8 | fourth,
            partition_field=fifth >> 3,
            restore=bool(fifth & 4),
            code=(fifth & 3) << 8 | sixth,
            number=seventh,
            object_number=eighth >> 5,
            generation=eighth & 0x1F,
        )

    def to_bytes(self) -> bytes:
        """The eight bytes of the record."""
        flags = self.present << 5 | self.has_event << 4
        return bytes(
            (
                self.year_marker << 6 | flags | self.report_2 << 2 | self.report_1,
                self.event_class << 5 | self.day,
                self.month << 4 | self.minute_of_day >> 8,
                self.minute_of_day & 0xFF,
                self.partition_field << 3 | self.restore << 2 | self.code >> 8,
                self.code & 0xFF,
                self.number,
                self.object_number << 5 | self.generation,
            )
        )

    @property
    def identity(self) -> bytes:
        """The bytes without the reporting states, which change later on the same record."""
        return identity_of(self.to_bytes())

    @property
    def info(self) -> EventCode:
        """The table's row for the record's code."""
        return code_info(self.code, self.event_class)

    @property
    def family(self) -> CodeFamily:
        """What the record is about."""
        return self.info.family

    @property
    def change(self) -> Change:
        """What it does to the thing it speaks of: begins, ends, arms ..."""
        return self.info.change(self.restore)

    @property
    def kind(self) -> LongKind:
        """How its numbers are to be read."""
        return self.info.kind(self.restore)

    def text(self, language: Language = "en") -> str:
        """What happened, without saying where."""
        return self.info.text(self.restore, language)


def identity_of(record: bytes) -> bytes:
    """The bytes of a record that never change (reference §4.2)."""
    return bytes((record[0] & 0xF0,)) + record[1:]


def local_time(record: LogRecord, panel_local_time: datetime) -> datetime | None:
    """The record's full wall-clock time, given the panel's own clock (naive) at the time of reading.

    The year is the latest that fits the marker and is not more than a day ahead of the clock. A 29 February whose
    marker is no leap year's takes the last leap year before it. None if the record's fields are no date.
    """
    latest = panel_local_time.year // 4 * 4 + 4 + record.year_marker
    for year in range(latest, latest - 12, -4):
        leap_day_off = record.day == 29 and record.month == 2 and not calendar.isleap(year)
        stamp = _stamp(record, year - year % 4 if leap_day_off else year)
        if stamp is not None and stamp - panel_local_time <= _CLOCK_TOLERANCE:
            return stamp
    return None


def _stamp(record: LogRecord, year: int) -> datetime | None:
    hour, minute = divmod(record.minute_of_day, 60)
    try:
        return datetime(year, record.month, record.day, hour, minute)  # noqa: DTZ001 - the panel's wall clock
    except ValueError:
        return None


def describe(record: LogRecord, model: PanelModel = PanelModel.UNKNOWN, *, kind: LongKind | None = None) -> Description:
    """What the record speaks of, by its kind (reference §4.4). On models of 128 zones at most, u adds nothing to n.

    `kind` overrides the table's, for a code the table lacks but the panel described (8F).
    """
    partition = record.partition_field + 1
    n = record.number
    match kind if kind is not None else record.kind:
        case LongKind.NOTHING:
            return Description()
        case LongKind.PARTITION_DEVICE:
            return Description(partition=partition, source=_device(record, model))
        case LongKind.PARTITION_USER:
            return Description(partition=partition, user=n)
        case LongKind.EXPANDER_USER:
            # R is the bus, P the address on it: two code bases and V19 Appendix 3 against Appendix 2.
            address = record.restore * 32 + record.partition_field
            return Description(user=n, source=LogSource(SourceKind.EXPANDER, address))
        case LongKind.DEVICE:
            return Description(source=_device(record, model))
        case LongKind.PARTITION:
            return Description(partition=partition)
        case LongKind.KEYPAD_USER:
            return Description(user=n, source=LogSource(SourceKind.KEYPAD_BUS, record.partition_field))
        case LongKind.USER:
            return Description(user=n)
        case LongKind.READER:
            return Description(source=LogSource(SourceKind.READER, n))
        case LongKind.TELEPHONE:
            return Description(source=LogSource(SourceKind.TELEPHONE, n))
        case LongKind.RELAY:
            return Description(source=LogSource(SourceKind.RELAY, n))
        case LongKind.PARTITION_BUS:
            return Description(partition=partition, source=_bus(n))
        case LongKind.MAIN_BOARD_OUTPUT | LongKind.OUTPUT:
            return _output(record, model)
        case LongKind.TELEPHONE_USER:
            return Description(user=n, source=LogSource(SourceKind.TELEPHONE, record.partition_field))
        case LongKind.PARTITION_TIMER:
            return Description(partition=partition, source=LogSource(SourceKind.TIMER, n))
        case LongKind.ADDRESS_FIRST_HALF:
            keypad = LogSource(SourceKind.KEYPAD_BUS, record.partition_field)
            return Description(source=keypad, octets=_octets(record))
        case LongKind.ADDRESS_SECOND_HALF:
            return Description(octets=_octets(record))
        case LongKind.PARTITION_RADIO:
            return Description(partition=partition, source=LogSource(SourceKind.RADIO, _large(record, model)))


def _octets(record: LogRecord) -> tuple[int, int]:
    return record.number, record.object_number << 5 | record.generation


def _large(record: LogRecord, model: PanelModel) -> int:
    """A zone or output number: on the 256 Plus u = 1 adds 128 (V19 p. 25)."""
    large = model in (PanelModel.INTEGRA_256_PLUS, PanelModel.UNKNOWN)
    return record.number + 128 if large and record.generation == 1 else record.number


def _device(record: LogRecord, model: PanelModel) -> LogSource:
    """Kinds 1 and 4: a zone, an expander, a keypad or the main board."""
    n = record.number
    if n == 0:
        return LogSource(SourceKind.MAIN_BOARD)
    if n <= 128:
        return LogSource(SourceKind.ZONE, _large(record, model))
    if n <= 192:
        return LogSource(SourceKind.EXPANDER, n - 129)
    small = model in (PanelModel.INTEGRA_24, PanelModel.INTEGRA_32)
    return _keypad_bus(n - 193, 4 if small else 8) or LogSource(SourceKind.UNKNOWN, n)


def _keypad_bus(place: int, modules: int) -> LogSource | None:
    """Numbers from 193 on: `modules` bus modules, as many remote keypads, then DLOADX over RS and telephone."""
    if place < modules:
        return LogSource(SourceKind.KEYPAD_BUS, place)
    if place < 2 * modules:
        return LogSource(SourceKind.REMOTE_KEYPAD, place - modules)
    remote = {2 * modules: SourceKind.DLOADX_RS, 2 * modules + 1: SourceKind.DLOADX_TELEPHONE}
    return LogSource(remote[place]) if place in remote else None


def _bus(n: int) -> LogSource:
    if n <= 2:
        return LogSource(SourceKind.BUS, n)
    return LogSource(SourceKind.EXPANDER, n - 129) if 129 <= n <= 192 else LogSource(SourceKind.UNKNOWN, n)


def _output(record: LogRecord, model: PanelModel) -> Description:
    """Kinds 12 and 13: an output, whose partition field means nothing, or the supply output of an expander."""
    n = record.number
    if 1 <= n <= 128:
        return Description(source=LogSource(SourceKind.OUTPUT, _large(record, model)))
    if 129 <= n <= 192:
        supply = LogSource(SourceKind.EXPANDER_SUPPLY, n - 129)
        return Description(partition=record.partition_field + 1, source=supply)
    return Description(source=LogSource(SourceKind.UNKNOWN, n))


@dataclass(frozen=True, slots=True, kw_only=True)
class LogCursor:
    """Where the last walk ended: the index of the last processed record, and what stood there and before.

    `chain` are the identities of that record and up to 16 older ones, newest first. `whole_log`: there was nothing
    older than the chain's last, so an empty chain means an empty log.
    """

    index: bytes
    chain: tuple[bytes, ...]
    whole_log: bool

    def to_bytes(self) -> bytes:
        """For storing: format 1, flag, index, chain."""
        return bytes((1, self.whole_log)) + self.index + b"".join(self.chain)

    @classmethod
    def from_bytes(cls, stored: bytes) -> "LogCursor":
        """The inverse of `to_bytes`. LocalProtocolError if these bytes are no cursor of ours."""
        head = 2 + INDEX_SIZE
        length, rest = divmod(len(stored) - head, RECORD_SIZE)
        if not (len(stored) >= head and rest == 0 and length <= CHAIN_LENGTH and stored[0] == 1 and stored[1] <= 1):
            raise LocalProtocolError("the stored log cursor is damaged or of a newer version")
        chain = tuple(stored[place : place + RECORD_SIZE] for place in range(head, len(stored), RECORD_SIZE))
        return cls(index=stored[2:head], chain=chain, whole_log=bool(stored[1]))


class GapReason(StrEnum):
    """Why the walk did not reach the cursor: something may have been missed, and nothing can tell what."""

    LIMIT = "LIMIT"  # more new records than one walk may read
    STOPPED = "STOPPED"  # the caller's time was up
    END_OF_LOG = "END_OF_LOG"  # the log no longer holds the cursor: overwritten, or another panel's
    ERASED = "ERASED"  # the log was erased since


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """A record as it was read, with the index the panel gave it."""

    index: bytes
    record: LogRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkResult:
    """What a walk found: the new entries, oldest first, and where the next walk shall begin.

    With a gap, the entries are what the log still holds of the time after it. On the first visit (`first`) there are
    none but those that came during the walk: history is not replayed. `meanwhile` is how many did, the newest.
    """

    entries: tuple[LogEntry, ...]
    first: bool
    gap_reason: GapReason | None
    cursor: LogCursor | None  # after all entries; None only if a first visit was stopped before it read anything
    before: LogCursor | None = field(repr=False)  # before the first entry; None if that is not known
    meanwhile: int = 0

    @property
    def gap(self) -> bool:
        """Whether records may have been missed before the first entry."""
        return self.gap_reason is not None

    @property
    def records(self) -> tuple[LogRecord, ...]:
        """The new records, oldest first."""
        return tuple(entry.record for entry in self.entries)

    def cursor_after(self, count: int) -> LogCursor:
        """The cursor when only the first `count` >= 1 entries have been stored."""
        if not 1 <= count <= len(self.entries):
            raise LocalProtocolError(f"cursor after {count} of {len(self.entries)} entries")
        return _advance(self.before, self.entries[:count])


def _advance(cursor: LogCursor | None, entries: Sequence[LogEntry]) -> LogCursor:
    """The cursor after `entries` (oldest first, at least one) that follow it."""
    older = cursor.chain if cursor else ()
    chain = tuple(entry.record.identity for entry in reversed(entries[-CHAIN_LENGTH:])) + older
    whole_log = cursor is not None and cursor.whole_log and len(entries) + len(older) <= CHAIN_LENGTH
    return LogCursor(index=entries[-1].index, chain=chain[:CHAIN_LENGTH], whole_log=whole_log)


class _ChainSearch:
    """Finds where a chain of identities stands in a log that is read newest first, one record at a time.

    Where the chain overlaps itself (a row of equal records) several positions match; the oldest is taken, so that a
    record may be reported twice but never not at all. Hence `settled` waits until no later overlap can match any more.
    """

    def __init__(self, chain: tuple[bytes, ...]) -> None:
        self._chain = chain
        self._open: list[int] = []  # positions that match so far
        self._length = 0
        self.found: int | None = None  # the oldest position that matched over the whole chain

    def feed(self, identity: bytes) -> None:
        """The next older record."""
        self._open.append(self._length)
        self._length += 1
        self._open = [start for start in self._open if self._chain[self._length - 1 - start] == identity]
        if self._open and self._length - self._open[0] == len(self._chain):
            self.found = self._open.pop(0)

    @property
    def hopeful(self) -> bool:
        """Whether some position matches so far."""
        return bool(self._open)

    @property
    def settled(self) -> bool:
        """Whether the chain was found and no older place of it is still possible."""
        return self.found is not None and not self._open

    def stands_at_end(self) -> int | None:
        """The position of the chain if it is the very end of what was read."""
        start = self._length - len(self._chain)
        return start if not self._chain or self.found == start else None


class _Descent:
    """One way back from the newest record to a cursor. `done` when it is reached or will not be."""

    def __init__(self, cursor: LogCursor | None, start: bytes, limit: int) -> None:
        self._cursor = cursor
        self._limit = limit
        self._search = _ChainSearch(cursor.chain) if cursor and cursor.chain else None
        self._seen: set[bytes] = set()
        self._erased_at: int | None = None
        self.index = start
        self.entries: list[LogEntry] = []  # newest first
        self.matched_at: int | None = None
        self.gap_reason: GapReason | None = None
        self.cut = 0  # with a gap: how many entries are new
        self.ended = False
        self.done = False

    def receive(self, entry: LogEntry) -> None:
        """The record before the last one."""
        if entry.index in self._seen:  # a log that bites its own tail
            self.end()
            return
        self._seen.add(entry.index)
        self.entries.append(entry)
        self.index = entry.index
        if self.gap_reason is None and self._cursor is not None:
            self._compare(entry, self._cursor)
        self._check_filled()

    def end(self) -> None:
        """There is no older record."""
        self.ended = self.done = True
        if self._cursor is None or self.gap_reason is not None:
            return
        if self._cursor.whole_log:
            self.matched_at = len(self.entries) if self._search is None else self._search.stands_at_end()
        elif self._search is not None:
            self.matched_at = self._search.found
        if self.matched_at is None:
            self._give_up(GapReason.END_OF_LOG if self._erased_at is None else GapReason.ERASED)

    def stop(self) -> None:
        """The caller will read no more."""
        self.done = True
        if self._cursor is None or self.matched_at is not None or self.gap_reason is not None:
            return
        if self.entries:
            self._give_up(GapReason.STOPPED)
        else:
            self.matched_at = 0  # nothing was read, so nothing was skipped

    def _compare(self, entry: LogEntry, cursor: LogCursor) -> None:
        identity = entry.record.identity
        if self._search is None:
            hopeful = False
        elif entry.index == cursor.index and identity == cursor.chain[0]:
            self.matched_at = len(self.entries) - 1
            self.done = True
            return
        else:
            self._search.feed(identity)
            hopeful = self._search.hopeful or self._search.found is not None
        self._judge(entry, cursor, hopeful)

    def _judge(self, entry: LogEntry, cursor: LogCursor, hopeful: bool) -> None:
        """Decide whether to go on, after the newest comparison left the chain possible or not."""
        if entry.record.code == LOG_ERASED and self._erased_at is None:
            self._erased_at = len(self.entries)
        if self._search is not None and self._search.settled and not cursor.whole_log:
            self.matched_at = self._search.found
            self.done = True
        elif self._erased_at is not None and not hopeful:
            self._give_up(GapReason.ERASED)
        elif len(self.entries) >= self._limit:
            self._at_limit(cursor)

    def _at_limit(self, cursor: LogCursor) -> None:
        if self._search is not None and self._search.found is not None and not cursor.whole_log:
            self.matched_at = self._search.found
            self.done = True
        else:
            self._give_up(GapReason.LIMIT)

    def _give_up(self, reason: GapReason) -> None:
        self.gap_reason = reason
        self.cut = self._erased_at if reason is GapReason.ERASED and self._erased_at else len(self.entries)

    def _check_filled(self) -> None:
        """Without a match, read on until the fingerprint of the next cursor is complete."""
        if self._cursor is None or self.gap_reason is not None:
            self.done = self.done or len(self.entries) >= CHAIN_LENGTH

    def new(self) -> Iterator[LogEntry]:
        """The new entries, oldest first."""
        count = self.cut if self.gap_reason else self.matched_at or 0
        return reversed(self.entries[:count])

    def before(self) -> LogCursor | None:
        """The cursor at the record before the first new one, with the index it has now; None if not known."""
        old = self._cursor
        if old is not None and self.matched_at is not None:
            found = self.entries[self.matched_at :]
            return LogCursor(index=found[0].index if found else old.index, chain=old.chain, whole_log=old.whole_log)
        older = self.entries[self.cut :] if self.gap_reason else self.entries
        if older:
            start = LogCursor(index=older[-1].index, chain=(), whole_log=self.ended)
            return _advance(start, older[::-1])
        return LogCursor(index=bytes(INDEX_SIZE), chain=(), whole_log=True) if self.ended else None


class LogWalk:
    """A walk back to the cursor, then again for what came meanwhile, until nothing new comes (reference §4.7).

    Ask `next_request()`, send it, `receive` what comes; repeat until it returns None; then `result` is there. Asking
    twice without an answer returns the same request. A walk belongs to one connection: after a reconnect start anew.
    """

    def __init__(self, cursor: LogCursor | None, *, grade: bool = False, limit: int = 500) -> None:
        """`cursor` None on the first visit. `grade` walks the Grade 2/3 log. `limit`: records to read at most."""
        self._grade = grade
        self._first = cursor is None
        self._budget = max(limit, CHAIN_LENGTH)
        self._entries: list[LogEntry] = []
        self._meanwhile = 0
        self._gap_reason: GapReason | None = None
        self._before = self._cursor = cursor
        self._descent = self._new_descent()
        self._descents = 0
        self.result: WalkResult | None = None

    def next_request(self) -> Frame | None:
        """What to send now; None when the walk is over."""
        return None if self.result is not None else requests.read_event(self._descent.index)

    def receive(self, answer: EventAnswer) -> None:
        """Take an answer 8C. One that does not echo our index was not meant for us and is ignored."""
        if self.result is not None or answer.called_with != self._descent.index:
            return
        record = LogRecord.from_bytes(answer.record)
        self._budget -= 1
        if self._is_end(record):
            self._descent.end()
        else:
            self._descent.receive(LogEntry(index=answer.index, record=record))
        if self._descent.done:
            self._finish_descent()

    def stop(self) -> None:
        """Give up reading, for example because the time is up: what was found so far becomes the result."""
        if self.result is None:
            self._budget = 0
            self._descent.stop()
            self._finish_descent()

    def _is_end(self, record: LogRecord) -> bool:
        """The mark after the oldest record; the two logs have different ones (V19 p. 11)."""
        return record.to_bytes()[0] == 0 if self._grade else not record.present

    def _new_descent(self) -> _Descent:
        start = requests.NEWEST_GRADE if self._grade else requests.NEWEST
        return _Descent(self._cursor, start, self._budget)

    def _finish_descent(self) -> None:
        descent = self._descent
        if self._descents and descent.gap_reason is not None:
            self._conclude()  # the next walk, from the cursor we have, will see the gap
            return
        self._take(descent)
        nothing_new = descent.matched_at == 0
        if nothing_new or self._budget <= 0:
            self._conclude()
        else:
            self._descents += 1
            self._descent = self._new_descent()

    def _take(self, descent: _Descent) -> None:
        before, new = descent.before(), list(descent.new())
        if not self._descents:
            self._before, self._gap_reason = before, descent.gap_reason
        else:
            self._meanwhile += len(new)
        self._cursor = _advance(before, new) if new else before
        self._entries += new

    def _conclude(self) -> None:
        self.result = WalkResult(
            entries=tuple(self._entries),
            first=self._first,
            gap_reason=self._gap_reason,
            cursor=self._cursor,
            before=self._before,
            meanwhile=self._meanwhile,
        )
