"""The customer's path of an object (E2E-004) and every section, in a real Chromium on the whole system.

Pictures of what was seen are left in `build/screenshots`."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from activities.seed import DEMO_LOGINS
from api.client.client import StamClient
from deploy.local.system import System
from tests.support.eventually import eventually
from tests.ui.chromium import Desk, desk_in_chromium
from ui_flutter.sections.registry import DESK, entries_of

PICTURES = Path("build/screenshots")
pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


@asynccontextmanager
async def at_desk(system: System, username: str) -> AsyncIterator[tuple[Desk, StamClient]]:
    """A console of that user and, beside it, the SDK. Nothing may have been reported as broken when it is left."""
    word, broken = DEMO_LOGINS[username], list[str]()
    async with desk_in_chromium(system.api_url) as desk, aclosing(StamClient(system.api_url)) as client:
        desk.page.on("console", lambda told: broken.append(told.text) if "stam.console" in told.text else None)
        await desk.start()
        await desk.log_in(username, word)
        await client.login(username, word)
        yield desk, client
        assert [text for text in broken if "ERROR" in text] == []
        assert desk.traffic.failed == []


async def picture(desk: Desk, name: str) -> None:
    await desk.page.screenshot(path=PICTURES / f"{name}.png")


async def test_an_object_is_made_changed_and_deleted(system: System) -> None:
    """E2E-004."""
    async with at_desk(system, "admin") as (desk, client):
        await desk.click("nav-objects")
        await desk.click("object-add")
        await desk.part("field-name").wait_for(state="attached")
        for field, value in (("name", "Zakład Żółw"), ("address", "Polna 1"), ("kind", "shop"), ("external_number", "E2E-4")):
            await desk.type(f"field-{field}", value)
        await picture(desk, "object-form")
        await desk.click("form-confirm")
        await eventually(lambda: _count(client, "Zakład Żółw"), within=20)
        await desk.click("object-edit")
        await desk.type("field-name", "Zakład Żuraw")
        await desk.click("form-confirm")
        await eventually(lambda: _count(client, "Zakład Żuraw"), within=20)
        await desk.until_said("page-title", "Zakład Żuraw")
        await picture(desk, "object-card")
        await desk.click("object-delete")
        await desk.click("form-confirm")

        async def gone() -> bool:
            return await _count(client, "Zakład Żuraw") == 0

        await eventually(gone, within=20)


async def test_every_section_opens_and_nothing_is_broken(system: System) -> None:
    async with at_desk(system, "master") as (desk, client):
        for entry in entries_of(await client.me()):
            if entry is not DESK:
                await desk.click(f"nav-{entry.name}")
                await desk.part("page-title").wait_for(state="attached")
                if entry.name == "objects":
                    await desk.page.locator('[flt-semantics-identifier^="row-"]').first.wait_for(state="attached")
                await picture(desk, entry.name)
        await desk.click("nav-alarms")
        await desk.part("search").wait_for(state="attached")
        await desk.page.set_viewport_size({"width": 390, "height": 844})
        await desk.part("lang-switch").wait_for(state="detached")  # a wide screen's
        await picture(desk, "alarms-phone")
        await desk.click("nav-account")
        await desk.part("page-title").wait_for(state="attached")
        await picture(desk, "account-phone")


async def _count(client: StamClient, name: str) -> int:
    return len((await client.objects(q=name)).items)
