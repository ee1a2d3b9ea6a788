"""Decisions about an import on their way to its workflow: updates with start, so that a lost execution goes on."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from temporalio.client import Client

from api.updates import answer_of, with_start
from workflows.contracts import names
from workflows.contracts.object_import import ImportDecision, ImportInput, ImportProgress, start_options

PATIENCE: Final = timedelta(seconds=8)  # a cancellation waits for the objects that are just being written


@dataclass(frozen=True, slots=True)
class ImportDecisions:
    client: Client

    async def decide(self, import_id: UUID, update: str, decision: ImportDecision) -> ImportProgress:
        """``update`` is `names.APPLY` or `names.CANCEL`. Raises Refused (its status does not allow this), NotDone."""
        start = ImportInput(import_id=import_id)
        asking = self.client.execute_update_with_start_workflow(
            update,
            decision,
            start_workflow_operation=with_start(names.OBJECT_IMPORT, start, start_options(start)),
            result_type=ImportProgress,
            rpc_timeout=PATIENCE,
        )
        return await answer_of(asking, within=PATIENCE, import_id=str(import_id), update=update)
