"""Reveals on their way to Temporal (R-REVEAL): the workflow is started with the question when it is open."""

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
from temporalio.service import RPCError

from workflows.contracts import names
from workflows.contracts.reveal import HideRequest, RevealInput, RevealSnapshot, start_options

log = structlog.get_logger(__name__)

PATIENCE: Final = timedelta(seconds=4.5)  # then whoever waits learns that it did not work
_AWAY: Final = (TimeoutError, RPCError, RuntimeError, WorkflowUpdateRPCTimeoutOrCancelledError, WorkflowUpdateFailedError)


@dataclass(frozen=True, slots=True)
class RevealActions:
    client: Client

    async def open(self, start: RevealInput) -> None:
        """Start the workflow and wait until it has opened the reveal. How that went the row says, whatever happened here."""
        try:
            await self.client.execute_update_with_start_workflow(
                names.REVEAL_OPENED,
                start_workflow_operation=WithStartWorkflowOperation(
                    names.SECRET_REVEAL, start, id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING, **start_options(start)
                ),
                result_type=RevealSnapshot,
                rpc_timeout=PATIENCE,
            )
        except _AWAY as error:
            _tell(start.reveal_id, error)

    async def hide(self, reveal_id: UUID, request: HideRequest) -> None:
        """Ask for the early end and wait for it. How that went the row says."""
        handle = self.client.get_workflow_handle(names.reveal_workflow_id(reveal_id))
        try:
            await handle.execute_update(names.REVEAL_HIDE, request, result_type=RevealSnapshot, rpc_timeout=PATIENCE)
        except _AWAY as error:
            _tell(reveal_id, error)


def _tell(reveal_id: UUID, error: Exception) -> None:
    log.warning("reveal.temporal_away", reveal_id=str(reveal_id), error=f"{type(error).__name__}: {error}"[:200])
