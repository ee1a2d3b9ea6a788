"""Decisions about an import on their way to its workflow: updates with start, so that a lost execution goes on."""

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
from temporalio.service import RPCError

from workflows.contracts import names
from workflows.contracts.object_import import ImportDecision, ImportInput, ImportProgress, start_options

log = structlog.get_logger(__name__)

PATIENCE: Final = 8.0  # s; a cancellation waits for the objects that are just being written


class Refused(Exception):  # noqa: N818 - the domain's word
    """The import is not in a status that allows this."""


class TemporalAway(Exception):  # noqa: N818 - nobody's fault
    """No answer in time; what became of it the import's row will tell."""


@dataclass(frozen=True, slots=True)
class ImportDecisions:
    client: Client

    async def decide(self, import_id: UUID, update: str, decision: ImportDecision) -> ImportProgress:
        """``update`` is `names.APPLY` or `names.CANCEL`. Raises Refused, TemporalAway."""
        start = ImportInput(import_id=import_id)
        try:
            async with asyncio.timeout(PATIENCE):
                progress: ImportProgress = await self.client.execute_update_with_start_workflow(
                    update,
                    decision,
                    start_workflow_operation=WithStartWorkflowOperation(
                        names.OBJECT_IMPORT,
                        start,
                        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                        **start_options(start),
                    ),
                    result_type=ImportProgress,
                    rpc_timeout=timedelta(seconds=PATIENCE),
                )
        except WorkflowUpdateFailedError as error:
            raise Refused from error
        except (TimeoutError, RPCError, RuntimeError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
            log.warning("import.temporal_away", import_id=str(import_id), error=f"{type(error).__name__}: {error}"[:200])
            raise TemporalAway from error
        return progress
