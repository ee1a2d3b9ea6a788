"""Reveals on their way to Temporal (R-REVEAL): the workflow is started with the question when it is open."""

import contextlib
from dataclasses import dataclass
from uuid import UUID

from temporalio.client import Client

from api.updates import PATIENCE, NotDone, Refused, answer_of, with_start
from workflows.contracts import names
from workflows.contracts.reveal import HideRequest, RevealInput, RevealSnapshot, start_options


@dataclass(frozen=True, slots=True)
class RevealActions:
    """How it went the row says, whatever happened here."""

    client: Client

    async def open(self, start: RevealInput) -> None:
        """Start the workflow and wait until it has opened the reveal."""
        asking = self.client.execute_update_with_start_workflow(
            names.REVEAL_OPENED,
            start_workflow_operation=with_start(names.SECRET_REVEAL, start, start_options(start)),
            result_type=RevealSnapshot,
            rpc_timeout=PATIENCE,
        )
        with contextlib.suppress(Refused, NotDone):
            await answer_of(asking, reveal_id=str(start.reveal_id), update=names.REVEAL_OPENED)

    async def hide(self, reveal_id: UUID, request: HideRequest) -> None:
        """Ask for the early end and wait for it."""
        handle = self.client.get_workflow_handle(names.reveal_workflow_id(reveal_id))
        asking = handle.execute_update(names.REVEAL_HIDE, request, result_type=RevealSnapshot, rpc_timeout=PATIENCE)
        with contextlib.suppress(Refused, NotDone):
            await answer_of(asking, reveal_id=str(reveal_id), update=names.REVEAL_HIDE)
