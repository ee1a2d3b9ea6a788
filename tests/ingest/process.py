"""An ingest process without Temporal and Redis, on a real database."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from ingest.satel.holder import PanelHolder
from tests.support.eventually import eventually
from workflows.contracts.panel import LeaseResult


@dataclass(slots=True)
class Process:
    """See the module. `published`: the live picture."""

    holder: PanelHolder
    loops: list[asyncio.Task[None]]
    published: dict[tuple[UUID, str], dict[str, object]]

    async def hold(self, panel_id: UUID) -> LeaseResult:
        return await self.holder.hold(panel_id, on_lease=lambda _: None)

    async def ready(self, panel_id: UUID) -> None:
        await eventually(lambda: (runtime := self.holder.runtime(panel_id)) is not None and runtime.ready)

    async def kill(self) -> None:
        """Stop without a word to anybody."""
        held = list(self.holder._held.values())
        tasks = [*self.loops, *(each.task for each in held), *self.holder._endings]
        for task in tasks:
            task.cancel()
        for each in held:
            each.runtime.stop()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.holder.batcher.close(0)
