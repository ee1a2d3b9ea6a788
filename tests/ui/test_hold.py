"""Console 21: on a phone nobody claims a P1 by accident, and everybody can claim it on purpose."""

import asyncio
from collections.abc import AsyncIterator

import flet as ft
import pytest

from api.client.client import StamClient
from api.client.models import AlarmSummary
from tests.support.eventually import eventually
from tests.ui.factories import NOW, alarm, user
from tests.ui.fake_station import PASSWORD, Station, app
from tests.ui.screen import Screen, screen_of
from tests.ui.serve import serving
from ui_flutter.press import STEPS, TOUCHED, Press
from ui_flutter.state import present_card
from ui_flutter.state.store import Card, Login, Store
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import Action, BundleStatus

WHERE = {"k": "touch", "l": {"x": 9.0, "y": 9.0}, "g": {"x": 90.0, "y": 300.0}}  # as the client tells it


class Hand:
    """What a press told; `at` is the time of its clock (s)."""

    def __init__(self, lasts: float) -> None:
        self.shares: list[float] = []
        self.said: list[str] = []
        self.at = 100.0
        self.press = Press(
            self.shares.append,
            lambda: self.said.append("done"),
            lambda: self.said.append("short"),
            lasts=lasts,
            clock=lambda: self.at,
        )


async def test_a_press_that_lasts_is_done_once_and_tells_how_far_it_is() -> None:
    hand = Hand(lasts=0.02)
    hand.press.begin()
    await eventually(lambda: hand.said)
    hand.press.end()
    assert hand.said == ["done"]
    assert hand.shares == [*(step / STEPS for step in range(1, STEPS + 1)), 0.0]


async def test_a_press_that_ends_early_does_nothing() -> None:
    hand = Hand(lasts=30.0)
    hand.press.begin()
    await asyncio.sleep(0)
    hand.press.end()
    await asyncio.sleep(0)
    assert (hand.said, hand.shares) == ([], [0.0])


async def test_a_fingers_click_is_too_short_and_any_other_is_as_good_as_a_long_press() -> None:
    hand = Hand(lasts=30.0)
    hand.press.click()  # a keyboard, or a screen reader
    hand.press.begin()
    hand.press.end()
    hand.press.click()
    hand.at += TOUCHED
    hand.press.click()
    assert hand.said == ["done", "short", "done"]


@pytest.mark.parametrize(
    ("narrow", "priority", "held"),
    [
        (True, Priority.CRITICAL, True),
        (True, Priority.HIGH, False),
        (False, Priority.CRITICAL, False),
    ],
)
def test_only_a_p1_on_a_phone_is_held(narrow: bool, priority: Priority, held: bool) -> None:
    store = Store(login=Login.IN, user=user())
    one = alarm(priority=priority)
    store.book.learn(one)
    store.card = Card(id=one.id)
    (claim,) = present_card.detail(store, NOW, narrow=narrow).buttons
    assert (claim.action, claim.hold) == (Action.CLAIM, held)
    assert claim.label == ("Przytrzymaj 1 s, aby przejąć" if held else "Przejmij")
    assert bool(claim.hint) is held


@pytest.fixture
def station() -> Station:
    return Station()


@pytest.fixture
async def phone(station: Station) -> AsyncIterator[Screen]:
    async with serving(app(station)) as url:
        client = StamClient(url)
        async with screen_of(client, width=390) as made:
            await made.type("login-user", "jan")
            await made.type("login-password", PASSWORD)
            await made.click("login-submit")
            await eventually(lambda: "conn-state" in made.identifiers())
            yield made
        await client.aclose()


async def opened(station: Station, phone: Screen) -> AlarmSummary:
    fire = station.alarm(AlarmType.FIRE, station.place("Hurtownia Żółw"))
    await eventually(lambda: f"alarm-row-{fire.id}" in phone.identifiers())
    await phone.click(f"alarm-row-{fire.id}")
    await eventually(lambda: "act-claim" in phone.identifiers())
    return fire


async def touch(phone: Screen, event: str) -> None:
    (area,) = [one for one in phone.controls(phone.find("act-claim")) if isinstance(one, ft.GestureDetector)]
    await phone.session.dispatch_event(area._i, event, WHERE if event == "long_press_down" else None)


async def test_a_touch_tells_how_and_a_long_press_claims(station: Station, phone: Screen) -> None:
    fire = await opened(station, phone)
    await touch(phone, "long_press_down")
    await touch(phone, "long_press_cancel")
    await phone.click("act-claim")
    await eventually(lambda: any("przytrzymaj" in toast.text for toast in phone.controller.store.toasts))
    assert station.alarms[fire.id].status is BundleStatus.NEW
    await touch(phone, "long_press_down")
    await eventually(lambda: station.alarms[fire.id].status is not BundleStatus.NEW)
    assert phone.browser.errors == []


async def test_a_screen_reader_claims_by_activating_the_button(station: Station, phone: Screen) -> None:
    fire = await opened(station, phone)
    assert phone.find("act-claim").hint_text
    await phone.click("act-claim")
    await eventually(lambda: station.alarms[fire.id].status is not BundleStatus.NEW)


async def test_a_card_that_goes_takes_the_press_with_it(station: Station, phone: Screen) -> None:
    fire = await opened(station, phone)
    await touch(phone, "long_press_down")
    await phone.click("card-leave")
    await eventually(lambda: "act-claim" not in phone.identifiers())
    other = await opened(station, phone)
    await phone.controller.stop()
    assert {station.alarms[one.id].status for one in (fire, other)} == {BundleStatus.NEW}
