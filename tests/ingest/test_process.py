"""The ingest process with its real servers: Temporal orders, PostgreSQL keeps, Redis shows (R-SATEL, R-MODES)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from pydantic import SecretStr
from temporalio.client import Client

from activities import worker
from activities.db.session import Database
from activities.infra.redis import connect_url
from activities.infra.settings import Settings
from activities.live_state import LiveState
from ingest import main
from ingest.satel.simulator.examples import furnish
from ingest.satel.simulator.installation import PanelConfig
from ingest.satel.simulator.server import NetworkPanel, running_panel
from tests.ingest.rig import SMOKE, VIBRATION
from tests.ingest.site import alarms, install, reconfigure, rows
from tests.support.eventually import eventually
from workflows.contracts import names
from workflows.contracts.panel import ConfigChanged, PanelInput, start_options


@pytest.fixture
def settings(database_url: str, valkey_url: str, temporal_address: str) -> Settings:
    return Settings(
        database_url=SecretStr(database_url),
        redis_url=SecretStr(valkey_url),
        temporal_address=temporal_address,
        shutdown_seconds=10,
        database_pool=5,
        log_json=False,
    )


@pytest.fixture
async def panel() -> AsyncIterator[NetworkPanel]:
    async with running_panel(furnish(PanelConfig(latency=0.001, slot_release=0.0))) as panel:
        yield panel


@contextlib.asynccontextmanager
async def process(settings: Settings, host: str) -> AsyncIterator[None]:
    """An ingest process; at the end it is told to stop, as by SIGTERM."""
    running = asyncio.create_task(main._serve(settings.model_copy(update={"host_id": host})))
    try:
        yield
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def test_a_panel_is_held_followed_shown_and_handed_over(
    settings: Settings, db: Database, panel: NetworkPanel, temporal_client: Client, valkey_url: str
) -> None:
    panel_id = await install(db, panel)
    object_id = (await rows(db, "SELECT object_id FROM panels"))[0]["object_id"]
    redis = connect_url(valkey_url)
    try:
        async with worker.build(temporal_client, db, settings):
            order = PanelInput(panel_id=panel_id, object_id=object_id)
            handle = await temporal_client.start_workflow(names.PANEL_CONNECTION, order, **start_options(order))
            async with process(settings, "first"):
                await eventually(lambda: shows(redis_state(redis), panel_id, "CONNECTED", "first"), within=20)
                panel.violate(VIBRATION)
                await eventually(lambda: told(db, panel_id, {VIBRATION}))
                await reconfigure(db, panel_id, name="Renamed")
                await handle.signal("config_changed", ConfigChanged(config_version=2))
                await eventually(lambda: panel.statistics.connections == 2)
                await eventually(lambda: shows(redis_state(redis), panel_id, "CONNECTED", "first"))
            assert not panel.connected
            panel.violate(SMOKE)  # nobody is there
            async with process(settings, "second"):
                await eventually(lambda: shows(redis_state(redis), panel_id, "CONNECTED", "second"), within=20)
                await eventually(lambda: told(db, panel_id, {VIBRATION, SMOKE}))
                found = {each["source_number"]: each["recovered"] for each in await alarms(db, panel_id)}
                assert found == {VIBRATION: False, SMOKE: True}
            await handle.terminate("test over")
    finally:
        await redis.aclose()


def redis_state(redis: object) -> LiveState:
    return LiveState(redis)  # type: ignore[arg-type]


async def shows(live: LiveState, panel_id: UUID, status: str, holder: str) -> bool:
    link = (await live.read(panel_id)).link
    return link is not None and (link["status"], link["holder"]) == (status, holder)


async def told(db: Database, panel_id: UUID, zones: set[int]) -> bool:
    return {each["source_number"] for each in await alarms(db, panel_id)} == zones
