"""The packed console in a real Chromium."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.eventually import eventually
from tests.ui.chromium import Desk, desk_in_chromium
from tests.ui.fake_station import PASSWORD, Station, app
from tests.ui.serve import ConsoleApp, OneOrigin, serving
from workflows.domain.alarm import AlarmType
from workflows.domain.bundle import BundleStatus
from workflows.domain.errors import ErrorCode

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


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


async def test_the_picture_stays_while_the_server_is_away_and_the_console_comes_back(station: Station, desk: Desk) -> None:
    place = station.place("Hurtownia Żółw")
    fire = station.alarm(AlarmType.FIRE, place)
    await desk.start()
    await desk.log_in("jan", PASSWORD)
    station.fail_with = ErrorCode.SHUTTING_DOWN
    await station.cut()
    await desk.until_said("conn-state", "Brak połączenia", within=30)
    await desk.until_said("banner", "Brak połączenia z serwerem od")
    assert await desk.part(f"alarm-row-{fire.id}").count() == 1
    missed = station.alarm(AlarmType.HOLDUP, place)
    station.fail_with = None
    await desk.until_said("conn-state", "Na żywo", within=30)
    await eventually(lambda: desk.part(f"alarm-row-{missed.id}").count(), within=20)
    await desk.until_said("banner", "1 nowy alarm")
