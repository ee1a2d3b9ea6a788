"""Releases of panels on their way to Temporal (R-DLOAD): updates of the panel's workflow. How they went the rows say."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog
from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateStage

from api.updates import AWAY, PATIENCE, with_start
from workflows.contracts import names
from workflows.contracts.panel import PanelInput, PanelSnapshot, start_options
from workflows.contracts.panel_release import ReleaseAsk, ResumeRequest

log = structlog.get_logger(__name__)

CLOSING_PATIENCE: Final = PATIENCE  # more, for a line that is slow to close; together less than the SDK's


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
                start_workflow_operation=with_start(names.PANEL_CONNECTION, panel, start_options(panel)),
                wait_for_stage=WorkflowUpdateStage.ACCEPTED,
                result_type=PanelSnapshot,
                rpc_timeout=PATIENCE,
            )
            await asked.result(rpc_timeout=CLOSING_PATIENCE)
        except (*AWAY, WorkflowUpdateFailedError) as error:
            _tell(panel.panel_id, name, error)


def _tell(panel_id: UUID, name: str, error: Exception) -> None:
    why = f"{type(error).__name__}: {error}"[:200]
    log.warning("panel.release_unanswered", panel_id=str(panel_id), update=name, error=why)
