"""The packed console in a real Chromium, against a station in memory."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.eventually import eventually
from tests.ui.chromium import Desk, Desks
from tests.ui.fake_station import PASSWORD, Station, app
from tests.ui.serve import ConsoleApp, OneOrigin, serving
from workflows.domain.alarm import AlarmType
from workflows.domain.bundle import BundleStatus

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="session")]


# Counts what WebGL draws; told where there is no graphics processor, that there is one.
_GRAPHICS = """(() => {
  window.drawn = 0;
  const gl = WebGL2RenderingContext.prototype;
  for (const name of ["clear", "drawArrays", "drawElements", "drawElementsInstanced", "drawArraysInstanced"]) {
    const draw = gl[name];
    gl[name] = function (...given) { window.drawn++; return draw.apply(this, given); };
  }
  const ask = gl.getParameter;
  gl.getParameter = function (name) { return %s && name === 0x9246 ? "A graphics processor" : ask.call(this, name); };
})()"""


@pytest.fixture
def station() -> Station:
    return Station(ping_every=1)


@pytest.fixture
def server(station: Station, console_folder: Path) -> OneOrigin:
    return OneOrigin(app(station), ConsoleApp(console_folder))


@asynccontextmanager
async def desk_of(server: OneOrigin, desks: Desks, port: int) -> AsyncIterator[Desk]:
    async with serving(server, port=port) as url, desks.taken_over(url) as desk:
        yield desk


async def test_an_operator_closes_an_alarm_and_nothing_is_asked_of_an_outside_host(
    station: Station, server: OneOrigin, desks: Desks, console_port: int
) -> None:
    async with desk_of(server, desks, console_port) as desk:
        await desk.start()  # so that a start is part of what is looked at, whoever was here before
        await desk.log_in("jan", PASSWORD)
        odd = station.place("Sklep 日本 🚲 „Zażółć”")  # letters our fonts lack must not be looked for elsewhere
        fire = station.alarm(AlarmType.FIRE, odd)
        await desk.part(f"alarm-row-{fire.id}").wait_for(state="attached")
        await desk.work_to_the_end(str(fire.id), note="Zażółć gęślą jaźń — patrol wysłany")
        assert station.alarms[fire.id].status is BundleStatus.CLOSED
        assert [item.note.text for item in station.stories[fire.id] if item.note] == ["Zażółć gęślą jaźń — patrol wysłany"]
        assert desk.traffic.hosts == {urlsplit(desk.url).netloc}
        assert desk.traffic.failed == []


async def test_a_reload_of_a_deep_link_comes_back_to_the_card(
    station: Station, server: OneOrigin, desks: Desks, console_port: int
) -> None:
    fire = station.alarm(AlarmType.FIRE, station.place("Hurtownia Żółw"))
    async with desk_of(server, desks, console_port) as desk:
        await desk.start(f"/alarms/{fire.id}")
        await desk.log_in("jan", PASSWORD)
        await desk.part("act-claim").wait_for(state="attached")
        await desk.start(f"/alarms/{fire.id}")
        await desk.part("act-claim").wait_for(state="attached")
        assert desk.page.url.endswith(f"/alarms/{fire.id}")


async def test_the_picture_stays_while_the_server_is_gone_and_the_console_comes_back(
    station: Station, server: OneOrigin, desks: Desks, console_port: int
) -> None:
    place = station.place("Hurtownia Żółw")
    fire = station.alarm(AlarmType.FIRE, place)
    async with AsyncExitStack() as later, AsyncExitStack() as first:
        url = await first.enter_async_context(serving(server, port=console_port))
        desk = await later.enter_async_context(desks.taken_over(url))
        await desk.log_in("jan", PASSWORD)
        await station.cut()
        await first.aclose()
        await desk.until_said("conn-state", "Brak połączenia")
        await desk.until_said("banner-link", "Brak połączenia z serwerem od")
        assert await desk.part(f"alarm-row-{fire.id}").count() == 1
        missed = station.alarm(AlarmType.HOLDUP, place)
        async with serving(server, port=console_port):
            await desk.until_said("conn-state", "Na żywo")
            await desk.part(f"alarm-row-{missed.id}").wait_for(state="attached")
            await desk.until_said("banner-missed", "1 nowy alarm")
            await later.aclose()


@pytest.mark.parametrize("accelerated", [True, False], ids=["graphics-processor", "none"])
async def test_a_graphics_processor_draws_where_there_is_one_and_what_waits_blinks(
    station: Station, server: OneOrigin, desks: Desks, console_port: int, accelerated: bool
) -> None:
    fire = station.alarm(AlarmType.FIRE, station.place("Hurtownia Żółw"))
    async with serving(server, port=console_port) as url, desks.new(url, reduced_motion="no-preference") as desk:
        await desk.page.add_init_script(_GRAPHICS % str(accelerated).lower())
        await desk.start()
        await desk.log_in("jan", PASSWORD)
        await desk.part(f"alarm-row-{fire.id}").wait_for(state="attached")
        await eventually(lambda: desk.traffic.answered[f"/blink-{fire.priority.rank}.webp"] == 1, what="the blinking mark")
        assert (await desk.page.evaluate("window.drawn") > 0) == accelerated
        assert desk.traffic.failed == []
