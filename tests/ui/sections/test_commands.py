"""The section of commands: what the view-model says, and the page on the real API."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from uuid_utils.compat import uuid7

from activities.db.models.satel_commands import SatelCommand
from activities.db.session import Database
from api.client.commands import Command
from tests.api.alarm_data import add_object
from tests.api.conftest import Api
from tests.api.people import People
from tests.api.test_commands import Login, a_panel
from tests.support.eventually import eventually
from tests.ui.sections.conftest import At
from ui_flutter.i18n.words import Language, Words
from ui_flutter.state import format as formats
from ui_flutter.state import present_commands
from ui_flutter.state.views import Mood
from workflows.domain.command import ArmMode, CommandKind, CommandReason, CommandSource, CommandStatus

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORDS = Words(Language.EN)


def command(**more: Any) -> Command:
    given: dict[str, Any] = {
        "id": uuid4(),
        "object_id": uuid4(),
        "object_name": "Pharmacy",
        "panel_id": uuid4(),
        "panel_name": "Main",
        "kind": CommandKind.ARM,
        "source": CommandSource.OPERATOR,
        "numbers": (1, 2),
        "status": CommandStatus.PENDING,
        "created_at": NOW,
        "workflow_id": "command/1",
        "temporal_url": "",
        "arm_mode": ArmMode.STAY,
    }
    return Command(**given | more)


@pytest.mark.parametrize(
    ("one", "label", "mood"),
    [
        (command(), "Under way", Mood.WARN),
        (command(status=CommandStatus.AWAITING_RELEASE), "Waits for a second person", Mood.WARN),
        (command(status=CommandStatus.ACK), "Accepted, waiting for read-back", Mood.WARN),
        (command(status=CommandStatus.ACK, ended_at=NOW), "Accepted, not confirmed", Mood.WARN),
        (command(status=CommandStatus.ACK, ended_at=NOW, confirmed_at=NOW), "Done and confirmed", Mood.GOOD),
        (command(status=CommandStatus.NACK), "Refused", Mood.BAD),
        (command(status=CommandStatus.TIMEOUT), "No answer", Mood.BAD),
    ],
)
def test_done_is_said_only_of_what_was_seen(one: Command, label: str, mood: Mood) -> None:
    assert present_commands.status(one, WORDS) == (label, mood)


def test_a_panel_is_named_where_that_says_more_than_its_object() -> None:
    assert formats.panel_beside("Shop", "Main") == "Main"
    assert formats.panel_beside("Shop", "Shop") == ""
    assert (formats.place("Shop", "Main"), formats.place("Shop", "Shop")) == ("Shop, Main", "Shop")


def test_a_command_in_words() -> None:
    assert present_commands.what(command(forced=True), WORDS) == "Arm without interior (forced) — partitions 1, 2"
    assert present_commands.what(command(kind=CommandKind.SET_CLOCK, numbers=(), arm_mode=None), WORDS) == "Set clock"
    assert present_commands.what(command(kind=CommandKind.BYPASS, arm_mode=None), WORDS) == "Bypass zones — 1, 2"
    refused = command(status=CommandStatus.NACK, reason=CommandReason.ZONES_OPEN, blocking=(3, 5))
    assert present_commands.why(refused, WORDS).endswith("Zones in the way: 3, 5.")
    assert present_commands.who(command(source=CommandSource.AUTO_ARM), WORDS) == "Schedule"


async def test_commands_are_listed_chosen_and_filtered(api: Api, at: At, db: Database, people: People, login: Login) -> None:
    object_id = await add_object(db)
    panel = await a_panel(await login(api, "admin"), object_id)
    ids = [uuid7() for _ in range(3)]
    async with db.write() as session:
        for number, (id_, status) in enumerate(zip(ids, ("ACK", "NACK", "AWAITING_RELEASE"), strict=True)):
            at_ = datetime.now(UTC) - timedelta(minutes=number)
            session.add(_row(id_, object_id, panel.id, people, status, at_))
    screen = await at(api, "admin", "/commands")
    await eventually(lambda: all(f"row-{id_}" in screen.identifiers() for id_ in ids))
    await screen.click("tab-failed")
    await eventually(lambda: f"row-{ids[0]}" not in screen.identifiers() and f"row-{ids[1]}" in screen.identifiers())
    await screen.click(f"row-{ids[1]}")
    await eventually(lambda: "command-card" in screen.identifiers())
    assert screen.browser.route == f"/commands/{ids[1]}"
    assert "Odrzucone" in screen.texts("command-card")
    assert "command-release" not in screen.identifiers()
    screen.controller.keyboard.press("Escape", modified=False, visible=())
    await eventually(lambda: "command-card" not in screen.identifiers())
    assert screen.browser.errors == []


async def test_the_second_person_agrees_and_a_refusal_stays_on_the_card(
    api: Api, at: At, db: Database, people: People, login: Login
) -> None:
    object_id = await add_object(db)
    panel = await a_panel(await login(api, "admin"), object_id)
    waiting = uuid7()
    async with db.write() as session:
        session.add(_row(waiting, object_id, panel.id, people, "AWAITING_RELEASE", datetime.now(UTC)))
    screen = await at(api, "master", f"/commands/{waiting}")
    await eventually(lambda: "command-release" in screen.identifiers())
    await screen.click("command-release")  # there is no Temporal here
    await eventually(lambda: "command-error" in screen.identifiers())
    assert screen.browser.errors == []


def _row(id_: Any, object_id: Any, panel_id: Any, people: People, status: str, at_: datetime) -> SatelCommand:
    return SatelCommand(
        id=id_,
        object_id=object_id,
        panel_id=panel_id,
        kind=CommandKind.DISARM,
        source=CommandSource.OPERATOR,
        priority=1,
        numbers=[1],
        status=CommandStatus(status),
        two_person=status == "AWAITING_RELEASE",
        requested_by=people["admin"],
        created_at=at_,
        ended_at=None if status == "AWAITING_RELEASE" else at_,
    )
