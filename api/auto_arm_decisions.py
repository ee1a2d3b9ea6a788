"""What people decide about one firing, on its way to the workflow (R-AUTOARM)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from temporalio.client import Client

from api.updates import answer_of
from workflows.contracts.auto_arm import CancelRequest, PostponeRequest, RunSnapshot

PATIENCE: Final = timedelta(seconds=8)  # a cancellation waits for a command that is just under way


@dataclass(frozen=True, slots=True)
class AutoArmDecisions:
    client: Client

    async def decide(self, workflow_id: str, update: str, request: PostponeRequest | CancelRequest) -> RunSnapshot:
        """``update`` is `names.POSTPONE` or `names.CANCEL`. Raises Refused (it has ended, or its time cannot be moved so),
        NotDone."""
        handle = self.client.get_workflow_handle(workflow_id)
        asking = handle.execute_update(update, request, result_type=RunSnapshot, rpc_timeout=PATIENCE)
        return await answer_of(asking, within=PATIENCE, ends=True, workflow_id=workflow_id, update=update)
