"""What people decide about one firing, on its way to the workflow (R-AUTOARM)."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError, RPCStatusCode

from workflows.contracts.auto_arm import CancelRequest, PostponeRequest, RunSnapshot

log = structlog.get_logger(__name__)

PATIENCE: Final = 8.0  # s; a cancellation waits for a command that is just under way


class Refused(Exception):  # noqa: N818 - the domain's word
    """It has ended, or its time cannot be moved so."""


class TemporalAway(Exception):  # noqa: N818 - nobody's fault
    """No answer in time; what became of it the run's row will tell."""


@dataclass(frozen=True, slots=True)
class AutoArmDecisions:
    client: Client

    async def decide(self, workflow_id: str, update: str, request: PostponeRequest | CancelRequest) -> RunSnapshot:
        """``update`` is `names.POSTPONE` or `names.CANCEL`. Raises Refused, TemporalAway."""
        handle = self.client.get_workflow_handle(workflow_id)
        try:
            async with asyncio.timeout(PATIENCE):
                snapshot: RunSnapshot = await handle.execute_update(
                    update, request, result_type=RunSnapshot, rpc_timeout=timedelta(seconds=PATIENCE)
                )
        except WorkflowUpdateFailedError as error:
            raise Refused from error
        except (TimeoutError, RPCError, RuntimeError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
            if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
                raise Refused from error  # it has ended meanwhile
            log.warning("auto_arm.temporal_away", workflow_id=workflow_id, error=f"{type(error).__name__}: {error}"[:200])
            raise TemporalAway from error
        return snapshot
