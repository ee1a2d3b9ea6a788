import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import pytest

from activities.db.session import Database
from activities.infra.settings import Settings
from ingest.satel.batcher import Batcher, recording
from ingest.satel.holder import PanelHolder
from ingest.satel.live import LivePublisher
from ingest.satel.simulator.examples import furnish
from ingest.satel.simulator.installation import PanelConfig
from ingest.satel.simulator.server import NetworkPanel, running_panel
from ingest.satel.store import PanelStore
from tests.ingest.process import Process
from tests.ingest.rig import FAST


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    db = Database.connect(database_url, pool=5)
    yield db
    await db.dispose()


@pytest.fixture
async def panel() -> AsyncIterator[NetworkPanel]:
    async with running_panel(furnish(PanelConfig(latency=0.001, slot_release=0.0))) as panel:
        yield panel


@pytest.fixture
async def start(db: Database, database_url: str) -> AsyncIterator[Callable[[str], Process]]:
    processes: list[Process] = []

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
        processes.append(Process(holder, [asyncio.create_task(loop) for loop in loops], published))
        return processes[-1]

    yield start
    for process in processes:
        await process.kill()
