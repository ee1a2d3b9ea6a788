"""A command from the API through Temporal and a running ingest process to a simulated panel; its code stays a secret."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from temporalio.client import Client

from activities.db.session import Database
from activities.infra.settings import Settings
from api.client.client import StamClient
from api.client.commands import Command
from ingest.satel.simulator.installation import UserConfig
from ingest.satel.simulator.server import NetworkPanel, running_panel
from tests.api.test_planted_secret import Lines, content_of_postgres, content_of_redis, found_in, lines  # noqa: F401
from tests.ingest.site import install, rows
from tests.ingest.test_commanding import config
from tests.ingest.test_naming import connected, settings, station  # noqa: F401 - fixtures
from tests.ingest.test_process import process
from tests.support.eventually import eventually
from workflows.contracts import names
from workflows.contracts.panel import PanelInput, start_options
from workflows.domain.command import CommandKind, CommandReason, CommandStatus

CODE = "48151623"


@pytest.fixture
async def panel() -> AsyncIterator[NetworkPanel]:
    async with running_panel(config(users=(UserConfig(number=8, code=CODE, name="Station"),))) as panel:
        yield panel


async def ended(admin: StamClient, ordered: Command, *, within: float = 30) -> Command:
    async def over() -> bool:
        return (await admin.commands.one(ordered.id)).ended_at is not None

    await eventually(over, within=within)
    return await admin.commands.one(ordered.id)


async def test_a_command_reaches_its_panel_and_its_code_is_kept_nowhere_but_sealed(
    settings: Settings,  # noqa: F811
    db: Database,
    panel: NetworkPanel,
    temporal_client: Client,
    lines: Lines,  # noqa: F811
) -> None:
    panel_id = await install(db, panel, code=CODE)
    async with station(settings, db, temporal_client) as admin, process(settings, f"host-{panel_id}"):
        await _hold(db, temporal_client, panel_id)
        await eventually(lambda: connected(admin, panel_id), within=30)
        armed = await ended(admin, await admin.commands.order(panel_id, CommandKind.ARM, [1]))
        assert (armed.status, armed.result_code) == (CommandStatus.ACK, 0x00)
        assert armed.confirmed_at is not None
        assert panel.is_armed(1)
        panel.violate(3)
        refused = await ended(admin, await admin.commands.order(panel_id, CommandKind.ARM, [1, 2]))
        assert (refused.status, refused.reason, refused.blocking) == (CommandStatus.NACK, CommandReason.ZONES_OPEN, (3,))
        lost = await _lose_an_answer(admin, panel, panel_id)
        assert (lost.status, lost.result_code, lost.attempts) == (CommandStatus.ACK, None, 1)
        assert lost.confirmed_at is not None, "read back over the next line"
        histories = [
            await temporal_client.get_workflow_handle(one.workflow_id).fetch_history() for one in (armed, refused, lost)
        ]
    places = {
        "log": "\n".join(lines.text).encode(),
        "temporal": b"".join(event.SerializeToString() for history in histories for event in history.events),
        "redis": await content_of_redis(settings),
        "postgres": await content_of_postgres(settings),
    }
    assert {where for where, content in places.items() if found_in(content, CODE)} == set()
    seen = {"log": b"command.tried", "temporal": b"ZONES_OPEN", "redis": b"partitions", "postgres": b"ZONES_OPEN"}
    assert {where for where, mark in seen.items() if mark not in places[where]} == set(), "looked at the wrong place"


async def _lose_an_answer(admin: StamClient, panel: NetworkPanel, panel_id: UUID) -> Command:
    panel.faults.lost_results = 1
    before = panel.statistics.commands
    lost = await ended(admin, await admin.commands.order(panel_id, CommandKind.DISARM, [1]), within=60)
    assert panel.statistics.commands == before + 1, "never sent twice"
    return lost


async def _hold(db: Database, client: Client, panel_id: UUID) -> None:
    object_id = (await rows(db, "SELECT object_id FROM panels"))[0]["object_id"]
    order = PanelInput(panel_id=panel_id, object_id=object_id)
    await client.start_workflow(names.PANEL_CONNECTION, order, **start_options(order))
