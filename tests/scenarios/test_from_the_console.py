"""What an administrator orders at the console's buttons is done, and the console shows it: a command, a line given up and taken
back, service mode (R-CMD, R-DLOAD, R-SERVICE). The console is drawn without a browser; all behind it is real."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from functools import partial

import pytest

from activities.seed import DEMO_LOGINS
from api.client.client import StamClient
from tests.scenarios.site import FLOOD, Site
from tests.scenarios.story import Story
from tests.support.eventually import eventually
from tests.ui.screen import Screen, screen_of
from workflows.domain.alarm import AlarmType
from workflows.domain.panel import LinkStatus

pytestmark = pytest.mark.timeout(240)

PATIENCE = 90.0  # s
DISARMED, ARMED = "Rozbrojona", "Uzbrojona"
IN_TRANSITION = {"Uzbrajanie…", "Czas na wyjście"}


async def test_a_partition_is_armed_from_the_board(story: Story) -> None:
    site = await story.site()
    async with at_console(story, f"/panels/{site.panel_id}") as screen:
        await _until(lambda: DISARMED in screen.texts("partition-1"))
        await screen.click("partition-1")
        await screen.click("order-ARM")
        await screen.click("form-confirm")
        states = await _states_up_to(screen, ARMED)
        assert states[0] == DISARMED
        assert set(states[1:-1]) & IN_TRANSITION
        assert set(states[1:-1]) <= IN_TRANSITION
        (order,) = [name for name in screen.identifiers() if name.startswith("order-") and name.islower()]
        await _until(lambda: "Wykonane i potwierdzone" in screen.texts(order))


async def test_a_line_is_given_up_and_taken_back_before_its_time(story: Story) -> None:
    site, olga = await story.site(), await story.olga()
    async with at_console(story, f"/panels/{site.panel_id}") as screen:
        await screen.click("panel-release")
        await screen.type("field-reason", "Technik wpisuje użytkowników")
        await screen.click("form-confirm")
        await _until(lambda: any("Technik wpisuje użytkowników" in text for text in screen.texts("panel-released")))
        await eventually(partial(_has_a_client, site, False), within=PATIENCE, every=0.1, what="the module's slot is free")
        await olga.sees_link(site, LinkStatus.RELEASED, within=PATIENCE)
        await screen.click("panel-resume")
        await _until(lambda: "panel-released" not in screen.identifiers())
        await eventually(partial(_has_a_client, site, True), within=PATIENCE, every=0.1, what="the line is back")
        await olga.sees_link(site, LinkStatus.CONNECTED, within=PATIENCE)


async def test_service_mode_is_begun_silences_and_is_ended(story: Story) -> None:
    site, olga = await story.site(), await story.olga()
    async with at_console(story, f"/objects/{site.object_id}/service") as screen:
        await screen.click("service-begin")
        await screen.type("field-reason", "Wymiana czujek")
        await screen.click("form-confirm")
        await _until(lambda: "service-mode" in screen.identifiers())
        await site.violate(FLOOD)
        silent = await olga.sees(site, within=PATIENCE, alarm_type=AlarmType.TECHNICAL)
        assert silent.suppressed
        await site.restore(FLOOD)
        await screen.click("service-end")
        await screen.click("form-confirm")
        await _until(lambda: "service-mode" not in screen.identifiers())
        await _until(lambda: "Zakończony" in screen.texts())
        await site.violate(FLOOD)
        await olga.sees(site, within=PATIENCE, alarm_type=AlarmType.TECHNICAL, suppressed=False)


# -- steps


@asynccontextmanager
async def at_console(story: Story, route: str) -> AsyncIterator[Screen]:
    """An administrator's, at that address. Nothing may be broken when it is left."""
    async with aclosing(StamClient(story.system.api_url)) as client, screen_of(client) as screen:
        await _until(lambda: "login-submit" in screen.identifiers())
        await screen.type("login-user", "admin")
        await screen.type("login-password", DEMO_LOGINS["admin"])
        await screen.click("login-submit")
        await _until(lambda: "conn-state" in screen.identifiers())
        screen.controller.go(route)
        yield screen
        assert screen.browser.errors == []


async def _until(probe: Callable[[], bool]) -> None:
    await eventually(probe, within=PATIENCE, what="what the console is to show")


async def _states_up_to(screen: Screen, last: str) -> list[str]:
    """What the board showed of partition 1, one after the other, until it showed this."""
    shown: list[str] = []

    def is_last() -> bool:
        state = next((text for text in screen.texts("partition-1") if text in {DISARMED, ARMED, *IN_TRANSITION}), "")
        if state and state not in shown[-1:]:
            shown.append(state)
        return state == last

    await eventually(is_last, within=PATIENCE, what=f"partition 1 is {last}")
    return shown


async def _has_a_client(site: Site, expected: bool) -> bool:
    return await site.has_a_client() is expected
