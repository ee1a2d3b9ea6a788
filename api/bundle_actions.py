"""Operators' actions on their way to Temporal: updates of the bundle's workflow (design §5, principle 4).

The workflow is started with the update where the relay has not come to it yet. At most ten updates may be in flight per run,
so a process sends those of one bundle one after the other; the workflow's own lock does the rest between processes.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary

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

from workflows.contracts import names, policies
from workflows.contracts.bundle import ActionRequest, BundleInput, BundleSnapshot, refusal_of, start_options
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import Action, BundleStatus, Refusal
from workflows.domain.errors import ErrorCode

log = structlog.get_logger(__name__)

PATIENCE: Final = 4.5  # s; then the operator learns that it did not work, and may press again


class Refused(Exception):  # noqa: N818 - the domain's word
    """The domain says no."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


class NotDone(Exception):  # noqa: N818 - nobody's fault, and perhaps not even true
    """No answer in time. Whether it was done the alarm will tell; the same key asks again safely."""

    def __init__(self, code: ErrorCode) -> None:
        super().__init__(code.value)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The bundle as its row was when the operator asked; enough to start its workflow."""

    bundle_id: UUID
    object_id: UUID
    alarm_type: AlarmType
    status: BundleStatus
    priority: Priority


@dataclass(slots=True)
class BundleActions:
    client: Client
    _turns: WeakValueDictionary[UUID, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def act(self, target: Target, action: Action, request: ActionRequest) -> BundleSnapshot:
        """Raises Refused, NotDone."""
        try:
            async with asyncio.timeout(PATIENCE), self._turn(target.bundle_id):
                return await self._update(target, action, request)
        except WorkflowUpdateFailedError as error:
            raise _reason(error) from error
        except (TimeoutError, RPCError, RuntimeError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
            log.warning("action.temporal_away", bundle_id=str(target.bundle_id), error=f"{type(error).__name__}: {error}"[:200])
            raise NotDone(ErrorCode.TEMPORAL_UNAVAILABLE) from error

    async def _update(self, target: Target, action: Action, request: ActionRequest) -> BundleSnapshot:
        start = BundleInput(bundle_id=target.bundle_id, object_id=target.object_id, alarm_type=target.alarm_type)
        snapshot: BundleSnapshot = await self.client.execute_update_with_start_workflow(
            action.value,
            request,
            start_workflow_operation=WithStartWorkflowOperation(
                names.BUNDLE_ALARM,
                start,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                **start_options(start, status=target.status, priority=target.priority),
            ),
            # No update id of ours: Temporal would answer a retry of a failed update with that same failure. What makes an
            # action idempotent is its action_id, in the workflow and in the row.
            result_type=BundleSnapshot,
            rpc_timeout=timedelta(seconds=PATIENCE),
        )
        return snapshot

    @asynccontextmanager
    async def _turn(self, bundle_id: UUID) -> AsyncIterator[None]:
        lock = self._turns.setdefault(bundle_id, asyncio.Lock())
        async with lock:
            yield


def _reason(error: WorkflowUpdateFailedError) -> Exception:
    refusal = refusal_of(error)
    if refusal is not None:
        return Refused(refusal)
    if isinstance(error.cause, ApplicationError) and error.cause.type == policies.UNANSWERED:
        return NotDone(ErrorCode.DATABASE_UNAVAILABLE)
    if isinstance(error.cause, ApplicationError) and error.cause.type == policies.MISSING:
        return NotDone(ErrorCode.NOT_FOUND)
    log.error("action.failed", error=f"{error.cause!r}"[:300])
    return NotDone(ErrorCode.TEMPORAL_UNAVAILABLE)
