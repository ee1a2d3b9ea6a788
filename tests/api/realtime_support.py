"""A whole live stream for tests: an API process with nothing but `/ws`, a publisher that is the relay's own, and clients."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Self
from uuid import UUID

import asyncpg
import orjson
import uvicorn
from fastapi import FastAPI
from sqlalchemy import text
from uuid_utils.compat import uuid7
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from activities.auth.ended import EndedSessions
from activities.db.models.refresh_tokens import RefreshToken
from activities.db.models.user_object_assignments import UserObjectAssignment
from activities.db.models.users import User
from activities.db.session import Database
from activities.infra.redis import connect_url
from activities.relay_push import Push
from activities.relay_stream import Stream
from api.callers import Caller, Callers
from api.client.native import NativeTransport
from api.client.transport import Socket
from api.realtime.catch_up import CatchUp
from api.realtime.hub import STREAM_PATIENCE, Hub, Pace
from api.realtime.route import router
from api.realtime.tickets import Tickets
from tests.support.eventually import eventually
from workflows.contracts import names
from workflows.domain.permissions import Role


class Station:
    """One API process, as far as the live stream goes, on a port of its own."""

    def __init__(self, database_url: str, redis_url: str, pace: Pace) -> None:
        self.db = Database.connect(database_url, pool=4)
        self.redis = connect_url(redis_url)
        self._following = connect_url(redis_url, timeout=STREAM_PATIENCE)
        self.callers = Callers(self.db, EndedSessions(self.redis, remembered_for=timedelta(minutes=15)))
        self.hub = Hub(self.db, self._following, self.callers, database_url=database_url, pace=pace)
        self.catch_up = CatchUp(self.redis, self.db)
        self.tickets = Tickets(self.redis, self.db)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"ws://127.0.0.1:{self._listener.getsockname()[1]}/ws"
        self.server = uvicorn.Server(self._config())

    def _config(self) -> uvicorn.Config:
        app = FastAPI()
        app.include_router(router)
        app.state.services = SimpleNamespace(
            hub=self.hub, catch_up=self.catch_up, tickets=self.tickets, callers=self.callers, db=self.db
        )
        return uvicorn.Config(app, lifespan="off", log_config=None, ws_max_size=65_536, ws_per_message_deflate=False)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        hub = asyncio.create_task(self.hub.run())
        serving = asyncio.create_task(self.server.serve(sockets=[self._listener]))
        try:
            await eventually(lambda: self.server.started and self.hub.started.is_set() and self.hub.listens, within=20)
            yield self
        finally:
            assert not hub.done(), "the hub must outlive everything"
            self.server.should_exit = True
            await serving
            hub.cancel()
            await asyncio.wait([hub])
            for client in (self.redis, self._following):
                await client.aclose()
            await self.db.dispose()

    # -- people

    async def login(self, role: Role = Role.OPERATOR, *, objects: Sequence[UUID] = (), lasts: float = 900) -> Caller:
        """A new user of that role with a session of his own; ``lasts`` seconds for his access token."""
        user_id, family_id, now = uuid7(), uuid7(), datetime.now(UTC)
        user = User(id=user_id, username=f"user-{user_id}", password_hash="-", role=role, display_name="Somebody")
        token = RefreshToken(
            family_id=family_id,
            user_id=user_id,
            token_hash=family_id.bytes,
            issued_at=now,
            expires_at=now + timedelta(days=1),
        )
        async with self.db.write() as session:
            session.add(user)
            await session.flush()
            session.add_all([token, *(UserObjectAssignment(user_id=user_id, object_id=each) for each in objects)])
        caller = await self.callers.caller(user_id, family_id, now + timedelta(seconds=lasts))
        assert caller is not None
        return caller

    async def execute(self, sql: str, **values: Any) -> None:
        async with self.db.write() as session:
            await session.execute(text(sql), values)

    # -- clients

    async def socket(self, caller: Caller, **options: Any) -> ClientConnection:
        """Connected, nothing said."""
        return await self.with_ticket(await self.tickets.issue(caller), **options)

    async def with_ticket(self, ticket: str, **options: Any) -> ClientConnection:
        return await connect(f"{self.url}?ticket={ticket}", proxy=None, ping_interval=None, **options)

    @contextlib.asynccontextmanager
    async def client(self, caller: Caller | None = None, last_seq: int | None = None) -> AsyncIterator["Client"]:
        """Welcomed; everything else is still to be read."""
        connection = await self.socket(caller or await self.login())
        try:
            client = Client(connection)
            await client.say({"type": "hello", "last_seq": last_seq})
            client.welcome = await client.frame()
            assert client.welcome["type"] == "welcome", client.welcome
            yield client
        finally:
            await connection.close()

    async def sdk_socket(self, caller: Caller) -> Socket:
        """What the SDK's stream calls to connect."""
        return await NativeTransport().connect(f"{self.url}?ticket={await self.tickets.issue(caller)}")


@dataclass(slots=True)
class Client:
    connection: ClientConnection
    welcome: dict[str, Any] = field(default_factory=dict)

    async def say(self, message: Mapping[str, Any]) -> None:
        await self.connection.send(orjson.dumps(message).decode())

    async def frame(self) -> dict[str, Any]:
        async with asyncio.timeout(20):
            return dict(orjson.loads(await self.connection.recv()))

    async def until(self, kind: str) -> list[dict[str, Any]]:
        """Frames up to the first of that type, which is the last of them; pings left out unless asked for."""
        found: list[dict[str, Any]] = []
        while not found or found[-1]["type"] != kind:
            frame = await self.frame()
            if frame["type"] == "ping":
                await self.say({"type": "pong"})
            if frame["type"] != "ping" or kind == "ping":
                found.append(frame)
        return found

    async def events(self, count: int) -> list[dict[str, Any]]:
        """The next ``count`` events, whatever lies between."""
        return [(await self.until("event"))[-1] for _ in range(count)]

    async def up_to(self, seq: int) -> list[int]:
        """The numbers of the next events, until that one."""
        found = [0]
        while found[-1] < seq:
            found.append((await self.events(1))[0]["seq"])
        return found[1:]

    async def closed(self) -> int:
        """The code it is closed with, whatever is said before."""
        with contextlib.suppress(ConnectionClosed):
            async with asyncio.timeout(20):
                while True:
                    await self.connection.recv()
        assert self.connection.close_code is not None
        return self.connection.close_code


@dataclass(slots=True)
class Publisher:
    """The relay without its orchestration. `stream` may be cancelled: then nothing reaches Redis any more."""

    db: Database
    push: Push
    stream: "asyncio.Task[None]"
    filler: Stream

    async def publish(
        self, count: int = 1, *, kind: str = names.ALARM_NEW, object_id: UUID | None = None, size: int = 0
    ) -> int:
        """Commit ``count`` rows, publish them, and return the newest sequence id. ``size`` characters of ballast each."""
        await commit(self.db, count, kind=kind, object_id=object_id, size=size)
        while await self.push.round():
            pass
        async with self.db.fast() as connection:
            return int(await connection.fetchval("SELECT max(sequence_id) FROM outbox"))

    async def in_step(self, redis: Any, seq: int) -> None:
        """Until Redis has everything up to ``seq``."""

        async def has_it() -> bool:
            last = await redis.xrevrange(names.PUSH_STREAM, count=1)
            return bool(last) and int(last[0][0].split(b"-")[0]) >= seq

        await eventually(has_it)


async def commit(
    db: Database, count: int, *, kind: str = names.ALARM_NEW, object_id: UUID | None = None, size: int = 0
) -> None:
    async with db.fast() as connection:
        await connection.execute(
            """INSERT INTO outbox (type, object_id, payload, push)
               SELECT $1, $2, jsonb_build_object('ballast', repeat('x', $3),
                                                 'stamps', jsonb_build_object('published_at', null)), true
               FROM generate_series(1, $4)""",
            kind,
            object_id,
            size,
            count,
        )


@contextlib.asynccontextmanager
async def publishing(database_url: str, redis_url: str) -> AsyncIterator[Publisher]:
    db, redis = Database.connect(database_url, pool=3), connect_url(redis_url)
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    stream = Stream(redis, db)
    running = asyncio.create_task(stream.run())
    try:
        yield Publisher(db, Push(connection, stream, asyncio.Event()), running, stream)
    finally:
        running.cancel()
        await asyncio.wait([running])
        connection.terminate()
        await redis.aclose()
        await db.dispose()
