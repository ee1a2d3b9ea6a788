"""The section of panels: the live board, commands and how they come out, the line given up, editing, on the real API."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from uuid_utils.compat import uuid7

from activities.db.models.panel_releases import PanelRelease
from activities.db.models.panel_state_history import PanelStateHistory
from activities.db.models.satel_commands import SatelCommand
from activities.db.session import Database
from tests.api.conftest import Api
from tests.api.people import People, assign
from tests.api.test_commands import Login
from tests.support.eventually import eventually
from tests.ui.sections.conftest import At
from tests.ui.sections.object_data import a_shop, it_tells, its_panel
from workflows.domain.command import ArmMode, CommandKind, CommandReason, CommandSource, CommandStatus


async def test_the_board_shows_each_state_and_nothing_known_as_unknown(
    api: Api, at: At, login: Login, people: People, valkey_url: str
) -> None:
    admin = await login(api, "admin")
    shop = await a_shop(admin)
    panel = await its_panel(admin, shop.id)
    screen = await at(api, "operator", f"/panels/{panel.id}")
    await eventually(lambda: "board-unknown" in screen.identifiers() and "partition-1" in screen.identifiers())
    assert {"Nie wiadomo"} <= set(screen.texts("partition-1"))
    assert "nie wiadomo" in screen.texts("zone-3")
    await it_tells(valkey_url, panel.id, p2="ARMING_FULL")
    await eventually(lambda: "Uzbrojona" in screen.texts("partition-1"))  # it is asked again by itself
    assert "Uzbrajanie…" in screen.texts("partition-2")
    assert "Alarm" in screen.texts("partition-3")
    words = {number: screen.texts(f"zone-{number}")[-1] for number in range(1, 7)}
    assert words == {1: "pamięć alarmu", 2: "alarm", 3: "naruszona", 4: "zablokowana", 5: "zablokowana trwale", 6: "spokój"}
    assert any("moduł 3" in text for text in screen.texts("board-troubles"))
    await screen.click("tab-not_quiet")
    await eventually(lambda: "zone-6" not in screen.identifiers())
    await screen.click("partition-1")
    await eventually(lambda: "choice" in screen.identifiers())
    assert "order-ARM" not in screen.identifiers()  # an operator gives no commands here
    assert "board-why-not" in screen.identifiers()
    assert screen.browser.errors == []


async def test_a_command_is_asked_about_and_a_refusal_keeps_the_form(
    api: Api, at: At, login: Login, people: People, valkey_url: str, db: Database
) -> None:
    admin = await login(api, "admin")
    shop = await a_shop(admin)
    panel = await its_panel(admin, shop.id)
    await it_tells(valkey_url, panel.id)
    screen = await at(api, "admin", f"/panels/{panel.id}")
    await screen.click("partition-2")
    await screen.click("order-ARM")
    await eventually(lambda: "form-confirm" in screen.identifiers())
    assert any("2 Magazyn" in text for text in screen.texts("dialog"))
    await screen.click("form-confirm")  # there is no Temporal here
    await eventually(lambda: "form-error" in screen.identifiers())
    async with db.read() as session:
        (command,) = (await session.scalars(select(SatelCommand))).all()
    assert (command.kind, command.numbers, command.arm_mode) == (CommandKind.ARM, [2], ArmMode.FULL)
    await screen.click("form-cancel")
    await eventually(lambda: f"order-{command.id}" in screen.identifiers())
    assert screen.browser.errors == []


async def test_the_outcome_of_commands_stands_beside_the_board(
    api: Api, at: At, login: Login, people: People, db: Database
) -> None:
    admin = await login(api, "admin")
    shop = await a_shop(admin)
    panel = await its_panel(admin, shop.id)
    waiting, refused = uuid7(), uuid7()
    now = datetime.now(UTC)
    given = {"object_id": shop.id, "panel_id": panel.id, "source": CommandSource.OPERATOR, "priority": 2, "numbers": [1]}
    by = {"requested_by": people["admin"], "created_at": now}
    async with db.write() as session:
        disarm = {"kind": CommandKind.DISARM, "status": CommandStatus.AWAITING_RELEASE, "two_person": True}
        arm = {"kind": CommandKind.ARM, "arm_mode": 2, "status": CommandStatus.NACK, "reason": CommandReason.ZONES_OPEN}
        session.add(SatelCommand(id=waiting, **given, **by, **disarm))
        session.add(SatelCommand(id=refused, **given, **by, **arm, blocking=[3], ended_at=now))
    screen = await at(api, "master", f"/panels/{panel.id}")
    await eventually(lambda: f"agree-{waiting}" in screen.identifiers())
    assert "Czeka na drugą osobę" in screen.texts(f"order-{waiting}")
    assert any("linie: 3" in text for text in screen.texts(f"order-{refused}"))
    await screen.click(f"force-{refused}")
    await eventually(lambda: "field-forced" in screen.identifiers())
    async with db.write() as session:
        await session.execute(
            update(SatelCommand)
            .where(SatelCommand.id == waiting)
            .values(status=CommandStatus.ACK, confirmed_at=now, ended_at=now, released_by=people["master"], released_at=now)
        )
    screen.controller.navigator.refresh()
    await eventually(lambda: "Wykonane i potwierdzone" in screen.texts(f"order-{waiting}"))
    assert screen.browser.errors == []


async def test_a_line_that_is_given_up_counts_down_and_who_may_not_cannot_take_it_back(
    api: Api, at: At, login: Login, people: People, db: Database
) -> None:
    admin = await login(api, "admin")
    shop = await a_shop(admin)
    panel = await its_panel(admin, shop.id)
    now = datetime.now(UTC)
    async with db.write() as session:
        session.add(
            PanelRelease(
                id=uuid7(),
                panel_id=panel.id,
                requested_by=people["admin"],
                reason="Nowi użytkownicy",
                begun_at=now,
                freed_at=now,
                until=now + timedelta(minutes=20),
            )
        )
    screen = await at(api, "master", f"/panels/{panel.id}")
    await eventually(lambda: "panel-released" in screen.identifiers())
    assert any("Nowi użytkownicy" in text for text in screen.texts("panel-released"))
    assert "panel-release" not in screen.identifiers()
    await screen.click("panel-resume")  # there is no Temporal here
    await eventually(lambda: any("Nowi użytkownicy · " in text for text in screen.texts("panel-released")))
    operator = await at(api, "operator", f"/panels/{panel.id}")
    await eventually(lambda: "panel-released" in operator.identifiers())
    assert "panel-resume" not in operator.identifiers()
    assert screen.browser.errors == operator.browser.errors == []


async def test_history_and_log_are_lists_of_their_own(api: Api, at: At, login: Login, people: People, db: Database) -> None:
    admin = await login(api, "admin")
    shop = await a_shop(admin)
    panel = await its_panel(admin, shop.id)
    ids = [uuid7(), uuid7()]
    rows: list[dict[str, Any]] = [
        {"id": ids[0], "panel_id": panel.id, "partition": 1, "state": "ARMED_STAY", "at": datetime.now(UTC)},
        {"id": ids[1], "panel_id": panel.id, "partition": None, "state": "NO_ANSWER", "at": datetime.now(UTC)},
    ]
    async with db.write() as session:
        await session.execute(insert(PanelStateHistory), rows)
    screen = await at(api, "operator", f"/panels/{panel.id}/history")
    await eventually(lambda: f"row-{ids[0]}" in screen.identifiers())
    await eventually(lambda: {"Sklep", "strefa 1", "Uzbrojona bez wnętrza"} <= set(screen.texts(f"row-{ids[0]}")))
    assert {"Połączenie", "Nie odpowiada"} <= set(screen.texts(f"row-{ids[1]}"))
    await screen.click("tab-log")
    await eventually(lambda: "table-empty" in screen.identifiers())
    await screen.click("tab-settings")
    await eventually(lambda: "panel-facts" in screen.identifiers())
    assert "panel-edit" not in screen.identifiers()
    assert screen.browser.errors == []


async def test_a_zone_and_the_names_of_partitions_are_changed(api: Api, at: At, login: Login, people: People) -> None:
    admin = await login(api, "admin")
    shop = await a_shop(admin)
    panel = await its_panel(admin, shop.id)
    zone = (await admin.zones(panel.id)).items[1]
    screen = await at(api, "admin", f"/panels/{panel.id}/zones")
    await screen.click(f"row-{zone.id}")
    await eventually(lambda: "field-name" in screen.identifiers())
    await screen.type("field-name", "Okno od podwórza")
    await admin.panel_admin.change_zone(zone.id, version=zone.version, partition=1)
    await screen.click("form-confirm")
    await eventually(lambda: "form-changed" in screen.identifiers())
    await screen.click("form-confirm")
    await eventually(lambda: "Okno od podwórza" in screen.texts(f"row-{zone.id}"))
    changed = (await admin.zones(panel.id)).items[1]
    assert (changed.name, changed.partition) == ("Okno od podwórza", 1)
    await screen.click("partitions-edit")
    await eventually(lambda: "field-names" in screen.identifiers())
    await screen.type("field-names", "1: Sklep\n2 Magazyn")
    await screen.click("form-confirm")
    await eventually(lambda: "form-error" in screen.identifiers())
    await screen.type("field-names", "1: Sklep\n2: Piwnica")
    await screen.click("form-confirm")
    await eventually(lambda: "form-confirm" not in screen.identifiers())
    names = await admin.panel_admin.partitions(panel.id)
    assert [(one.number, one.name) for one in names.partitions] == [(1, "Sklep"), (2, "Piwnica")]
    assert screen.browser.errors == []


async def test_settings_of_the_panel_are_changed_and_an_empty_code_leaves_the_code(
    api: Api, at: At, login: Login, people: People
) -> None:
    admin = await login(api, "admin")
    shop = await a_shop(admin)
    panel = await its_panel(admin, shop.id)
    screen = await at(api, "admin", f"/panels/{panel.id}/settings")
    await screen.click("panel-edit")
    await eventually(lambda: "field-host" in screen.identifiers())
    await screen.type("field-host", "10.0.0.77")
    await screen.click("form-confirm")
    await eventually(lambda: "form-confirm" not in screen.identifiers())
    now = await admin.panel(panel.id)
    assert (now.host, now.commandable, now.name) == ("10.0.0.77", True, panel.name)
    assert screen.browser.errors == []


async def test_a_technician_sees_the_board_of_what_is_assigned_and_of_nothing_else(
    api: Api, at: At, login: Login, people: People, db: Database
) -> None:
    admin = await login(api, "admin")
    mine, other = await a_shop(admin), await a_shop(admin, "Bank", "B-2")
    panel, foreign = await its_panel(admin, mine.id), await its_panel(admin, other.id, "10.0.0.2")
    await assign(db, people["technician"], mine.id)
    screen = await at(api, "technician", f"/panels/{panel.id}")
    await eventually(lambda: "partition-1" in screen.identifiers())
    assert not {"panel-release", "order-SET_CLOCK"} & screen.identifiers()
    screen.controller.go(f"/panels/{foreign.id}")
    await eventually(lambda: "table-again" in screen.identifiers())
    assert "partition-1" not in screen.identifiers()
    assert screen.browser.errors == []
