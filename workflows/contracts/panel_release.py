"""What PanelConnection is told and tells about releases of its line (R-DLOAD), and the activities for it (typed stubs).

Ids and times alone: the reason is in the row of the request, which the API writes before it sends the update
`release_for_programming`. A request that is not granted is an `ApplicationError` of type `policies.REFUSED`; a database that
does not answer in time is one of type `policies.UNANSWERED`, and the request's row then tells what became of it.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from temporalio import activity


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseAsk:
    """Update `release_for_programming`: `ask_id` is the row that says who, for how long and why."""

    ask_id: UUID
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeRequest:
    """Update `resume`: take the line back before the time is over."""

    release_id: UUID
    actor_id: UUID
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRef:
    release_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRelease:
    """`actor_id` None: by time."""

    release_id: UUID
    actor_id: UUID | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRow:
    """A release as its row is. `freed`: the line is known to be closed."""

    release_id: UUID
    until: datetime
    freed: bool = False
    ended: bool = False


@activity.defn(name="begin_release")
async def begin_release(ask: ReleaseAsk) -> ReleaseRow:
    """Grant the request: a new release, or another `until` for the open one, with audit row and push in one transaction. Who
    holds the line hears of it when that commits. A request granted before is answered with its release.

    Raises ApplicationError of type `policies.REFUSED` when nobody waits for it any more, or the panel is not there or disabled.
    """
    raise NotImplementedError


@activity.defn(name="keep_release")
async def keep_release(ref: ReleaseRef) -> ReleaseRow:
    """Note, once, that the line is closed; end the release if its panel is no longer wanted. The row as it then is."""
    raise NotImplementedError


@activity.defn(name="end_release")
async def end_release(request: EndRelease) -> ReleaseRow:
    """End it, with audit row and push in one transaction. One that has ended stays as it is: the first end counts."""
    raise NotImplementedError
