"""What must hold after a burst, asked of the database and of an operator's screen (requirements §5, last rows)."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg

from api.client.stream import Event

_EVENTS = """
    SELECT e.id, p.port, e.source_number AS zone, e.bundle_id
    FROM events e JOIN panels p ON p.id = e.panel_id
    WHERE e.received_at >= $1 AND NOT e.restore AND e.bundle_id IS NOT NULL AND e.source_kind = 'ZONE'
"""
_UNPUBLISHED = "SELECT count(*) FROM outbox WHERE push AND sequence_id IS NULL"
_PUBLISHED = "SELECT count(*), count(DISTINCT sequence_id), coalesce(max(sequence_id), 0) FROM outbox WHERE push"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmEvent:
    id: UUID
    port: int  # of the simulated panel
    zone: int
    bundle_id: UUID


@dataclass(frozen=True, slots=True)
class Truth:
    """Questions to the database, on one connection."""

    connection: asyncpg.Connection

    async def alarm_events(self, since: datetime) -> list[AlarmEvent]:
        """Zone alarms that were received after ``since`` and are part of a bundle."""
        return [AlarmEvent(**row) for row in await self.connection.fetch(_EVENTS, since)]

    async def everything_is_published(self) -> bool:
        return int(await self.connection.fetchval(_UNPUBLISHED)) == 0

    async def sequence_has_no_gap(self) -> bool:
        rows, distinct, newest = await self.connection.fetchrow(_PUBLISHED)
        return bool(rows == distinct == newest)


@asynccontextmanager
async def truth_of(database_url: str) -> AsyncIterator[Truth]:
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    try:
        yield Truth(connection)
    finally:
        await connection.close()


@dataclass(slots=True)
class Screen:
    """What one operator's console was told."""

    sequences: list[int] = field(default_factory=list)
    events: Counter[UUID] = field(default_factory=Counter)
    bundles: set[UUID] = field(default_factory=set)

    def take(self, message: Event) -> None:
        self.sequences.append(message.seq)
        change = message.alarm_change()
        if change is not None:
            self.bundles.add(change.alarm.id)
            self.events.update(event.id for event in change.events if not event.restore)

    @property
    def is_in_order(self) -> bool:
        return all(earlier < later for earlier, later in zip(self.sequences, self.sequences[1:], strict=False))
