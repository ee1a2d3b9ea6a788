"""What a socket missed, in tiers: the Redis stream, then PostgreSQL, then "load everything again" (R-PUSH, ADR-008)."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from redis.asyncio import Redis

from activities.db.repositories.pushed import newest_sequence, pushed_after
from activities.db.session import Database
from activities.infra.redis import AWAY
from api.realtime import metrics
from api.realtime.frames import EventFrame
from workflows.contracts import names

REACH: Final = timedelta(hours=2)  # tier 2 looks back no further
MOST: Final = 20_000  # messages; more are quicker loaded anew
ROUND: Final = 250  # messages read at once: a hundred sockets may be reading
_NO_USE: Final[tuple[type[Exception], ...]] = (*AWAY, ValueError, KeyError)  # a stream that is away, or not the relay's
_AT_ONCE: Final = 4  # tier 2 readers: after a restart everybody comes back in one moment


@dataclass(frozen=True, slots=True)
class CatchUp:
    redis: Redis
    db: Database
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def after(self, seq: int, up_to: int) -> Sequence[EventFrame] | None:
        """The next messages with ``seq < their seq <= up_to``: at least one, without a gap, in order.

        None: too many, or too long ago. Raises DatabaseUnavailable.
        """
        if up_to - seq > MOST:
            return None
        last = min(up_to, seq + ROUND)
        return await self._from_stream(seq, last) or await self._from_outbox(seq, last) or None

    async def newest(self) -> int:
        """The newest published. Raises DatabaseUnavailable."""
        async with self.db.read() as session:
            return await newest_sequence(session)

    async def _from_stream(self, seq: int, last: int) -> Sequence[EventFrame]:
        try:
            entries: Any = await self.redis.xrange(names.PUSH_STREAM, f"{seq + 1}-0", f"{last}-0")
            metrics.TIER1_QUERIES.inc()
            return _unbroken(seq, [EventFrame.of_entry(*entry) for entry in entries])
        except _NO_USE:
            return []

    async def _from_outbox(self, seq: int, last: int) -> Sequence[EventFrame]:
        async with self._turns, self.db.read() as session:
            rows = await pushed_after(session, seq, up_to=last, limit=ROUND)
        metrics.TIER2_QUERIES.inc()
        if not rows or rows[0].pushed_at is None or rows[0].pushed_at < datetime.now(UTC) - REACH:
            return []
        return _unbroken(seq, [EventFrame.of_row(row) for row in rows])


def _unbroken(seq: int, found: Sequence[EventFrame]) -> Sequence[EventFrame]:
    """As many of the first as follow ``seq`` without a gap."""
    return [frame for place, frame in enumerate(found, seq + 1) if frame.seq == place]


def retry_after_ms(sockets: int) -> int:
    """Jittered, and the longer the more clients there are: some fifty reload a second."""
    return random.randint(200, 1_000 + 20 * sockets)  # noqa: S311
