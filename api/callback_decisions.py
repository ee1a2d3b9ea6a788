"""Decisions about a call-back on their way to its workflow: updates with start, so that a lost execution goes on."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from api.bundle_actions import NotDone
from workflows.contracts import names, policies
from workflows.contracts.callback import CallbackInput, DecisionRequest, refusal_of, start_options
from workflows.domain.callback import Callback, Decision, Refusal
from workflows.domain.errors import ErrorCode

log = structlog.get_logger(__name__)

PATIENCE: Final = 4.5  # s; then the operator learns that it did not work, and may press again


class Refused(Exception):  # noqa: N818 - the domain's word
    """The domain says no."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class CallbackDecisions:
    client: Client

    async def decide(self, callback_id: UUID, object_id: UUID, decision: Decision, request: DecisionRequest) -> None:
        """Raises Refused, NotDone."""
        start = CallbackInput(callback_id=callback_id, object_id=object_id)
        try:
            async with asyncio.timeout(PATIENCE):
                await self.client.execute_update_with_start_workflow(
                    decision.value,
                    request,
                    start_workflow_operation=WithStartWorkflowOperation(
                        names.CALLBACK, start, id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING, **start_options(start)
                    ),
                    result_type=Callback,
                    rpc_timeout=timedelta(seconds=PATIENCE),
                )
        except WorkflowUpdateFailedError as error:
            raise _reason(error) from error
        except (TimeoutError, RPCError, RuntimeError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
            log.warning("callback.temporal_away", callback_id=str(callback_id), error=f"{type(error).__name__}: {error}"[:200])
            raise NotDone(ErrorCode.TEMPORAL_UNAVAILABLE) from error


def _reason(error: WorkflowUpdateFailedError) -> Exception:
    refusal = refusal_of(error)
    if refusal is not None:
        return Refused(refusal)
    if isinstance(error.cause, ApplicationError) and error.cause.type == policies.UNANSWERED:
        return NotDone(ErrorCode.DATABASE_UNAVAILABLE)
    log.error("callback.failed", error=f"{error.cause!r}"[:300])
    return NotDone(ErrorCode.TEMPORAL_UNAVAILABLE)
