"""What crosses the border of the ServiceMode workflow, and the activities it calls (typed stubs): ids, codes and times alone.

The API inserts the row (AWAITING_RELEASE) and starts the workflow with the update `begun` (update-with-start,
`**start_options(...)`). A refused update fails at the caller as `WorkflowUpdateFailedError` whose cause is an
`ApplicationError` of type `policies.REFUSED` with details [`ServiceRefusal` or `ReleaseRefusal` value]; one that could not be
answered in time (the database is away) as one of type `policies.UNANSWERED`.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from temporalio import activity
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from workflows.contracts import names
from workflows.contracts.starting import StartOptions
from workflows.domain.service import ServiceRefusal, ServiceState
from workflows.domain.two_person import ReleaseRefusal


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDecision:
    """Updates `release` and `end`: who, and on account of which request."""

    actor_id: UUID
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendRequest:
    """Update `extend`. `version` is the row's that somebody saw: said twice, it is done once.

    `second`: the extension is one that two people must agree to, so only another than who began it may ask.
    """

    actor_id: UUID
    minutes: int
    version: int
    second: bool = False
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    """How the row is after an activity."""

    state: ServiceState
    version: int
    begun_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettled:
    """What was silenced, how much of it still stood at the end, and how much of that rings now (another period may go on)."""

    events: int
    active: int
    rung: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceInput:
    """Start of the workflow (`alone`: one person was enough), and all it knows while it runs."""

    service_id: UUID
    object_id: UUID
    alone: bool = False
    row: ServiceRow | None = None
    warned_of: datetime | None = None  # the end that was warned of
    end: ServiceDecision | None = None  # somebody wants it over
    settled: ServiceSettled | None = None
    story: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSnapshot:
    """Answer of the updates and of query `snapshot`; `row` None: not read yet."""

    service_id: UUID
    row: ServiceRow | None = None
    settled: ServiceSettled | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRef:
    service_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginService:
    service_id: UUID
    alone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideService:
    """``actor_id`` None: nobody, by time."""

    service_id: UUID
    actor_id: UUID | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendService:
    """From the end that was seen to the new one: a repeated try finds it done."""

    service_id: UUID
    actor_id: UUID
    seen_ends_at: datetime
    ends_at: datetime
    second: bool = False
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarnService:
    service_id: UUID
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChange:
    """The row after an activity, or, with a refusal, the row that did not change."""

    row: ServiceRow
    refusal: ServiceRefusal | None = None
    release_refusal: ReleaseRefusal | None = None


@activity.defn(name="begin_service")
async def begin_service(request: BeginService) -> ServiceRow:
    """AWAITING_RELEASE → ACTIVE from now by the database's clock, for as long as was asked for, if one person is enough;
    else, and in any other state, the row as it is. Raises ApplicationError of type `policies.MISSING`."""
    raise NotImplementedError


@activity.defn(name="release_service")
async def release_service(request: DecideService) -> ServiceChange:
    """The same by the second person, who must be another than the first."""
    raise NotImplementedError


@activity.defn(name="refuse_service")
async def refuse_service(request: DecideService) -> ServiceRow:
    """AWAITING_RELEASE → REFUSED; any other state stays."""
    raise NotImplementedError


@activity.defn(name="extend_service")
async def extend_service(request: ExtendService) -> ServiceChange:
    """Move the end of an ACTIVE period that is not over, within the object's limit."""
    raise NotImplementedError


@activity.defn(name="warn_of_service_end")
async def warn_of_service_end(request: WarnService) -> ServiceRow:
    """Push `service.changed` with the end that is near, if it is still that one; the row as it is."""
    raise NotImplementedError


@activity.defn(name="end_service")
async def end_service(request: DecideService) -> ServiceRow:
    """ACTIVE → ENDED. By time only when it is due by the database's clock; else the row as it is. When it has committed,
    nothing is recorded silently on its account any more."""
    raise NotImplementedError


@activity.defn(name="settle_service")
async def settle_service(ref: ServiceRef) -> ServiceSettled:
    """After the end: keep and push the summary, and put before the dispatcher what was silenced and still stands in alarm.

    Safe to repeat: the summary is kept once, and what has rung does not ring again.
    """
    raise NotImplementedError


def start_options(start: ServiceInput) -> StartOptions:
    """How a ServiceMode is started."""
    object_key = SearchAttributeKey.for_keyword(names.OBJECT_ID)
    return StartOptions(
        id=names.service_workflow_id(start.service_id),
        task_queue=names.CORE_QUEUE,
        static_summary=f"Service mode of object {start.object_id}",
        static_details=f"Service mode `{start.service_id}` of object `{start.object_id}`",
        search_attributes=TypedSearchAttributes([SearchAttributePair(object_key, str(start.object_id))]),
    )
