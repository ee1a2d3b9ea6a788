"""What must hold after a burst, asked of the database and of an operator's screen (requirements §5, last rows)."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from uuid import UUID

import asyncpg

from api.client.stream import Event
from workflows.contracts import names

_EVENTS = """
    SELECT e.id, p.port, e.source_number AS zone, e.bundle_id
    FROM events e JOIN panels p ON p.id = e.panel_id
    WHERE e.received_at >= $1 AND NOT e.restore AND e.bundle_id IS NOT NULL AND e.source_kind = 'ZONE'
"""
_UNPUBLISHED = "SELECT count(*) FROM outbox WHERE push AND sequence_id IS NULL"
_UNTOLD = "SELECT count(*) FROM outbox WHERE orchestrate AND orchestrated_at IS NULL AND parked_at IS NULL"
_PARKED = "SELECT id, parked_reason FROM outbox WHERE parked_at IS NOT NULL"
_OPEN = "SELECT id FROM bundle_alarms WHERE status <> 'CLOSED'"
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

    async def everything_is_orchestrated(self) -> bool:
        return int(await self.connection.fetchval(_UNTOLD)) == 0

    async def parked(self) -> list[tuple[int, str]]:
        """Rows that Temporal refused for good, with the reasons."""
        return [tuple(row) for row in await self.connection.fetch(_PARKED)]

    async def open_bundles(self) -> set[UUID]:
        return {row["id"] for row in await self.connection.fetch(_OPEN)}

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
    opened: Counter[UUID] = field(default_factory=Counter)  # how often each bundle was told of as new
    versions: dict[UUID, list[int]] = field(default_factory=dict)  # of each bundle, as they were told

    def take(self, message: Event) -> None:
        self.sequences.append(message.seq)
        change = message.alarm_change()
        if change is not None:
            self.opened[change.alarm.id] += message.event == names.ALARM_NEW
            self.versions.setdefault(change.alarm.id, []).append(change.alarm.version)
            self.events.update(event.id for event in change.events if not event.restore)

    @property
    def is_in_order(self) -> bool:
        return _rises(self.sequences)

    @property
    def going_back(self) -> dict[UUID, list[int]]:
        """Bundles of which an older version was told after a newer one, or one version twice."""
        return {bundle: versions for bundle, versions in self.versions.items() if not _rises(versions)}


def _rises(numbers: list[int]) -> bool:
    return all(earlier < later for earlier, later in pairwise(numbers))
