"""The composition root of the API: everything with a life of its own, made once per process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from temporalio.client import Client

from activities.auth.attempts import Attempts
from activities.auth.tokens import KeyRing
from activities.db.session import Database
from activities.infra import redis, temporal
from activities.infra.crypto import FieldCipher
from activities.infra.settings import Settings
from activities.live_state import LiveState
from api.bundle_actions import BundleActions
from api.callers import Callers
from api.health import Health
from api.realtime.catch_up import CatchUp
from api.realtime.hub import STREAM_PATIENCE, Hub
from api.realtime.tickets import Tickets


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    settings: Settings
    db: Database
    cipher: FieldCipher
    keys: KeyRing
    callers: Callers
    attempts: Attempts
    tickets: Tickets
    live_state: LiveState
    actions: BundleActions
    health: Health
    hub: Hub
    catch_up: CatchUp
    temporal: Client


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Services]:
    """Starts whether or not the servers are there; what is away is tried again (R-MODES). Raises BadKeys."""
    cipher = settings.cipher()
    async with AsyncExitStack() as stack:
        db = Database.connect(settings.database_url.get_secret_value(), pool=settings.database_pool, pre_ping=True)
        stack.push_async_callback(db.dispose)
        quick = redis.connect(settings)
        stack.push_async_callback(quick.aclose)
        following = redis.connect(settings, timeout=STREAM_PATIENCE)
        stack.push_async_callback(following.aclose)
        client = await temporal.connect_lazily(settings)
        callers = Callers(db)
        hub = Hub(
            db,
            following,
            callers,
            database_url=settings.database_url.get_secret_value(),
            sockets_per_user=settings.sockets_per_user,
        )
        health = Health(db, quick, client, hub)
        services = Services(
            settings=settings,
            db=db,
            cipher=cipher,
            keys=KeyRing(db, settings),
            callers=callers,
            attempts=Attempts(quick),
            tickets=Tickets(quick, db),
            live_state=LiveState(quick),
            actions=BundleActions(client),
            health=health,
            hub=hub,
            catch_up=CatchUp(quick, db),
            temporal=client,
        )
        for work in (hub.run(), health.run()):
            task = asyncio.create_task(work)
            stack.push_async_callback(_ended, task)
        yield services


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait([task])
