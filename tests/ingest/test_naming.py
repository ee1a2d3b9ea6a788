"""Names of a simulated panel, from its line through Temporal into the database and the API (R-SATEL: EE)."""

import contextlib
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from pydantic import SecretStr
from temporalio.client import Client

from activities import worker
from activities.auth.passwords import hash_now
from activities.db.session import Database
from activities.infra.settings import Settings
from api.client.client import StamClient
from deploy.local.temporal import NAMESPACE
from ingest.satel.simulator.examples import furnish
from ingest.satel.simulator.installation import PanelConfig, PanelModel
from ingest.satel.simulator.server import NetworkPanel, running_panel
from tests.api.conftest import serving
from tests.api.people import PASSWORD, seed_people
from tests.ingest.site import install, rows
from tests.ingest.test_process import process
from tests.support.eventually import eventually
from workflows.contracts import names
from workflows.contracts.panel import PanelInput, start_options
from workflows.domain.panel import LinkStatus
from workflows.domain.panel_names import NameKind, NameVerdict, ReadFailure, ReadStatus


@pytest.fixture
async def panel() -> AsyncIterator[NetworkPanel]:
    config = PanelConfig(model=PanelModel.INTEGRA_24, latency=0.001, slot_release=0.0)
    async with running_panel(furnish(config)) as panel:
        yield panel


@pytest.fixture
def settings(database_url: str, valkey_url: str, temporal_address: str) -> Settings:
    return Settings(
        database_url=SecretStr(database_url),
        redis_url=SecretStr(valkey_url),
        temporal_address=temporal_address,
        temporal_namespace=NAMESPACE,
        cookie_secure=False,
        shutdown_seconds=10,
        database_pool=5,
        log_json=False,
    )


@contextlib.asynccontextmanager
async def station(settings: Settings, db: Database, client: Client) -> AsyncIterator[StamClient]:
    """Core worker and API; an administrator."""
    await seed_people(db, hash_now(PASSWORD))
    async with worker.build(client, db, settings), serving(settings) as api:
        admin = StamClient(api.url)
        try:
            await admin.login("admin", PASSWORD)
            yield admin
        finally:
            await admin.aclose()


async def ended(admin: StamClient, panel_id: UUID) -> bool:
    last = (await admin.panel_admin.names(panel_id)).last_read
    return last is not None and last.status is not ReadStatus.RUNNING


async def connected(admin: StamClient, panel_id: UUID) -> bool:
    return (await admin.panel_state(panel_id)).link.status is LinkStatus.CONNECTED


async def test_names_are_read_over_the_held_line_previewed_and_merged(
    settings: Settings, db: Database, panel: NetworkPanel, temporal_client: Client
) -> None:
    panel_id = await install(db, panel)
    object_id = (await rows(db, "SELECT object_id FROM panels"))[0]["object_id"]
    async with station(settings, db, temporal_client) as admin, process(settings, f"host-{panel_id}"):
        order = PanelInput(panel_id=panel_id, object_id=object_id)
        line = await temporal_client.start_workflow(names.PANEL_CONNECTION, order, **start_options(order))
        await eventually(lambda: connected(admin, panel_id), within=30)
        begun = await admin.panel_admin.read_names(panel_id)
        assert begun.status is ReadStatus.RUNNING
        joined = await admin.panel_admin.read_names(panel_id)
        assert joined.started_at == begun.started_at, "one reading, not two"
        await eventually(lambda: ended(admin, panel_id), within=60)
        found = await admin.panel_admin.names(panel_id)
        assert found.last_read is not None
        assert (found.last_read.status, found.last_read.failure) == (ReadStatus.DONE, None)
        assert found.last_read.asked == found.last_read.total > 0
        read = {(one.kind, one.number): one.read.name for one in found.differences if one.read is not None}
        for kind, parts in (
            (NameKind.ZONE, panel.config.zones),
            (NameKind.PARTITION, panel.config.partitions),
            (NameKind.OUTPUT, panel.config.outputs),
            (NameKind.USER, [user for user in panel.config.users if user.number <= 248]),
        ):
            assert parts
            assert {part.number: part.name for part in parts}.items() <= {
                number: name for (of, number), name in read.items() if of is kind
            }.items()
        assert all(one.verdict is NameVerdict.SAME for one in found.differences if one.kind is NameKind.ZONE and one.present)
        connections = panel.statistics.connections
        users = [(one.kind, one.number) for one in found.differences if one.kind is NameKind.USER]
        await admin.panel_admin.merge_names(panel_id, users, version=found.version)
        assert {row["name"] for row in await rows(db, "SELECT name FROM panel_users")} == {
            user.name for user in panel.config.users if user.number <= 248
        }
        handle = temporal_client.get_workflow_handle(names.panel_names_workflow_id(panel_id))
        history = (await handle.fetch_history()).to_json()
        assert not [user.name for user in panel.config.users if user.name in history], "people's names are in no history"
        assert panel.statistics.connections == connections, "the line was not let go"
        await line.terminate("test over")


async def test_names_of_a_panel_that_nobody_holds_fail_with_the_reason(
    settings: Settings, db: Database, panel: NetworkPanel, temporal_client: Client
) -> None:
    panel_id = await install(db, panel)
    async with station(settings, db, temporal_client) as admin:
        await admin.change_panel(panel_id, version=1, enabled=False)
        await admin.panel_admin.read_names(panel_id)
        await eventually(lambda: ended(admin, panel_id), within=60)
        last = (await admin.panel_admin.names(panel_id)).last_read
        assert last is not None
        assert (last.status, last.failure) == (ReadStatus.FAILED, ReadFailure.GONE)
        assert last.ended_at is not None
