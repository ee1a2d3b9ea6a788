"""Decisions about a call-back on their way to its workflow: updates with start, so that a lost execution goes on."""

from dataclasses import dataclass
from uuid import UUID

from temporalio.client import Client

from api.updates import PATIENCE, answer_of, with_start
from workflows.contracts import names
from workflows.contracts.callback import CallbackInput, DecisionRequest, start_options
from workflows.domain.callback import Callback, Decision


@dataclass(frozen=True, slots=True)
class CallbackDecisions:
    client: Client

    async def decide(self, callback_id: UUID, object_id: UUID, decision: Decision, request: DecisionRequest) -> None:
        """Raises Refused with the word of a `workflows.domain.callback.Refusal`, NotDone."""
        start = CallbackInput(callback_id=callback_id, object_id=object_id)
        asking = self.client.execute_update_with_start_workflow(
            decision.value,
            request,
            start_workflow_operation=with_start(names.CALLBACK, start, start_options(start)),
            result_type=Callback,
            rpc_timeout=PATIENCE,
        )
        await answer_of(asking, callback_id=str(callback_id), update=decision.value)
