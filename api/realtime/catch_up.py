"""What a socket missed, in tiers: the Redis stream, then PostgreSQL, then "load everything again" (R-PUSH, ADR-008)."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from redis.asyncio import Redis

from activities.db.repositories.pushed import published_at, pushed_after
from activities.db.session import Database
from activities.infra.redis import AWAY
from api.realtime import frames, metrics
from api.realtime.frames import EventFrame
from workflows.contracts import names

REACH: Final = timedelta(hours=2)  # tier 2 looks back no further
MOST: Final = 20_000  # messages; more are quicker loaded anew
ROUND: Final = 500
_AT_ONCE: Final = 4  # tier 2 readers: after a restart everybody comes back in one moment

Frames = AsyncIterator[Sequence[EventFrame]]


@dataclass(frozen=True, slots=True)
class CatchUp:
    redis: Redis
    db: Database
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def missed(self, last_seq: int, up_to: int) -> Frames | None:
        """Everything with ``last_seq < seq <= up_to`` in order, in parts; None: too much, or too long ago."""
        count = up_to - last_seq
        if count <= 0:
            return _parts([])
        if count <= names.PUSH_STREAM_MAXLEN:
            entries = await self._from_stream(last_seq + 1, up_to)
            if len(entries) == count:
                metrics.TIER1_QUERIES.inc()
                return _parts(entries)
        if count <= MOST and await self._is_within_reach(last_seq + 1):
            metrics.TIER2_QUERIES.inc()
            return self._from_outbox(last_seq, up_to)
        metrics.OVERFLOWS.inc()
        return None

    async def _from_stream(self, first: int, last: int) -> list[EventFrame]:
        try:
            entries: Any = await self.redis.xrange(names.PUSH_STREAM, f"{first}-0", f"{last}-0")
        except AWAY:
            return []
        return [frames.from_entry(entry_id, fields) for entry_id, fields in entries]

    async def _is_within_reach(self, first: int) -> bool:
        async with self.db.read() as session:
            at = await published_at(session, first)
        return at is not None and at >= datetime.now(UTC) - REACH

    async def _from_outbox(self, last_seq: int, up_to: int) -> Frames:
        async with self._turns:
            while last_seq < up_to:
                async with self.db.read() as session:
                    rows = await pushed_after(session, last_seq, up_to=up_to, limit=ROUND)
                if not rows:
                    return
                last_seq = rows[-1].sequence_id
                yield [frames.from_row(row) for row in rows]


async def _parts(entries: Sequence[EventFrame]) -> Frames:
    yield entries


def retry_after_ms(sockets: int) -> int:
    """Jittered, and the longer the more clients there are: some fifty reload a second."""
    return random.randint(200, 1_000 + 20 * sockets)  # noqa: S311
