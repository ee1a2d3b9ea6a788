"""The packed console in a real Chromium."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from activities.seed import DEMO_LOGINS
from api.client.client import StamClient
from api.client.models import AlarmSummary
from deploy.local.system import System
from tests.scenarios.site import SMOKE
from tests.support.eventually import eventually
from tests.ui.chromium import Desk, desk_in_chromium
from tests.ui.fake_station import PASSWORD, Station, app
from tests.ui.serve import ConsoleApp, OneOrigin, serving
from workflows.domain.alarm import AlarmType
from workflows.domain.bundle import BundleStatus

OPERATOR = ("operator", DEMO_LOGINS["operator"])
pytestmark = [pytest.mark.browser, pytest.mark.timeout(420)]


@pytest.fixture
def station() -> Station:
    return Station(ping_every=1)


@pytest.fixture
async def desk(station: Station, console_folder: Path) -> AsyncIterator[Desk]:
    async with serving(OneOrigin(app(station), ConsoleApp(console_folder))) as url, desk_in_chromium(url) as made:
        yield made


async def test_an_operator_closes_an_alarm_and_nothing_is_asked_of_an_outside_host(station: Station, desk: Desk) -> None:
    await desk.start()
    await desk.log_in("jan", PASSWORD)
    odd = station.place("Sklep 日本 🚲 „Zażółć”")  # letters our fonts lack must not be looked for elsewhere
    fire = station.alarm(AlarmType.FIRE, odd)
    await desk.part(f"alarm-row-{fire.id}").wait_for(state="attached")
    await desk.work_to_the_end(str(fire.id), note="Zażółć gęślą jaźń — patrol wysłany")
    assert station.alarms[fire.id].status is BundleStatus.CLOSED
    assert [item.note.text for item in station.stories[fire.id] if item.note] == ["Zażółć gęślą jaźń — patrol wysłany"]
    assert desk.traffic.hosts == {urlsplit(desk.url).netloc}
    assert desk.traffic.failed == []


async def test_a_reload_of_a_deep_link_comes_back_to_the_card(station: Station, desk: Desk) -> None:
    fire = station.alarm(AlarmType.FIRE, station.place("Hurtownia Żółw"))
    await desk.start(f"/alarms/{fire.id}")
    await desk.log_in("jan", PASSWORD)
    await desk.part("act-claim").wait_for(state="attached")
    await desk.start(f"/alarms/{fire.id}")
    await desk.part("act-claim").wait_for(state="attached")
    assert desk.page.url.endswith(f"/alarms/{fire.id}")


async def test_the_picture_stays_while_the_server_is_gone_and_the_console_comes_back(
    station: Station, console_folder: Path
) -> None:
    place = station.place("Hurtownia Żółw")
    fire = station.alarm(AlarmType.FIRE, place)
    server = OneOrigin(app(station), ConsoleApp(console_folder))
    async with AsyncExitStack() as first:
        url = await first.enter_async_context(serving(server))
        async with desk_in_chromium(url) as desk:
            await desk.start()
            await desk.log_in("jan", PASSWORD)
            await station.cut()
            await first.aclose()
            await desk.until_said("conn-state", "Brak połączenia", within=30)
            await desk.until_said("banner-link", "Brak połączenia z serwerem od")
            assert await desk.part(f"alarm-row-{fire.id}").count() == 1
            missed = station.alarm(AlarmType.HOLDUP, place)
            async with serving(server, port=urlsplit(url).port or 0):
                await desk.until_said("conn-state", "Na żywo", within=30)
                await eventually(lambda: desk.part(f"alarm-row-{missed.id}").count(), within=20)
                await desk.until_said("banner-missed", "1 nowy alarm")


async def test_an_alarm_of_a_panel_is_closed_in_the_browser_through_the_whole_system(system: System) -> None:
    """From a zone of a simulated panel to the end of its workflow: nothing in between is a stand-in."""
    async with desk_in_chromium(system.api_url) as desk, aclosing(StamClient(system.api_url)) as olga:
        await desk.start()
        await desk.log_in(*OPERATOR)
        await olga.login(*OPERATOR)
        await smoke(system)
        alarm = await eventually(lambda: newest_fire(olga), within=30, what="the fire alarm")
        assert alarm is not None
        await desk.part(f"alarm-row-{alarm.id}").wait_for(state="attached")
        await desk.work_to_the_end(str(alarm.id), note="Zażółć gęślą jaźń")
        after = await olga.alarm(alarm.id)
        assert after.status is BundleStatus.CLOSED
        assert "Zażółć gęślą jaźń" in [note.text for note in after.notes]
        assert desk.traffic.hosts == {urlsplit(system.api_url).netloc}
        assert desk.traffic.failed == []


async def smoke(system: System) -> None:
    """The last simulated panel's smoke detector goes off."""
    async with httpx.AsyncClient(base_url=system.simulator_url, trust_env=False) as simulator:
        panels = (await simulator.get("/panels")).raise_for_status().json()
        answer = await simulator.post(f"/panels/{panels[-1]['port']}/zones/{SMOKE}/violate", json={})
        answer.raise_for_status()


async def newest_fire(client: StamClient) -> AlarmSummary | None:
    page = await client.alarms(open=True, alarm_type=[AlarmType.FIRE], order="newest", limit=1)
    fresh = [alarm for alarm in page.items if alarm.status is BundleStatus.NEW]
    return fresh[0] if fresh else None
