"""Which sections who sees, and how an address opens one."""

from functools import partial

import pytest

from tests.api.conftest import Api
from tests.support.eventually import eventually
from tests.ui.screen import Screen
from tests.ui.sections.conftest import At
from ui_flutter.navigator import parts_of


async def test_who_may_see_no_alarms_begins_elsewhere(api: Api, at: At) -> None:
    screen = await at(api, "field_worker")
    await eventually(lambda: "page-title" in screen.identifiers())
    assert screen.controller.store.section != "alarms"
    assert "nav-alarms" not in screen.identifiers()
    assert screen.browser.errors == []


async def test_an_address_opens_its_section_and_the_desk_keeps_its_card(api: Api, at: At) -> None:
    screen = await at(api, "operator", "/commands")
    await eventually(lambda: "Polecenia" in screen.texts("page-title"))
    await screen.click("nav-alarms")
    await eventually(lambda: "search" in screen.identifiers())
    await screen.click("nav-commands")
    await eventually(lambda: screen.browser.route == "/commands")
    assert screen.browser.errors == []


@pytest.mark.parametrize("address", ["/nowhere", "/nowhere/at/all"])
async def test_an_address_nobody_knows_is_the_first_page(api: Api, at: At, address: str) -> None:
    screen = await at(api, "operator", address)
    await eventually(lambda: "search" in screen.identifiers())
    assert screen.controller.store.section == "alarms"


async def test_a_phone_has_its_sections_at_the_bottom(api: Api, at: At) -> None:
    screen = await at(api, "admin", "/commands", width=390)
    await eventually(lambda: "nav-commands" in screen.identifiers())
    await eventually(lambda: "table-empty" in screen.identifiers())
    assert screen.browser.errors == []


def _is_drawn(screen: Screen, part: str) -> bool:
    return part in screen.identifiers()


def test_parts_of_an_address() -> None:
    assert parts_of("/objects/7?tab=zones") == ("objects", "7")
    assert parts_of("/") == ()


async def test_on_a_phone_a_sign_has_a_name_and_a_card_says_what_its_words_are_about(api: Api, at: At) -> None:
    screen = await at(api, "admin", "/schedules", width=390)
    await eventually(lambda: screen.find("schedule-add").label == "Nowy harmonogram")
    screen.controller.go("/users")
    await eventually(lambda: any("2. składnik: nie" in text for text in screen.texts()))
    assert screen.browser.errors == []


async def test_every_page_of_the_administration_is_drawn_on_a_phone(api: Api, at: At) -> None:
    screen = await at(api, "master", "/account", width=390)
    pages = {
        "/account": "account-sessions",
        "/users": "users-search",
        "/tokens": "token-add",
        "/roles": "roles-programs",
        "/audit": "audit-person",
        "/system": "system-mode",
        "/system/ledger": "ledger-balance",
        "/system/flags": "system-flags",
    }
    for route, part in pages.items():
        screen.controller.go(route)
        await eventually(partial(_is_drawn, screen, part), what=route)
        assert [text for text in screen.texts() if text.startswith("⚠")] == [], route
    assert screen.controller.store.toasts == [], "nothing was refused"
    screen.controller.go("/account")
    await screen.click("account-logout")  # the bar at the top has no room for it
    await eventually(lambda: "login-submit" in screen.identifiers())
    assert screen.browser.errors == []
