"""Two hundred auto-arm schedules that fire in the same minute: how late each workflow starts, and its command."""

import asyncio
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from activities.infra.temporal import DATA_CONVERTER
from api.client.auto_arm import AutoArmSchedule
from api.client.client import StamClient
from deploy.bench.desk import login_of
from deploy.bench.measure import Latency, Result, Row
from deploy.local.folder import scratch_folder
from deploy.local.system import running_system
from deploy.local.temporal import NAMESPACE
from workflows.contracts import names

SCHEDULES, PANELS = 200, 50
ZONE = "Europe/Warsaw"
PREPARING, LOOKING = timedelta(seconds=60), 90.0  # s
_COMMANDED = EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED


async def schedules() -> Result:
    """No panel is connected: what a command then says comes after what is measured."""
    with scratch_folder() as folder:
        async with running_system(folder, panels=0) as system:
            client = StamClient(system.api_url)
            await client.login(*login_of("ADMIN"))
            temporal = await Client.connect(
                system.composition.addresses().temporal_address, namespace=NAMESPACE, data_converter=DATA_CONVERTER
            )
            fire_at = (datetime.now(UTC) + PREPARING).replace(second=0, microsecond=0) + timedelta(minutes=1)
            made = await _made(client, fire_at)
            await asyncio.sleep(max(0.0, (fire_at - datetime.now(UTC)).total_seconds()))
            started, commanded = await _lateness(temporal, [one.id for one in made], fire_at)
            await client.aclose()
            floor = Latency.of_seconds(await _bare_starts(temporal))
    rows = (_row("workflows", started, floor), _row("commands", commanded, floor))
    return Result(benchmark="13-schedules", rows=rows, raw={"started": started, "commanded": commanded})


def _row(what: str, seconds: list[float], floor: Latency) -> Row:
    late = Latency.of_seconds(seconds)
    return Row(
        name=f"{SCHEDULES} auto-arm schedules in one minute: how late their {what} start",
        must="–",
        measured=str(late),
        met=True,
        floor=f"{floor} (as many bare workflow starts at once, from the first call to each answer)",
        ratio=f"{late.p99 / floor.p99:.1f} × (p99)",
        notes=f"{PANELS} panels, none connected; by the times in Temporal's histories",
    )


async def _made(client: StamClient, fire_at: datetime) -> list[AutoArmSchedule]:
    """Four to a panel, each of another partition."""
    panels = (await client.panels(limit=PANELS)).items
    at = fire_at.astimezone(ZoneInfo(ZONE)).time()
    return [
        await client.auto_arm.create(
            panels[number % PANELS].id,
            name=f"Night {number}",
            partitions=[1 + number // PANELS],
            weekdays=[1, 2, 3, 4, 5, 6, 7],
            at=at,
            time_zone=ZONE,
            warn_minutes=0,
        )
        for number in range(SCHEDULES)
    ]


async def _lateness(client: Client, ids: Iterable[UUID], fire_at: datetime) -> tuple[list[float], list[float]]:
    """Seconds after the time of the firing. Raises TimeoutError when one has not come to its command by then."""
    async with asyncio.timeout(LOOKING):
        found = await asyncio.gather(*(_of_one(client, names.auto_arm_workflow_id(each, fire_at)) for each in ids))
    started, commanded = zip(*found, strict=True)
    return [(at - fire_at).total_seconds() for at in started], [(at - fire_at).total_seconds() for at in commanded]


async def _of_one(client: Client, workflow_id: str) -> tuple[datetime, datetime]:
    """When it started, and when its command did, by the server's own clock."""
    handle = client.get_workflow_handle(workflow_id)
    while True:
        await asyncio.sleep(5)  # looking more often would be measured, too
        events = await _events(handle)
        commanded = [event.event_time.ToDatetime(UTC) for event in events if event.event_type == _COMMANDED]
        if commanded:
            return events[0].event_time.ToDatetime(UTC), commanded[0]


async def _events(handle: WorkflowHandle[Any, Any]) -> list[HistoryEvent]:
    """None yet: it has not started."""
    try:
        return [event async for event in handle.fetch_history_events()]
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return []
        raise


async def _bare_starts(client: Client) -> list[float]:
    """Seconds until each answer; nobody serves their queue."""
    began = time.perf_counter()

    async def start() -> float:
        await client.start_workflow("Bare", id=f"bare-{uuid4()}", task_queue="bare")
        return time.perf_counter() - began

    return await asyncio.gather(*(start() for _ in range(SCHEDULES)))
