"""The ingest process for Satel panels (`stam ingest satel`): as many lines as `panel_capacity`, any number of processes."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.worker import Worker

from activities.db.session import Database, plain_dsn
from activities.infra import metrics, temporal
from activities.infra.interceptor import LogContext
from activities.infra.lifetime import until_told_to_stop
from activities.infra.log import setup as setup_log
from activities.infra.redis import connect as connect_redis
from activities.infra.settings import Settings
from activities.live_state import LiveState
from ingest.satel.activities import PanelActivities
from ingest.satel.batcher import Batcher, recording
from ingest.satel.commanding import CommandLineActivities
from ingest.satel.holder import PanelHolder
from ingest.satel.line import Grace
from ingest.satel.live import LivePublisher
from ingest.satel.naming import NamesActivities
from ingest.satel.session import Timing
from ingest.satel.store import PanelStore
from workflows.contracts import names
from workflows.domain.supervision import ClockLimits

log = structlog.get_logger(__name__)

POLLS = 20  # at once: after a crash hundreds of leases are taken over together
ORDERS = 1_000  # at once, to all panels held here; most of them wait for a panel to show something
WORKER_AGAIN_AFTER = 5.0  # s; a worker that the server refused
# Shares of the time for the shutdown: for handing over the leases, closing the lines, committing what is left.
HAND_OVER, CLOSE, COMMIT = 0.4, 0.3, 0.2


async def run(settings: Settings) -> None:
    """Hold panels until SIGTERM or SIGINT; then hand them over and commit what they received, within `shutdown_seconds`.

    Starts without any of its servers, and lives through the absence of each: PostgreSQL away, received signals wait here;
    Redis away, only the live picture is missing; Temporal away, the lines that are up stay up.
    """
    setup_log(settings)
    await until_told_to_stop(_serve(settings))


async def _serve(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        stack.callback(metrics.serve(settings))
        url = settings.database_url.get_secret_value()
        db = Database.connect(url, pool=settings.database_pool)
        stack.push_async_callback(db.dispose)
        redis = connect_redis(settings)
        stack.push_async_callback(redis.aclose)
        live = LivePublisher(LiveState(redis).write_many)
        holder = build_holder(settings, db, live)
        stack.push_async_callback(_shut_down, settings, holder, live)
        dsn = plain_dsn(url)
        loops = (live.run(), holder.tick(), holder.check(), holder.listen(dsn), _serve_temporal(settings, holder, db))
        await _together(*loops)


def build_holder(settings: Settings, db: Database, live: LivePublisher) -> PanelHolder:
    """The holder with everything behind it; its loops are the caller's to run. Raises BadKeys."""
    batcher = Batcher(recording(db))
    busy_after = timedelta(seconds=settings.panel_busy_after_seconds)
    holder = PanelHolder(
        store=PanelStore(db=db, cipher=settings.cipher(), holder=settings.host_id, time_zone=settings.panel_time_zone),
        batcher=batcher,
        live=live,
        poll_every=settings.panel_poll_seconds,
        timing=Timing(answer=settings.panel_answer_seconds),
        grace=lambda setup: Grace.in_class(setup.supervision, busy_after=busy_after),
        clock_limits=ClockLimits(wrong_from=timedelta(seconds=settings.panel_clock_drift_seconds)),
    )
    batcher.on_stale = holder.on_stale
    return holder


async def _together(*loops: Coroutine[Any, Any, None]) -> None:
    async with asyncio.TaskGroup() as group:
        for loop in loops:
            group.create_task(loop)


async def _serve_temporal(settings: Settings, holder: PanelHolder, db: Database) -> None:
    """Take leases from the shared queue, and orders for the lines held here from our own; workers that fail are replaced, the
    lines do not notice."""
    client = await temporal.connect(settings)
    while True:
        workers = (build_worker(client, holder, settings), build_own_worker(client, holder, db, settings))
        log.info("ingest.ready", queue=names.PANELS_QUEUE, capacity=settings.panel_capacity)
        running = asyncio.create_task(_together(*(worker.run() for worker in workers)))
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            holder.stop()
            ending = _together(*(worker.shutdown() for worker in workers))
            await _within(settings.shutdown_seconds * HAND_OVER, ending)
            running.cancel()
            raise
        except Exception:
            log.exception("ingest.worker_failed")
            await asyncio.sleep(WORKER_AGAIN_AFTER)


def build_worker(client: Client, holder: PanelHolder, settings: Settings, *, queue: str = names.PANELS_QUEUE) -> Worker:
    """The worker for leases: as many at once as this process may hold panels."""
    return Worker(
        client,
        task_queue=queue,
        activities=[PanelActivities(holder).hold_panel_line],
        interceptors=[LogContext()],
        max_concurrent_activities=settings.panel_capacity,
        max_concurrent_activity_task_polls=POLLS,
        graceful_shutdown_timeout=timedelta(seconds=settings.shutdown_seconds * HAND_OVER),
    )


def build_own_worker(client: Client, holder: PanelHolder, db: Database, settings: Settings) -> Worker:
    """The worker for orders that only the process with the line can carry out."""
    commands = CommandLineActivities(holder)
    return Worker(
        client,
        task_queue=names.ingest_queue(settings.host_id),
        activities=[
            NamesActivities(holder, db).read_panel_names,
            commands.send_panel_command,
            commands.confirm_panel_command,
        ],
        interceptors=[LogContext()],
        max_concurrent_activities=ORDERS,
        graceful_shutdown_timeout=timedelta(0),  # a reading goes on where the line goes
    )


async def _within(seconds: float, work: Coroutine[Any, Any, None]) -> None:
    """Do ``work``, but leave it when it takes too long: a server that is away does not hold up the end of a process."""
    task = asyncio.ensure_future(work)
    _, late = await asyncio.wait([task], timeout=seconds)
    for each in late:
        each.cancel()


async def _shut_down(settings: Settings, holder: PanelHolder, live: LivePublisher) -> None:
    log.info("ingest.stopping", panels=len(holder.panel_ids))
    await _within(settings.shutdown_seconds * CLOSE, holder.stopped())
    left = await holder.batcher.close(settings.shutdown_seconds * COMMIT)
    await _within(1.0, live.flush())
    log.info("ingest.stopped", unrecorded=left)
