"""The worker: runs the workflows and the activities that touch the database (`stam worker`)."""

from contextlib import AsyncExitStack
from datetime import timedelta

import structlog
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.service import RPCError
from temporalio.worker import Worker

from activities.db.session import Database
from activities.housekeeping import keep_house
from activities.infra import metrics, temporal
from activities.infra.interceptor import LogContext
from activities.infra.lifetime import until_told_to_stop
from activities.infra.log import setup as setup_log
from activities.infra.settings import Settings
from activities.registry import core_activities
from activities.schedules import ensure_schedules
from workflows.contracts import names, policies
from workflows.registry import WORKFLOWS, workflow_runner

log = structlog.get_logger(__name__)


async def run(settings: Settings) -> None:
    """Serve `names.CORE_QUEUE` until SIGTERM or SIGINT; then finish what is in flight, at most `shutdown_seconds`.

    Waits for Temporal at the start, and lives through its absence later; a database that is away fails activities, which
    Temporal tries again.
    """
    setup_log(settings)
    await until_told_to_stop(_serve(settings))


async def _serve(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        stack.callback(metrics.serve(settings))
        db = Database.connect(settings.database_url.get_secret_value(), pool=settings.database_pool)
        stack.push_async_callback(db.dispose)
        client = await temporal.connect(settings, runtime=_runtime(settings))
        await ensure_search_attributes(client)
        await _ensure_schedules(client)
        await stack.enter_async_context(build(client, db, settings))
        stack.callback(log.info, "worker.stopping")
        log.info("worker.ready", queue=names.CORE_QUEUE)
        await keep_house(db, client, settings)


def build(client: Client, db: Database, settings: Settings, *, task_queue: str = names.CORE_QUEUE) -> Worker:
    """The worker as it runs everywhere. More activities at once than connections would only wait for one inside.

    Raises BadKeys, BadFlags.
    """
    return Worker(
        client,
        task_queue=task_queue,
        workflows=WORKFLOWS,
        activities=core_activities(db, settings),
        workflow_runner=workflow_runner(),
        interceptors=[LogContext()],
        max_cached_workflows=policies.CACHED_WORKFLOWS,
        max_concurrent_activities=settings.database_pool,
        max_concurrent_local_activities=settings.database_pool,
        sticky_queue_schedule_to_start_timeout=policies.STICKY_SCHEDULE_TO_START,
        graceful_shutdown_timeout=timedelta(seconds=settings.shutdown_seconds),
    )


async def ensure_search_attributes(client: Client) -> None:
    """Register what names.py lists and the server lacks. A server that does not let us must have them already."""
    service = client.operator_service
    try:
        present = await service.list_search_attributes(ListSearchAttributesRequest(namespace=client.namespace))
        missing = names.SEARCH_ATTRIBUTES.keys() - present.custom_attributes.keys()
        kinds = {name: _indexed(names.SEARCH_ATTRIBUTES[name]) for name in missing}
        if kinds:
            request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=kinds)
            await service.add_search_attributes(request)
    except RPCError as error:
        log.warning("worker.search_attributes", error=str(error)[:200])


async def _ensure_schedules(client: Client) -> None:
    """A server that refuses them must not keep the worker from its alarms: the next start tries again."""
    try:
        await ensure_schedules(client)
    except RPCError as error:
        log.error("worker.schedules", error=str(error)[:200])


def _indexed(kind: str) -> IndexedValueType.ValueType:
    return IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{kind.upper()}")


def _runtime(settings: Settings) -> Runtime | None:
    """None: the SDK's default, without metrics of its own."""
    if not settings.temporal_metrics_port:
        return None
    address = f"{settings.metrics_host}:{settings.temporal_metrics_port}"
    return Runtime(telemetry=TelemetryConfig(metrics=PrometheusConfig(bind_address=address, durations_as_seconds=True)))
