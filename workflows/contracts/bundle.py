"""What crosses the border of the BundleAlarm workflow, and the activities it calls (typed stubs).

How others talk to it: the relay starts it with the signal `event_added`, the API with an update (update-with-start), both
with `**start_options(...)`. A refused update fails at the caller as `WorkflowUpdateFailedError` whose cause is an
`ApplicationError` of type `policies.REFUSED` with details [`Refusal` value, `BundleState`]; one that could not be answered
in time (the database is away) as one of type `policies.UNANSWERED`.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from temporalio import activity
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from workflows.contracts import names
from workflows.contracts.starting import StartOptions
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import Action, BundleState, BundleStatus, Refusal, ResultCode
from workflows.domain.escalation import Link


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


def snapshot_of(bundle_id: UUID, state: BundleState) -> BundleSnapshot:
    return BundleSnapshot(
        bundle_id=bundle_id,
        status=state.status,
        version=state.version,
        priority=state.priority,
        claimed_by=state.claimed_by,
        status_changed_at=state.status_changed_at,
        last_activity_at=state.last_activity_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An operator's action that was accepted: the same `action_id` gets the same answer again."""

    action_id: UUID
    answer: BundleSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleInput:
    """Start of the workflow, and all it knows while it runs: continue-as-new hands it on as it is.

    Who starts it gives the three ids; without `state` the workflow reads the row. The relay may give `state` for a bundle
    opened in the very transaction it tells of (`alarm.new`): it spares that reading.
    """

    bundle_id: UUID
    object_id: UUID
    alarm_type: AlarmType
    state: BundleState | None = None
    heard_version: int = 0  # the newest anybody told of: when `state` is older, the row is read again
    signals: int = 0
    answered: tuple[Answered, ...] = ()
    escalation: Link = field(default_factory=Link)
    story: tuple[str, ...] = ()  # last lines of the web UI's current details: ids and codes only


@dataclass(frozen=True, slots=True, kw_only=True)
class EventAdded:
    """Signal `event_added`: the relay says that a committed event belongs to this bundle.

    `version` is the row's after that event: it makes the signal idempotent, and a gap in it makes the workflow read the row.
    """

    outbox_id: int
    version: int
    priority: Priority
    last_activity_at: datetime
    alarm_type: AlarmType | None = None  # given when the log made it another one


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequest:
    """Argument of every operator update. `action_id` is the idempotency key: the same id is answered the same way.

    `note_id` names a note already stored by the API: the text of people never enters a workflow history.
    `result_code` goes with resolve only.
    """

    action_id: UUID
    actor_id: UUID
    expected_version: int
    may_override: bool = False
    note_id: UUID | None = None
    result_code: ResultCode | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionRequest:
    """To the activity: do `action` on the row now, or refuse. Timers have no actor and expect no version."""

    bundle_id: UUID
    action: Action
    action_id: UUID
    actor_id: UUID | None = None
    expected_version: int | None = None
    may_override: bool = False
    note_id: UUID | None = None
    result_code: ResultCode | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """The activity's answer: the row after the action, or, with `refusal`, the row that did not change."""

    state: BundleState
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleRef:
    bundle_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RowState:
    """What the row says; `state` None when there is no such bundle."""

    state: BundleState | None = None
    alarm_type: AlarmType | None = None


@activity.defn(name="transition_bundle")
async def transition_bundle(request: TransitionRequest) -> Transition:
    """One transaction: lock the row, decide, change it, append the action, the audit row and the outbox row.

    A refusal is an answer. A repeated `action_id` answers as the first time. Raises ApplicationError of type
    `policies.MISSING` when there is no such bundle; a database that is away is an ordinary, retried failure.
    """
    raise NotImplementedError


@activity.defn(name="read_bundle")
async def read_bundle(ref: BundleRef) -> RowState:
    """The row's present state."""
    raise NotImplementedError


def start_options(start: BundleInput, *, status: BundleStatus, priority: Priority) -> StartOptions:
    """How a BundleAlarm is started, by whomever: ids and codes only, so that the web UI can find it and reads well."""
    attributes = {
        names.OBJECT_ID: str(start.object_id),
        names.ALARM_TYPE: start.alarm_type.value,
        names.ALARM_STATUS: status.value,
        names.PRIORITY: priority.value,
    }
    return StartOptions(
        id=names.bundle_workflow_id(start.bundle_id),
        task_queue=names.CORE_QUEUE,
        static_summary=f"{start.alarm_type} at object {start.object_id}",
        static_details=f"Alarm **{start.alarm_type}**, bundle `{start.bundle_id}`, object `{start.object_id}`",
        search_attributes=TypedSearchAttributes(
            [SearchAttributePair(SearchAttributeKey.for_keyword(name), value) for name, value in attributes.items()]
        ),
    )
