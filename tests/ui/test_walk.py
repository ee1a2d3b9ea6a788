"""The customer's paths (E2E-001, 003, 004, 005) and every section, in a real Chromium on the whole system.

Pictures of what was seen are left in `build/screenshots`."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from activities.seed import DEMO_LOGINS
from api.client.client import StamClient
from api.client.models import AlarmSummary
from deploy.local.system import System
from ingest.satel.simulator.fleet import FleetOptions, running_fleet
from tests.scenarios.site import COLD_STORE, SMOKE
from tests.support.eventually import eventually
from tests.ui.chromium import Desk, Desks
from ui_flutter.sections.registry import DESK, entries_of
from workflows.domain.alarm import AlarmType
from workflows.domain.bundle import BundleStatus
from workflows.domain.panel import LinkStatus
from workflows.domain.reveal import SecretKind

PICTURES = Path("build/screenshots")
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="session")]


@asynccontextmanager
async def at_desk(system: System, desks: Desks, username: str) -> AsyncIterator[tuple[Desk, StamClient]]:
    """A console of that user and, beside it, the SDK. Nothing may have been reported as broken when it is left."""
    word = DEMO_LOGINS[username]
    async with desks.taken_over(system.api_url) as desk, aclosing(StamClient(system.api_url)) as client:
        await desk.log_in(username, word)
        await client.login(username, word)
        yield desk, client
        assert desk.traffic.errors == []
        assert desk.traffic.failed == []


async def picture(desk: Desk, name: str) -> None:
    await desk.page.screenshot(path=PICTURES / f"{name}.png")


@asynccontextmanager
async def cold_store(system: System) -> AsyncIterator[httpx.AsyncClient]:
    """The control of a new simulated panel that watches a cold store, once its line is up."""
    options = FleetOptions(count=1, base_port=0, control_port=0, zones=24, latency=0.001)
    async with running_fleet(options) as fleet, aclosing(StamClient(system.api_url)) as admin:
        assert fleet.control_url is not None
        (panel,) = fleet.fleet.panels.values()
        await admin.login("admin", DEMO_LOGINS["admin"])
        place = await admin.create_object(name="Chłodnia", address="Rynek 1", kind="shop", external_number=str(uuid4()))
        entered = await admin.create_panel(object_id=place.id, name="Chłodnia", host="127.0.0.1", port=panel.port)

        async def connected() -> bool:
            return (await admin.panel_state(entered.id)).link.status is LinkStatus.CONNECTED

        await eventually(connected, within=60, what="the cold store's line")
        async with httpx.AsyncClient(base_url=f"{fleet.control_url}/panels/{panel.port}", trust_env=False) as control:
            yield control
        await admin.panel_admin.delete(entered.id, version=(await admin.panel(entered.id)).version)


async def smoke(system: System) -> None:
    """The last simulated panel's smoke detector goes off."""
    async with httpx.AsyncClient(base_url=system.simulator_url, trust_env=False) as simulator:
        panels = (await simulator.get("/panels")).raise_for_status().json()
        answer = await simulator.post(f"/panels/{panels[-1]['port']}/zones/{SMOKE}/violate", json={})
        answer.raise_for_status()


async def test_an_alarm_of_a_panel_is_closed_in_the_browser_through_the_whole_system(system: System, desks: Desks) -> None:
    """From a zone of a simulated panel to the end of its workflow: nothing in between is a stand-in."""
    async with at_desk(system, desks, "operator") as (desk, olga):
        await smoke(system)
        alarm = await eventually(lambda: _fresh(olga, AlarmType.FIRE), within=60, what="the fire alarm")
        assert alarm is not None
        await desk.part(f"alarm-row-{alarm.id}").wait_for(state="attached")
        await desk.work_to_the_end(str(alarm.id), note="Zażółć gęślą jaźń")
        after = await olga.alarm(alarm.id)
        assert after.status is BundleStatus.CLOSED
        assert "Zażółć gęślą jaźń" in [note.text for note in after.notes]
        assert desk.traffic.hosts == {urlsplit(system.api_url).netloc}


async def test_a_temperature_alarm_is_not_acknowledged_without_a_note(system: System, desks: Desks) -> None:
    """E2E-001 and E2E-003: login, dashboard, a cold store that is too warm, and its note."""
    async with at_desk(system, desks, "operator") as (desk, client), cold_store(system) as control:
        await desk.part("count-1").wait_for(state="attached")
        (await control.post(f"/zones/{COLD_STORE}/violate", json={})).raise_for_status()
        alarm = await eventually(lambda: _fresh(client, AlarmType.TEMPERATURE), within=60, what="the temperature alarm")
        assert alarm is not None
        await desk.start(f"/alarms/{alarm.id}")  # a link, as from a notification
        await desk.click("act-claim")
        await desk.click("act-ack")
        await desk.part("ack-note").wait_for(state="attached")
        await picture(desk, "alarm-ack")
        assert (await client.alarm(alarm.id)).status is BundleStatus.IN_PROGRESS
        await desk.type("ack-note", "Drzwi chłodni domknięte, temperatura spada")
        await desk.click("act-ack-confirm")
        await eventually(lambda: _is(client, alarm, BundleStatus.ACK), within=60)
        assert [note.text for note in (await client.alarm(alarm.id)).notes] == ["Drzwi chłodni domknięte, temperatura spada"]


async def test_an_object_is_made_changed_and_deleted(system: System, desks: Desks) -> None:
    """E2E-004."""
    async with at_desk(system, desks, "admin") as (desk, client):
        await desk.click("nav-objects")
        await desk.click("object-add")
        await desk.part("field-name").wait_for(state="attached")
        for field, value in (("name", "Zakład Żółw"), ("address", "Polna 1"), ("kind", "shop"), ("external_number", "E2E-4")):
            await desk.type(f"field-{field}", value)
        await picture(desk, "object-form")
        await desk.click("form-confirm")
        await eventually(lambda: _count(client, "Zakład Żółw"), within=60)
        await desk.click("object-edit")
        await desk.type("field-name", "Zakład Żuraw")
        await desk.click("form-confirm")
        await eventually(lambda: _count(client, "Zakład Żuraw"), within=60)
        await desk.until_said("page-title", "Zakład Żuraw")
        await picture(desk, "object-card")
        await desk.click("object-delete")
        await desk.click("form-confirm")

        async def gone() -> bool:
            return await _count(client, "Zakład Żuraw") == 0

        await eventually(gone, within=60)


async def test_a_secret_is_shown_for_its_time_and_the_audit_log_knows_why(system: System, desks: Desks) -> None:
    """E2E-005, at a link that is opened anew: the console comes from the browser's cache, and the session from its cookie."""
    why = "odwołanie alarmu przez właściciela"
    async with at_desk(system, desks, "master") as (desk, client):
        alarm = (await client.alarms(limit=1)).items[0]
        secret = await client.secrets.create(alarm.object_id, kind=SecretKind.KEY_SAFE, label="Sejf", value="ŻURAW-41")
        await desk.start(f"/alarms/{alarm.id}")
        await desk.click("face-site")
        await desk.click(f"secret-show-{secret.id}")
        await desk.type("secret-reason", why)
        await desk.click("secret-confirm")
        await desk.until_said("secret-shown", "ŻURAW-41")
        await picture(desk, "secret")
        found = await client.audit.entries(limit=50)
        assert any(why in str(entry.detail) for entry in found.items)
        assert all("ŻURAW" not in str(entry) for entry in found.items)


async def test_every_section_opens_and_nothing_is_broken(system: System, desks: Desks) -> None:
    async with at_desk(system, desks, "master") as (desk, client):
        for entry in entries_of(await client.me()):
            if entry is not DESK:
                await desk.click(f"nav-{entry.name}")
                await desk.part("page-title").wait_for(state="attached")
                if entry.name == "objects":
                    await desk.page.locator('[flt-semantics-identifier^="row-"]').first.wait_for(state="attached")
                await picture(desk, entry.name)
        await desk.click("nav-alarms")
        await desk.part("search").wait_for(state="attached")
        await desk.resize(390, 844)
        await desk.part("lang-switch").wait_for(state="detached")  # a wide screen's
        await picture(desk, "alarms-phone")
        await desk.click("nav-account")
        await desk.part("page-title").wait_for(state="attached")
        await picture(desk, "account-phone")


async def _fresh(client: StamClient, kind: AlarmType) -> AlarmSummary | None:
    page = await client.alarms(open=True, alarm_type=[kind], order="newest", limit=1)
    return next((alarm for alarm in page.items if alarm.status is BundleStatus.NEW), None)


async def _is(client: StamClient, alarm: AlarmSummary, status: BundleStatus) -> bool:
    return (await client.alarm(alarm.id)).status is status


async def _count(client: StamClient, name: str) -> int:
    return len((await client.objects(q=name)).items)
