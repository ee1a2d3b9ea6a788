"""What crosses the border of the BundleAlarm workflow, and the activities it calls (typed stubs)."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from temporalio import activity

from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import Action, BundleState, BundleStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleInput:
    """Start of the workflow. `state` None: the workflow reads the row first; given by continue-as-new."""

    bundle_id: UUID
    object_id: UUID
    alarm_type: AlarmType
    state: BundleState | None = None
    seen_events: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EventAdded:
    """Signal `event_added`: the relay says that a committed event belongs to this bundle. Idempotent by `outbox_id`."""

    outbox_id: int
    version: int
    priority: Priority
    last_activity_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequest:
    """Argument of every operator update. `action_id` is the idempotency key: the same id is answered the same way.

    `note_id` names a note already stored by the API: the text of people never enters a workflow history.
    """

    action_id: UUID
    actor_id: UUID
    expected_version: int
    may_override: bool = False
    note_id: UUID | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleSnapshot:
    """The bundle after an action, and the answer of query `snapshot`."""

    bundle_id: UUID
    status: BundleStatus
    version: int
    priority: Priority
    claimed_by: UUID | None = None
    status_changed_at: datetime | None = None
    last_activity_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionRequest:
    """To the activity: do `action` on the row now, or refuse."""

    bundle_id: UUID
    action: Action
    action_id: UUID
    actor_id: UUID | None = None
    expected_version: int | None = None
    may_override: bool = False
    note_id: UUID | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleRef:
    bundle_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RowState:
    """What the row says; `found` False when there is no such bundle."""

    found: bool
    state: BundleState | None = None
    labels: dict[str, str] = field(default_factory=dict)


@activity.defn(name="transition_bundle")
async def transition_bundle(request: TransitionRequest) -> BundleState:
    """One transaction: lock the row, decide, change it, append the action and the outbox row.

    Raises ApplicationError of type `policies.REFUSED` whose first detail is the `Refusal` and second the current
    `BundleState`. A repeated `action_id` answers as the first time.
    """
    raise NotImplementedError


@activity.defn(name="read_bundle")
async def read_bundle(ref: BundleRef) -> RowState:
    """The row's present state."""
    raise NotImplementedError
