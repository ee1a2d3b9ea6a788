"""Servers and connections die mid-stream; the SDK's consumer has everything once and in order (R-PUSH, R-MODES)."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import psutil
import pytest

from activities.db.session import DatabaseUnavailable
from api.callers import Caller
from api.client import stream
from api.client.errors import Unreachable
from api.client.transport import Socket
from api.realtime.hub import Pace
from deploy.local.folder import scratch_folder
from deploy.local.ports import free_port
from deploy.local.postgres import Postgres
from deploy.local.valkey import Valkey
from tests.api.realtime_support import Publisher, Station, publishing
from tests.support.eventually import eventually
from tests.support.stack import Databases

PACE = Pace(ping_every=0.5, check_every=0.5)


@pytest.fixture
async def mortal_valkey() -> AsyncIterator[Valkey]:
    """One that may be killed: the session's own is everybody's."""
    with scratch_folder() as root:
        server = Valkey(root, port=free_port(), durable=True)
        await server.start()
        yield server
        await server.kill()


@dataclass(slots=True)
class Follower:
    """The SDK's stream, whose connection can be cut; `seen` are the numbers of all events, in the order of arrival."""

    station: Station
    caller: Caller
    seen: list[int] = field(default_factory=list)
    overflows: int = 0
    connections: int = 0
    socket: Socket | None = None
    task: "asyncio.Task[None] | None" = None

    @contextlib.asynccontextmanager
    async def following(self, last_seq: int) -> AsyncIterator["Follower"]:
        self.task = asyncio.create_task(self._follow(last_seq))
        try:
            yield self
        finally:
            self.task.cancel()
            await asyncio.wait([self.task])

    async def _follow(self, last_seq: int) -> None:
        async with contextlib.aclosing(stream.messages(self._connect, last_seq)) as messages:
            async for message in messages:
                if isinstance(message, stream.Event):
                    self.seen.append(message.seq)
                self.overflows += isinstance(message, stream.ReplayOverflow)

    async def _connect(self) -> Socket:
        try:
            self.socket = await self.station.sdk_socket(self.caller)
        except DatabaseUnavailable as error:  # the ticket route would answer 503
            raise Unreachable(str(error)) from error
        self.connections += 1
        return self.socket

    async def cut(self) -> None:
        if self.socket is not None:
            await self.socket.close()

    async def has(self, count: int) -> None:
        """Everything from 1 to ``count``, each once, in order."""
        await eventually(lambda: bool(self.seen) and self.seen[-1] >= count, within=40, what=f"{count} arrive")
        assert self.seen == list(range(1, count + 1))
        assert self.overflows == 0


async def test_any_schedule_of_broken_connections_loses_and_repeats_nothing(
    database_url: str, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "FIRST_PAUSE", 0.05)
    chance = random.Random(20_261_124)
    async with (
        Station(database_url, valkey_url, PACE).running() as station,
        publishing(database_url, valkey_url) as publisher,
        contextlib.AsyncExitStack() as stack,
    ):
        caller = await station.login()
        followers = [await stack.enter_async_context(Follower(station, caller).following(0)) for _ in range(4)]
        newest = 0
        for _ in range(60):
            newest = await publisher.publish(chance.randint(1, 15))
            if chance.random() < 0.5:
                await chance.choice(followers).cut()
            if chance.random() < 0.1:
                await station.redis.flushall()  # the relay fills it again; tickets in it are lost
            await asyncio.sleep(chance.uniform(0, 0.03))  # a schedule, not a condition
        for follower in followers:
            await follower.has(newest)
        assert sum(follower.connections for follower in followers) > 15


async def test_redis_killed_and_restarted_mid_stream_is_not_noticed_by_anybody(
    database_url: str, mortal_valkey: Valkey
) -> None:
    async with (
        Station(database_url, mortal_valkey.url, PACE).running() as station,
        publishing(database_url, mortal_valkey.url) as publisher,
        Follower(station, await station.login()).following(0) as follower,
    ):
        newest = await publisher.publish(20)
        await follower.has(newest)
        for _ in range(2):
            await mortal_valkey.kill()
            newest = await _publish_slowly(publisher, 30)
            await eventually(lambda: not station.hub.follows_stream)
            newest = await _publish_slowly(publisher, 30)
            await follower.has(newest)
            await follower.cut()  # comes back with a ticket kept in the database, and catches up from there
            newest = await _publish_slowly(publisher, 30)
            await follower.has(newest)
            await mortal_valkey.restart()
            newest = await _publish_slowly(publisher, 30)
            await eventually(lambda: station.hub.follows_stream)
            newest = await _publish_slowly(publisher, 30)
            await follower.has(newest)
        assert follower.connections == 3


async def _publish_slowly(publisher: Publisher, count: int) -> int:
    newest = 0
    for _ in range(count // 3):
        newest = await publisher.publish(3)
        await asyncio.sleep(0)
    return newest


async def test_a_redis_that_hangs_is_as_good_as_away(database_url: str, mortal_valkey: Valkey) -> None:
    async with (
        Station(database_url, mortal_valkey.url, PACE).running() as station,
        publishing(database_url, mortal_valkey.url) as publisher,
        Follower(station, await station.login()).following(0) as follower,
    ):
        await follower.has(await publisher.publish(5))
        assert mortal_valkey.process is not None
        family = [psutil.Process(mortal_valkey.process.pid)]
        family += family[0].children(recursive=True)
        for process in family:
            process.suspend()
        try:
            await follower.has(await publisher.publish(5))
            await eventually(lambda: not station.hub.follows_stream)
            await follower.has(await publisher.publish(5))
        finally:
            for process in family:
                process.resume()
        await eventually(lambda: station.hub.follows_stream)
        await follower.has(await publisher.publish(5))


async def test_postgresql_restarted_under_the_stream_costs_nothing(valkey_url: str) -> None:
    with scratch_folder() as root:
        postgres = Postgres(root, port=free_port(), durable=True)
        await postgres.start()
        try:
            with Databases(postgres).fresh() as database:
                await _restart_postgresql(postgres, postgres.url_of(database), valkey_url)
        finally:
            await postgres.kill()


async def _restart_postgresql(postgres: Postgres, url: str, valkey_url: str) -> None:
    async with Station(url, valkey_url, PACE).running() as station, contextlib.AsyncExitStack() as stack:
        caller = await station.login()
        follower = await stack.enter_async_context(Follower(station, caller).following(0))
        async with publishing(url, valkey_url) as publisher:
            await follower.has(await publisher.publish(50))
        await postgres.kill()
        await eventually(lambda: not station.hub.listens)
        await eventually(lambda: station.hub.sockets == 1)
        await follower.cut()  # and cannot come in again while nobody can tell who he is
        await postgres.restart()
        await eventually(lambda: station.hub.listens, within=30)
        async with publishing(url, valkey_url) as publisher:
            await follower.has(await publisher.publish(50))
            publisher.stream.cancel()
            await station.redis.flushall()  # now by NOTIFY alone, over the new connection
            await follower.has(await publisher.publish(5))
