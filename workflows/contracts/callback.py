"""What crosses the border of the Callback workflow, and the activities it calls (typed stubs): ids, states and times alone.

Whom to call and why is in the database. The relay starts it once its row is committed; the API decides by the updates `done`,
`cancel` and `postpone`, with start, so that a lost execution goes on from its row. A refused update is an `ApplicationError`
of type `policies.REFUSED` with the `Refusal` as its detail; one that the database did not answer is of type
`policies.UNANSWERED`.
"""

from dataclasses import dataclass
from uuid import UUID

from temporalio import activity
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from workflows.contracts import names
from workflows.contracts.starting import StartOptions
from workflows.domain.callback import Callback, Decision, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackInput:
    """Start of the workflow (the two ids), and all it knows while it runs."""

    callback_id: UUID
    object_id: UUID
    row: Callback | None = None  # None: not read, or in doubt
    story: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRequest:
    """Argument of the three updates. `decision_id` makes it idempotent; `minutes` is of a postponement."""

    decision_id: UUID
    actor_id: UUID
    expected_version: int
    minutes: int = 0
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRef:
    callback_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RingRequest:
    """The version and the number of rings say which ring this is: one of another time is not rung."""

    callback_id: UUID
    version: int
    rings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackDecision:
    callback_id: UUID
    decision: Decision
    request: DecisionRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The row as it is now, and why the decision was not taken."""

    row: Callback
    refusal: Refusal | None = None


@activity.defn(name="read_callback")
async def read_callback(ref: CallbackRef) -> Callback:
    """The row. Raises ApplicationError of type `policies.MISSING`."""
    raise NotImplementedError


@activity.defn(name="ring_callback")
async def ring_callback(request: RingRequest) -> Callback:
    """DUE, with the push and the audit row in one transaction. A row that is further than the request stays as it is."""
    raise NotImplementedError


@activity.defn(name="decide_callback")
async def decide_callback(request: CallbackDecision) -> Decided:
    """`domain.callback.decide` on the row, with the audit row and, if it was due, the push, in one transaction. The same
    `decision_id` is answered again."""
    raise NotImplementedError


def start_options(start: CallbackInput) -> StartOptions:
    """How a Callback is started, by whomever."""
    object_key = SearchAttributeKey.for_keyword(names.OBJECT_ID)
    return StartOptions(
        id=names.callback_workflow_id(start.callback_id),
        task_queue=names.CORE_QUEUE,
        static_summary=f"Call-back for object {start.object_id}",
        static_details=f"Call-back `{start.callback_id}` for object `{start.object_id}`",
        search_attributes=TypedSearchAttributes([SearchAttributePair(object_key, str(start.object_id))]),
    )
