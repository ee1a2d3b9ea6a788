"""The schedules this system keeps at Temporal: made by whichever worker comes first, and brought up to date by each."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from workflows.contracts import names
from workflows.contracts.keys import KeyRotationInput
from workflows.key_rotation import KeyRotation

log = structlog.get_logger(__name__)

DAILY: Final = timedelta(days=1)


async def ensure_schedules(client: Client, *, task_queue: str = names.CORE_QUEUE) -> None:
    """Safe to repeat, and side by side. Raises RPCError."""
    wanted = key_rotation(task_queue)
    try:
        await client.create_schedule(names.KEY_ROTATION_ID, wanted, trigger_immediately=True)
        log.info("schedules.made", schedule=names.KEY_ROTATION_ID)
    except ScheduleAlreadyRunningError:

        def renewed(found: ScheduleUpdateInput) -> ScheduleUpdate:
            """Whether it is paused stays as it is: that was somebody's decision."""
            return ScheduleUpdate(replace(wanted, state=found.description.schedule.state))

        await client.get_schedule_handle(names.KEY_ROTATION_ID).update(renewed)


def key_rotation(task_queue: str) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            KeyRotation.run,
            KeyRotationInput(),
            id=names.KEY_ROTATION_ID,
            task_queue=task_queue,
            static_summary="The keys that sign access tokens",
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=DAILY)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
    )
