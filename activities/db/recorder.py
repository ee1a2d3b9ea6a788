"""`record_signals`: the one transaction that turns received signals into ledger, events, bundles and outbox (R-RECORD).

Four statements whatever the size of the batch: what is configured (and the locks), which events may be meant, which bundles
may be joined, and everything written at once. What the signals mean is decided by `workflows.domain.recording`.

Two recorders on one object wait for each other on an advisory lock of the object, taken in one order, so neither sees half of
the other's work and no deadlock can arise; what the locks should not have let happen is caught by the unique constraints and
tried again. A batch of a lease that is no longer the newest is refused under a lock on the lease's row: the new holder, who
takes its number first, then reads the panel's log from a cursor that nobody moves any more.

A batch that tells of a lost line costs one statement more: which other lines are lost, so that many are one bundle. So does one
that tells of what has no panel.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson
from uuid_utils.compat import uuid7

from activities import service_metrics
from activities.db.models.bundle_alarms import BundleAlarm
from activities.db.models.events import EventRow
from activities.db.models.signals import SignalRow
from activities.db.push import alarm_data, plain
from activities.db.session import Database, DatabaseUnavailable, WriteSession
from activities.infra import metrics
from workflows.contracts import names
from workflows.domain.alarm import AlarmType, Family, Outcome, Priority, Signal, SignalSource, Source
from workflows.domain.bundle import JOIN_WINDOW, OPEN, BundleStatus
from workflows.domain.recording import (
    Bundle,
    Event,
    Facts,
    Headline,
    ObjectFacts,
    Recording,
    Verdict,
    ZoneFacts,
    dedup_key,
    minute_of,
    numbered_key,
    track_of,
)
from workflows.domain.service import Period, Scope
from workflows.domain.supervision import MONITORING_CENTRE, Loss, SupervisionClass, lost_together

ATTEMPTS: Final = 5  # at what other transactions may have caused; a sixth time it is ours
_RETRIED: Final = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.UniqueViolationError)
_REPEATS: Final = 9  # events of one key: as often as an alarm can be worked off within its minute
_AROUND: Final = timedelta(minutes=3)  # events this far from a signal may be meant by it: 90 s, and a minute's resolution


@dataclass(frozen=True, slots=True, kw_only=True)
class CursorMove:
    """How far the panel's log has been read with this batch; `cursor` is ingest's own, as JSON."""

    panel_id: UUID
    cursor: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelStateChange:
    """A partition's new state, or the link's (`partition` None): a PartitionState or a LinkStatus."""

    panel_id: UUID
    partition: int | None
    state: str
    at: datetime
    detail: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What commits together. `leases`: the lease number under which each panel's part was received."""

    signals: tuple[Signal, ...] = ()
    cursors: tuple[CursorMove, ...] = ()
    states: tuple[PanelStateChange, ...] = ()
    leases: Mapping[UUID, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """`outcomes` in the order of the signals; None for one of which nothing was written: of a panel in `stale`, or of an alarm
    that should ring again and has ended."""

    outcomes: tuple[Outcome | None, ...]
    stale: frozenset[UUID]


With = Callable[[asyncpg.Connection], Awaitable[None]]
"""What else is written in the transaction of a batch; whatever it raises undoes the batch too."""


async def record_signals(db: Database, batch: Batch, *, along: With | None = None) -> Recorded:
    """Commit a batch, and with it what ``along`` writes. Raises DatabaseUnavailable when it should be tried again as it is.

    Trying again after a commit whose answer was lost is harmless: the signals are then repetitions or confirmations.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with db.fast() as connection:
                recorded = await _record(connection, batch)
                if along is not None:
                    await along(connection)
        except (DatabaseUnavailable, *_RETRIED) as error:
            cause = error.__cause__ if isinstance(error, DatabaseUnavailable) else error
            if attempt == ATTEMPTS or not isinstance(cause, _RETRIED):
                raise
            metrics.RECORDING_RETRIES.labels(cause.sqlstate).inc()
            await asyncio.sleep(random.uniform(0, 0.01) * attempt)  # noqa: S311
        else:
            _count(batch, recorded)
            return recorded
    raise AssertionError("the last attempt returns or raises")


async def record_within(session: WriteSession, batch: Batch) -> Recorded:
    """The same within a transaction that is under way, as its last statements: they leave settings behind that are for these
    alone. What other transactions cause is the caller's to try again."""
    raw = await (await session.connection()).get_raw_connection()
    connection = raw.driver_connection
    assert isinstance(connection, asyncpg.Connection)
    recorded = await _record(connection, batch)
    _count(batch, recorded)
    return recorded


async def _record(connection: asyncpg.Connection, batch: Batch) -> Recorded:
    context = await _context(connection, batch)
    stale = frozenset(p for p, number in batch.leases.items() if context.leases.get(p, number) > number)
    fresh = [signal for signal in batch.signals if signal.panel_id not in stale]
    recording = await _recording(connection, context, fresh)
    verdicts = iter([None if recording.is_moot(signal) else recording.take(signal) for signal in fresh])
    by_signal = [None if signal.panel_id in stale else next(verdicts) for signal in batch.signals]
    known = context.facts.panels.keys() - stale
    await _write(connection, _rows(batch, by_signal, recording, known, context))
    return Recorded(outcomes=tuple(v.outcome if v else None for v in by_signal), stale=stale)


def _count(batch: Batch, recorded: Recorded) -> None:
    committed_at = datetime.now(UTC)
    for signal, outcome in zip(batch.signals, recorded.outcomes, strict=True):
        if outcome is None:
            continue
        metrics.SIGNALS.labels(signal.source.value, outcome.value).inc()
        if outcome is Outcome.SUPPRESSED:
            service_metrics.SUPPRESSED.inc()
        waited = (committed_at - signal.received_at).total_seconds()
        metrics.STAGE_SECONDS.labels(metrics.Stage.RECORDED).observe(max(0.0, waited))


# -- what is configured ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Context:
    now: datetime
    leases: Mapping[UUID, int]
    facts: Facts


# The lease rows are locked against a new holder until we commit. The objects' advisory locks are taken in one order. Service
# mode that is in force now is locked against its end: once that has committed, nothing is recorded silently any more.
# The settings are for the statements that follow: planning one over all partitions takes longer than everything else
# together, so it is planned once per connection, in the only way that stays right when the tables grow.
_CONTEXT: Final = """
    WITH leases AS (
        SELECT panel_id, lease_number FROM panel_leases WHERE panel_id = ANY($1::uuid[]) ORDER BY panel_id FOR SHARE
    ), known AS (
        SELECT id, object_id FROM panels WHERE id = ANY($2::uuid[])
    ), meant AS (
        SELECT object_id FROM known UNION SELECT unnest($3::uuid[])
    ), found AS (
        SELECT o.id, c.join_window_seconds AS join_window, c.priorities, c.requires_note, c.never_silenced
        FROM meant JOIN objects o ON o.id = meant.object_id LEFT JOIN object_alarm_config c ON c.object_id = o.id
    ), in_force AS (
        SELECT s.object_id, s.scope, s.begun_at FROM meant JOIN service_modes s ON s.object_id = meant.object_id
        WHERE s.state = 'ACTIVE' AND s.ends_at > clock_timestamp() ORDER BY s.id FOR SHARE OF s
    ), spoken_of AS (
        SELECT z.panel_id, z.number, z.alarm_type, z.priority_override
        FROM unnest($4::uuid[], $5::int[]) AS w(panel_id, number) JOIN zones z USING (panel_id, number)
    ), locked AS (
        SELECT count(pg_advisory_xact_lock(key)) AS objects
        FROM (SELECT DISTINCT hashtextextended(object_id::text, 0) AS key FROM meant ORDER BY key) AS keys
    )
    SELECT clock_timestamp() AS now, locked.objects,
           set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
           set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
           (SELECT jsonb_object_agg(panel_id, lease_number) FROM leases) AS leases,
           (SELECT jsonb_object_agg(id, object_id) FROM known) AS panels,
           (SELECT jsonb_agg(found) FROM found) AS objects,
           (SELECT jsonb_agg(in_force) FROM in_force) AS service,
           (SELECT jsonb_agg(spoken_of) FROM spoken_of) AS zones
    FROM locked
"""


async def _context(connection: asyncpg.Connection, batch: Batch) -> _Context:
    panels = {signal.panel_id for signal in batch.signals} | {cursor.panel_id for cursor in batch.cursors}
    panels |= {state.panel_id for state in batch.states}
    zones = {(s.panel_id, s.source_number) for s in batch.signals if s.panel_id and s.source_kind is Source.ZONE}
    objects = {s.object_id for s in batch.signals if s.panel_id is None and s.object_id is not None}
    lost = _lost_lines(batch.signals)
    row = await connection.fetchrow(
        _CONTEXT,
        list(batch.leases),
        [panel_id for panel_id in panels if panel_id is not None],
        list(objects | {MONITORING_CENTRE} if lost else objects),
        [panel_id for panel_id, _ in zones],
        [number for _, number in zones],
    )
    facts = _facts(row)
    if lost:
        facts = replace(facts, together=await _together(connection, lost))
    return _Context(row["now"], {UUID(panel): number for panel, number in (row["leases"] or {}).items()}, facts)


def _lost_lines(signals: Iterable[Signal]) -> dict[UUID, datetime]:
    """The panels a batch tells to be lost, and since when."""
    lost = (s for s in signals if s.family is Family.LINK and not s.restore and s.panel_id is not None)
    return {s.panel_id: _lost_since(s) for s in lost if s.panel_id is not None}


def _lost_since(signal: Signal) -> datetime:
    since = (signal.detail or {}).get("since")
    return datetime.fromisoformat(since) if isinstance(since, str) else signal.received_at


# Lines that are away and not yet told, those that are told, those of holders who have missed two signs of life (of the quickest
# class among their panels), and those of this batch. The lock on the monitoring centre, taken before, lets batches that tell of
# lost lines see each other.
_LOSSES: Final = """
    SELECT p.id AS panel_id, p.object_id, p.host, away.since FROM panels p JOIN (
        SELECT panel_id, (cursor -> 'outage' ->> 'since')::timestamptz AS since
            FROM panel_cursors WHERE cursor -> 'outage' <> 'null'
        UNION ALL
        SELECT panel_id, coalesce((detail ->> 'since')::timestamptz, occurred_at) FROM events WHERE active AND family = 'LINK'
        UNION ALL
        SELECT panel_id, renewed_at FROM panel_leases WHERE holder IN (
            SELECT l.holder FROM panel_leases l JOIN panels p ON p.id = l.panel_id AND p.enabled AND p.deleted_at IS NULL
            JOIN unnest($3::text[], $4::float[]) AS c(class, seconds) ON c.class = p.supervision_class
            GROUP BY l.holder HAVING max(l.renewed_at) < now() - make_interval(secs => min(c.seconds)))
        UNION ALL
        SELECT * FROM unnest($1::uuid[], $2::timestamptz[])
    ) AS away ON away.panel_id = p.id WHERE p.deleted_at IS NULL AND p.enabled
"""


async def _together(connection: asyncpg.Connection, lost: Mapping[UUID, datetime]) -> Mapping[UUID, str]:
    doubts = [each.in_doubt_after.total_seconds() for each in SupervisionClass]
    rows = await connection.fetch(_LOSSES, list(lost), list(lost.values()), list(SupervisionClass), doubts)
    return lost_together(lost.keys(), [Loss(**row) for row in rows])


def _facts(row: asyncpg.Record) -> Facts:
    service: defaultdict[str, list[Period]] = defaultdict(list)
    for period in row["service"] or ():
        begun_at = datetime.fromisoformat(period["begun_at"])
        service[period["object_id"]].append(Period(scope=Scope.of_json(period["scope"]), begun_at=begun_at))
    return Facts(
        panels={UUID(panel): UUID(object_id) for panel, object_id in (row["panels"] or {}).items()},
        objects={UUID(found["id"]): _object(found, service.get(found["id"], ())) for found in (row["objects"] or ())},
        zones={(UUID(zone["panel_id"]), zone["number"]): _zone(zone) for zone in (row["zones"] or ())},
    )


def _object(found: Mapping[str, Any], service: Iterable[Period]) -> ObjectFacts:
    window, needs_note = found["join_window"], found["requires_note"]
    return ObjectFacts(
        object_id=UUID(found["id"]),
        service=tuple(service),
        join_window=JOIN_WINDOW if window is None else timedelta(seconds=window),
        priorities=found["priorities"] or {},
        requires_note=frozenset(kind for kind, needed in (needs_note or {}).items() if needed),
        never_silenced=frozenset(found["never_silenced"] or ()),
    )


def _zone(zone: Mapping[str, Any]) -> ZoneFacts:
    kind = zone["alarm_type"]
    return ZoneFacts(
        alarm_type=AlarmType(kind) if kind is not None else None,
        priority_override=zone["priority_override"] or {},
    )


# -- which events and bundles ---------------------------------------------------------------------------------------------

_EVENT_COLUMNS = tuple(column.name for column in fields(Event))
_BUNDLE_COLUMNS = tuple(column.name for column in fields(Bundle))


def _of(table: str, columns: Iterable[str]) -> str:
    return ", ".join(f'{table}."{column}"' for column in columns)


# Active events are few and may be old; the others are looked for around the signal's time only.
_CANDIDATES: Final = f"""
    WITH wanted AS (
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::timestamptz[], $6::timestamptz[])
            AS w(panel_id, family, source_kind, source_number, since, until)
    )
    SELECT {_of("e", _EVENT_COLUMNS)} FROM wanted w JOIN events e
        ON (e.panel_id, e.family, e.source_kind, e.source_number) = (w.panel_id, w.family, w.source_kind, w.source_number)
        WHERE e.active
    UNION ALL
    SELECT {_of("e", _EVENT_COLUMNS)} FROM wanted w JOIN events e
        ON e.panel_id = w.panel_id AND e.minute BETWEEN w.since AND w.until
        WHERE (e.family, e.source_kind, e.source_number) = (w.family, w.source_kind, w.source_number)
    UNION ALL
    SELECT {_of("e", _EVENT_COLUMNS)}
        FROM unnest($7::text[], $8::timestamptz[]) AS k(dedup_key, minute) JOIN events e USING (dedup_key, minute)
"""  # noqa: S608 - names of our own columns

# The same for what has no panel: its place is the object.
_CANDIDATES_OF_OBJECTS: Final = f"""
    WITH wanted AS (
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::timestamptz[], $6::timestamptz[])
            AS w(object_id, family, source_kind, source_number, since, until)
    )
    SELECT {_of("e", _EVENT_COLUMNS)} FROM wanted w JOIN events e
        ON (e.object_id, e.family, e.source_kind, e.source_number) = (w.object_id, w.family, w.source_kind, w.source_number)
        WHERE e.active AND e.panel_id IS NULL
    UNION ALL
    SELECT {_of("e", _EVENT_COLUMNS)} FROM wanted w JOIN events e
        ON e.object_id = w.object_id AND e.minute BETWEEN w.since AND w.until
        WHERE (e.family, e.source_kind, e.source_number) = (w.family, w.source_kind, w.source_number) AND e.panel_id IS NULL
"""  # noqa: S608 - names of our own columns

_BUNDLES: Final = f"""
    SELECT {_of("b", _BUNDLE_COLUMNS)} FROM bundle_alarms b
    WHERE (b.object_id = ANY($1::uuid[]) AND b.status <> 'CLOSED') OR b.id = ANY($2::uuid[])
    ORDER BY b.id FOR NO KEY UPDATE
"""  # noqa: S608 - names of our own columns


async def _recording(connection: asyncpg.Connection, context: _Context, signals: Sequence[Signal]) -> Recording:
    facts = context.facts
    known = [s for s in signals if s.panel_id in facts.panels or (s.panel_id is None and s.object_id in facts.objects)]
    events = await _candidates(connection, known) if known else []
    bundles = await _bundles(connection, facts, events) if known else []
    return Recording(facts, now=context.now, new_id=uuid7, events=events, bundles=bundles)


async def _candidates(connection: asyncpg.Connection, signals: Sequence[Signal]) -> list[Event]:
    keys = {
        numbered_key(dedup_key(signal), number): minute_of(signal)
        for signal in signals
        for number in range(1, 2 if track_of(signal) is not None else _REPEATS + 1)  # those of a track are found by it
    }
    spans = _spans(signal for signal in signals if signal.panel_id is not None)
    rows = await connection.fetch(_CANDIDATES, *spans, list(keys), list(keys.values()))
    if any(signal.panel_id is None for signal in signals):
        rows += await connection.fetch(_CANDIDATES_OF_OBJECTS, *_spans(s for s in signals if s.panel_id is None))
    return list({row[0]: _event(row) for row in rows}.values())


def _spans(signals: Iterable[Signal]) -> tuple[list[Any], ...]:
    """Where and when events may be that these signals mean: place, family, kind and number of the source, since, until."""
    # A restore ends an alarm, so the alarm's events are wanted too: the track without `restore` and code covers both.
    spans: dict[tuple[UUID, Family, Source, int], tuple[datetime, datetime]] = {}
    for signal in signals:
        if (track := track_of(signal)) is not None:
            place = (track.place, track.family, track.source_kind, track.source_number)
            minute = minute_of(signal)
            first, last = spans.get(place, (minute, minute))
            spans[place] = min(first, minute), max(last, minute)
    return (
        [place[0] for place in spans],
        [place[1].value for place in spans],
        [place[2].value for place in spans],
        [place[3] for place in spans],
        [first - _AROUND for first, _ in spans.values()],
        [last + _AROUND for _, last in spans.values()],
    )


async def _bundles(connection: asyncpg.Connection, facts: Facts, events: Iterable[Event]) -> list[Bundle]:
    of_events = {event.bundle_id for event in events if event.bundle_id is not None}
    return [_bundle(row) for row in await connection.fetch(_BUNDLES, list(facts.objects), list(of_events))]


_EVENT_TYPES: Final[Mapping[str, Any]] = {
    "source": SignalSource,
    "alarm_type": AlarmType,
    "priority": Priority,
    "family": Family,
    "source_kind": Source,
}


def _event(row: asyncpg.Record) -> Event:
    values = dict(zip(_EVENT_COLUMNS, row, strict=True))
    for name, kind in _EVENT_TYPES.items():
        if values[name] is not None:
            values[name] = kind(values[name])
    return Event(**values)


def _bundle(row: asyncpg.Record) -> Bundle:
    values = dict(row)
    headline = values["headline"]
    panel = headline.get("panel_id")
    values["headline"] = Headline(
        code=headline["code"],
        source_kind=Source(headline["source_kind"]),
        source_number=headline["source_number"],
        partition=headline.get("partition"),
        panel_id=UUID(panel) if panel else None,
        recovered=bool(headline.get("recovered")),
    )
    values["alarm_type"] = AlarmType(values["alarm_type"])
    values["status"] = BundleStatus(values["status"])
    values["priority"] = Priority(values["priority"])
    return Bundle(**values)


# -- what is written ------------------------------------------------------------------------------------------------------

_SIGNAL_COLUMNS = tuple(column.name for column in SignalRow.__table__.columns)
_KEY_OF_EVENT = frozenset({"id", "minute", "dedup_key", "source", "object_id", "panel_id", "recorded_at", "received_at"})
_EVENT_CHANGES = ", ".join(f'"{c}" = excluded."{c}"' for c in _EVENT_COLUMNS if c not in _KEY_OF_EVENT)
# Who claimed it is never ours to change: those columns are read for the push message only.
_BUNDLE_WRITTEN = tuple(c for c in _BUNDLE_COLUMNS if c not in {"claimed_by", "claimed_at", "stale"})
_BUNDLE_CHANGED = frozenset(_BUNDLE_WRITTEN) - {"id", "object_id", "status", "opened_at", "status_changed_at"}
_BUNDLE_CHANGES = ", ".join(f'"{c}" = excluded."{c}"' for c in _BUNDLE_WRITTEN if c in _BUNDLE_CHANGED)


_WRITTEN: Final = ("signals", "events", "bundle_alarms", "outbox", "panel_cursors", "panel_state_history")


def _insert(table: str, columns: Iterable[str]) -> str:
    """Rows come as one JSON document whose fields are the table's columns."""
    listed, place = ", ".join(f'"{column}"' for column in columns), _WRITTEN.index(table) + 1
    return f"INSERT INTO {table} ({listed}) SELECT {listed} FROM jsonb_populate_recordset(NULL::{table}, ${place}::jsonb)"  # noqa: S608


_WRITE: Final = f"""
    WITH ledger AS (
        {_insert(SignalRow.__tablename__, _SIGNAL_COLUMNS)}
    ), recorded AS (
        {_insert(EventRow.__tablename__, _EVENT_COLUMNS)}
        ON CONFLICT (id, minute) DO UPDATE SET {_EVENT_CHANGES}
    ), bundled AS (
        {_insert(BundleAlarm.__tablename__, _BUNDLE_WRITTEN)}
        ON CONFLICT (id) DO UPDATE SET {_BUNDLE_CHANGES}, updated_at = now()
    ), told AS (
        {_insert("outbox", ("type", "object_id", "bundle_id", "panel_id", "payload", "push", "orchestrate", "created_at"))}
    ), walked AS (
        {_insert("panel_cursors", ("panel_id", "cursor", "walked_at"))}
        ON CONFLICT (panel_id) DO UPDATE SET cursor = excluded.cursor, walked_at = excluded.walked_at
    ), changed AS (
        {_insert("panel_state_history", ("id", "panel_id", "partition", "state", "at", "detail"))}
    )
    SELECT pg_notify('{names.OUTBOX_CHANNEL}', '') WHERE $7::boolean
"""  # noqa: S608 - names of our own tables and columns


async def _write(connection: asyncpg.Connection, rows: Mapping[str, list[Mapping[str, Any]]]) -> None:
    documents = (orjson.dumps(rows[table], default=_as_json).decode() for table in _WRITTEN)
    await connection.fetch(_WRITE, *documents, bool(rows["outbox"]))


def _as_json(value: object) -> object:
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"  # PostgreSQL's input of bytea
    if isinstance(value, UUID):
        return str(value)  # asyncpg has a class of its own, which orjson does not know
    raise TypeError(f"{type(value)} has no place in a row")


def _rows(
    batch: Batch, verdicts: Sequence[Verdict | None], recording: Recording, known: Iterable[UUID], context: _Context
) -> dict[str, list[Mapping[str, Any]]]:
    """Every row of the transaction, by table. Cursors and states of panels that are unknown or stale are left out."""
    may = frozenset(known)
    states = [state for state in batch.states if state.panel_id in may]
    changed = [_told(bundle, recording, context.now) for bundle in recording.bundles if bundle.id in recording.touched_by]
    return {
        "signals": [_ledger(s, v, context.now) for s, v in zip(batch.signals, verdicts, strict=True) if v is not None],
        "events": [{c: getattr(event, c) for c in _EVENT_COLUMNS} for event in recording.events],
        "bundle_alarms": [_bundle_row(bundle) for bundle in recording.bundles],
        "outbox": changed + [_state_told(state, context) for state in states],
        "panel_cursors": [_cursor(move, context.now) for move in batch.cursors if move.panel_id in may],
        "panel_state_history": [_history(state) for state in states],
    }


def _ledger(signal: Signal, verdict: Verdict, now: datetime) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "recorded_at": now,
        "received_at": signal.received_at,
        "source": signal.source,
        "family": signal.family,
        "outcome": verdict.outcome,
        "panel_id": signal.panel_id,
        "object_id": verdict.object_id,
        "code": signal.code,
        "restore": signal.restore,
        "source_kind": signal.source_kind,
        "source_number": signal.source_number,
        "partition": signal.partition,
        "event_id": verdict.event.id if verdict.event is not None else None,
        "event_minute": verdict.event.minute if verdict.event is not None else None,
        "raw": signal.raw or None,
        "detail": _detail(signal),
    }


def _detail(signal: Signal) -> dict[str, Any] | None:
    """What the columns do not hold: the panel's own time and user of a record that became part of another's event."""
    more = {"user": signal.user, "panel_at": signal.panel_at, "recovered": signal.recovered or None}
    detail = {name: value for name, value in more.items() if value is not None} | (signal.detail or {})
    return detail or None


def _bundle_row(bundle: Bundle) -> dict[str, Any]:
    return {column: getattr(bundle, column) for column in _BUNDLE_WRITTEN} | {"headline": asdict(bundle.headline)}


_EVENT_TOLD: Final = ("id", "code", "family", "source_kind", "source_number", "partition", "panel_id", "restore", "recovered")


def _told(bundle: Bundle, recording: Recording, now: datetime) -> dict[str, Any]:
    signal = recording.touched_by[bundle.id]
    headline = {name: plain(value) for name, value in asdict(bundle.headline).items()}
    row = {column: getattr(bundle, column) for column in _BUNDLE_COLUMNS} | {"headline": headline}
    events = [
        {name: getattr(event, name) for name in (*_EVENT_TOLD, "occurred_at")} for event in recording.events_of(bundle.id)
    ]
    stamps = {"panel_at": signal.panel_at, "received_at": signal.received_at, "recorded_at": now}
    return {
        "type": names.ALARM_NEW if bundle.id in recording.opened else names.ALARM_UPDATED,
        "object_id": bundle.object_id,
        "bundle_id": bundle.id,
        "panel_id": signal.panel_id,
        "payload": alarm_data(row, stamps=stamps, events=events),
        "push": True,
        "orchestrate": bundle.status in OPEN,
        "created_at": now,
    }


def _state_told(state: PanelStateChange, context: _Context) -> dict[str, Any]:
    object_id = context.facts.panels[state.panel_id]
    where = {"panel_id": state.panel_id, "object_id": object_id, "partition": state.partition}
    data = {name: plain(value) for name, value in (where | {"state": state.state, "at": state.at}).items()}
    return {
        "type": names.PANEL_STATE_CHANGED,
        "object_id": object_id,
        "bundle_id": None,
        "panel_id": state.panel_id,
        "payload": data,
        "push": True,
        "orchestrate": False,
        "created_at": context.now,
    }


def _cursor(move: CursorMove, now: datetime) -> dict[str, Any]:
    return {"panel_id": move.panel_id, "cursor": move.cursor, "walked_at": now}


def _history(state: PanelStateChange) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "panel_id": state.panel_id,
        "partition": state.partition,
        "state": state.state,
        "at": state.at,
        "detail": state.detail,
    }
