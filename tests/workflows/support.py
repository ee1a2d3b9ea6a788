"""Driving BundleAlarm and PanelConnection in tests."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Replayer, Worker

from activities.infra.temporal import DATA_CONVERTER
from tests.support.fakes import FakeNames, FakeRow
from workflows.bundle_alarm import BundleAlarm
from workflows.contracts import names, policies
from workflows.contracts.bundle import ActionRequest, BundleInput, BundleSnapshot, EventAdded, start_options
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import Action, BundleState, BundleStatus
from workflows.registry import WORKFLOWS, workflow_runner

ANNA, BARTEK = UUID(int=0xA), UUID(int=0xB)


@asynccontextmanager
async def serving(
    client: Client,
    *activities: Callable[..., Any],
    queues: Sequence[str] = (),
    core: Sequence[Callable[..., Any]] = (),
    cached: int = 100,
) -> AsyncIterator[None]:
    """A worker with fakes for activities: all on the core's queue, or on ``queues`` with those of ``core`` apart. ``cached``
    0: every task replays the history from its beginning."""
    worker = Worker(
        client,
        task_queue=names.CORE_QUEUE,
        workflows=WORKFLOWS,
        activities=core if queues else activities,
        workflow_runner=workflow_runner(),
        max_cached_workflows=cached,
        sticky_queue_schedule_to_start_timeout=policies.STICKY_SCHEDULE_TO_START,
    )
    # Every heartbeat is sent, so that a cancellation is noticed at once.
    prompt = timedelta(milliseconds=20)
    others = [
        Worker(client, task_queue=queue, activities=activities, max_heartbeat_throttle_interval=prompt) for queue in queues
    ]
    async with worker:
        if not others:
            yield
            return
        async with others[0]:
            yield


@asynccontextmanager
async def names_served(client: Client, fake: FakeNames, *hosts: str) -> AsyncIterator[None]:
    """The core and the ingest processes ``hosts``, all with the same fake behind them."""
    core = Worker(
        client,
        task_queue=names.CORE_QUEUE,
        workflows=WORKFLOWS,
        activities=[fake.find_panel_holder, fake.fail_names_read],
        workflow_runner=workflow_runner(),
    )
    own = [Worker(client, task_queue=names.ingest_queue(host), activities=[fake.read_panel_names]) for host in hosts]
    async with AsyncExitStack() as stack:
        for worker in (core, *own):
            await stack.enter_async_context(worker)
        yield


@dataclass(slots=True)
class Running:
    """A running BundleAlarm, and the row behind it."""

    client: Client
    handle: WorkflowHandle[BundleAlarm, BundleSnapshot]
    row: FakeRow
    bundle_id: UUID

    async def act(self, action: Action, *, action_id: UUID | None = None, **more: Any) -> BundleSnapshot:
        """As the API does it: by name, with the version the operator sees."""
        assert self.row.state is not None
        fields: dict[str, Any] = {"actor_id": ANNA, "expected_version": self.row.state.version, **more}
        request = ActionRequest(action_id=action_id or uuid4(), **fields)
        answer: BundleSnapshot = await self.handle.execute_update(action.value, request, result_type=BundleSnapshot)
        return answer

    async def walk(self, *actions: Action) -> None:
        for action in actions:
            await self.act(action, note_id=uuid4())

    async def tell(self, state: BundleState) -> None:
        """What the relay does after the recorder."""
        event = EventAdded(
            outbox_id=state.version, version=state.version, priority=state.priority, last_activity_at=state.last_activity_at
        )
        await self.handle.signal(BundleAlarm.event_added, event)

    async def snapshot(self) -> BundleSnapshot:
        return await self.handle.query(BundleAlarm.snapshot)


async def start(client: Client, row: FakeRow, *, state: BundleState | None = None) -> Running:
    bundle_id = uuid4()
    given = BundleInput(bundle_id=bundle_id, object_id=uuid4(), alarm_type=AlarmType.INTRUSION, state=state)
    handle = await client.start_workflow(
        BundleAlarm.run, given, **start_options(given, status=BundleStatus.NEW, priority=Priority.HIGH)
    )
    return Running(client, handle, row, bundle_id)


async def replay(client: Client, workflow_id: str) -> None:
    """Run the recorded history against the code once more. Raises when they disagree."""
    replayer = Replayer(workflows=WORKFLOWS, data_converter=DATA_CONVERTER, workflow_runner=workflow_runner())
    await replayer.replay_workflow(await client.get_workflow_handle(workflow_id).fetch_history())
