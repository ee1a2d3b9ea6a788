"""The closed alarms: in which time they opened, a page at a time, and what stays on the screen."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from api.client.client import StamClient
from tests.support.eventually import eventually
from tests.ui.fake_station import PASSWORD, Station, app
from tests.ui.screen import Screen, screen_of
from tests.ui.serve import serving
from tests.ui.test_controller import Desk, desk_at
from ui_flutter.state import present
from ui_flutter.state.book import CLOSED_KEPT
from ui_flutter.state.order import WINDOW
from ui_flutter.state.spans import Preset
from ui_flutter.state.views import ListPhase, Tab
from workflows.domain.alarm import AlarmType
from workflows.domain.bundle import BundleStatus
from workflows.domain.errors import ErrorCode

DAY = 86_400.0


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    station = Station()
    async with serving(app(station)) as url, desk_at(station, url) as made:
        yield made


def closed(station: Station, number: int, *, ago: float) -> list[UUID]:
    """So many, opened a minute after each other; the newest first."""
    place = station.place("Hurtownia Żółw")
    made = [station.alarm(AlarmType.FIRE, place, ago=ago + 60 * n).id for n in range(number)]
    for one in made:
        station.change(one, status=BundleStatus.CLOSED, status_changed_at=station.alarms[one].opened_at)
    return made


def shown(desk: Desk) -> tuple[UUID, ...]:
    return present.listing(desk.store, datetime.now(UTC)).ids


async def test_a_span_of_time_narrows_the_closed_ones_on_the_server_and_on_the_screen(desk: Desk) -> None:
    (today,) = closed(desk.station, 1, ago=60)
    (last_week,) = closed(desk.station, 1, ago=3 * DAY)
    (long_ago,) = closed(desk.station, 1, ago=100 * DAY)
    await desk.log_in()
    desk.controller.alarms.choose_tab(Tab.CLOSED)
    await desk.until(lambda: shown(desk) == (today, last_week, long_ago))
    desk.controller.closed.choose_span(Preset.WEEK)
    await desk.until(lambda: desk.store.closed.phase is ListPhase.READY)
    assert shown(desk) == (today, last_week)
    assert {one.id for one in desk.store.closed.items} == {today, last_week}
    desk.controller.closed.choose_span(Preset.CUSTOM)
    await desk.until(lambda: desk.store.closed.phase is ListPhase.READY)
    until = (datetime.now(UTC) - timedelta(days=50)).astimezone().strftime("%Y-%m-%d")
    desk.controller.closed.type_span("", until)
    await desk.until(lambda: shown(desk) == (long_ago,))
    desk.controller.closed.type_span("nonsense", until)
    assert not present.filters(desk.store, datetime.now(UTC)).span_good
    desk.controller.alarms.clear_filters()
    await desk.until(lambda: shown(desk) == (today, last_week, long_ago))


async def test_closed_ones_come_a_page_at_a_time_and_stay_while_others_close(desk: Desk) -> None:
    made = closed(desk.station, 2 * WINDOW + 5, ago=10 * DAY)
    await desk.log_in()
    desk.controller.alarms.choose_tab(Tab.CLOSED)
    for pages in (1, 2):
        await desk.until(lambda pages=pages: shown(desk) == tuple(made[: pages * WINDOW]))  # type: ignore[misc]
        assert present.listing(desk.store, datetime.now(UTC)).can_show_more
        desk.controller.alarms.show_more()
    await desk.until(lambda: shown(desk) == tuple(made))
    assert not present.listing(desk.store, datetime.now(UTC)).can_show_more
    others = closed(desk.station, CLOSED_KEPT + 5, ago=5)
    await desk.until(lambda: others[-1] in desk.store.book.alarms)
    assert set(made) <= desk.store.book.alarms.keys()


async def test_a_list_that_could_not_be_loaded_says_so_and_is_tried_again(desk: Desk) -> None:
    (one,) = closed(desk.station, 1, ago=60)
    await desk.log_in()
    desk.station.fail_with = ErrorCode.DATABASE_UNAVAILABLE
    desk.controller.alarms.choose_tab(Tab.CLOSED)
    await desk.until(lambda: present.listing(desk.store, datetime.now(UTC)).phase is ListPhase.FAILED)
    desk.station.fail_with = None
    desk.controller.reload()
    await desk.until(lambda: shown(desk) == (one,))


async def test_the_span_is_chosen_over_the_list_of_closed_ones_alone() -> None:
    station = Station()
    (today,) = closed(station, 1, ago=60)
    (long_ago,) = closed(station, 1, ago=100 * DAY)
    async with serving(app(station)) as url:
        client = StamClient(url)
        async with screen_of(client) as screen:
            await screen.type("login-user", "jan")
            await screen.type("login-password", PASSWORD)
            await screen.click("login-submit")
            await eventually(lambda: "conn-state" in screen.identifiers())
            assert "closed-span" not in screen.identifiers()
            await screen.click("tab-closed")
            rows = {f"alarm-row-{today}", f"alarm-row-{long_ago}"}
            await eventually(lambda: rows <= screen.identifiers())
            await span(screen, "day")
            await eventually(lambda: rows & screen.identifiers() == {f"alarm-row-{today}"})
            await span(screen, "custom")
            await eventually(lambda: {"span-since", "span-until"} <= screen.identifiers())
            assert screen.browser.errors == []
        await client.aclose()


async def span(screen: Screen, preset: str) -> None:
    await screen.click(f"tab-{preset}")
