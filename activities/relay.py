"""The relay: tells the outside what was committed (`stam relay`, design §4.3).

Of several relays one is active: the one that holds the advisory lock, and the connection that holds it is also the only one
that gives out sequence numbers, so two can never do it at once. A relay that dies loses the connection and with it the lock;
the next one has been waiting for it. Two consumers with their own positions: push (`relay_push`) and orchestration
(`relay_orchestration`); one being held up never stops the other. And since it is near the database, and there is exactly one,
it is also the watcher over everything that has promised to be heard (`supervision`).
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Final

import asyncpg
import structlog
from redis.asyncio import Redis
from temporalio.client import Client

from activities import relay_metrics
from activities.auto_arm_schedules import AutoArmSchedules
from activities.db.partitions import PARTITIONED
from activities.db.session import CONNECT_TIMEOUT, Database, DatabaseUnavailable, is_unavailable, plain_dsn
from activities.infra import metrics, temporal
from activities.infra.lifetime import until_told_to_stop
from activities.infra.log import setup as setup_log
from activities.infra.redis import connect as connect_redis
from activities.infra.settings import Settings
from activities.relay_metrics import Measurement
from activities.relay_orchestration import Orchestration
from activities.relay_push import Push
from activities.relay_reconciliation import Reconciliation
from activities.relay_stream import Stream
from activities.supervision.watch import watch_all
from workflows.contracts import names
from workflows.domain.flags import Flag

log = structlog.get_logger(__name__)

LOCK: Final = 0x5354_414D_5245_4C59  # "STAMRELY"
AGAIN_AFTER: Final = 0.5  # s; after losing the database
GAUGES_EVERY: Final = 5.0  # s
# The server notices within about 3 s that the host of the active relay is gone (a dead process it notices at once), and a
# waiting relay that died gives up its place in the queue.
_LIVENESS: Final = {
    "application_name": "stam-relay",
    "tcp_keepalives_idle": "1",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "2",
    "tcp_user_timeout": "3000",
    "client_connection_check_interval": "1000",
    "timezone": "UTC",
}


async def run(settings: Settings) -> None:
    """Relay until SIGTERM or SIGINT; wait for the lock, for the database, for everything, as long as it takes."""
    setup_log(settings)
    await until_told_to_stop(_serve(settings))


async def _serve(settings: Settings) -> None:
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(metrics.serve(settings))
        db = Database.connect(settings.database_url.get_secret_value(), pool=settings.database_pool)
        stack.push_async_callback(db.dispose)
        redis = connect_redis(settings)
        stack.push_async_callback(redis.aclose)
        client = await temporal.connect_lazily(settings)
        await serve(settings, db, redis, client)


async def serve(settings: Settings, db: Database, redis: Redis, client: Client) -> None:
    """Be active or wait to be, until cancelled."""
    relay_metrics.RELAY_ACTIVE.set(0)
    dsn = plain_dsn(settings.database_url.get_secret_value())
    while True:
        try:
            async with _leadership(dsn) as connection:
                await _lead(connection, db, redis, client, settings)
        except* (DatabaseUnavailable, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as errors:
            strange = [error for error in _leaves(errors) if not is_unavailable(error)]
            if strange:
                log.error("relay.failed", errors=[repr(error)[:300] for error in strange])
            else:
                log.warning("relay.database_away", error=str(next(_leaves(errors)))[:200])
        await asyncio.sleep(AGAIN_AFTER)


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


@contextlib.asynccontextmanager
async def _leadership(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """The connection that holds the lock: whoever has it is the active relay, until it ends."""
    connection = await asyncpg.connect(dsn, timeout=CONNECT_TIMEOUT, server_settings=_LIVENESS)
    try:
        log.info("relay.waiting")
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
        relay_metrics.RELAY_ACTIVE.set(1)
        log.info("relay.active")
        yield connection
    finally:
        relay_metrics.RELAY_ACTIVE.set(0)
        relay_metrics.MEASURED.last = None
        connection.terminate()  # the lock goes with it; asking nicely would wait for a server that may be gone


async def _lead(connection: asyncpg.Connection, db: Database, redis: Redis, client: Client, settings: Settings) -> None:
    push_news, other_news, lost = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def wake(*_: object) -> None:
        push_news.set()
        other_news.set()

    connection.add_termination_listener(lambda *_: lost.set())
    await connection.add_listener(names.OUTBOX_CHANNEL, wake)
    stream = Stream(redis, db)
    push = Push(connection, stream, push_news)
    auto_arm = AutoArmSchedules(db, client, settings.panel_time_zone, on=Flag.AUTO_ARM in settings.flags())
    orchestration = Orchestration(db, client, other_news, auto_arm)
    reconciliation = Reconciliation(db, client, auto_arm, escalates=Flag.ESCALATION in settings.flags())
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_watch(lost))
        tasks.create_task(stream.run(), name="relay.stream")
        tasks.create_task(push.run(), name="relay.push")
        tasks.create_task(orchestration.run(), name="relay.orchestration")
        tasks.create_task(reconciliation.run(), name="relay.reconcile")
        tasks.create_task(_gauges(db), name="relay.gauges")
        tasks.create_task(watch_all(db, grace=timedelta(seconds=settings.supervision_grace_seconds)), name="relay.supervision")


async def _watch(lost: asyncio.Event) -> None:
    """The lock went with the connection: stop everything at once."""
    await lost.wait()
    raise ConnectionResetError("the connection that holds the relay's lock is gone")


_COUNTS: Final = """
    SELECT count(*) FILTER (WHERE push AND sequence_id IS NULL),
           count(*) FILTER (WHERE orchestrate AND orchestrated_at IS NULL AND parked_at IS NULL),
           count(*) FILTER (WHERE parked_at IS NOT NULL)
    FROM outbox
    WHERE (push AND sequence_id IS NULL) OR parked_at IS NOT NULL
       OR (orchestrate AND orchestrated_at IS NULL AND parked_at IS NULL)
"""
_UNACCOUNTED: Final = "SELECT count(*) FROM signals WHERE outcome IS NULL"


async def _gauges(db: Database) -> None:
    while True:
        with contextlib.suppress(Exception):  # the next measurement tells; who needs the database notices by himself
            relay_metrics.MEASURED.last = await measure(db)
        await asyncio.sleep(GAUGES_EVERY)


async def measure(db: Database) -> Measurement:
    async with db.fast() as connection:
        unpushed, unorchestrated, parked = await connection.fetchrow(_COUNTS)
        unaccounted = await connection.fetchval(_UNACCOUNTED)
        outside = {table: await connection.fetchval(f"SELECT count(*) FROM {table}_default") for table in PARTITIONED}  # noqa: S608
    return Measurement(
        unpushed=unpushed, unorchestrated=unorchestrated, parked=parked, unaccounted=unaccounted, default_rows=outside
    )
