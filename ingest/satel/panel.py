"""What a panel tells, turned into signals: state bits into edges, log records into confirmations. Pure (R-EDGE, R-RECOVER).

A line begins with a *baseline*: the first sight of each block is not news but a state. Then the log is walked from where
the last holder left it, and only what neither the log nor an earlier line told becomes an INITIAL signal (`settle`).
From the first sight of a block on, its changes are edges, told at once, without waiting for the log.

What was told is kept as a set of `Condition`s in the `Position`, which is stored together with the log cursor in the
transaction of the signals. So a new holder of the panel, after whatever crash, knows exactly what is already recorded: a
zone that is still in alarm is not told twice, and one that went quiet meanwhile is told as restored.

A panel that was replaced (another address or another 7E, and a log that does not hold the cursor) begins anew: what its log
holds of the time before is another site's history, and what the former one had told is over (reference §4.7).

A partition in alarm (13, 14) is told only when nothing else explains it: a zone of it, or a log record. It is judged after
the log was read, since a panic key on a keypad has no zone bit and comes by the log within the same second.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from ingest.satel import classify
from ingest.satel.bits import numbers_of
from ingest.satel.classify import Condition
from ingest.satel.equipment import PanelModel
from ingest.satel.errors import LocalProtocolError
from ingest.satel.eventlog import (
    INDEX_SIZE,
    RECORD_SIZE,
    GapReason,
    LogCursor,
    LogEntry,
    WalkResult,
    describe,
    local_time,
)
from ingest.satel.frames import Frame
from ingest.satel.line import Outage
from ingest.satel.messages import Command, PanelStatus
from ingest.satel.state import PARTITION_BLOCKS, TROUBLE_BLOCKS, Picture, part_of, troubles_in
from workflows.domain.alarm import LOG_ERASED, LOG_GAP, PANEL_REPLACED, AlarmType, Family, Signal, SignalSource, Source
from workflows.domain.panel import LinkStatus, PartitionState
from workflows.domain.supervision import SupervisionClass

PARTITION_GRACE = timedelta(seconds=2)  # a log record is readable within a second of its bit; twice that
TOLD_WITHIN = timedelta(seconds=90)  # an alarm of the partition this long before explains it (design §4.2)
ENTRIES_PER_CHUNK = 100  # signals to a transaction (design §4.2)
PROOF = 2  # records; a shorter chain found at another address may as well be another panel's
_FOLD_TOLERANCE = timedelta(seconds=90)  # minute resolution and clocks that differ

_ZONE_FAMILIES: Mapping[int, Family] = {
    Command.ZONES_ALARM: Family.ZONE_ALARM,
    Command.ZONES_TAMPER_ALARM: Family.ZONE_TAMPER,
}
_PARTITION_FAMILIES: Mapping[int, Family] = {
    Command.PARTITIONS_ALARM: Family.PARTITION_ALARM,
    Command.PARTITIONS_FIRE_ALARM: Family.PARTITION_FIRE,
}
CONDITION_BLOCKS = frozenset({*_ZONE_FAMILIES, *_PARTITION_FAMILIES, *TROUBLE_BLOCKS})
# Changes that the log is asked about at once; the others (a detector sees somebody) can wait for a second.
URGENT_BLOCKS = CONDITION_BLOCKS | PARTITION_BLOCKS


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneSetup:
    """A zone as the installer's list in the database says. `reaction` as in EE answers (reference §5)."""

    partition: int | None = None
    reaction: int | None = None
    alarm_type: AlarmType | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelSetup:
    """A row of `panels` with its zones and partitions, at one `config_version`."""

    panel_id: UUID
    object_id: UUID | None
    host: str
    port: int
    config_version: int
    key: str | None = field(default=None, repr=False)
    time_zone: str = "Europe/Warsaw"
    zones: Mapping[int, ZoneSetup] = field(default_factory=dict)
    partitions: frozenset[int] = frozenset()
    description_version: int = 1
    supervision: SupervisionClass = SupervisionClass.SP5

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def known_partitions(self) -> frozenset[int]:
        return self.partitions | {zone.partition for zone in self.zones.values() if zone.partition}


@dataclass(slots=True)
class Position:
    """How far the recording of a panel has come: stored as the panel's cursor, in the transaction of its signals."""

    log: LogCursor | None = None
    reported: set[Condition] = field(default_factory=set)  # told, and not yet told as over
    explained: set[Condition] = field(default_factory=set)  # so, but told by something else
    partitions: dict[int, PartitionState] = field(default_factory=dict)  # as last written to the history
    link: LinkStatus | None = None  # likewise
    outage: Outage | None = None
    clock_wrong: bool = False  # and told
    origin: str | None = None  # whose log it is: address and 7E of the panel that answered

    @classmethod
    def lost(cls) -> "Position":
        """A position that no log can hold: the next walk finds a gap and says so."""
        return cls(log=LogCursor(index=bytes(INDEX_SIZE), chain=(bytes(RECORD_SIZE),), whole_log=False))

    def to_json(self) -> dict[str, object]:
        return {
            "log": self.log.to_bytes().hex() if self.log else None,
            "reported": sorted(map(str, self.reported)),
            "explained": sorted(map(str, self.explained)),
            "partitions": {str(number): state for number, state in sorted(self.partitions.items())},
            "link": self.link,
            "outage": self.outage.to_json() if self.outage else None,
            "clock_wrong": self.clock_wrong,
            "origin": self.origin,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> "Position":
        """The inverse. LocalProtocolError if this was never made by `to_json`: better a visible gap than a guess."""
        try:
            log, link, outage, origin = stored["log"], stored.get("link"), stored.get("outage"), stored.get("origin")
            return cls(
                log=LogCursor.from_bytes(bytes.fromhex(str(log))) if log else None,
                reported={Condition.parse(text) for text in _texts(stored["reported"])},
                explained={Condition.parse(text) for text in _texts(stored["explained"])},
                partitions=_partition_states(stored["partitions"]),
                link=LinkStatus(str(link)) if link is not None else None,
                outage=Outage.from_json(outage) if outage is not None else None,
                clock_wrong=bool(stored.get("clock_wrong", False)),
                origin=str(origin) if origin is not None else None,
            )
        except (KeyError, ValueError, TypeError) as error:
            raise LocalProtocolError(f"the stored position is damaged: {type(error).__name__}") from error


def _texts(stored: object) -> list[str]:
    if not isinstance(stored, list):
        raise TypeError("a list expected")
    return [str(text) for text in stored]


def _partition_states(stored: object) -> dict[int, PartitionState]:
    if not isinstance(stored, dict):
        raise TypeError("an object expected")
    return {int(number): PartitionState(state) for number, state in stored.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Signals that belong into one transaction together with the log cursor that stands behind them."""

    signals: tuple[Signal, ...]
    log: LogCursor | None


@dataclass(slots=True)
class _Unexplained:
    since: datetime
    initial: bool


class PanelTracker:
    """See the module. One per panel and process; it outlives the line. Gives signals back and changes `position`.

    `dirty`: parts of the live picture that changed. `log_urgent`, `log_wanted`: something happened that the log knows more
    of. `clock_wanted`: the log says that the panel's clock was moved. The owner clears all of them.
    """

    def __init__(self, setup: PanelSetup, position: Position) -> None:
        self.setup = setup
        self.position = position
        self.picture = Picture()
        self.model = PanelModel.UNKNOWN
        self.clock_offset = timedelta()  # panel clock minus ours
        self.dirty: set[str] = set()
        self.log_urgent = self.log_wanted = self.clock_wanted = False
        self.suspended = False
        self.unexplained: dict[Condition, _Unexplained] = {}
        self._zone = ZoneInfo(setup.time_zone)
        self._by_block: dict[int, frozenset[Condition]] = {}
        self._kinds: dict[Condition, str] = {}
        self._settled = False
        self._log_told: set[Condition] = set()
        self._log_restored: set[Condition] = set()
        self._told_at: dict[int | None, datetime] = {}
        self._origin: str | None = None
        self._inherited: frozenset[Condition] = frozenset()  # told before this line

    # -- the line ---------------------------------------------------------------------------------------------------------

    def connected(self) -> None:
        """A new line: every block is a baseline again, and what the log told on the last one says nothing of this."""
        self._forget_the_log()
        self._by_block.clear()
        self._settled = False
        self.suspended = False
        self._inherited = frozenset(self.position.reported | self.position.explained)

    def identified(self, identity: bytes) -> None:
        """The panel at the other end has said who it is: its 7E."""
        self._origin = f"{self.setup.address}/{identity.hex()}"

    def suspend(self) -> None:
        """Tell no edges for now (nobody can keep them): the state is followed, and `settle` tells the difference."""
        self._forget_the_log()
        self.suspended = True
        self._settled = False

    def _forget_the_log(self) -> None:
        self._log_told.clear()
        self._log_restored.clear()

    @property
    def in_alarm(self) -> bool:
        """Whether any zone or partition is in alarm now."""
        alarms = (*_ZONE_FAMILIES, *_PARTITION_FAMILIES)
        return any(self._by_block.get(block) for block in alarms)

    def missing(self, blocks: Iterable[int]) -> list[int]:
        """Those of the condition blocks that were not seen on this line."""
        return [block for block in blocks if block not in self._by_block]

    def set_clock(self, status: PanelStatus, at: datetime) -> None:
        """Measure how far the panel's wall clock is ahead of what its zone shows now."""
        if status.panel_local_time is not None:
            ahead = status.panel_local_time - at.astimezone(self._zone).replace(tzinfo=None)
            # The panel cuts its seconds off, we do not.
            self.clock_offset = timedelta(seconds=math.ceil(ahead.total_seconds()))

    # -- state blocks -----------------------------------------------------------------------------------------------------

    def take(self, frames: Iterable[Frame], at: datetime) -> list[Signal]:
        """Take state blocks, pushed or read; the edges they are. Other frames are ignored."""
        return [signal for frame in frames if part_of(frame.command) for signal in self._take(frame, at)]

    def _take(self, frame: Frame, at: datetime) -> Iterator[Signal]:
        command = frame.command
        if self.picture.put(command, frame.data):
            self._note_change(command)
        elif command in self._by_block or command not in self.picture.blocks:
            return
        if command in CONDITION_BLOCKS:
            yield from self._compare(command, self.picture.blocks[command], at)

    def _note_change(self, command: int) -> None:
        self.dirty.add(part_of(command) or "")
        if command in URGENT_BLOCKS:
            self.log_urgent = True
        else:
            self.log_wanted = True

    def _compare(self, command: int, data: bytes, at: datetime) -> Iterator[Signal]:
        kinds = conditions_in(command, data)
        self._kinds.update(kinds)
        now, before = frozenset(kinds), self._by_block.get(command)
        self._by_block[command] = now
        raw = bytes((command,)) + data
        if before is None:
            if self._settled:
                yield from self._tell_standing(now, at, raw)
            return
        if self.suspended:
            return
        for condition in sorted(now - before):
            yield from self._raised(condition, at, raw)
        for condition in sorted(before - now):
            yield from self._cleared(condition, at, raw, SignalSource.EDGE)

    def _raised(self, condition: Condition, at: datetime, raw: bytes) -> Iterator[Signal]:
        self._log_restored.discard(condition)
        if condition in self.position.reported:  # another block says the same of this zone
            return
        if condition.family in _PARTITION_FAMILIES.values():
            self.unexplained[condition] = _Unexplained(at, initial=False)
            return
        self.position.reported.add(condition)
        yield self._signal(condition, at, raw, SignalSource.EDGE)

    def _cleared(self, condition: Condition, at: datetime, raw: bytes, source: SignalSource) -> Iterator[Signal]:
        if condition in self._current():
            return
        self.unexplained.pop(condition, None)
        self.position.explained.discard(condition)
        told_by_log = condition in self._log_restored
        self._log_restored.discard(condition)
        if condition in self.position.reported:
            self.position.reported.discard(condition)
            if not told_by_log:
                yield self._signal(condition, at, raw, source, restore=True)

    def _current(self) -> frozenset[Condition]:
        return frozenset().union(*self._by_block.values())

    # -- after the log walk -----------------------------------------------------------------------------------------------

    def settle(self, at: datetime, *, complete: bool) -> list[Signal]:
        """The log has been walked: tell what stands and was told by nobody, and what is over (only if ``complete``:
        all blocks were seen on this line). From now on a first sight is told at once."""
        self._settled, self.suspended = True, False
        signals = list(self._tell_standing(self._current(), at, b""))
        if complete:
            gone = (self.position.reported | self.position.explained | self.unexplained.keys()) - self._current()
            signals += [told for each in sorted(gone) for told in self._cleared(each, at, b"", SignalSource.INITIAL)]
        self._log_told.clear()
        return signals

    def _tell_standing(self, conditions: Iterable[Condition], at: datetime, raw: bytes) -> Iterator[Signal]:
        position = self.position
        for condition in sorted(set(conditions) - position.reported - position.explained - self.unexplained.keys()):
            if condition.family in _PARTITION_FAMILIES.values():
                self.unexplained[condition] = _Unexplained(at, initial=True)
                continue
            position.reported.add(condition)
            if condition not in self._log_told:
                yield self._signal(condition, at, raw, SignalSource.INITIAL)

    def judge(self, at: datetime) -> list[Signal]:
        """The log has just been read: tell the partition alarms that nothing explains."""
        told = []
        for condition, question in list(self.unexplained.items()):
            if self._explains(condition.number, question):
                self.position.explained.add(condition)
            elif at - question.since >= PARTITION_GRACE:
                self.position.reported.add(condition)
                source = SignalSource.INITIAL if question.initial else SignalSource.EDGE
                told.append(self._signal(condition, question.since, b"", source))
            else:
                continue
            del self.unexplained[condition]
        return told

    def _explains(self, partition: int, question: _Unexplained) -> bool:
        """Whether a zone of the partition is in alarm, or an alarm of it was told lately."""
        zones = {each.number for each in self._current() if each.family in _ZONE_FAMILIES.values()}
        if question.initial:
            zones |= self.picture.numbers(Command.ZONES_ALARM_MEMORY)
            zones |= self.picture.numbers(Command.ZONES_TAMPER_ALARM_MEMORY)
        if any(self._partition_of(zone) in (partition, None) for zone in zones):
            return True
        told = [self._told_at[place] for place in (partition, None) if place in self._told_at]
        return any(at >= question.since - TOLD_WITHIN for at in told)

    # -- the log ----------------------------------------------------------------------------------------------------------

    def walked(self, result: WalkResult, at: datetime, *, recovering: bool) -> list[Chunk]:
        """What a finished log walk found, oldest first, in chunks. ``recovering``: it bridges a time without a line."""
        replaced = self._is_replaced(result)
        self.position.origin = self._origin
        if replaced:
            return [self._begin_anew(result, at)]
        reason = result.gap_reason
        code = LOG_ERASED if reason is GapReason.ERASED else LOG_GAP
        gap = [self._gap(str(reason), code, at)] if reason is not None else []
        recovered = recovering and not result.first
        times = self._times(result.entries, at)
        signals = [self._logged(entry, when, at, recovered) for entry, when in zip(result.entries, times, strict=True)]
        if not signals:
            changed = bool(gap) or result.cursor != self.position.log
            return [Chunk(signals=tuple(gap), log=result.cursor)] if changed else []
        return [
            Chunk(signals=tuple(gap if start == 0 else ()) + tuple(part), log=result.cursor_after(start + len(part)))
            for start in range(0, len(signals), ENTRIES_PER_CHUNK)
            for part in [signals[start : start + ENTRIES_PER_CHUNK]]
        ]

    def _is_replaced(self, result: WalkResult) -> bool:
        """Whether this is the log of another panel than the one the position was taken from."""
        position = self.position
        if result.first or position.log is None or position.origin in (None, self._origin):
            return False
        return result.gap or len(position.log.chain) < PROOF

    def _begin_anew(self, result: WalkResult, at: datetime) -> Chunk:
        """The former panel's conditions are over; of the new one's log only what came during the walk counts."""
        over = self._inherited & self.position.reported
        self.position.reported -= self._inherited
        self.position.explained -= self._inherited
        self.position.partitions.clear()
        signals = [self._gap("REPLACED", PANEL_REPLACED, at)]
        signals += [self._signal(each, at, b"", SignalSource.INITIAL, restore=True) for each in sorted(over)]
        entries = result.entries[len(result.entries) - result.meanwhile :]
        times = self._times(entries, at)
        signals += [self._logged(entry, when, at, False) for entry, when in zip(entries, times, strict=True)]
        return Chunk(signals=tuple(signals), log=result.cursor)

    def _gap(self, reason: str, code: int, at: datetime) -> Signal:
        return Signal(
            source=SignalSource.SYSTEM,
            family=Family.OTHER,
            code=code,
            received_at=at,
            panel_id=self.setup.panel_id,
            object_id=self.setup.object_id,
            alarm_type=AlarmType.LOG_GAP,
            detail={"reason": reason},
        )

    def _logged(self, entry: LogEntry, panel_at: datetime | None, at: datetime, recovered: bool) -> Signal:
        record = entry.record
        description = describe(record, self.model)
        source, number = classify.log_source(description)
        meaning = classify.meaning_of(record.info, bit_r=record.restore, source=source)
        self._note_logged(classify.condition_of(meaning, source, number), meaning, description.partition, at)
        if meaning.code in classify.CLOCK_CODES:
            self.clock_wanted = True
        return Signal(
            source=SignalSource.LOG,
            family=meaning.family,
            code=meaning.code,
            received_at=at,
            panel_id=self.setup.panel_id,
            object_id=self.setup.object_id,
            restore=meaning.restore,
            alarm_type=meaning.alarm_type,
            source_kind=source,
            source_number=number,
            partition=description.partition,
            user=description.user,
            panel_at=panel_at,
            recovered=recovered,
            raw=record.to_bytes() + entry.index,
            detail={"armed": record.restore} if meaning.family is Family.ARMED else None,
        )

    def _note_logged(self, condition: Condition | None, meaning: classify.Meaning, partition: int | None, at: datetime) -> None:
        if meaning.alarm_type is None:
            return
        if not meaning.restore and meaning.alarm_type not in (AlarmType.TROUBLE, AlarmType.POWER):
            self._told_at[partition] = at
        if condition is None:
            return
        if meaning.restore:
            self._log_restored.add(condition)
        else:
            self._log_told.add(condition)
            self._log_restored.discard(condition)

    def _times(self, entries: Sequence[LogEntry], at: datetime) -> list[datetime | None]:
        """UTC times of records, oldest first. In the doubled hour of autumn the order of the log decides."""
        panel_now = at.astimezone(self._zone).replace(tzinfo=None) + self.clock_offset
        latest = at
        times: list[datetime | None] = []
        for entry in reversed(entries):
            local = local_time(entry.record, panel_now)
            when = None if local is None else self._utc(local, latest)
            times.append(when)
            latest = when if when is not None else latest
        return times[::-1]

    def _utc(self, local: datetime, latest: datetime) -> datetime:
        """The panel's wall time made UTC and freed from its clock's error; the last that is not after ``latest``."""
        true_local = local - self.clock_offset
        early, late = (true_local.replace(tzinfo=self._zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        return late if late <= latest + _FOLD_TOLERANCE else early

    # -- the picture ------------------------------------------------------------------------------------------------------

    def partition_changes(self) -> dict[int, PartitionState]:
        """Partitions whose state differs from what the history was last told; told now."""
        states = self.picture.partition_states(self.setup.known_partitions)
        changed: dict[int, PartitionState] = {
            number: state
            for number, state in states.items()
            if state is not PartitionState.UNKNOWN and self.position.partitions.get(number) is not state
        }
        # A partition nobody configured leaves the picture when it is plainly disarmed again.
        left = self.position.partitions.keys() - states.keys()
        changed |= {n: PartitionState.DISARMED for n in left if self.position.partitions[n] is not PartitionState.DISARMED}
        self.position.partitions |= changed
        return changed

    def _partition_of(self, zone: int) -> int | None:
        setup = self.setup.zones.get(zone)
        return setup.partition if setup else None

    def _signal(self, condition: Condition, at: datetime, raw: bytes, source: SignalSource, *, restore: bool = False) -> Signal:
        code, alarm_type = self._code(condition)
        partition = self._partition(condition)
        if not restore and condition.source is Source.ZONE:
            self._told_at[partition] = at
        kind = self._kinds.get(condition)
        return Signal(
            source=source,
            family=condition.family,
            code=code,
            received_at=at,
            panel_id=self.setup.panel_id,
            object_id=self.setup.object_id,
            restore=restore,
            alarm_type=alarm_type,
            source_kind=condition.source,
            source_number=condition.number,
            partition=partition,
            raw=raw,
            detail={"trouble": kind} if kind else None,
        )

    def _partition(self, condition: Condition) -> int | None:
        if condition.source is Source.PARTITION:
            return condition.number
        return self._partition_of(condition.number) if condition.source is Source.ZONE else None

    def _code(self, condition: Condition) -> tuple[int, AlarmType | None]:
        match condition.family:
            case Family.ZONE_ALARM:
                zone = self.setup.zones.get(condition.number, ZoneSetup())
                code = classify.zone_code(zone.reaction, zone.alarm_type)
            case Family.ZONE_TAMPER:
                code = classify.TAMPER
            case Family.PARTITION_ALARM:
                code = classify.BURGLARY
            case Family.PARTITION_FIRE:
                code = classify.FIRE
            case Family.MAINS:
                code = classify.MAINS
            case Family.BATTERY:
                code = classify.BATTERY
            case _:
                code = condition.code
        return code, classify.ALARM_TYPES.get(code)


def conditions_in(command: int, data: bytes) -> dict[Condition, str]:
    """The conditions a block tells of, with the kind of trouble where it is one."""
    if (family := _ZONE_FAMILIES.get(command)) is not None:
        return {Condition(family, Source.ZONE, number): "" for number in numbers_of(data)}
    if (family := _PARTITION_FAMILIES.get(command)) is not None:
        return {Condition(family, Source.PARTITION, number): "" for number in numbers_of(data)}
    found = {}
    for trouble in troubles_in(command, data):
        if (condition := classify.trouble_condition(trouble)) is not None:
            found[condition] = str(trouble.kind)
    return found
