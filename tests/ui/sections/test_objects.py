"""The section of objects: the list, the map, the card and its forms, on the real API."""

from datetime import UTC, datetime, timedelta

from activities.db.session import Database
from tests.api.alarm_data import add_alarms
from tests.api.conftest import Api
from tests.api.people import People, assign
from tests.api.test_commands import Login
from tests.support.eventually import eventually
from tests.ui.screen import Screen
from tests.ui.sections.conftest import At
from tests.ui.sections.object_data import a_shop, it_tells, its_panel
from workflows.domain.alarm import AlarmType, Priority


async def test_objects_are_listed_searched_and_filtered(api: Api, at: At, db: Database, login: Login, people: People) -> None:
    admin = await login(api, "admin")
    shop = await a_shop(admin)
    bank = await a_shop(admin, "Bank Żółw", "B-2", kind="bank")
    await add_alarms(db, shop.id, Priority.HIGH, Priority.CRITICAL)
    screen = await at(api, "operator", "/objects")
    await eventually(lambda: f"row-{shop.id}" in screen.identifiers() and f"row-{bank.id}" in screen.identifiers())
    await eventually(lambda: "2 otwarte" in screen.texts(f"row-{shop.id}"))
    assert "object-add" not in screen.identifiers()  # an operator may not
    await screen.type("object-search", "zolw")
    await eventually(lambda: f"row-{shop.id}" not in screen.identifiers() and f"row-{bank.id}" in screen.identifiers())
    await screen.type("object-search", "nobody")
    await eventually(lambda: "table-empty" in screen.identifiers())
    assert screen.browser.errors == []


async def test_the_card_tells_whom_to_call_and_how_the_panels_are(
    api: Api, at: At, db: Database, login: Login, people: People, valkey_url: str
) -> None:
    admin = await login(api, "admin")
    shop = await a_shop(admin)
    panel = await its_panel(admin, shop.id)
    await it_tells(valkey_url, panel.id)
    await add_alarms(db, shop.id, Priority.HIGH)
    screen = await at(api, "operator", f"/objects/{shop.id}")
    await eventually(lambda: f"panel-{panel.id}" in screen.identifiers())
    assert screen.texts("contacts-1")[:3] == ["1", "Anna Nowak", "+48 600 100 200"]
    await screen.click("copy-1")
    await eventually(lambda: screen.browser.clipboard == "+48 600 100 200")
    await eventually(lambda: "Połączona" in screen.texts(f"panel-{panel.id}"))
    assert "Biuro: Alarm" in screen.texts(f"panel-{panel.id}")
    for tab, sign in (("alarms", "tab-open"), ("documents", "table-empty"), ("schedules", "table-empty")):
        await screen.click(f"tab-{tab}")
        await _at_address(screen, f"/objects/{shop.id}/{tab}")
        await _is_drawn(screen, sign)
    for tab in ("service", "journal", "panels"):
        await screen.click(f"tab-{tab}")
        await _at_address(screen, f"/objects/{shop.id}/{tab}")
    assert screen.browser.errors == []


async def test_field_workers_begin_with_what_is_assigned_to_them(
    api: Api, at: At, db: Database, login: Login, people: People
) -> None:
    admin = await login(api, "admin")
    mine, other = await a_shop(admin), await a_shop(admin, "Bank", "B-2")
    await assign(db, people["field_worker"], mine.id)
    screen = await at(api, "field_worker")
    await eventually(lambda: f"row-{mine.id}" in screen.identifiers())
    assert screen.controller.store.section == "objects"
    assert f"row-{other.id}" not in screen.identifiers()
    await screen.click(f"row-{mine.id}")
    await eventually(lambda: "object-contacts" in screen.identifiers())
    assert not {"tab-alarms", "tab-journal", "object-edit", "plan-edit", "config-edit"} & screen.identifiers()
    assert screen.browser.errors == []


async def test_what_somebody_else_changed_is_shown_and_nothing_typed_is_lost(
    api: Api, at: At, login: Login, people: People
) -> None:
    admin = await login(api, "admin")
    shop = await a_shop(admin)
    screen = await at(api, "master", f"/objects/{shop.id}")
    await screen.click("object-edit")
    await eventually(lambda: "field-name" in screen.identifiers())
    await screen.type("field-name", "Apteka Nowa")
    newest = await admin.object(shop.id)
    await admin.object_admin.change(shop.id, version=newest.version, address="Długa 7, Kraków")
    await screen.click("form-confirm")
    await eventually(lambda: "form-changed" in screen.identifiers())
    assert any("Długa 7" in text for text in screen.texts("form-changed"))
    assert screen.value("field-name") == "Apteka Nowa"
    await screen.click("form-confirm")
    await eventually(lambda: "form-confirm" not in screen.identifiers())
    now = await admin.object(shop.id)
    assert (now.name, now.address) == ("Apteka Nowa", "Długa 7, Kraków")  # and what the other one did stays
    assert screen.browser.errors == []


async def test_a_wrong_field_is_marked_before_anything_is_sent(api: Api, at: At, login: Login, people: People) -> None:
    screen = await at(api, "admin", "/objects")
    await screen.click("object-add")
    await eventually(lambda: "field-name" in screen.identifiers())
    await screen.type("field-lat", "north")
    await screen.click("form-confirm")
    await eventually(lambda: "form-error" in screen.identifiers())
    assert any("-90" in text for text in screen.texts("field-lat"))
    for name, value in (("name", "Kiosk"), ("address", "Krótka 2"), ("kind", "sklep"), ("external_number", "K-1"), ("lat", "")):
        await screen.type(f"field-{name}", value)
    await screen.click("form-confirm")
    await eventually(lambda: "object-facts" in screen.identifiers())
    assert "Kiosk" in screen.texts("page-title")
    assert screen.browser.errors == []


async def test_contacts_are_put_into_another_order_and_saved_together(api: Api, at: At, login: Login, people: People) -> None:
    admin = await login(api, "admin")
    shop = await a_shop(admin)
    screen = await at(api, "admin", f"/objects/{shop.id}")
    await screen.click("plan-edit")
    await screen.click("contacts-2-up")
    await eventually(lambda: "Jan Zięba" in screen.texts("contacts-1"))
    await screen.click("contacts-add")
    await eventually(lambda: "field-phone" in screen.identifiers())
    await screen.type("field-name", "Ewa Lis")
    await screen.type("field-phone", "+48 700 000 000")
    await screen.click("form-confirm")
    await eventually(lambda: "contacts-3" in screen.identifiers())
    await screen.click("plan-save")
    await eventually(lambda: "plan-save" not in screen.identifiers())
    plan = await admin.object_admin.plan(shop.id)
    assert [contact.name for contact in plan.contacts] == ["Jan Zięba", "Anna Nowak", "Ewa Lis"]
    assert screen.browser.errors == []


async def test_objects_are_narrowed_to_a_city(api: Api, at: At, login: Login, people: People) -> None:
    admin = await login(api, "admin")
    here = await a_shop(admin, address="ul. Morska 12, 81-225 Gdynia")
    there = await a_shop(admin, name="Bank", number="B-1")
    screen = await at(api, "admin", "/objects")
    await eventually(lambda: {f"row-{here.id}", f"row-{there.id}"} <= screen.identifiers())
    await screen.choose("object-city", "Gdynia")
    rows = {f"row-{here.id}", f"row-{there.id}"}
    await eventually(lambda: rows & screen.identifiers() == {f"row-{here.id}"})
    assert screen.browser.errors == []


async def test_a_step_is_bound_to_one_type_of_alarm(api: Api, at: At, login: Login, people: People) -> None:
    admin = await login(api, "admin")
    shop = await a_shop(admin)
    before = len((await admin.object_admin.plan(shop.id)).steps)
    screen = await at(api, "admin", f"/objects/{shop.id}")
    await screen.click("plan-edit")
    await screen.click("steps-add")
    await screen.type("field-text", "Zadzwoń po straż pożarną")
    await screen.choose("field-alarm_type", "FIRE")
    await screen.click("form-confirm")
    added = f"steps-{before + 1}"
    await eventually(lambda: any("tylko: Pożar" in text for text in screen.texts(added)))
    await screen.click("plan-save")
    await eventually(lambda: "plan-save" not in screen.identifiers())
    assert [one.alarm_type for one in (await admin.object_admin.plan(shop.id)).steps][-1] is AlarmType.FIRE
    await eventually(lambda: any("tylko: Pożar" in text for text in screen.texts(added)))
    await screen.click("plan-edit")
    await screen.click(f"{added}-edit")
    await screen.choose("field-alarm_type", "")
    await screen.click("form-confirm")
    await eventually(lambda: not any("tylko:" in text for text in screen.texts(added)))
    await screen.click("plan-save")
    await eventually(lambda: "plan-save" not in screen.identifiers())
    assert [one.alarm_type for one in (await admin.object_admin.plan(shop.id)).steps][-1] is None
    assert screen.browser.errors == []


async def test_a_plan_changed_meanwhile_keeps_the_draft(api: Api, at: At, login: Login, people: People) -> None:
    admin = await login(api, "admin")
    shop = await a_shop(admin)
    screen = await at(api, "master", f"/objects/{shop.id}")
    await screen.click("plan-edit")
    await screen.click("contacts-2-up")
    plan = await admin.object_admin.plan(shop.id)
    await admin.object_admin.put_plan(shop.id, version=plan.version, contacts=[], steps=[])
    await screen.click("plan-save")
    await eventually(lambda: "plan-error" in screen.identifiers())
    assert "Jan Zięba" in screen.texts("contacts-1")
    await screen.click("plan-save")
    await eventually(lambda: "plan-save" not in screen.identifiers())
    assert len((await admin.object_admin.plan(shop.id)).contacts) == 2


async def test_alarm_configuration_is_changed_as_a_whole(api: Api, at: At, login: Login, people: People) -> None:
    admin = await login(api, "admin")
    shop = await a_shop(admin)
    screen = await at(api, "admin", f"/objects/{shop.id}")
    await screen.click("config-edit")
    await eventually(lambda: "field-join_window_seconds" in screen.identifiers())
    await screen.type("field-join_window_seconds", "300")
    await screen.click("choice-requires_note-INTRUSION")
    await screen.click("form-confirm")
    await eventually(lambda: "form-confirm" not in screen.identifiers())
    config = await admin.object_admin.alarm_config(shop.id)
    assert (config.join_window_seconds, config.requires_note) == (300, {"INTRUSION": True})
    assert screen.browser.errors == []


async def test_the_map_shows_what_rings_and_opens_it(api: Api, at: At, db: Database, login: Login, people: People) -> None:
    admin = await login(api, "admin")
    shop = await a_shop(admin)
    for number in range(4):
        await a_shop(admin, f"Dom {number}", f"D-{number}", lat=54.35, lon=18.64)
    await add_alarms(db, shop.id, Priority.CRITICAL, first_at=datetime.now(UTC) - timedelta(minutes=1))
    screen = await at(api, "operator", "/objects/map")
    await eventually(lambda: f"mark-{shop.id}" in screen.identifiers())
    section = screen.controller.navigator.current
    section.map.resize(1300, 800)  # type: ignore[union-attr]
    level = int(section.map.window.zoom * 2)  # type: ignore[union-attr]

    def heaps() -> list[str]:
        """As they are called at this zoom: what was drawn before the size was known is no longer there."""
        return [name for name in screen.identifiers() if name.startswith(f"mark-{level}-")]

    await eventually(lambda: len(heaps()) == 1)
    (heap,) = heaps()
    assert "4" in screen.texts(heap)
    await screen.click(heap)  # four at one spot: no zoom parts them
    await eventually(lambda: "map-heap" in screen.identifiers())
    await screen.click("heap-close")
    await screen.click("map-nearer")
    await screen.click("map-fit")
    await screen.click(f"mark-{shop.id}")
    await eventually(lambda: screen.browser.route == f"/objects/{shop.id}")
    assert screen.browser.errors == []


async def test_service_mode_says_what_is_missing_and_stays_open_when_it_cannot_begin(
    api: Api, at: At, login: Login, people: People
) -> None:
    admin = await login(api, "admin")
    shop = await a_shop(admin)
    screen = await at(api, "admin", f"/objects/{shop.id}/service")
    await screen.click("service-begin")
    await eventually(lambda: "field-reason" in screen.identifiers())
    await screen.click("form-confirm")
    await eventually(lambda: "form-error" in screen.identifiers())
    await screen.type("field-reason", "Wymiana czujek w magazynie")
    await screen.click("form-confirm")  # there is no Temporal here
    await eventually(lambda: "form-error" in screen.identifiers() and not screen.texts("field-reason"))
    assert screen.value("field-reason") == "Wymiana czujek w magazynie"
    assert screen.browser.errors == []


async def _at_address(screen: Screen, route: str) -> None:
    await eventually(lambda: screen.browser.route == route)


async def _is_drawn(screen: Screen, identifier: str) -> None:
    await eventually(lambda: identifier in screen.identifiers())
