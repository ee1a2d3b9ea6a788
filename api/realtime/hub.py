"""The hub: the order of the push messages in this process, and the fan-out to its sockets (design §4.4).

Sequence ids are gapless, so a message is told exactly when it is the next one, whoever brings it: the Redis stream or, when
that does not bring it within a moment, the outbox (`api.realtime.sources`). Nothing is ever told twice or out of order, and a
change of source needs no switch. `advance` never waits, so nothing can come between a message and the next.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog
from redis.asyncio import Redis

from activities.db.session import Database, DatabaseUnavailable
from api.callers import Callers
from api.realtime import frames, metrics
from api.realtime.catch_up import retry_after_ms
from api.realtime.frames import EventFrame
from api.realtime.sources import AGAIN_AFTER, STREAM_PATIENCE, OutboxSource, StreamSource
from api.realtime.subscriber import NO_LONGER_ALLOWED, TICKET_BAD, TOO_MANY, Subscriber

__all__ = ["STREAM_PATIENCE", "Hub", "Pace"]

log = structlog.get_logger(__name__)

_BREATH: Final = 1.0  # s; so long a long row of messages waits for the sockets to take a part of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds. Tests are in a hurry."""

    ping_every: float = 5.0
    check_every: float = 20.0  # whether sessions still hold, and what is assigned
    hello_within: float = 10.0


class Hub:
    def __init__(
        self,
        db: Database,
        redis: Redis,
        callers: Callers,
        *,
        database_url: str,
        pace: Pace = Pace(),
        sockets_per_user: int = 20,
    ) -> None:
        """``redis`` waits at least `STREAM_PATIENCE` for an answer."""
        self._sockets_per_user = sockets_per_user
        self.seq = 0  # all up to here has been told
        self.era = 0  # grows when `seq` was set anew instead of counted on
        self.mode = "NORMAL"
        self.pace = pace
        self.started = asyncio.Event()
        self._callers = callers
        self._outbox = OutboxSource(self, db, database_url)
        self._stream = StreamSource(self, redis, self._outbox)
        self._outbox.stream = self._stream
        self._sockets: dict[Subscriber, None] = {}  # the oldest first

    @property
    def sockets(self) -> int:
        return len(self._sockets)

    @property
    def follows_stream(self) -> bool:
        """Whether Redis works for us."""
        return self._stream.works

    @property
    def listens(self) -> bool:
        """Whether PostgreSQL tells us of what is published."""
        return self._outbox.listens

    @contextlib.asynccontextmanager
    async def connected(self, subscriber: Subscriber) -> AsyncIterator[None]:
        """A socket is looked after; messages it is told once it is live."""
        self._make_room(subscriber)
        self._sockets[subscriber] = None
        metrics.SOCKETS.inc()
        try:
            yield
        finally:
            self._sockets.pop(subscriber, None)
            metrics.SOCKETS.dec()

    def _make_room(self, newcomer: Subscriber) -> None:
        """A user's oldest socket gives way: after a bad line the old ones are dead, and the new one must not wait for them."""
        theirs = [one for one in self._sockets if one.caller.person.id == newcomer.caller.person.id and not one.is_gone]
        for oldest in theirs[: max(len(theirs) - self._sockets_per_user + 1, 0)]:
            oldest.end(TOO_MANY, "too many connections of this user")

    def go_live(self, subscriber: Subscriber) -> None:
        """From now on it is told everything after its `heard`, which must have reached `seq` in this very turn of the loop."""
        subscriber.is_live = True
        subscriber.tell(frames.live(subscriber.heard))

    def change_mode(self, mode: str) -> None:
        """Tell every socket how the system is, if that is news."""
        if mode != self.mode:
            self.mode = mode
            for subscriber in self._sockets:
                subscriber.tell(frames.mode(mode))

    # -- telling

    def advance(self, messages: Sequence[EventFrame]) -> bool:
        """Tell those of ``messages`` that are next. False: one is missing before the rest."""
        fresh: list[EventFrame] = []
        seq = self.seq
        for message in messages:
            if message.seq > seq + 1:
                break
            if message.seq > seq:
                fresh.append(message)
                seq = message.seq
        self._tell(fresh)
        return not messages or messages[-1].seq <= self.seq

    def _tell(self, messages: Sequence[EventFrame]) -> None:
        if not messages:
            return
        self.seq = messages[-1].seq
        metrics.SEQUENCE.set(self.seq)
        for subscriber in self._live():
            subscriber.offer(messages)

    def start_over(self, seq: int) -> None:
        """What lies between what was told and ``seq`` cannot be told: everybody loads everything again."""
        log.error("hub.starts_over", was=self.seq, now=seq)
        self.seq, self.era = seq, self.era + 1
        for subscriber in self._live():
            metrics.OVERFLOWS.inc()
            subscriber.skip_to(seq, retry_after_ms(self.sockets))

    async def breathe(self) -> None:
        """Between parts of a long row of messages: let the sockets take them, but wait for no slow one."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_BREATH):
                for subscriber in self._live():
                    await subscriber.drained()

    def _live(self) -> list[Subscriber]:
        return [subscriber for subscriber in self._sockets if subscriber.is_live]

    # -- life

    async def run(self) -> None:
        """Until cancelled. No server being away ends it."""
        await self._find_place()
        self.started.set()
        async with asyncio.TaskGroup() as group:
            for work in (self._stream.run, self._outbox.listen, self._outbox.run, self._ping, self._check_sessions):
                group.create_task(_for_ever(work), name=f"hub.{work.__qualname__}")

    async def _find_place(self) -> None:
        """Begin at the end of what is published: what was before is a matter of catching up."""
        while True:
            try:
                self.seq = await self._outbox.newest()
                return
            except DatabaseUnavailable:
                pass
            except Exception:
                log.exception("hub.failed")
            await asyncio.sleep(AGAIN_AFTER)

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(self.pace.ping_every)
            now = datetime.now(UTC)
            for subscriber in self._sockets:
                if now >= subscriber.caller.expires_at:
                    subscriber.end(TICKET_BAD, "the access token has expired; come back with a new ticket")
                subscriber.ping()

    async def _check_sessions(self) -> None:
        """A session that is over ends its socket. While the database is away nobody can tell, and alarms matter more."""
        while True:
            await asyncio.sleep(self.pace.check_every)
            with contextlib.suppress(DatabaseUnavailable):
                for subscriber in tuple(self._sockets):
                    await self._check(subscriber)

    async def _check(self, subscriber: Subscriber) -> None:
        caller = subscriber.caller
        fresh = await self._callers.caller(caller.person.id, caller.family_id, caller.expires_at)
        if fresh is None:
            subscriber.end(NO_LONGER_ALLOWED, "the session has ended")
        else:
            subscriber.caller = fresh


async def _for_ever(work: Callable[[], Awaitable[None]]) -> None:
    """What nobody thought of must not silence the screens: say it and go on."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("hub.failed")
        await asyncio.sleep(AGAIN_AFTER)
