"""What crosses the border of the Escalation workflow, and the activities it calls (typed stubs).

BundleAlarm starts it as a child that outlives its runs (`start_options`), and tells it of every action on the alarm by one of
the signals `claimed`, `released`, `ended`. Ids and codes only: whom a notification goes to, and what it says, the activity that
sends it looks up.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from temporalio import activity
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.workflow import ParentClosePolicy

from workflows.contracts import names
from workflows.contracts.bundle import BundleRef
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import BundleStatus
from workflows.domain.escalation import Channel, Decline, DeliveryStatus, Ladder, Nobody, Purpose, Stance, Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Whom to reach, and by what. `target_id`: a row of notification_channels or, for PUSH, of push_devices."""

    channel: Channel
    target_id: UUID
    user_id: UUID | None = None  # None: an address of the installation


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationInput:
    """Start of the workflow, and all it knows while it runs: continue-as-new hands it on as it is."""

    bundle_id: UUID
    object_id: UUID
    alarm_type: AlarmType
    priority: Priority
    watch: Watch
    heard_version: int = 0  # of the bundle, the newest anybody told of
    policy_id: UUID | None = None
    ladder: Ladder = field(default_factory=Ladder)
    read_round: int = 0  # the round the ladder was read for
    incidents: tuple[Target, ...] = ()  # to be told when it is over
    story: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleNews:
    """Signals `claimed`, `released` and `ended`: an action, or a timer, made the alarm this at ``at``."""

    version: int
    status: BundleStatus
    at: datetime


SIGNAL_OF = {
    Stance.WAITING: names.ESCALATION_RELEASED,
    Stance.HELD: names.ESCALATION_CLAIMED,
    Stance.OVER: names.ESCALATION_ENDED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationSnapshot:
    """Answer of query `snapshot`, and the workflow's result."""

    bundle_id: UUID
    watch: Watch
    policy_id: UUID | None = None
    levels: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MayEscalate:
    """`declined` None: the alarm is to be escalated."""

    declined: Decline | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderRequest:
    object_id: UUID
    priority: Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyLadder:
    """The policy in force; `policy_id` None: there is none."""

    policy_id: UUID | None = None
    ladder: Ladder = field(default_factory=Ladder)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRequest:
    bundle_id: UUID
    policy_id: UUID
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelTargets:
    """Whom the level reaches at this moment, each once, and how the bundle's row is then."""

    news: BundleNews
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One try. `key` and `attempt` are its idempotency."""

    bundle_id: UUID
    target: Target
    key: str
    attempt: int
    round: int
    level: int
    purpose: Purpose = Purpose.RING


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What came of it: SENT, FAILED or REFUSED, and the provider's code."""

    status: DeliveryStatus
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelOutcome:
    """A level has rung: `reached` of `tried`, or `nobody` and why. `key` makes that known once."""

    bundle_id: UUID
    object_id: UUID
    key: str
    round: int
    level: int
    tried: int
    reached: int
    nobody: Nobody | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeTold:
    """`again`: it had been told before."""

    again: bool = False


@activity.defn(name="may_escalate")
async def may_escalate(ref: BundleRef) -> MayEscalate:
    """Whether escalation is switched on here, and the alarm not suppressed. Raises ApplicationError of type
    `policies.MISSING`."""
    raise NotImplementedError


@activity.defn(name="read_ladder")
async def read_ladder(request: LadderRequest) -> PolicyLadder:
    """The object's policy for this priority, else the default one."""
    raise NotImplementedError


@activity.defn(name="resolve_level")
async def resolve_level(request: LevelRequest) -> LevelTargets:
    """Who is on call now, and which addresses and apps reach them. Raises ApplicationError of type `policies.MISSING`."""
    raise NotImplementedError


@activity.defn(name="send_notification")
async def send_notification(notification: Notification) -> Delivery:
    """Send, and log the try whatever came of it. A try that is in the log is not made again; one whose worker died between
    the two is. Raises only when the database is away."""
    raise NotImplementedError


@activity.defn(name="tell_level")
async def tell_level(outcome: LevelOutcome) -> OutcomeTold:
    """Push `escalation.updated`; that nobody was reached goes into the log, too. One transaction."""
    raise NotImplementedError


class ChildOptions(TypedDict):
    """Keyword arguments of `workflow.start_child_workflow`."""

    id: str
    task_queue: str
    parent_close_policy: ParentClosePolicy
    static_summary: str
    static_details: str
    search_attributes: TypedSearchAttributes


def start_options(start: EscalationInput) -> ChildOptions:
    """How an Escalation is started. Abandoned when its parent closes: a BundleAlarm that continues as new, or is terminated by
    hand, must not silence it. It ends when it is told, or sees in the row, that the alarm is dealt with."""
    attributes = {
        names.OBJECT_ID: str(start.object_id),
        names.ALARM_TYPE: start.alarm_type.value,
        names.PRIORITY: start.priority.value,
    }
    return ChildOptions(
        id=names.escalation_workflow_id(start.bundle_id),
        task_queue=names.CORE_QUEUE,
        parent_close_policy=ParentClosePolicy.ABANDON,
        static_summary=f"Escalation of {start.alarm_type} at object {start.object_id}",
        static_details=f"Who is called for **{start.alarm_type}**, bundle `{start.bundle_id}`, object `{start.object_id}`",
        search_attributes=TypedSearchAttributes(
            [SearchAttributePair(SearchAttributeKey.for_keyword(name), value) for name, value in attributes.items()]
        ),
    )
