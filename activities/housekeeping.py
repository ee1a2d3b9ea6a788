"""What a worker does beside its tasks: partitions made ahead, what is kept no longer (refresh tokens, the log of
notifications) removed, the relay watched, and the
gauges that only the database or Temporal can tell."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from prometheus_client import Gauge
from sqlalchemy import case, func, select
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from activities.auth import sessions
from activities.db import audit_chain
from activities.db.models.bundle_alarms import BundleAlarm
from activities.db.models.service_modes import ServiceMode
from activities.db.partitions import ensure_partitions
from activities.db.repositories import commands, notifications
from activities.db.repositories.panel_releases import count_released
from activities.db.repositories.service_modes import in_force
from activities.db.session import Database
from activities.infra.settings import Settings
from activities.supervision.watch import watch_the_relay
from workflows.contracts import names
from workflows.domain.alarm import Priority
from workflows.domain.bundle import STALE_AFTER, BundleStatus

log = structlog.get_logger(__name__)

DAILY: Final = timedelta(days=1)
HOURLY: Final = timedelta(hours=1)
GAUGES_EVERY: Final = timedelta(seconds=15)  # Prometheus scrapes about as often
RETRY_AFTER: Final = timedelta(seconds=30)
CHUNK: Final = 5_000  # rows removed in one transaction

ALARMS_ACTIVE: Final = Gauge("alarms_active", "Bundles not closed", ["priority"])
SERVICE_ACTIVE: Final = Gauge("service_modes_active", "Periods of service mode in force")
STALE_BUNDLES: Final = Gauge("stale_alarm_report_bundles", "CRITICAL bundles open for more than 24 h")
PANELS_RELEASED: Final = Gauge("panels_released", "Panels whose line is given up for programming")
AUDIT_CHAIN_LENGTH: Final = Gauge("audit_chain_length", "Links in the chain over the audit log: never falls")
TASK_QUEUE_BACKLOG: Final = Gauge("temporal_task_queue_backlog", "Tasks waiting for a worker", ["queue", "kind"])

_KINDS: Final = {
    "workflow": TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    "activity": TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
}


async def keep_house(db: Database, client: Client, settings: Settings) -> None:
    """Runs until cancelled; a failure is logged and tried again."""
    grace = timedelta(seconds=settings.supervision_grace_seconds)
    notifications_kept = timedelta(days=settings.notification_log_days)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_every(DAILY, "partitions", lambda: _make_partitions(db)))
        tasks.create_task(_every(HOURLY, "audit anchor", lambda: log_anchor(db)))
        tasks.create_task(_every(GAUGES_EVERY, "audit gauge", lambda: measure_audit(db)))
        tasks.create_task(_every(DAILY, "refresh tokens", lambda: _purge_sessions(db)))
        tasks.create_task(_every(DAILY, "notification log", lambda: purge_notifications(db, notifications_kept)))
        tasks.create_task(_every(GAUGES_EVERY, "forgotten commands", lambda: end_forgotten_commands(db)))
        tasks.create_task(_every(GAUGES_EVERY, "alarm gauges", lambda: measure_alarms(db)))
        tasks.create_task(_every(GAUGES_EVERY, "release gauge", lambda: measure_releases(db)))
        tasks.create_task(_every(GAUGES_EVERY, "service gauge", lambda: measure_service(db)))
        tasks.create_task(_every(GAUGES_EVERY, "backlog gauges", lambda: measure_backlog(client)))
        tasks.create_task(watch_the_relay(db, grace=grace))


async def end_forgotten_commands(db: Database) -> None:
    """What is shown as over is over, and is told."""
    async with db.write() as session:
        ended = await commands.end_forgotten(session)
    if ended:
        log.warning("commands.forgotten", ended=ended)


async def _every(interval: timedelta, what: str, job: Callable[[], Awaitable[None]]) -> None:
    while True:
        pause = interval
        try:
            await job()
        except Exception as error:  # whatever it is, the next time may be better
            log.warning("housekeeping.failed", what=what, error=str(error)[:200])
            pause = min(interval, RETRY_AFTER)
        await asyncio.sleep(pause.total_seconds())


async def _make_partitions(db: Database) -> None:
    made = await ensure_partitions(db, datetime.now(UTC))
    log.info("housekeeping.partitions", made=made)


async def log_anchor(db: Database) -> None:
    """The head of the audit chain goes into the log, which whoever rewrites the database does not reach: a chain made anew
    no longer passes `stam audit verify --from-anchor` (ADR-021)."""
    async with db.read() as session:
        found = await audit_chain.head(session)
    if found is not None:
        log.info("audit.anchor", anchor=str(found))


async def measure_audit(db: Database) -> None:
    """Sets `audit_chain_length`."""
    async with db.read() as session:
        found = await audit_chain.head(session)
    AUDIT_CHAIN_LENGTH.set(found.seq if found else 0)


async def _purge_sessions(db: Database) -> None:
    gone = await sessions.purge(db, datetime.now(UTC))
    log.info("housekeeping.refresh_tokens", gone=gone)


async def purge_notifications(db: Database, kept: timedelta) -> None:
    """Tries to reach people that are older than ``kept`` go, a chunk in a transaction: whoever escalates meanwhile does not
    wait for it."""
    gone = 0
    while True:
        async with db.write() as session:
            gone += (chunk := await notifications.purge(session, older_than=kept, limit=CHUNK))
        if chunk < CHUNK:
            break
    log.info("housekeeping.notification_log", gone=gone)


async def measure_alarms(db: Database) -> None:
    """Sets `alarms_active` and `stale_alarm_report_bundles` (R-METRICS), by the row's times: no workflow need have noticed."""
    stale = func.count(case((BundleAlarm.opened_at < func.now() - STALE_AFTER, 1)))
    query = select(BundleAlarm.priority, func.count(), stale)
    query = query.where(BundleAlarm.status != BundleStatus.CLOSED).group_by(BundleAlarm.priority)
    async with db.read() as session:
        counts = {priority: (active, late) for priority, active, late in await session.execute(query)}
    for priority in Priority:
        ALARMS_ACTIVE.labels(priority.value).set(counts.get(priority, (0, 0))[0])
    STALE_BUNDLES.set(counts.get(Priority.CRITICAL, (0, 0))[1])


async def measure_service(db: Database) -> None:
    """Sets `service_modes_active`, by the database's clock."""
    async with db.read() as session:
        SERVICE_ACTIVE.set(await session.scalar(select(func.count()).select_from(ServiceMode).where(in_force())) or 0)


async def measure_releases(db: Database) -> None:
    """Sets `panels_released`, by the rows' times."""
    async with db.read() as session:
        PANELS_RELEASED.set(await count_released(session))


async def measure_backlog(client: Client) -> None:
    """Sets `temporal_task_queue_backlog`."""
    for queue in (names.CORE_QUEUE, names.PANELS_QUEUE):
        for kind, number in _KINDS.items():
            request = DescribeTaskQueueRequest(
                namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=number, report_stats=True
            )
            answer = await client.workflow_service.describe_task_queue(request)
            TASK_QUEUE_BACKLOG.labels(queue, kind).set(answer.stats.approximate_backlog_count)
