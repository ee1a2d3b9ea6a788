"""Service mode on its way to Temporal (R-SERVICE): updates with start, so that a lost execution goes on."""

from dataclasses import dataclass
from typing import Any

from temporalio.client import Client

from api.updates import PATIENCE, answer_of, with_start
from workflows.contracts import names
from workflows.contracts.service_mode import ExtendRequest, ServiceDecision, ServiceInput, ServiceSnapshot, start_options


@dataclass(frozen=True, slots=True)
class ServiceActions:
    """Every call raises Refused, with the word of a `ServiceRefusal` or `ReleaseRefusal`, or NotDone. How it went the row
    says."""

    client: Client

    async def begin(self, start: ServiceInput) -> None:
        """Wait until it is in force, or waits for a second person."""
        await self._update(start, names.SERVICE_BEGUN)

    async def release(self, start: ServiceInput, decision: ServiceDecision) -> None:
        await self._update(start, names.RELEASE, decision)

    async def extend(self, start: ServiceInput, request: ExtendRequest) -> None:
        await self._update(start, names.SERVICE_EXTEND, request)

    async def end(self, start: ServiceInput, decision: ServiceDecision) -> None:
        """Wait until it is summed up."""
        await self._update(start, names.SERVICE_END, decision)

    async def _update(self, start: ServiceInput, update: str, *argument: Any) -> None:
        asking = self.client.execute_update_with_start_workflow(
            update,
            *argument,
            start_workflow_operation=with_start(names.SERVICE_MODE, start, start_options(start)),
            result_type=ServiceSnapshot,
            rpc_timeout=PATIENCE,
        )
        await answer_of(asking, service_id=str(start.service_id), update=update)
