"""The API as it runs, on a port of its own, over the real servers; and people of every role."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from temporalio.client import Client

from activities import worker
from activities.db.session import Database
from activities.infra.settings import Settings
from api.client.client import StamClient
from api.main import Server, server_config
from api.services import Services
from deploy.local.temporal import NAMESPACE
from tests.api.people import PASSWORD, People, seed_people
from tests.support.eventually import eventually


@dataclass(frozen=True, slots=True)
class Api:
    """A running API. ``services`` is its composition root, to look behind the scenes."""

    url: str
    server: Server
    settings: Settings
    services: Services

    def http(self, token: str | None = None) -> httpx.AsyncClient:
        """A foreign client; close it."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(base_url=self.url, headers=headers, trust_env=False, verify=False, timeout=15)


@contextlib.asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Api]:
    """Serve on a free port until the block ends."""
    config = server_config(settings.model_copy(update={"api_port": 0}))
    server = Server(config)
    with contextlib.ExitStack() as stack:
        stack.callback(setattr, server, "should_exit", True)
        task = asyncio.create_task(server.serve())
        await eventually(lambda: server.started or task.done(), what="the API is up")
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Api(f"http://127.0.0.1:{port}", server, settings, config.app.state.services)  # type: ignore[union-attr]
        server.should_exit = True
        await task


@pytest.fixture
async def people(db: Database) -> People:
    """One user of each role, all with the password `PASSWORD`."""
    return await seed_people(db, password_hash())


@cache
def password_hash() -> str:
    """A cheap one: who logs in a thousand times tests what comes after. What a login costs is in the hash itself."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@pytest.fixture
def settings(database_url: str, valkey_url: str) -> Settings:
    """Without Temporal: its port is closed. ``temporal_settings`` has it."""
    return Settings(
        database_url=database_url,
        redis_url=valkey_url,
        temporal_address="127.0.0.1:1",
        temporal_namespace=NAMESPACE,
        cookie_secure=False,
        shutdown_seconds=5,
        database_pool=5,
    )


@pytest.fixture
async def api(settings: Settings, people: People) -> AsyncIterator[Api]:
    async with serving(settings) as running:
        yield running


@pytest.fixture
async def whole_api(
    settings: Settings, people: People, temporal_address: str, temporal_client: Client, db: Database
) -> AsyncIterator[Api]:
    """With Temporal and a worker, so that operators can act."""
    with_temporal = settings.model_copy(update={"temporal_address": temporal_address})
    async with worker.build(temporal_client, db, with_temporal), serving(with_temporal) as running:
        yield running


@pytest.fixture
async def login(request: pytest.FixtureRequest) -> AsyncIterator[Callable[..., Any]]:
    """``await login(api, "operator")``: a client of that user, closed at the end of the test."""
    clients: list[StamClient] = []

    async def log_in(api: Api, username: str) -> StamClient:
        client = StamClient(api.url)
        clients.append(client)
        await client.login(username, PASSWORD)
        return client

    yield log_in
    for client in clients:
        await client.aclose()
