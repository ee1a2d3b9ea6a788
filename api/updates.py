"""What people ask of a workflow and wait for: updates, with start where it may not run yet (design §5, principle 4)."""

import asyncio
from collections.abc import Awaitable, Mapping
from datetime import timedelta
from typing import Any, Final, TypeVar

import structlog
from temporalio.client import WithStartWorkflowOperation, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from workflows.contracts import policies
from workflows.contracts.refusals import refusal_of
from workflows.domain.errors import ErrorCode

log = structlog.get_logger(__name__)

T = TypeVar("T")

PATIENCE: Final = timedelta(seconds=4.5)  # then whoever waits learns that it did not work, and may ask again
AWAY: Final = (TimeoutError, RPCError, RuntimeError, WorkflowUpdateRPCTimeoutOrCancelledError)
"""What the SDK raises while Temporal, or every worker, is away."""


class Refused(Exception):  # noqa: N818 - the domain's word
    """The workflow says no. ``word`` is the value of its refusal; empty where it has only one, or has ended."""

    def __init__(self, word: str = "") -> None:
        super().__init__(word)
        self.word = word


class NotDone(Exception):  # noqa: N818 - nobody's fault, and perhaps not even true
    """No answer in time. Whether it was done the row will tell; asking again is safe."""

    def __init__(self, code: ErrorCode) -> None:
        super().__init__(code.value)
        self.code = code


def with_start(workflow: str, start: object, options: Mapping[str, Any]) -> WithStartWorkflowOperation[Any, Any]:
    """Starts ``workflow`` with the update when it does not run: an execution that was lost goes on from its row."""
    return WithStartWorkflowOperation(workflow, start, id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING, **options)


async def answer_of(asking: Awaitable[T], *, within: timedelta | None = None, ends: bool = False, **about: object) -> T:
    """What the workflow answers ``within`` a time (`PATIENCE`). ``ends``: the workflow may be over, and so refuse; an update
    with start knows no such answer. ``about`` is for the log. Raises Refused, NotDone."""
    try:
        async with asyncio.timeout((within or PATIENCE).total_seconds()):
            return await asking
    except WorkflowUpdateFailedError as error:
        raise _reason(error, about) from error
    except AWAY as error:
        if ends and isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
            raise Refused from error
        log.warning("update.unanswered", error=f"{type(error).__name__}: {error}"[:200], **about)
        raise NotDone(ErrorCode.TEMPORAL_UNAVAILABLE) from error


def _reason(error: WorkflowUpdateFailedError, about: Mapping[str, object]) -> Refused | NotDone:
    word = refusal_of(error)
    if word is not None:
        return Refused(word)
    kind = error.cause.type if isinstance(error.cause, ApplicationError) else None
    if kind == policies.UNANSWERED:
        return NotDone(ErrorCode.DATABASE_UNAVAILABLE)
    if kind == policies.MISSING:
        return NotDone(ErrorCode.NOT_FOUND)
    log.error("update.failed", error=f"{error.cause!r}"[:300], **about)
    return NotDone(ErrorCode.TEMPORAL_UNAVAILABLE)
