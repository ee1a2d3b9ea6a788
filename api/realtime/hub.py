"""The hub: this process's one reader of the push messages, and the fan-out to its sockets (design §4.4).

Messages come from the Redis stream. Beside it the hub listens to PostgreSQL's NOTIFY, which tells the newest sequence id
with the commit that gave it: what the stream does not bring within a moment, because Redis is away, was flushed, or is
filled late, is read from the outbox. Where a message comes from does not matter: ids are gapless, so each is told exactly
when it is the next one. Nothing is ever told twice or out of order, and a change of source needs no switch.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
import structlog
from redis.asyncio import Redis

from activities.db.repositories.pushed import newest_sequence, pushed_after
from activities.db.session import CONNECT_TIMEOUT, Database, DatabaseUnavailable, is_unavailable
from activities.infra.metrics import REDIS_OUTAGES
from activities.infra.redis import AWAY
from api.callers import Callers
from api.realtime import frames, metrics
from api.realtime.frames import EventFrame
from api.realtime.subscriber import NO_LONGER_ALLOWED, TICKET_BAD, Subscriber
from workflows.contracts import names

log = structlog.get_logger(__name__)

BLOCK: Final = 2.0  # s; how long one XREAD waits
STREAM_PATIENCE: Final = BLOCK + 1.0  # s; a Redis that hangs is as good as away
ROUND: Final = 500  # messages
GRACE: Final = 0.1  # s; so much later than the commit may the stream bring a message
LOOK_EVERY: Final = 1.0  # s; a notification is a hint, the table is the truth
AGAIN_AFTER: Final = 0.5  # s
PING_EVERY: Final = 5.0  # s


class Hub:
    def __init__(
        self, db: Database, redis: Redis, callers: Callers, *, database_url: str, ping_every: float = PING_EVERY
    ) -> None:
        """``redis`` waits at least `STREAM_PATIENCE` for an answer."""
        self.seq = 0  # all up to here has been told
        self.mode = "NORMAL"
        self.started = asyncio.Event()
        self.follows_stream = True  # as far as we know
        self.listens = False
        self._db, self._redis, self._callers = db, redis, callers
        self._dsn = database_url.replace("+asyncpg", "")
        self._ping_every = ping_every
        self._subscribers: set[Subscriber] = set()
        self._telling = asyncio.Lock()
        self._told_of = 0  # the newest id anybody told of
        self._news = asyncio.Event()

    # -- sockets -----------------------------------------------------------------------------------------------------------

    def join(self, subscriber: Subscriber) -> None:
        """From now on it is offered everything after the present `seq`."""
        self._subscribers.add(subscriber)
        metrics.SOCKETS.set(len(self._subscribers))

    def leave(self, subscriber: Subscriber) -> None:
        self._subscribers.discard(subscriber)
        metrics.SOCKETS.set(len(self._subscribers))

    @property
    def sockets(self) -> int:
        return len(self._subscribers)

    def change_mode(self, mode: str) -> None:
        """Tell every socket how the system is, if that is news."""
        if mode != self.mode:
            self.mode = mode
            for subscriber in self._subscribers:
                subscriber.push(frames.mode(mode))

    # -- life --------------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled. No server being away ends it."""
        await self._find_place()
        self.started.set()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_stream())
            group.create_task(self._listen())
            group.create_task(self._catch_up_with_news())
            group.create_task(self._keep_alive())

    async def _find_place(self) -> None:
        """Begin at the end of what is published: what was before is a matter of catching up."""
        while True:
            try:
                async with self._db.read() as session:
                    self.seq = self._told_of = await newest_sequence(session)
                return
            except DatabaseUnavailable:
                await asyncio.sleep(AGAIN_AFTER)

    # -- where messages come from ------------------------------------------------------------------------------------------

    async def _follow_stream(self) -> None:
        while True:
            try:
                await self._read_stream()
            except AWAY as error:
                self._stream_is_away(error)
                await asyncio.sleep(AGAIN_AFTER)
            except DatabaseUnavailable:  # to fill a gap; read again from where we are
                await asyncio.sleep(AGAIN_AFTER)

    async def _read_stream(self) -> None:
        answer = await self._redis.xread({names.PUSH_STREAM: f"{self.seq}-0"}, count=ROUND, block=int(BLOCK * 1000))
        if not self.follows_stream:
            log.info("hub.redis_back", sequence_id=self.seq)
            self.follows_stream = True
        await self._tell([frames.from_entry(entry_id, fields) for entry_id, fields in _entries(answer)])

    def _stream_is_away(self, error: Exception) -> None:
        if self.follows_stream:
            REDIS_OUTAGES.labels("hub").inc()
            log.warning("hub.redis_away", sequence_id=self.seq, error=str(error)[:200])
        self.follows_stream = False
        self._news.set()

    async def _listen(self) -> None:
        """Hear of every publication, over every restart of the database."""
        while True:
            try:
                async with self._listening() as lost:
                    await self._check_place()
                    self.listens = True
                    await lost.wait()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, DatabaseUnavailable, TimeoutError) as error:
                if not is_unavailable(error):
                    log.exception("hub.listening_failed")
            self.listens = False
            await asyncio.sleep(AGAIN_AFTER)

    @contextlib.asynccontextmanager
    async def _listening(self) -> AsyncIterator[asyncio.Event]:
        lost = asyncio.Event()
        connection = await asyncpg.connect(self._dsn, timeout=CONNECT_TIMEOUT, server_settings={"application_name": "stam-api"})
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(names.PUSHED_CHANNEL, self._hear)
            yield lost
        finally:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                await connection.close(timeout=1)

    def _hear(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        self._told_of = max(self._told_of, int(str(payload)))
        self._news.set()

    async def _check_place(self) -> None:
        """A database that was put back to an older state: begin anew, and have everybody load everything."""
        async with self._db.read() as session:
            newest = await newest_sequence(session)
        self._told_of = newest
        self._news.set()
        if newest < self.seq:
            log.error("hub.sequence_ran_back", was=self.seq, now=newest)
            async with self._telling:
                self._start_over(newest)

    async def _catch_up_with_news(self) -> None:
        """Read from the outbox what the stream did not bring in time, and everything while there is no stream."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await self._news.wait()
            self._news.clear()
            told_of = self._told_of
            if self.follows_stream and self.seq < told_of:
                await asyncio.sleep(GRACE)
            try:
                if not self.follows_stream or self.seq < told_of:
                    await self._read_outbox()
            except DatabaseUnavailable:
                await asyncio.sleep(AGAIN_AFTER)

    async def _read_outbox(self) -> None:
        while True:
            rows = await self._rows_after(self.seq, up_to=_FOR_EVER)
            metrics.FILLED.inc(len(rows))
            await self._tell(rows)
            if len(rows) < ROUND:
                return

    async def _rows_after(self, seq: int, *, up_to: int) -> list[EventFrame]:
        async with self._db.read() as session:
            return [frames.from_row(row) for row in await pushed_after(session, seq, up_to=up_to, limit=ROUND)]

    # -- telling -----------------------------------------------------------------------------------------------------------

    async def _tell(self, messages: Sequence[EventFrame]) -> None:
        """Tell those that are next; what is missing before one is read from the outbox first. Raises DatabaseUnavailable."""
        async with self._telling:
            for message in messages:
                if message.seq > self.seq + 1:
                    await self._fill(message.seq - 1)
                if message.seq > self.seq:
                    self._tell_one(message)

    async def _fill(self, up_to: int) -> None:
        while self.seq < up_to:
            rows = await self._rows_after(self.seq, up_to=up_to)
            metrics.FILLED.inc(len(rows))
            if not rows or rows[0].seq != self.seq + 1:
                log.error("hub.outbox_has_a_hole", after=self.seq, up_to=up_to)
                self._start_over(up_to)
                return
            for row in rows:
                self._tell_one(row)

    def _tell_one(self, message: EventFrame) -> None:
        self.seq = message.seq
        metrics.SEQUENCE.set(message.seq)
        for subscriber in tuple(self._subscribers):
            subscriber.offer(message)

    def _start_over(self, seq: int) -> None:
        self.seq = seq
        for subscriber in self._subscribers:
            subscriber.after = seq
            subscriber.push(frames.replay_overflow(seq, 1_000))

    # -- keeping sockets alive ---------------------------------------------------------------------------------------------

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self._ping_every)
            await self._look_after_sockets()

    async def _look_after_sockets(self) -> None:
        for subscriber in tuple(self._subscribers):
            await self._look_after(subscriber)
        ping = frames.ping(self.seq)
        for subscriber in self._subscribers:
            if subscriber.is_live:
                subscriber.ping(ping)

    async def _look_after(self, subscriber: Subscriber) -> None:
        """A session that is over ends its socket; while the database is away nobody can tell, and nobody could log in."""
        caller = subscriber.caller
        try:
            fresh = await self._callers.caller(caller.person.id, caller.family_id, caller.expires_at)
        except DatabaseUnavailable:
            return
        if fresh is None:
            subscriber.end(NO_LONGER_ALLOWED, "the session has ended")
        elif datetime.now(UTC) >= caller.expires_at:
            subscriber.end(TICKET_BAD, "the access token has expired; come back with a new ticket")
        else:
            subscriber.caller = fresh


_FOR_EVER: Final = 2**62


def _entries(answer: Any) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """Of an XREAD of one stream, in either version of the Redis protocol."""
    if not answer:
        return []
    if isinstance(answer, dict):
        return [entry for batch in answer[names.PUSH_STREAM.encode()] for entry in batch]
    return list(answer[0][1])
