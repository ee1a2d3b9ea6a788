"""Where the hub has the push messages from: the Redis stream and, for whatever that does not bring, the outbox.

Both run all the time and bring what they have to `Hub.advance`, which takes what is next. PostgreSQL's NOTIFY tells the newest
sequence id with the commit that gave it; the stream then has a moment to bring it before the outbox is read.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import structlog
from redis.asyncio import Redis

from activities.db.repositories.pushed import newest_sequence, pushed_after
from activities.db.session import CONNECT_TIMEOUT, Database, DatabaseUnavailable, is_unavailable, plain_dsn
from activities.infra.metrics import REDIS_OUTAGES
from activities.infra.redis import AWAY
from api.realtime import metrics
from api.realtime.frames import EventFrame, sequence_of
from workflows.contracts import names

if TYPE_CHECKING:
    from api.realtime.hub import Hub

log = structlog.get_logger(__name__)

BLOCK: Final = 2.0  # s; how long one XREAD waits
STREAM_PATIENCE: Final = BLOCK + 1.0  # s; a Redis that hangs is as good as away
ROUND: Final = 500  # messages
GRACE: Final = 0.1  # s; so much later than the commit may the stream bring a message
LOOK_EVERY: Final = 1.0  # s; a notification is a hint, the table is the truth
AGAIN_AFTER: Final = 0.5  # s
_ANSWERS_WITHIN: Final = 5.0  # s; a listening connection that does not is half open


class StreamSource:
    """Follows the stream from where the hub is. `works`: Redis answers, and the stream fits the outbox."""

    def __init__(self, hub: "Hub", redis: Redis, outbox: "OutboxSource") -> None:
        self.works = True  # until we know better
        self.is_prompt = True  # whether it lately brought what was published before the outbox had to
        self._hub, self._redis, self._outbox = hub, redis, outbox
        self._era: int | None = None  # of the hub, when the stream was last compared with the outbox

    async def run(self) -> None:
        while True:
            try:
                await self._round()
            except AWAY as error:
                self._is_away(error)
                await asyncio.sleep(AGAIN_AFTER)
            except DatabaseUnavailable:
                await asyncio.sleep(AGAIN_AFTER)

    async def _round(self) -> None:
        if self._era != self._hub.era and not await self._fits():
            await asyncio.sleep(AGAIN_AFTER)
            return
        found, last = await self._read()
        if self._era != self._hub.era:
            return
        before = self._hub.seq
        self._hub.advance(found)
        self.is_prompt = self.is_prompt or self._hub.seq > before
        if self._hub.seq < last:
            await self._fill_up_to(last)
        elif len(found) == ROUND:
            await self._hub.breathe()

    async def _read(self) -> tuple[Sequence[EventFrame], int]:
        """What the stream has next, and the sequence id it ends with."""
        since: Any = {names.PUSH_STREAM: f"{self._hub.seq}-0"}
        entries = _entries(await self._redis.xread(since, count=ROUND, block=int(BLOCK * 1000)))
        return _decoded(entries), sequence_of(entries[-1][0]) if entries else 0

    async def _fill_up_to(self, seq: int) -> None:
        """The stream has a hole: the outbox has what is missing, because it is written first."""
        await self._outbox.fill()
        if self._hub.seq < seq:
            log.error("hub.stream_is_strange", sequence_id=self._hub.seq, stream=seq)
            self._era = None

    async def _fits(self) -> bool:
        """Whether the stream ends where the outbox does, or before; else it is of another database, or of a time before
        ours was put back, and the relay will replace it."""
        era = self._hub.era
        last: Any = await self._redis.xrevrange(names.PUSH_STREAM, count=1)
        newest = await self._outbox.newest()
        fits = not last or sequence_of(last[0][0]) <= newest
        if fits:
            self._era = era
            self._is_back()
        else:
            self.works = False
        return fits

    def _is_back(self) -> None:
        if not self.works:
            log.info("hub.redis_back", sequence_id=self._hub.seq)
        self.works = self.is_prompt = True

    def _is_away(self, error: Exception) -> None:
        if self.works:
            REDIS_OUTAGES.labels("hub").inc()
            log.warning("hub.redis_away", sequence_id=self._hub.seq, error=str(error)[:200])
        self.works, self._era = False, None
        self._outbox.wake()


class OutboxSource:
    """Reads what was published from PostgreSQL: at once while the stream does not work, else what it did not bring in time."""

    def __init__(self, hub: "Hub", db: Database, database_url: str) -> None:
        self.listens = False
        self.stream: StreamSource  # set by the hub
        self._hub, self._db = hub, db
        self._dsn = plain_dsn(database_url)
        self._told_of = 0  # the newest id anybody told of
        self._news = asyncio.Event()
        self._filling = asyncio.Lock()

    def wake(self) -> None:
        self._news.set()

    async def newest(self) -> int:
        """Raises DatabaseUnavailable."""
        async with self._db.read() as session:
            return await newest_sequence(session)

    async def run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await self._news.wait()
            looks = not self._news.is_set()
            self._news.clear()
            try:
                if looks or await self._is_wanted():
                    await self.fill()
            except DatabaseUnavailable:
                await asyncio.sleep(AGAIN_AFTER)

    async def _is_wanted(self) -> bool:
        """Gives the stream its moment to bring what we were told of."""
        told_of = self._told_of
        if not (self.stream.works and self.stream.is_prompt):
            return True
        if self._hub.seq < told_of:
            await asyncio.sleep(GRACE)
            self.stream.is_prompt = self._hub.seq >= told_of
        return self._hub.seq < told_of

    async def fill(self) -> None:
        """Tell everything published that has not been told. Raises DatabaseUnavailable."""
        async with self._filling:
            while len(rows := await self._next_rows()) == ROUND:
                self._bring(rows)
                await self._hub.breathe()
            self._bring(rows)

    async def _next_rows(self) -> Sequence[EventFrame]:
        before = self._hub.seq
        async with self._db.read() as session:
            newest = await newest_sequence(session)
            rows = await pushed_after(session, before, up_to=newest, limit=ROUND) if newest > before else ()
        if newest < before:  # the database was put back to an older state
            self._told_of = newest
            self._hub.start_over(newest)
        return [EventFrame.of_row(row) for row in rows]

    def _bring(self, messages: Sequence[EventFrame]) -> None:
        metrics.FILLED.inc(sum(message.seq > self._hub.seq for message in messages))
        while not self._hub.advance(messages):  # rows were deleted before we, cut off for long, could read them
            self._hub.start_over(min(message.seq for message in messages if message.seq > self._hub.seq) - 1)

    # -- being told

    async def listen(self) -> None:
        """Hear of every publication, over every restart of the database."""
        while True:
            try:
                await self._hear_until_lost()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                if not is_unavailable(error):
                    log.error("hub.listening_failed", error=repr(error)[:200])
            self.listens = False
            await asyncio.sleep(AGAIN_AFTER)

    async def _hear_until_lost(self) -> None:
        async with self._listening() as (connection, lost):
            self.listens = True
            self.wake()
            while not lost.is_set():
                await connection.execute("SELECT", timeout=_ANSWERS_WITHIN)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_ANSWERS_WITHIN):
                        await lost.wait()

    @contextlib.asynccontextmanager
    async def _listening(self) -> AsyncIterator[tuple[asyncpg.Connection, asyncio.Event]]:
        lost = asyncio.Event()
        connection = await asyncpg.connect(self._dsn, timeout=CONNECT_TIMEOUT, server_settings={"application_name": "stam-api"})
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(names.PUSHED_CHANNEL, self._hear)
            yield connection, lost
        finally:
            connection.terminate()

    def _hear(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        self._told_of = max(self._told_of, int(str(payload)))
        self.wake()


def _entries(answer: Any) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """Of an XREAD of one stream, in either version of the Redis protocol."""
    if isinstance(answer, dict):
        return [entry for batch in answer.get(names.PUSH_STREAM.encode(), ()) for entry in batch]
    return list(answer[0][1]) if answer else []


def _decoded(entries: Sequence[tuple[bytes, dict[bytes, bytes]]]) -> Sequence[EventFrame]:
    """Up to the first entry that is none of the relay's."""
    found: list[EventFrame] = []
    for entry_id, fields in entries:
        try:
            found.append(EventFrame.of_entry(entry_id, fields))
        except (ValueError, KeyError) as error:
            log.warning("hub.entry_unreadable", entry_id=entry_id.decode(), error=repr(error)[:200])
            break
    return found
