"""Ingest processes without Temporal and Redis, around a real database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from activities.db.session import Database
from activities.infra.settings import Settings
from ingest.satel.batcher import Batcher, recording
from ingest.satel.holder import PanelHolder
from ingest.satel.live import LivePublisher
from ingest.satel.store import PanelStore
from tests.ingest.rig import FAST
from tests.support.eventually import eventually
from workflows.contracts.panel import LeaseResult


@dataclass(slots=True)
class Process:
    """An ingest process without Temporal and Redis."""

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


@contextlib.asynccontextmanager
async def processes(db: Database, database_url: str) -> AsyncIterator[Callable[[str], Process]]:
    """What starts one by its host id; all of them are killed at the end."""
    started: list[Process] = []

    def start(host: str) -> Process:
        published: dict[tuple[UUID, str], dict[str, object]] = {}

        async def write(parts: Any) -> None:
            published.update(parts)

        live = LivePublisher(write)
        batcher = Batcher(recording(db))
        holder = PanelHolder(
            store=PanelStore(db=db, cipher=Settings().cipher(), holder=host, time_zone="Europe/Warsaw"),
            batcher=batcher,
            live=live,
            poll_every=0.1,
            timing=FAST,
            pace=0.05,
        )
        batcher.on_stale = holder.on_stale
        loops = (holder.tick(), holder.check(), holder.listen(database_url.replace("+asyncpg", "")), live.run())
        started.append(Process(holder, [asyncio.create_task(loop) for loop in loops], published))
        return started[-1]

    yield start
    for process in started:
        await process.kill()
