"""The activities of AutoArm without their database, and a panel that answers its commands."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from tests.support.stand_in_command import StandInCommand
from workflows.auto_arm import AutoArm
from workflows.contracts import names, policies
from workflows.contracts.auto_arm import (
    AutoArmInput,
    FiringRef,
    FiringStart,
    RunChange,
    RunPlan,
    RunRef,
    RunRow,
    RunSnapshot,
    Survey,
    Verdict,
    search_attributes,
    start_options,
)
from workflows.contracts.command import CommandOrder, CommandOutcome
from workflows.domain.auto_arm import OPEN
from workflows.domain.command import CommandStatus
from workflows.domain.panel import LinkStatus, PartitionState
from workflows.registry import workflow_runner

Script = Callable[[CommandOrder], CommandOutcome]


class FakeSchedule:
    """One firing of one schedule of two partitions. `script` answers commands in turn, the last of it for ever; `changes` tells
    what became of the row."""

    def __init__(self, fire_at: datetime, **plan: Any) -> None:
        usual: dict[str, Any] = {
            "run_id": uuid4(),
            "object_id": uuid4(),
            "panel_id": uuid4(),
            "fire_at": fire_at,
            "warn_at": fire_at - timedelta(minutes=15),
            "partitions": (1, 2),
            "deadline": timedelta(minutes=30),
            "postpone_limit": timedelta(minutes=60),
        }
        self.plan = RunPlan(**(usual | plan))
        self.begun = FiringStart(verdict=Verdict.DUE, plan=self.plan)
        self.states = dict.fromkeys(self.plan.partitions, PartitionState.DISARMED)
        self.facts: dict[str, Any] = {"link": LinkStatus.CONNECTED}
        self.script: list[Script] = [arms(self)]
        self.refs: list[FiringRef] = []
        self.changes: list[RunChange] = []
        self.orders: list[CommandOrder] = []
        self.surveys = 0
        self.away = False
        self.may_end = asyncio.Event()  # until then a change that ends the run is not answered
        self.may_end.set()

    @activity.defn(name="begin_auto_arm")
    async def begin_auto_arm(self, ref: FiringRef) -> FiringStart:
        self.refs.append(ref)
        return self.begun

    @activity.defn(name="survey_auto_arm")
    async def survey_auto_arm(self, ref: RunRef) -> Survey:
        self.surveys += 1
        if self.away:
            raise ApplicationError("the database is away")
        return Survey(states=dict(self.states), **self.facts)

    @activity.defn(name="change_auto_arm_run")
    async def change_auto_arm_run(self, change: RunChange) -> RunRow:
        self.changes.append(change)
        if change.status not in OPEN:
            await self.may_end.wait()
        return RunRow(status=change.status, outcome=change.outcome)

    @activity.defn(name="play_command")
    async def play_command(self, order: CommandOrder) -> CommandOutcome:
        self.orders.append(order)
        play = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return play(order)

    @property
    def activities(self) -> list[Callable[..., Any]]:
        return [self.begin_auto_arm, self.survey_auto_arm, self.change_auto_arm_run, self.play_command]


def arms(schedule: FakeSchedule) -> Script:
    """Accepted, and seen to be so."""

    def play(order: CommandOrder) -> CommandOutcome:
        schedule.states |= dict.fromkeys(order.numbers, PartitionState.ARMED_FULL)
        return CommandOutcome(
            command_id=order.command_id, status=CommandStatus.ACK, result_code=0, confirmed_at=schedule.plan.fire_at
        )

    return play


def says(status: CommandStatus, reason: str = "", blocking: tuple[int, ...] = ()) -> Script:
    return lambda order: CommandOutcome(command_id=order.command_id, status=status, reason=reason, blocking=blocking)


def worker(client: Client, schedule: FakeSchedule, *, cached: int = 100) -> AbstractAsyncContextManager[Any]:
    """``cached`` 0: every task replays the history from its beginning."""
    return Worker(
        client,
        task_queue=names.CORE_QUEUE,
        workflows=[AutoArm, StandInCommand],
        activities=schedule.activities,
        workflow_runner=workflow_runner(),
        max_cached_workflows=cached,
        sticky_queue_schedule_to_start_timeout=policies.STICKY_SCHEDULE_TO_START,
    )


async def fire(client: Client, schedule: FakeSchedule) -> WorkflowHandle[AutoArm, RunSnapshot]:
    """As Temporal does it at the time of the warning."""
    schedule_id: UUID = uuid4()
    given = AutoArmInput(
        schedule_id=schedule_id,
        object_id=schedule.plan.object_id,
        panel_id=schedule.plan.panel_id,
        started_for=schedule.plan.warn_at,
    )
    return await client.start_workflow(
        AutoArm.run,
        given,
        id=names.auto_arm_workflow_id(schedule_id, schedule.plan.warn_at),
        search_attributes=search_attributes(given),
        **start_options(given),
    )
