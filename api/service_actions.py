"""Service mode on its way to Temporal (R-SERVICE): updates with start, so that a lost execution goes on."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import structlog
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from workflows.contracts import names
from workflows.contracts.service_mode import (
    ExtendRequest,
    ServiceDecision,
    ServiceInput,
    ServiceSnapshot,
    refusal_of,
    start_options,
)
from workflows.domain.service import ServiceRefusal
from workflows.domain.two_person import ReleaseRefusal

log = structlog.get_logger(__name__)

PATIENCE: Final = 4.5  # s; then whoever waits learns that it did not work
_AWAY: Final = (TimeoutError, RPCError, RuntimeError, WorkflowUpdateRPCTimeoutOrCancelledError)


class Refused(Exception):  # noqa: N818 - the domain's word
    def __init__(self, refusal: ServiceRefusal | ReleaseRefusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


class TemporalAway(Exception):  # noqa: N818 - nobody's fault
    """No answer in time; what became of it the row will tell."""


@dataclass(frozen=True, slots=True)
class ServiceActions:
    """Every call raises Refused or TemporalAway. How it went the row says."""

    client: Client

    async def begin(self, start: ServiceInput) -> None:
        """Wait until it is in force, or waits for a second person."""
        await self._update(start, names.SERVICE_BEGUN)

    async def release(self, start: ServiceInput, decision: ServiceDecision) -> None:
        await self._update(start, names.RELEASE, decision)

    async def extend(self, start: ServiceInput, request: ExtendRequest) -> None:
        await self._update(start, names.SERVICE_EXTEND, request)

    async def end(self, start: ServiceInput, decision: ServiceDecision) -> None:
        """Wait until it is summed up."""
        await self._update(start, names.SERVICE_END, decision)

    async def _update(self, start: ServiceInput, update: str, *argument: Any) -> None:
        operation: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            names.SERVICE_MODE, start, id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING, **start_options(start)
        )
        try:
            async with asyncio.timeout(PATIENCE):
                await self.client.execute_update_with_start_workflow(
                    update,
                    *argument,
                    start_workflow_operation=operation,
                    result_type=ServiceSnapshot,
                    rpc_timeout=timedelta(seconds=PATIENCE),
                )
        except WorkflowUpdateFailedError as error:
            refusal = refusal_of(error)
            if refusal is not None:
                raise Refused(refusal) from error
            raise _away(start, error) from error
        except _AWAY as error:
            raise _away(start, error) from error


def _away(start: ServiceInput, error: Exception) -> TemporalAway:
    told = f"{type(error).__name__}: {error}"[:200]
    log.warning("service.temporal_away", service_id=str(start.service_id), error=told)
    return TemporalAway(told)
