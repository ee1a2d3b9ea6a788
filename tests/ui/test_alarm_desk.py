"""The alarm desk as it is drawn: both sides of the card, a secret, a flood, the look; against a station in memory."""

from collections.abc import AsyncIterator

import pytest

from api.client.client import StamClient
from tests.support.eventually import eventually
from tests.ui.fake_station import PASSWORD, Station, app
from tests.ui.screen import Screen, screen_of
from tests.ui.serve import serving
from ui_flutter.theme import ThemeName
from workflows.domain.alarm import AlarmType
from workflows.domain.bundle import BundleStatus
from workflows.domain.panel import PartitionState


@pytest.fixture
def station() -> Station:
    return Station()


@pytest.fixture(params=[1440, 390], ids=["desktop", "phone"])
async def screen(station: Station, request: pytest.FixtureRequest) -> AsyncIterator[Screen]:
    async with serving(app(station)) as url:
        client = StamClient(url)
        async with screen_of(client, width=request.param) as made:
            await eventually(lambda: "login-submit" in made.identifiers())
            await made.type("login-user", "jan")
            await made.type("login-password", PASSWORD)
            await made.click("login-submit")
            await eventually(lambda: "conn-state" in made.identifiers())
            yield made
        await client.aclose()


def broken(screen: Screen) -> list[str]:
    return [text for text in screen.texts() if text and text.startswith("⚠")]


async def test_the_place_is_drawn_and_a_secret_shown_and_hidden(station: Station, screen: Screen) -> None:
    place = station.place("Hurtownia Żółw")
    station.sites.panel(place, PartitionState.ARMED_FULL, PartitionState.UNKNOWN, PartitionState.ALARM)
    station.sites.document(place, "Rzut parteru")
    secret = station.sites.secret(place, "Kierownik", "ŻURAW-41")
    earlier = station.alarm(AlarmType.TAMPER, place)
    station.change(earlier.id, status=BundleStatus.CLOSED, result_code="TEST")
    fire = station.alarm(AlarmType.FIRE, place)
    await eventually(lambda: f"alarm-row-{fire.id}" in screen.identifiers())
    await screen.click(f"alarm-row-{fire.id}")
    await eventually(lambda: any("kod 130" in text for text in screen.texts("happened")))
    await eventually(lambda: "+48 600 700 800" in screen.texts("people"))
    await screen.click("face-site")
    await eventually(lambda: "stan nieznany" in screen.texts("site-panels"))
    await eventually(lambda: "Rzut parteru" in screen.texts("site-documents"))
    await eventually(lambda: f"past-{earlier.id}" in screen.identifiers())
    await screen.click(f"secret-show-{secret.id}")
    await eventually(lambda: screen.find("secret-reason"))
    await screen.type("secret-reason", "odwołanie alarmu")
    await screen.click("secret-confirm")
    await eventually(lambda: "ŻURAW-41" in screen.texts("secret-shown"))
    await screen.click("secret-copy")
    await eventually(lambda: "secret-copy-confirm" in screen.identifiers())
    await screen.click("dialog-cancel")
    await screen.click("secret-hide")
    await eventually(lambda: "ŻURAW-41" not in screen.texts())
    assert broken(screen) == []
    assert screen.browser.errors == []


async def test_a_flood_is_one_line_that_unfolds(station: Station, screen: Screen) -> None:
    made = [station.alarm(AlarmType.POWER, station.place(f"Sklep {n}")) for n in range(12)]
    group = f"group-cause:{AlarmType.POWER}"
    await eventually(lambda: group in screen.identifiers() and "12 ×" in screen.texts(group))
    assert f"alarm-row-{made[0].id}" not in screen.identifiers()
    await eventually(lambda: any(text.startswith("Napływ alarmów: 12") for text in screen.texts("banner-flood")))
    await screen.click(group)
    await eventually(lambda: all(f"alarm-row-{one.id}" in screen.identifiers() for one in made))
    assert broken(screen) == []


async def test_the_look_is_chosen_and_every_part_is_drawn_in_it(station: Station, screen: Screen) -> None:
    fire = station.alarm(AlarmType.FIRE, station.place("Hurtownia Żółw"))
    await eventually(lambda: f"alarm-row-{fire.id}" in screen.identifiers())
    await screen.click("look-choices")
    await screen.click(f"theme-{ThemeName.CONTRAST}")
    await screen.click("scale-200%")
    await screen.click("still")
    await screen.click("dialog-cancel")
    await eventually(lambda: screen.browser.preferences.get("stam.scale") == "2.0")
    await screen.click(f"alarm-row-{fire.id}")
    await eventually(lambda: "happened" in screen.identifiers())
    assert broken(screen) == []
    assert screen.browser.errors == []


async def test_a_claim_is_undone_from_its_message(station: Station, screen: Screen) -> None:
    fire = station.alarm(AlarmType.FIRE, station.place("Hurtownia Żółw"))
    await eventually(lambda: f"alarm-row-{fire.id}" in screen.identifiers())
    await screen.click(f"alarm-row-{fire.id}")
    await screen.click("act-claim")
    await eventually(lambda: station.alarms[fire.id].status is BundleStatus.IN_PROGRESS)
    await screen.click("toast-undo")
    await eventually(lambda: station.alarms[fire.id].status is BundleStatus.NEW)


async def test_a_half_written_note_is_there_after_the_next_login(station: Station, screen: Screen) -> None:
    fire = station.alarm(AlarmType.FIRE, station.place("Hurtownia Żółw"))
    await eventually(lambda: f"alarm-row-{fire.id}" in screen.identifiers())
    await screen.click(f"alarm-row-{fire.id}")
    await eventually(lambda: "note-text" in screen.identifiers())
    await screen.type("note-text", "patrol w dro")
    station.sessions.clear()
    station.refresh.clear()
    await screen.click("act-claim")
    await eventually(lambda: "login-submit" in screen.identifiers())
    await screen.type("login-user", "jan")
    await screen.type("login-password", PASSWORD)
    await screen.click("login-submit")
    await eventually(lambda: "note-text" in screen.identifiers() and screen.value("note-text") == "patrol w dro")
