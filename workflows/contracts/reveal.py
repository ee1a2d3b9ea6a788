"""What crosses the border of the SecretReveal workflow, and the activities it calls (typed stubs): ids and times alone.

Neither the secret nor the reason comes near it; both are in the database. The API starts it with the update `opened`
(update-with-start, `**start_options(...)`), whose answer says until when the secret is visible. A `hide` of somebody who may
not is an `ApplicationError` of type `policies.REFUSED`.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from temporalio import activity
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from workflows.contracts import names
from workflows.contracts.starting import StartOptions
from workflows.domain.reveal import RevealState


@dataclass(frozen=True, slots=True, kw_only=True)
class HideRequest:
    """Update `hide`. `may_hide_others`: by the permission matrix, at the time of asking."""

    actor_id: UUID
    may_hide_others: bool = False
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevealInput:
    """Start of the workflow (the four ids), and all it knows while it runs."""

    reveal_id: UUID
    secret_id: UUID
    object_id: UUID
    user_id: UUID
    state: RevealState = RevealState.PENDING
    expires_at: datetime | None = None
    hide: HideRequest | None = None
    story: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RevealSnapshot:
    """Answer of both updates and of query `snapshot`; never the secret."""

    reveal_id: UUID
    state: RevealState
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevealRef:
    reveal_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRequest:
    """`state` is HIDDEN or EXPIRED; `actor_id` None: by time."""

    reveal_id: UUID
    state: RevealState
    actor_id: UUID | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevealRow:
    """How the row is after the activity."""

    state: RevealState
    expires_at: datetime | None = None


@activity.defn(name="open_reveal")
async def open_reveal(ref: RevealRef) -> RevealRow:
    """PENDING → VISIBLE until `domain.reveal.VISIBLE_FOR` from now by the database's clock, or → EXPIRED when nobody can be
    waiting any more. A row that is neither stays as it is. Raises ApplicationError of type `policies.MISSING`."""
    raise NotImplementedError


@activity.defn(name="end_reveal")
async def end_reveal(request: EndRequest) -> RevealRow:
    """VISIBLE → `state`, with the audit row and the push to who asked, in one transaction. A row that has ended stays as it
    is: the first end counts. Raises ApplicationError of type `policies.MISSING`."""
    raise NotImplementedError


def start_options(start: RevealInput) -> StartOptions:
    """How a SecretReveal is started."""
    object_key = SearchAttributeKey.for_keyword(names.OBJECT_ID)
    return StartOptions(
        id=names.reveal_workflow_id(start.reveal_id),
        task_queue=names.CORE_QUEUE,
        static_summary=f"Secret of object {start.object_id} shown to {start.user_id}",
        static_details=f"Secret `{start.secret_id}` of object `{start.object_id}`, asked for by user `{start.user_id}`",
        search_attributes=TypedSearchAttributes([SearchAttributePair(object_key, str(start.object_id))]),
    )
