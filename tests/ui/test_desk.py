"""The dispatcher's desk on the drawn console: journal, procedure, call-backs, against a station in memory."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from api.client.client import StamClient
from api.client.models import AlarmSummary
from tests.support.eventually import eventually
from tests.ui.fake_station import PASSWORD, Station, app
from tests.ui.screen import Screen, screen_of
from tests.ui.serve import serving
from workflows.domain.alarm import AlarmType
from workflows.domain.dispatch import CallOutcome, EntryKind
from workflows.domain.errors import ErrorCode
from workflows.domain.procedure import Finding, StepState
from workflows.domain.response import StepKind


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


async def log_in(screen: Screen, who: str = "jan") -> None:
    await screen.type("login-user", who)
    await screen.type("login-password", PASSWORD)
    await screen.click("login-submit")
    await eventually(lambda: screen.texts("conn-state")[0] == "Na żywo")


async def opened(station: Station, screen: Screen, *steps: tuple[StepKind, str], who: str = "jan") -> AlarmSummary:
    """The card of an alarm at a place with these steps."""
    await log_in(screen, who)
    place = station.place("Hurtownia Żółw")
    station.steps[place.id] = list(steps)
    fire = station.alarm(AlarmType.FIRE, place)
    await eventually(lambda: f"alarm-row-{fire.id}" in screen.identifiers())
    await screen.click(f"alarm-row-{fire.id}")
    await eventually(lambda: "journal" in screen.identifiers())
    return fire


def kinds(station: Station, alarm: AlarmSummary) -> list[EntryKind]:
    return [item.dispatch.kind for item in station.stories[alarm.id] if item.dispatch]


async def test_a_patrol_and_a_call_are_written_and_shown(station: Station, screen: Screen) -> None:
    fire = await opened(station, screen)
    await screen.click("journal-patrol-sent")
    await eventually(lambda: any("Patrol wysłany  ·  Jan Kowalski" in text for text in screen.texts("journal")))
    await screen.click("journal-patrol-on-site")
    await eventually(lambda: kinds(station, fire) == [EntryKind.PATROL_SENT, EntryKind.PATROL_ON_SITE])
    await screen.click("journal-call")
    await screen.click(f"outcome-{CallOutcome.NO_ANSWER}")
    await screen.click("call-confirm")
    await eventually(lambda: any("nie odebrano" in text for text in screen.texts("timeline")))
    await eventually(lambda: "dialog" not in screen.identifiers())
    assert screen.browser.errors == []


async def test_an_odd_line_is_taken_with_a_warning_and_an_impossible_one_is_not(station: Station, screen: Screen) -> None:
    fire = await opened(station, screen)
    await screen.click("journal-patrol-left")
    await eventually(lambda: screen.controller.store.toasts)
    assert kinds(station, fire) == []
    await screen.click("journal-patrol-on-site")
    await eventually(lambda: any("nie zapisano wysłania" in toast.text for toast in screen.controller.store.toasts))
    assert kinds(station, fire) == [EntryKind.PATROL_ON_SITE]


async def test_the_procedure_is_worked_step_by_step(station: Station, screen: Screen) -> None:
    plan = [(StepKind.CHECK, "Sprawdź kamery."), (StepKind.CALL, "Zadzwoń."), (StepKind.TEXT, "Opisz.")]
    fire = await opened(station, screen, *plan)
    await eventually(lambda: "step-begin" in screen.identifiers())
    await screen.click("step-begin")
    await eventually(lambda: "Sprawdź kamery." in screen.texts("step-next"))
    await screen.click("step-different")
    await eventually(lambda: "step-text" in screen.identifiers())
    await screen.type("step-text", "drzwi otwarte")
    await screen.click("step-confirm")
    await eventually(lambda: "Zadzwoń." in screen.texts("step-next"))
    await screen.click("step-done")
    await screen.click(f"outcome-{CallOutcome.BUSY}")
    await screen.click("call-confirm")
    await eventually(lambda: "Opisz." in screen.texts("step-next"))
    await screen.click("step-skip")
    await eventually(lambda: "step-text" in screen.identifiers())
    await screen.type("step-text", "wiadomo")
    await screen.click("step-confirm")
    await eventually(lambda: "Procedura wykonana: 2 zrobione, 1 pominięte" in screen.texts("step-progress"))
    check, call, last = station.runs[fire.id].steps
    assert (check.finding, check.remark) == (Finding.DIFFERENT, "drzwi otwarte")
    assert (call.outcome, last.state, last.remark) == (CallOutcome.BUSY, StepState.SKIPPED, "wiadomo")
    assert kinds(station, fire) == [EntryKind.CALL]
    assert screen.browser.errors == []


async def test_what_is_refused_stays_in_its_form(station: Station, screen: Screen) -> None:
    fire = await opened(station, screen, (StepKind.TEXT, "Opisz."))
    await eventually(lambda: "step-begin" in screen.identifiers())
    await screen.click("step-begin")
    await screen.click("step-skip")
    await eventually(lambda: "step-text" in screen.identifiers())
    await screen.type("step-text", "wiadomo")
    station.fail_with = ErrorCode.DATABASE_UNAVAILABLE
    await screen.click("step-confirm")
    await eventually(lambda: screen.controller.store.toasts)
    assert screen.value("step-text") == "wiadomo"
    station.fail_with = None
    await screen.click("step-confirm")
    await eventually(lambda: station.runs[fire.id].steps[0].state is StepState.SKIPPED)


async def test_a_reminder_stands_at_its_alarm_then_over_the_list_when_it_is_due_and_goes_when_it_is_done(
    station: Station, screen: Screen
) -> None:
    fire = await opened(station, screen)
    await screen.click("journal-callback")
    await eventually(lambda: "callback-text" in screen.identifiers())
    await screen.type("callback-text", "czy klucznik dojechał")
    await screen.click("callback-confirm")
    await eventually(lambda: len(station.callbacks) == 1)
    (promised,) = station.callbacks.values()
    assert abs(promised.due_at - datetime.now(UTC) - timedelta(minutes=15)) < timedelta(minutes=1)
    at = promised.due_at.astimezone().strftime("%H:%M")
    await eventually(lambda: any(at in text for text in screen.texts(f"alarm-row-{fire.id}")))
    await eventually(lambda: any(at in text for text in screen.texts(f"reminder-{promised.id}")))
    line = f"callback-{promised.id}"
    assert line not in screen.identifiers()
    station.ring(promised.id)
    await eventually(lambda: any("czy klucznik dojechał" in text for text in screen.texts(line)))
    await screen.click("card-leave")
    await screen.click(f"callback-open-{promised.id}")
    await eventually(lambda: screen.controller.store.card is not None and screen.controller.store.card.id == fire.id)
    await screen.click(f"callback-done-{promised.id}")
    await eventually(lambda: line not in screen.identifiers())
    assert station.callbacks == {}
    assert screen.browser.errors == []


async def test_h_holds_an_alarm_for_minutes_of_ones_own(station: Station, screen: Screen) -> None:
    fire = await opened(station, screen)
    screen.controller.keyboard.press("H", modified=False, visible=(fire.id,))
    await eventually(lambda: "callback-minutes" in screen.identifiers())
    await screen.type("callback-minutes", "0")
    await screen.click("minutes-60")
    await screen.type("callback-minutes", "7")
    await screen.click("callback-confirm")
    await eventually(lambda: len(station.callbacks) == 1)
    (promised,) = station.callbacks.values()
    assert abs(promised.due_at - datetime.now(UTC) - timedelta(minutes=7)) < timedelta(minutes=1)
    assert promised.text == "Wrócić do alarmu"
    await screen.click(f"reminder-cancel-{promised.id}")
    await eventually(lambda: f"reminder-{promised.id}" not in screen.identifiers())
    assert station.callbacks == {}
    assert screen.browser.errors == []


async def test_a_colleagues_reminder_is_seen_without_a_question(station: Station, screen: Screen) -> None:
    fire = await opened(station, screen)
    made = station.promise(fire, "oddzwonić", after=timedelta(minutes=30))
    await eventually(lambda: any("oddzwonić" in text for text in screen.texts(f"reminder-{made.id}")))


async def test_who_only_looks_is_offered_no_pen(station: Station, screen: Screen) -> None:
    fire = await opened(station, screen, (StepKind.TEXT, "Opisz."), who="audyt")
    station.promise(fire, "nie dla audytora")
    station.write(station.people["jan"], fire.id, {"kind": EntryKind.PATROL_SENT})
    await eventually(lambda: any("Patrol wysłany" in text for text in screen.texts("journal")))
    assert not any(name.startswith(("journal-", "step-", "callback-")) for name in screen.identifiers())
