"""Commands on their way to Temporal (R-CMD)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from workflows.contracts import names, policies
from workflows.contracts.command import CommandOrder, CommandOutcome, ReleaseRequest, start_options
from workflows.domain.two_person import ReleaseRefusal

log = structlog.get_logger(__name__)

PATIENCE: Final = timedelta(seconds=4.5)  # then whoever waits learns that it did not work
_AWAY: Final = (TimeoutError, RPCError, RuntimeError, WorkflowUpdateRPCTimeoutOrCancelledError, WorkflowUpdateFailedError)


class Away(Exception):  # noqa: N818 - a state of the world
    """Temporal does not answer. Whether it did what it was asked the row will tell."""


@dataclass(frozen=True, slots=True)
class CommandActions:
    client: Client

    async def start(self, order: CommandOrder) -> None:
        """Start the command's workflow; safe to repeat. Raises Away."""
        try:
            await self.client.start_workflow(
                names.SATEL_COMMAND,
                order,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                rpc_timeout=PATIENCE,
                **start_options(order),
            )
        except WorkflowAlreadyStartedError:
            return  # and over already
        except _AWAY as error:
            raise _away(order.command_id, error) from error

    async def release(self, command_id: UUID, request: ReleaseRequest) -> ReleaseRefusal | None:
        """Agree as the second person, and wait until the command is on its way. Raises Away."""
        handle = self.client.get_workflow_handle(names.command_workflow_id(command_id))
        try:
            await handle.execute_update(names.RELEASE, request, result_type=CommandOutcome, rpc_timeout=PATIENCE)
        except _AWAY as error:
            refusal = _refusal(error)
            if refusal is None:
                raise _away(command_id, error) from error
            return refusal
        return None


def _refusal(error: BaseException) -> ReleaseRefusal | None:
    """A workflow that is over waits for nobody."""
    if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
        return ReleaseRefusal.NOT_WAITING
    cause = error.cause if isinstance(error, WorkflowUpdateFailedError) else None
    if isinstance(cause, ApplicationError) and cause.type == policies.REFUSED:
        return ReleaseRefusal(cause.details[0])
    return None


def _away(command_id: UUID, error: Exception) -> Away:
    log.warning("command.temporal_away", command_id=str(command_id), error=f"{type(error).__name__}: {error}"[:200])
    return Away()
