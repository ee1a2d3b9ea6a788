"""The Redis stream of the newest push messages: tier 1 of the catch-up, and what the API processes follow live (R-PUSH).

Entry id `<sequence_id>-0`; fields `type`, `object_id` (empty: for everybody) and `data` (the payload as JSON text). The stream
is a copy of the outbox's end and can always be made again from it: after a start, an outage, or a flush it is filled up, and
a stream that does not fit the outbox (another database's) is replaced.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import asyncpg
import structlog
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from activities.db.session import Database
from activities.infra import metrics
from activities.infra.redis import AWAY
from workflows.contracts import names

log = structlog.get_logger(__name__)

QUEUED: Final = 20_000  # messages in memory; more than that is read from the outbox again
CHUNK: Final = 500
AGAIN_AFTER: Final = 0.5  # s; while Redis is away
CHECK_EVERY: Final = 1.0  # s; a stream flushed behind our back is made again within this time


@dataclass(frozen=True, slots=True)
class Message:
    sequence_id: int
    type: str
    object_id: str
    data: str

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        return cls(row["sequence_id"], row["type"], str(row["object_id"] or ""), row["data"])


class Stream:
    """See the module. `publish` never waits and never fails."""

    def __init__(
        self, redis: Redis, db: Database, *, key: str = names.PUSH_STREAM, maxlen: int = names.PUSH_STREAM_MAXLEN
    ) -> None:
        self._redis, self._db, self._key, self._maxlen = redis, db, key, maxlen
        self._queue: deque[Message] = deque(maxlen=QUEUED)
        self._news = asyncio.Event()
        self._in_step = False  # whether the stream holds everything up to what was taken from the queue
        self._last = 0  # the newest that we know to be in the stream
        self._wanted = 1  # the oldest that must be there, until trimming takes it
        self._away = False

    def publish(self, messages: Sequence[Message]) -> None:
        """Append messages, in order, as soon as Redis takes them."""
        if not messages:
            return
        self._in_step = self._in_step and len(self._queue) + len(messages) <= QUEUED
        self._queue.extend(messages)
        self._news.set()

    async def run(self) -> None:
        """Keep the stream in step with the outbox until cancelled."""
        while True:
            try:
                await self._step()
                self._is_away(None)
            except ResponseError as error:  # an id that is not newer than the last: somebody else's stream
                log.warning("relay.stream_out_of_step", error=str(error)[:200])
                self._in_step = False
                await asyncio.sleep(AGAIN_AFTER)
            except AWAY as error:
                self._in_step = False
                self._is_away(error)
                await asyncio.sleep(AGAIN_AFTER)

    async def _step(self) -> None:
        if not self._in_step:
            await self._fill()
        self._news.clear()
        if not self._queue:
            try:
                async with asyncio.timeout(CHECK_EVERY):
                    await self._news.wait()
            except TimeoutError:
                self._in_step = await self._is_whole()
                return
        await self._append([self._queue.popleft() for _ in range(min(CHUNK, len(self._queue)))])

    async def _append(self, messages: Sequence[Message]) -> None:
        """Taken from the queue and not appended: the outbox has them still, and the next `_fill` looks there."""
        pipe = self._redis.pipeline(transaction=False)
        for message in messages:
            self._add(pipe, message)
        await pipe.execute()
        self._last = messages[-1].sequence_id

    def _add(self, pipe: Any, message: Message) -> None:
        fields = {"type": message.type, "object_id": message.object_id, "data": message.data}
        pipe.xadd(self._key, fields, id=f"{message.sequence_id}-0", maxlen=self._maxlen, approximate=True)

    async def _fill(self) -> None:
        """Bring the stream to the end of the outbox, from whatever it holds."""
        self._in_step = True  # from here on: what is published meanwhile waits in the queue
        self._queue.clear()
        oldest, newest = await self._ends_of_outbox()
        self._wanted = max(oldest or 1, newest - self._maxlen + 1)
        there = await self._extent()
        if not there.is_whole(self._wanted, self._maxlen) or there.last > newest:
            await self._redis.delete(self._key)
            there = _Extent(0, 0, 0)
        self._last = there.last or self._wanted - 1
        while messages := await self._after(self._last):
            await self._append(messages)
        while self._queue and self._queue[0].sequence_id <= self._last:
            self._queue.popleft()
        log.info("relay.stream_in_step", sequence_id=self._last)

    async def _is_whole(self) -> bool:
        """Whether nobody flushed or cut the stream since our last entry."""
        there = await self._extent()
        return there.last == self._last and (self._last < self._wanted or there.is_whole(self._wanted, self._maxlen))

    async def _extent(self) -> "_Extent":
        pipe = self._redis.pipeline(transaction=True)
        pipe.xrange(self._key, count=1)
        pipe.xrevrange(self._key, count=1)
        pipe.xlen(self._key)
        first, last, length = await pipe.execute()
        return _Extent(_sequence(first), _sequence(last), length)

    async def _ends_of_outbox(self) -> tuple[int, int]:
        """0 and 0 while nothing was ever pushed."""
        async with self._db.fast() as connection:
            row = await connection.fetchrow("SELECT min(sequence_id), max(sequence_id) FROM outbox")
        return row[0] or 0, row[1] or 0

    async def _after(self, last: int) -> list[Message]:
        async with self._db.fast() as connection:
            rows = await connection.fetch(
                """SELECT sequence_id, type, object_id, payload::text AS data FROM outbox
                   WHERE sequence_id > $1 ORDER BY sequence_id LIMIT $2""",
                last,
                CHUNK,
            )
        return [Message.of(row) for row in rows]

    def _is_away(self, error: Exception | None) -> None:
        if error is not None and not self._away:
            metrics.REDIS_OUTAGES.labels("relay").inc()
            log.warning("relay.redis_away", error=str(error)[:200])
        self._away = error is not None


@dataclass(frozen=True, slots=True)
class _Extent:
    """What the stream holds: first and last sequence id (0: none) and how many entries."""

    first: int
    last: int
    length: int

    def is_whole(self, wanted: int, maxlen: int) -> bool:
        """Without a hole, and back to ``wanted`` or as long as it may be."""
        return 0 < self.length == self.last - self.first + 1 and (self.first <= wanted or self.length >= maxlen)


def _sequence(entries: list[tuple[bytes, Any]]) -> int:
    return int(bytes(entries[0][0]).split(b"-")[0]) if entries else 0
