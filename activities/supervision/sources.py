"""Supervised sources beside panels: parts of this system that have promised to be heard (principle 7, ADR-0033).

Whoever is such a source calls `beat`; whoever watches calls `look_at_sources`. Their alarms belong to the monitoring centre's
own object, since no guarded object is to blame.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import asyncpg
import structlog

from activities.db.recorder import Batch, record_signals
from activities.db.session import Database
from workflows.domain.alarm import SOURCE_SILENT, AlarmType, Family, Signal, SignalSource
from workflows.domain.supervision import (
    MONITORING_CENTRE,
    Finding,
    Sight,
    SourceKind,
    SourceState,
    judge_source,
)

log = structlog.get_logger(__name__)

WATCH, PUSH, ORCHESTRATION, CORE = "watch", "push", "orchestration", "core"
# What every installation has. Modem and probe make their own rows when there is one.
PROMISES: Final[Mapping[tuple[SourceKind, str], timedelta]] = {
    (SourceKind.RELAY, WATCH): timedelta(seconds=60),
    (SourceKind.RELAY, PUSH): timedelta(seconds=60),
    (SourceKind.RELAY, ORCHESTRATION): timedelta(minutes=5),  # Temporal may be away for a while: alarms arrive all the same
    (SourceKind.WORKER, CORE): timedelta(seconds=60),
}

_CENTRE: Final = """
    INSERT INTO objects (id, name, address, kind, external_number)
    VALUES ($1, 'Monitoring centre', 'Monitoring centre', 'system', 'MONITORING-CENTRE') ON CONFLICT DO NOTHING
"""
# One loss of many is more than each of its members.
_URGENT: Final = """
    INSERT INTO object_alarm_config (object_id, priorities) SELECT id, '{"COMM_LOSS": "HIGH"}' FROM objects WHERE id = $1
    ON CONFLICT DO NOTHING
"""
_EXPECT: Final = """
    INSERT INTO supervised_sources (kind, key, promised_seconds)
    SELECT * FROM unnest($1::text[], $2::text[], $3::float[]) ON CONFLICT DO NOTHING
"""
_BEAT: Final = """
    INSERT INTO supervised_sources (kind, key, promised_seconds) VALUES ($1, $2, $3)
    ON CONFLICT (kind, key) DO UPDATE SET promised_seconds = excluded.promised_seconds,
        last_seen_at = greatest(supervised_sources.last_seen_at, excluded.last_seen_at)
"""
_ALL: Final = "SELECT kind, key, number, promised_seconds, last_seen_at, state FROM supervised_sources ORDER BY number"
_TURN: Final = (
    "UPDATE supervised_sources SET state = $3, since = $4 WHERE kind = $1 AND key = $2 AND state <> $3 RETURNING true"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A row of `supervised_sources`."""

    kind: SourceKind
    key: str
    number: int
    promised: timedelta
    last_seen_at: datetime
    state: SourceState

    @classmethod
    def of(cls, row: asyncpg.Record) -> "Source":
        return cls(
            kind=SourceKind(row["kind"]),
            key=row["key"],
            number=row["number"],
            promised=timedelta(seconds=row["promised_seconds"]),
            last_seen_at=row["last_seen_at"],
            state=SourceState(row["state"]),
        )


class _AlreadyTold(Exception):  # noqa: N818 - somebody else was quicker, and said the same
    pass


async def ensure_centre(connection: asyncpg.Connection) -> None:
    """The monitoring centre's object, and the sources every installation has, are there."""
    await connection.execute(_CENTRE, MONITORING_CENTRE)
    await connection.execute(_URGENT, MONITORING_CENTRE)
    kinds, keys = zip(*PROMISES, strict=True)
    await connection.execute(_EXPECT, list(kinds), list(keys), [each.total_seconds() for each in PROMISES.values()])


async def beat(db: Database, kind: SourceKind, key: str, promised: timedelta) -> None:
    """A source is heard, and promises to be heard again within ``promised``. Raises DatabaseUnavailable."""
    async with db.fast() as connection:
        await connection.execute(_BEAT, kind, key, promised.total_seconds())


async def look_at_sources(
    db: Database, sight: Sight, *, grace: timedelta, ours: Callable[[Source], bool]
) -> Mapping[SourceKind, int]:
    """Tell which of ``ours`` fell silent or are heard again; how many of each kind are silent. Raises DatabaseUnavailable."""
    async with db.fast() as connection:
        sources = [Source.of(row) for row in await connection.fetch(_ALL)]
    silent = dict.fromkeys(SourceKind, 0)
    for source in filter(ours, sources):
        match judge_source(source.last_seen_at, source.promised, source.state, sight, grace=grace):
            case Finding.LOST:
                await _tell(db, source, SourceState.SILENT, sight.looked_at)
                silent[source.kind] += 1
            case Finding.BACK:
                await _tell(db, source, SourceState.HEARD, sight.looked_at)
            case Finding.NOTHING:
                silent[source.kind] += source.state is SourceState.SILENT
    return silent


async def _tell(db: Database, source: Source, state: SourceState, at: datetime) -> None:
    """The signal and the new state in one transaction, unless another watcher has told it already."""

    async def turn(connection: asyncpg.Connection) -> None:
        if not await connection.fetchval(_TURN, source.kind, source.key, state, at):
            raise _AlreadyTold

    try:
        await record_signals(db, Batch(signals=(_signal(source, state, at),)), along=turn)
    except _AlreadyTold:
        return
    event = "supervision.lost" if state is SourceState.SILENT else "supervision.back"
    log.warning(event, source=source.kind, key=source.key, last_seen_at=source.last_seen_at.isoformat())


def _signal(source: Source, state: SourceState, at: datetime) -> Signal:
    return Signal(
        source=SignalSource.SYSTEM,
        family=Family.LINK,
        code=SOURCE_SILENT,
        received_at=at,
        object_id=MONITORING_CENTRE,
        restore=state is SourceState.HEARD,
        alarm_type=AlarmType.COMM_LOSS,
        source_number=source.number,
        detail={"kind": source.kind, "key": source.key, "since": source.last_seen_at.isoformat()},
    )


def is_any_of(names: Iterable[tuple[SourceKind, str]]) -> Callable[[Source], bool]:
    chosen = frozenset(names)
    return lambda source: (source.kind, source.key) in chosen
