"""An administrator commands panels over the API; the panel does it, and everybody who may sees it (R-CMD)."""

from typing import Any
from uuid import UUID

import pytest

from api.client.commands import Command
from tests.scenarios.people import Person
from tests.scenarios.site import OFFICE, STORE, WINDOW, Site
from tests.scenarios.story import Story
from tests.support.eventually import eventually
from workflows.contracts import names
from workflows.domain.command import ArmMode, CommandKind, CommandReason, CommandStatus
from workflows.domain.errors import ErrorCode
from workflows.domain.panel import PartitionState

pytestmark = pytest.mark.timeout(240)


async def test_arming_is_followed_from_the_order_to_the_armed_panel_and_back(story: Story) -> None:
    site, admin, olga = await story.site(), await story.person("admin"), await story.olga()
    await olga.sees_partition(site, 1, PartitionState.DISARMED)
    ordered = await admin.client.commands.order(site.panel_id, CommandKind.ARM, [1], arm_mode=ArmMode.STAY)
    armed = await _ended(admin, ordered.id)
    assert (armed.status, armed.result_code) == (CommandStatus.ACK, 0x00)
    assert armed.confirmed_at is not None
    await olga.sees_partition(site, 1, PartitionState.ARMED_STAY)
    await eventually(lambda: _told(olga, ordered.id)[-1:] == [("ACK", True)], what="the confirmation was pushed")
    assert _told(olga, ordered.id)[0] == ("PENDING", False)
    states = [told.data["state"] for told in olga.screen.told if _is_of_partition(told, site)]
    assert states[:2] == ["ARMING_STAY", "EXIT_TIME"], "shown in transition, until the panel itself shows something"

    disarmed = await _ended(admin, (await admin.client.commands.order(site.panel_id, CommandKind.DISARM, [1])).id)
    assert (disarmed.status, disarmed.result_code) == (CommandStatus.ACK, 0xFF)
    assert disarmed.confirmed_at is not None, "accepted by FF, and then seen"
    await olga.sees_partition(site, 1, PartitionState.DISARMED)
    by_the_station = [record for record in await site.log_records() if record["code"] == 401]
    assert [record["restore"] for record in by_the_station] == [False, True], "newest first: armed, then disarmed"
    assert str(site.panel_id).encode() in await story.history_of(ordered.workflow_id)


async def test_open_zones_refuse_and_a_bypass_or_force_arms(story: Story) -> None:
    site, admin = await story.site(), await story.person("admin")
    await site.violate(OFFICE, WINDOW, STORE)
    refused = await _ended(admin, (await admin.client.commands.order(site.panel_id, CommandKind.ARM, [1])).id)
    assert (refused.status, refused.reason) == (CommandStatus.NACK, CommandReason.ZONES_OPEN)
    assert refused.blocking == (OFFICE, WINDOW), "the store belongs to the other partition"
    bypassed = await _ended(admin, (await admin.client.commands.order(site.panel_id, CommandKind.BYPASS, refused.blocking)).id)
    assert bypassed.confirmed_at is not None
    forced = await admin.client.commands.order(site.panel_id, CommandKind.ARM, [1, 2], forced=True)
    assert (await _ended(admin, forced.id)).confirmed_at is not None


async def test_a_cut_line_refuses_at_once_and_operators_give_no_commands(story: Story) -> None:
    site, admin, olga = await story.site(), await story.person("admin"), await story.olga()
    with olga.refused_with(ErrorCode.FORBIDDEN):
        await olga.client.commands.order(site.panel_id, CommandKind.ARM, [1])
    await site.cut_line()

    async def away() -> bool:
        return (await admin.client.panel_state(site.panel_id)).link.status.value == "DISCONNECTED"

    await eventually(away, within=30)
    lost = await _ended(admin, (await admin.client.commands.order(site.panel_id, CommandKind.ARM, [1])).id)
    assert (lost.status, lost.reason, lost.sent_at) == (CommandStatus.NACK, CommandReason.NOT_CONNECTED, None)
    await site.mend_line()


async def _ended(person: Person, command_id: UUID) -> Command:
    async def over() -> bool:
        return (await person.client.commands.one(command_id)).ended_at is not None

    await eventually(over, within=90, every=0.2, what="the command has ended")
    return await person.client.commands.one(command_id)


def _told(person: Person, command_id: UUID) -> list[tuple[str, bool]]:
    """What was pushed about a command: status, and whether it was confirmed."""
    return [
        (told.data["status"], told.data["confirmed_at"] is not None)
        for told in person.screen.told
        if told.event == names.COMMAND_UPDATED and told.data["id"] == str(command_id)
    ]


def _is_of_partition(told: Any, site: Site) -> bool:
    return told.event == names.PANEL_STATE_CHANGED and (told.data["panel_id"], told.data["partition"]) == (
        str(site.panel_id),
        1,
    )
