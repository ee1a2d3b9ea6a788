"""What crosses the border of the AutoArm workflow, and the activities it calls (typed stubs): ids, times and codes alone.

A Temporal Schedule starts it with the schedule's ids; the time it was started for is in Temporal's own search attribute. Who
starts one for a firing that was missed says that time himself. The row of the schedule, read at the start, is the truth.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypedDict
from uuid import UUID

from temporalio import activity
from temporalio.common import Priority, SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from workflows.contracts import names
from workflows.domain.auto_arm import OpenZones, RunOutcome, RunStatus
from workflows.domain.command import ArmMode, CommandKind, CommandSource, priority_of
from workflows.domain.panel import LinkStatus, PartitionState


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """One firing as its row says when it begins. `deadline`: so long after its time (its new time, when it was put off) it is
    tried; `postpone_limit`: so long after its own time it may be put off. `changes`: of the run's row so far."""

    run_id: UUID
    object_id: UUID
    panel_id: UUID
    fire_at: datetime
    warn_at: datetime
    partitions: tuple[int, ...]
    arm_mode: ArmMode = ArmMode.FULL
    forced: bool = False
    open_zones: OpenZones = OpenZones.WAIT
    deadline: timedelta = timedelta(0)
    postpone_limit: timedelta = timedelta(0)
    target_at: datetime | None = None  # of a run that is taken up again
    changes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PostponeRequest:
    """Update `postpone`: so many minutes later than now planned."""

    minutes: int
    actor_id: UUID
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRequest:
    """Update `cancel`."""

    actor_id: UUID
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoArmInput:
    """Start of the workflow (the ids; `started_for` by whoever is not Temporal; `run_id` of a run that lost its workflow), and
    all it knows while it runs."""

    schedule_id: UUID
    object_id: UUID
    panel_id: UUID
    started_for: datetime | None = None
    run_id: UUID | None = None
    begun: bool = False
    plan: RunPlan | None = None
    target_at: datetime | None = None  # the firing's time, later when it was put off
    warned: bool = False
    changes: int = 0  # of the row, counted so that a repetition is known as one
    waits: int = 0  # in a row
    commands: tuple[UUID, ...] = ()
    forced: bool = False  # the policy is to bypass, and zones were found open
    last: RunOutcome | None = None
    blocking: tuple[int, ...] = ()
    cancel: CancelRequest | None = None
    outcome: RunOutcome | None = None
    reason: str = ""
    story: tuple[str, ...] = ()


class Verdict(StrEnum):
    """What a workflow finds at its start."""

    DUE = "DUE"
    ENDED = "ENDED"  # skipped or missed, and recorded as such
    REPEATED = "REPEATED"  # the firing is another workflow's
    NOT_DUE = "NOT_DUE"  # the row, as it is now, has no firing on this day


@dataclass(frozen=True, slots=True, kw_only=True)
class FiringRef:
    schedule_id: UUID
    started_for: datetime
    workflow_id: str
    run_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FiringStart:
    """`plan` belongs to DUE, `outcome` to ENDED."""

    verdict: Verdict
    plan: RunPlan | None = None
    outcome: RunOutcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRef:
    run_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """`domain.auto_arm.Facts` as they travel."""

    states: Mapping[int, PartitionState] = field(default_factory=dict)
    link: LinkStatus | None = None
    in_service: bool = False
    released: bool = False
    withdrawn: bool = False
    claimed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChange:
    """How the run's row is to be from now on. `number`: of the change, counted from 1. `outcome` of a run that has not ended:
    what it waits for. `actor_id` None: the system itself."""

    run_id: UUID
    number: int
    status: RunStatus
    outcome: RunOutcome | None = None
    reason: str = ""
    blocking: tuple[int, ...] = ()
    commands: tuple[UUID, ...] = ()
    target_at: datetime | None = None
    verified_at: datetime | None = None
    actor_id: UUID | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """How the row is after the activity."""

    status: RunStatus
    outcome: RunOutcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSnapshot:
    """Answer of both updates and of query `snapshot`, and the workflow's result. `run_id` None: nothing was to be done."""

    run_id: UUID | None
    status: RunStatus | None
    outcome: RunOutcome | None = None
    reason: str = ""
    target_at: datetime | None = None
    blocking: tuple[int, ...] = ()
    commands: tuple[UUID, ...] = ()


@activity.defn(name="begin_auto_arm")
async def begin_auto_arm(ref: FiringRef) -> FiringStart:
    """Read the schedule and make the row of the run of that day, in one transaction; one that is skipped or missed is recorded
    as such with all its traces (`change_auto_arm_run`). Safe to repeat: a row of the same workflow is its own."""
    raise NotImplementedError


@activity.defn(name="survey_auto_arm")
async def survey_auto_arm(ref: RunRef) -> Survey:
    """What is so now, for the run's partitions. Raises ApplicationError of type `policies.MISSING`."""
    raise NotImplementedError


@activity.defn(name="change_auto_arm_run")
async def change_auto_arm_run(change: RunChange) -> RunRow:
    """The row, its audit row (of what somebody did, and of the end), the push message and, for a run that FAILED, the alarm: in
    one transaction. A change whose number the row has is a repetition. Raises ApplicationError of type `policies.MISSING`."""
    raise NotImplementedError


class StartOptions(TypedDict):
    """Keyword arguments of `Client.start_workflow`, without the id; of `ScheduleActionStartWorkflow`, too."""

    task_queue: str
    static_summary: str
    priority: Priority


def start_options(start: AutoArmInput, *, task_queue: str = names.CORE_QUEUE) -> StartOptions:
    """How an AutoArm is started, by whomever."""
    return StartOptions(
        task_queue=task_queue,
        static_summary=f"Arming of panel {start.panel_id} by schedule {start.schedule_id}",
        priority=Priority(priority_key=priority_of(CommandKind.ARM, CommandSource.AUTO_ARM)),
    )


def search_attributes(start: AutoArmInput) -> TypedSearchAttributes:
    values = {names.OBJECT_ID: start.object_id, names.PANEL_ID: start.panel_id}
    return TypedSearchAttributes(
        [SearchAttributePair(SearchAttributeKey.for_keyword(name), str(value)) for name, value in values.items()]
    )
