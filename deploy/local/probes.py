"""Is a process at work? Asked from outside, of the servers it works with, so that a hung process does not count as ready."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import httpx
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

_TIMEOUT = 2.0  # s


async def answers_http(url: str) -> bool:
    async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as http:
        try:
            return (await http.get(url)).is_success
        except httpx.HTTPError:
            return False


async def accepts_tcp(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(_TIMEOUT):
            _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True


async def polls_queue(address: str, namespace: str, queue: str, *, since: datetime, pid: int) -> bool:
    """Whether process ``pid`` asked the Temporal task queue for work at or after ``since``."""
    try:
        async with asyncio.timeout(_TIMEOUT):
            client = await Client.connect(address, namespace=namespace)
            return since <= max([await _polled_at(client, queue, kind, pid) for kind in _KINDS])
    except (RPCError, RuntimeError, TimeoutError):
        return False


_NEVER = datetime.min.replace(tzinfo=UTC)
_KINDS = (TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW)


async def _polled_at(client: Client, queue: str, kind: "TaskQueueType.ValueType", pid: int) -> datetime:
    """The newest poll; long ago when there was none. The SDK's identity of a worker is ``pid@host``."""
    request = DescribeTaskQueueRequest(namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind)
    answer = await client.workflow_service.describe_task_queue(request)
    ours = (poller for poller in answer.pollers if poller.identity.startswith(f"{pid}@"))
    return max((poller.last_access_time.ToDatetime(UTC) for poller in ours), default=_NEVER)


async def connected_to_database(database_url: str, application: str, *, since: datetime) -> bool:
    """Whether a process that calls itself ``application`` opened, after ``since`` (our clock), a session that still lives."""
    try:
        async with asyncio.timeout(_TIMEOUT):
            connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
            try:
                return bool(await connection.fetchval(_SESSIONS, application, datetime.now(UTC) - since))
            finally:
                await connection.close()
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return False


_SESSIONS = """
    select exists (
        select from pg_stat_activity
        where application_name = $1 and datname = current_database() and backend_start >= clock_timestamp() - $2::interval
    )
"""
