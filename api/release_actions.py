"""Releases of panels on their way to Temporal (R-DLOAD): updates of the panel's workflow. How they went the rows say."""

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
    WorkflowUpdateStage,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from workflows.contracts import names
from workflows.contracts.panel import PanelInput, PanelSnapshot, start_options
from workflows.contracts.panel_release import ReleaseAsk, ResumeRequest

log = structlog.get_logger(__name__)

PATIENCE: Final = timedelta(seconds=4.5)  # until a worker has it; then whoever waits learns that it did not work
CLOSING_PATIENCE: Final = timedelta(seconds=4.5)  # more, for a line that is slow to close; together less than the SDK's
_AWAY: Final = (TimeoutError, RPCError, RuntimeError, WorkflowUpdateRPCTimeoutOrCancelledError, WorkflowUpdateFailedError)


@dataclass(frozen=True, slots=True)
class ReleaseActions:
    client: Client

    async def release(self, panel: PanelInput, ask: ReleaseAsk) -> None:
        """Ask for the line and wait until it is closed."""
        await self._update(panel, names.RELEASE_FOR_PROGRAMMING, ask)

    async def resume(self, panel: PanelInput, request: ResumeRequest) -> None:
        """Ask for the early end and wait for it."""
        await self._update(panel, names.RESUME, request)

    async def _update(self, panel: PanelInput, name: str, request: ReleaseAsk | ResumeRequest) -> None:
        try:
            asked = await self.client.start_update_with_start_workflow(
                name,
                request,
                start_workflow_operation=WithStartWorkflowOperation(
                    names.PANEL_CONNECTION,
                    panel,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    **start_options(panel),
                ),
                wait_for_stage=WorkflowUpdateStage.ACCEPTED,
                result_type=PanelSnapshot,
                rpc_timeout=PATIENCE,
            )
            await asked.result(rpc_timeout=CLOSING_PATIENCE)
        except _AWAY as error:
            _tell(panel.panel_id, name, error)


def _tell(panel_id: UUID, name: str, error: Exception) -> None:
    why = f"{type(error).__name__}: {error}"[:200]
    log.warning("panel.release_unanswered", panel_id=str(panel_id), update=name, error=why)
