from collections.abc import AsyncIterator, Callable

import pytest

from activities.db.session import Database
from ingest.satel.simulator.examples import furnish
from ingest.satel.simulator.installation import PanelConfig
from ingest.satel.simulator.server import NetworkPanel, running_panel
from tests.ingest.holding import Process, processes


@pytest.fixture
async def panel() -> AsyncIterator[NetworkPanel]:
    async with running_panel(furnish(PanelConfig(latency=0.001, slot_release=0.0))) as panel:
        yield panel


@pytest.fixture
async def start(db: Database, database_url: str) -> AsyncIterator[Callable[[str], Process]]:
    async with processes(db, database_url) as start:
        yield start
