"""Operators' actions on their way to Temporal: updates of the bundle's workflow (design §5, principle 4).

The workflow is started with the update where the relay has not come to it yet. At most ten updates may be in flight per run,
so a process sends those of one bundle one after the other; the workflow's own lock does the rest between processes.
"""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID
from weakref import WeakValueDictionary

from temporalio.client import Client

from api.updates import PATIENCE, answer_of, with_start
from workflows.contracts import names
from workflows.contracts.bundle import ActionRequest, BundleInput, BundleSnapshot, start_options
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import Action, BundleStatus


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
        """Raises Refused with the word of a `workflows.domain.bundle.Refusal`, NotDone."""
        return await answer_of(self._update(target, action, request), bundle_id=str(target.bundle_id), update=action.value)

    async def _update(self, target: Target, action: Action, request: ActionRequest) -> BundleSnapshot:
        start = BundleInput(bundle_id=target.bundle_id, object_id=target.object_id, alarm_type=target.alarm_type)
        options = start_options(start, status=target.status, priority=target.priority)
        async with self._turns.setdefault(target.bundle_id, asyncio.Lock()):
            snapshot: BundleSnapshot = await self.client.execute_update_with_start_workflow(
                action.value,
                request,
                start_workflow_operation=with_start(names.BUNDLE_ALARM, start, options),
                # No update id of ours: Temporal would answer a retry of a failed update with that same failure. What makes an
                # action idempotent is its action_id, in the workflow and in the row.
                result_type=BundleSnapshot,
                rpc_timeout=PATIENCE,
            )
        return snapshot
