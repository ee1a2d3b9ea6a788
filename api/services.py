"""The composition root of the API: everything with a life of its own, made once per process."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import Client

from activities.auth.attempts import Attempts
from activities.auth.ended import EndedSessions
from activities.auth.tokens import CLOCK_SKEW, KeyRing
from activities.db.session import Database
from activities.infra import redis, temporal
from activities.infra.crypto import FieldCipher
from activities.infra.flags import Decided, Environment, decide
from activities.infra.settings import Settings
from activities.live_state import LiveState
from activities.notify.deliver import Notifier
from api.auto_arm_decisions import AutoArmDecisions
from api.bundle_actions import BundleActions
from api.callback_decisions import CallbackDecisions
from api.callers import Callers
from api.command_actions import CommandActions
from api.health import Health
from api.import_decisions import ImportDecisions
from api.realtime.catch_up import CatchUp
from api.realtime.hub import STREAM_PATIENCE, Hub
from api.realtime.tickets import Tickets
from api.release_actions import ReleaseActions
from api.reveal_actions import RevealActions
from api.service_actions import ServiceActions
from workflows.domain.flags import Flag, Flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    settings: Settings
    db: Database
    cipher: FieldCipher
    flags: Flags
    decided: Mapping[Environment, Mapping[Flag, Decided]]  # where each flag comes from, for every environment
    keys: KeyRing
    callers: Callers
    attempts: Attempts
    tickets: Tickets
    live_state: LiveState
    actions: BundleActions
    reveals: RevealActions
    releases: ReleaseActions
    commands: CommandActions
    imports: ImportDecisions
    callbacks: CallbackDecisions
    service: ServiceActions
    notifier: Notifier
    auto_arm: AutoArmDecisions
    health: Health
    hub: Hub
    catch_up: CatchUp
    temporal: Client


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Services]:
    """Starts whether or not the servers are there; what is away is tried again (R-MODES). Raises BadKeys, BadFlags."""
    cipher, flags = settings.cipher(), settings.flags()
    async with AsyncExitStack() as stack:
        db = Database.connect(settings.database_url.get_secret_value(), pool=settings.database_pool, pre_ping=True)
        stack.push_async_callback(db.dispose)
        quick = redis.connect(settings)
        stack.push_async_callback(quick.aclose)
        following = redis.connect(settings, timeout=STREAM_PATIENCE)
        stack.push_async_callback(following.aclose)
        client = await temporal.connect_lazily(settings)
        callers = Callers(
            db, EndedSessions(quick, remembered_for=timedelta(seconds=settings.access_token_seconds) + CLOCK_SKEW), flags
        )
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
            flags=flags,
            decided={each: decide(each, settings.feature_flags_file) for each in Environment},
            keys=KeyRing(db, settings, cipher),
            callers=callers,
            attempts=Attempts(quick),
            tickets=Tickets(quick, db),
            live_state=LiveState(quick),
            actions=BundleActions(client),
            reveals=RevealActions(client),
            releases=ReleaseActions(client),
            commands=CommandActions(client),
            imports=ImportDecisions(client),
            callbacks=CallbackDecisions(client),
            service=ServiceActions(client),
            notifier=Notifier.make(db, cipher, settings),
            auto_arm=AutoArmDecisions(client),
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
