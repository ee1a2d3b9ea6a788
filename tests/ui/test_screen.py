"""The drawn console on a real Flet session, against a station in memory."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import flet as ft
import pytest

from api.client.client import StamClient
from tests.support.eventually import eventually
from tests.ui.fake_station import PASSWORD, Station, app
from tests.ui.screen import Screen, screen_of
from tests.ui.serve import serving
from ui_flutter.components import safe
from workflows.domain.alarm import AlarmType
from workflows.domain.bundle import BundleStatus
from workflows.domain.errors import ErrorCode


@pytest.fixture
def station() -> Station:
    return Station()


@pytest.fixture
async def screen(station: Station) -> AsyncIterator[Screen]:
    async with serving(app(station)) as url:
        client = StamClient(url)
        async with screen_of(client) as made:
            await eventually(lambda: "login-submit" in made.identifiers())
            yield made
        await client.aclose()


async def log_in(screen: Screen) -> None:
    await screen.type("login-user", "jan")
    await screen.type("login-password", PASSWORD)
    await screen.click("login-submit")
    await eventually(lambda: screen.texts("conn-state")[0] == "Na żywo")


async def test_an_alarm_is_worked_from_the_list_to_its_end(station: Station, screen: Screen) -> None:
    await log_in(screen)
    fire = station.alarm(AlarmType.FIRE, station.place("Hurtownia Żółw"))
    row = f"alarm-row-{fire.id}"
    await eventually(lambda: "Pożar — linia 3 Korytarz" in screen.texts(row))
    await screen.click(row)
    await screen.click("act-claim")
    await screen.click("act-ack")
    await eventually(lambda: screen.find("ack-note"))
    await screen.type("ack-note", "Zażółć gęślą jaźń")
    await screen.click("act-ack-confirm")
    await screen.click("act-resolve")
    await screen.click("result-TEST")
    await screen.click("act-resolve-confirm")
    await screen.click("act-close")
    await eventually(lambda: "Zamknięty" in screen.texts("card-status"))
    await eventually(lambda: row not in screen.identifiers())
    await eventually(lambda: "Zażółć gęślą jaźń" in screen.texts("timeline"))
    assert screen.browser.errors == []


async def test_a_wrong_password_is_told(screen: Screen) -> None:
    await screen.type("login-user", "jan")
    await screen.type("login-password", "zgadywanie")
    await screen.click("login-submit")
    await eventually(lambda: "Błędny użytkownik lub hasło." in screen.texts("login-message"))


async def test_the_field_for_a_code_appears_when_it_is_needed(station: Station, screen: Screen) -> None:
    station.people["jan"] = replace(station.people["jan"], code="287082")
    assert "login-code" not in screen.identifiers()
    await screen.type("login-user", "jan")
    await screen.type("login-password", PASSWORD)
    await screen.click("login-submit")
    await eventually(lambda: "login-code" in screen.identifiers())
    await screen.type("login-code", "287082")
    await screen.click("login-submit")
    await eventually(lambda: "conn-state" in screen.identifiers())
    assert screen.browser.errors == []


async def test_whoever_must_change_the_password_finds_the_form(station: Station, screen: Screen) -> None:
    station.must_change_password("jan")
    await screen.type("login-user", "jan")
    await screen.type("login-password", PASSWORD)
    await screen.click("login-submit")
    await eventually(lambda: "password-submit" in screen.identifiers())
    assert any("co najmniej 12 znaków" in text for text in screen.texts())
    for name, value in (("current", PASSWORD), ("new", "krótkie"), ("again", "krótkie")):
        await screen.type(f"password-{name}", value)
    await screen.click("password-submit")
    await eventually(lambda: "Nowe hasło musi mieć co najmniej 12 znaków." in screen.texts("login-message"))
    await screen.click("lang-switch")
    await eventually(lambda: any("at least 12 characters" in text for text in screen.texts()))
    await screen.click("lang-switch")
    for name in ("new", "again"):
        await screen.type(f"password-{name}", "zupełnie-nowe-hasło")
    await screen.click("password-submit")
    await eventually(lambda: screen.texts("conn-state")[0] == "Na żywo")
    assert screen.browser.errors == []


async def test_a_note_stays_in_its_box_until_the_server_has_it(station: Station, screen: Screen) -> None:
    await log_in(screen)
    fire, other = (station.alarm(AlarmType.FIRE, station.place(name)) for name in ("Hurtownia Żółw", "Sklep"))
    await screen.click(f"alarm-row-{fire.id}")
    await eventually(lambda: "note-text" in screen.identifiers())
    await screen.type("note-text", "patrol w drodze")
    station.fail_with = ErrorCode.DATABASE_UNAVAILABLE
    await screen.click("note-add")
    await eventually(lambda: screen.controller.store.toasts)
    assert screen.value("note-text") == "patrol w drodze"
    station.fail_with = None
    await screen.click("note-add")
    await eventually(lambda: screen.value("note-text") == "")
    assert [item.note.text for item in station.stories[fire.id] if item.note] == ["patrol w drodze"]
    await screen.type("note-text", "nie tu")
    await screen.click(f"alarm-row-{other.id}")
    await eventually(lambda: screen.value("note-text") == "")


async def test_a_keystroke_outlives_a_drawing_that_knows_nothing_of_it_yet(station: Station, screen: Screen) -> None:
    """The field has the text at once, and what was typed is told a moment later: nothing is drawn over it between the two."""
    await log_in(screen)
    fire = station.alarm(AlarmType.FIRE, station.place("Hurtownia Żółw"))
    await screen.click(f"alarm-row-{fire.id}")
    await screen.type("note-text", "patrol w drod")
    field = screen.find("note-text").content
    assert isinstance(field, ft.TextField)
    screen.session.apply_patch(field._i, {"value": "patrol w drodz"})
    await screen.click("lang-switch")
    await eventually(lambda: screen.find("note-text").content is not field, what="the field is drawn anew")
    assert screen.value("note-text") == "patrol w drodz"
    await screen.session.dispatch_event(field._i, "change", "patrol w drodz")
    await screen.click("lang-switch")
    await screen.click("note-add")
    await eventually(lambda: screen.value("note-text") == "")
    assert [item.note.text for item in station.stories[fire.id] if item.note] == ["patrol w drodz"]


async def test_a_search_stays_in_its_box_while_alarms_come(station: Station, screen: Screen) -> None:
    await log_in(screen)
    await screen.type("search", "żółw")
    fire = station.alarm(AlarmType.FIRE, station.place("Hurtownia Żółw"))
    await eventually(lambda: f"alarm-row-{fire.id}" in screen.identifiers())
    assert screen.value("search") == "żółw"
    screen.controller.alarms.clear_filters()
    await eventually(lambda: screen.value("search") == "")


async def test_the_language_switches_everywhere_and_is_remembered(station: Station, screen: Screen) -> None:
    await log_in(screen)
    await screen.click("lang-switch")
    await eventually(lambda: screen.texts("conn-state")[0] == "Live")
    assert "All calm. No open alarms." in screen.texts("list-empty")
    assert screen.browser.preferences["stam.language"] == "en"


async def test_a_lost_server_keeps_the_picture_and_the_console_comes_back(station: Station, screen: Screen) -> None:
    await log_in(screen)
    fire = station.alarm(AlarmType.FIRE, station.place("Hurtownia Żółw"))
    await eventually(lambda: f"alarm-row-{fire.id}" in screen.identifiers())
    station.pings = False
    await station.cut()
    await eventually(lambda: screen.texts("conn-state")[0] == "Ponowne łączenie")
    assert f"alarm-row-{fire.id}" in screen.identifiers()
    await eventually(lambda: screen.texts("conn-state")[0] == "Na żywo")


async def test_one_changed_row_redraws_that_row_alone(station: Station, screen: Screen) -> None:
    await log_in(screen)
    place = station.place("Hurtownia Żółw")
    made = [station.alarm(AlarmType.INTRUSION, place, zone=n + 1) for n in range(30)]
    await eventually(lambda: screen.texts().count(place.name) == len(made))  # all drawn, all with names
    others = {one.id: screen.find(f"alarm-row-{one.id}") for one in made[1:]}
    station.change(made[0].id, event_count=7)
    await eventually(lambda: "×7" in screen.texts(f"alarm-row-{made[0].id}"))
    assert all(screen.find(f"alarm-row-{id_}") is part for id_, part in others.items())


async def test_a_part_that_cannot_be_drawn_does_not_take_the_screen_with_it(
    station: Station, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[str] = []
    monkeypatch.setattr(safe, "report", lambda text, error: reported.append(text))
    monkeypatch.setattr("ui_flutter.components.row.parts.status_pill", lambda *_: 1 / 0)
    await log_in(screen)
    station.alarm(AlarmType.FIRE, station.place("Hurtownia Żółw"))
    await eventually(lambda: "⚠ alarm_row" in screen.texts())
    assert reported == ["alarm_row cannot be drawn"]
    monkeypatch.undo()
    await screen.click("lang-switch")
    await eventually(lambda: screen.texts("conn-state")[0] == "Live")


async def test_a_drawing_task_that_died_is_started_again_and_nothing_stays_undrawn(
    station: Station, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log_in(screen)
    patch = screen.session.patch_control
    lost: list[dict[str, Any]] = []

    def fails_once(**call: Any) -> None:
        if not lost:
            lost.append(call)
            raise RuntimeError("the patch could not be made")
        patch(**call)

    monkeypatch.setattr(screen.session, "patch_control", fails_once)
    fire = station.alarm(AlarmType.FIRE, station.place("Hurtownia Żółw"))
    await eventually(lambda: f"alarm-row-{fire.id}" in screen.identifiers())
    await screen.click("lang-switch")
    await eventually(lambda: screen.texts("conn-state")[0] == "Live")
    assert lost


async def test_what_another_holds_is_taken_over_with_a_reason(station: Station, screen: Screen) -> None:
    await log_in(screen)
    fire = station.alarm(AlarmType.FIRE, station.place("Hurtownia Żółw"))
    station.change(fire.id, status=BundleStatus.IN_PROGRESS, claimed_by=station.people["anna"].id, claimed_by_name="Anna Nowak")
    await eventually(lambda: f"alarm-row-{fire.id}" in screen.identifiers())
    await screen.click(f"alarm-row-{fire.id}")
    await screen.click("act-take_over")
    await eventually(lambda: screen.find("take-over-reason"))
    await screen.type("take-over-reason", "Anna skończyła zmianę")
    await screen.click("act-take_over-confirm")
    await eventually(lambda: station.alarms[fire.id].claimed_by == station.people["jan"].id)
    assert station.alarms[fire.id].status is BundleStatus.IN_PROGRESS
    await eventually(lambda: "Anna skończyła zmianę" in screen.texts("timeline"))
    await eventually(lambda: "act-ack" in screen.identifiers())
