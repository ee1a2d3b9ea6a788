"""The card's two sides, undo, drafts, keys and secrets: a controller against a station in memory."""

from collections.abc import AsyncIterator

import pytest

from api.client.models import AlarmSummary, Object
from tests.support.eventually import eventually
from tests.ui.fake_station import Station, app
from tests.ui.serve import serving
from tests.ui.test_controller import Desk, desk_at
from ui_flutter.state import present_card, present_site
from ui_flutter.state.views import DialogKind, Face
from workflows.domain.alarm import AlarmType
from workflows.domain.bundle import Action, BundleStatus
from workflows.domain.dispatch import EntryKind
from workflows.domain.errors import ErrorCode
from workflows.domain.panel import LinkStatus, PartitionState
from workflows.domain.response import StepKind


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    station = Station()
    async with serving(app(station)) as url, desk_at(station, url) as made:
        yield made


@pytest.fixture
def place(desk: Desk) -> Object:
    return desk.station.place("Hurtownia Żółw")


@pytest.fixture
def fire(desk: Desk, place: Object) -> AlarmSummary:
    return desk.station.alarm(AlarmType.FIRE, place)


async def opened(desk: Desk, alarm: AlarmSummary, *, who: str = "jan") -> None:
    await desk.log_in(who)
    desk.controller.case.open(alarm.id)
    await desk.until(lambda: desk.store.card and desk.store.card.site.loaded)


def press(desk: Desk, key: str) -> None:
    desk.controller.keyboard.press(key, modified=False, visible=())


# -- the place


async def test_the_card_shows_panels_documents_secrets_and_earlier_alarms(
    desk: Desk, place: Object, fire: AlarmSummary
) -> None:
    sites = desk.station.sites
    sites.panel(place, PartitionState.ARMED_FULL, PartitionState.UNKNOWN)
    sites.document(place, "Rzut parteru")
    sites.secret(place, "Kierownik", "ŻURAW-41")
    earlier = desk.station.alarm(AlarmType.POWER, place)
    desk.station.change(earlier.id, status=BundleStatus.CLOSED, result_code="TEST")
    await opened(desk, fire)
    view = present_site.site(desk.store, desk.controller._clock())
    (panel,) = view.panels
    assert (panel.known, panel.link, panel.zones) == (True, "na łączu", "Naruszone linie: 3 Korytarz")
    assert [(one.kind, one.state) for one in panel.partitions] == [("armed", "uzbrojona"), ("unknown", "stan nieznany")]
    assert [one.title for one in view.documents] == ["Rzut parteru"]
    assert [(one.label, one.value, one.left) for one in view.secrets] == [("Kierownik", "", 0)]
    assert [one.id for one in view.history] == [earlier.id]
    assert view.history[0].detail.endswith("Test")


async def test_a_change_of_a_panel_is_seen_while_the_card_is_open(desk: Desk, place: Object, fire: AlarmSummary) -> None:
    sites = desk.station.sites
    panel = sites.panel(place, PartitionState.DISARMED)
    await opened(desk, fire)
    sites.panel(place, PartitionState.ALARM, link=LinkStatus.UNKNOWN)
    sites.states[panel.id] = next(reversed(sites.states.values()))
    desk.station.tell("panel.state.changed", {"panel_id": str(panel.id), "object_id": str(place.id)})

    def kinds() -> list[str]:
        view = present_site.site(desk.store, desk.controller._clock())
        return [one.kind for one in view.panels[0].partitions]

    await desk.until(lambda: kinds() == ["alarm"])


async def test_a_document_is_handed_over_as_a_file(desk: Desk, place: Object, fire: AlarmSummary) -> None:
    plan = desk.station.sites.document(place, "Rzut parteru", b"%PDF-1.7 rzut")
    await opened(desk, fire)
    desk.controller.site.open_document(plan.id)
    await desk.until(lambda: desk.around.saved == {"Rzut parteru.pdf": b"%PDF-1.7 rzut"})
    assert desk.store.card is not None
    assert desk.store.card.site.fetching == set()


async def test_a_part_that_fails_does_not_keep_the_others_away(desk: Desk, place: Object, fire: AlarmSummary) -> None:
    desk.station.sites.document(place, "Rzut")
    panel = desk.station.sites.panel(place)
    del desk.station.sites.states[panel.id]
    await desk.log_in()
    desk.controller.case.open(fire.id)
    await desk.until(lambda: desk.store.card and desk.store.card.site.loaded)
    view = present_site.site(desk.store, desk.controller._clock())
    assert view.failed
    assert len(view.documents) == 1


async def test_the_sides_of_the_card_are_chosen(desk: Desk, fire: AlarmSummary) -> None:
    await opened(desk, fire)
    desk.controller.site.show_face(Face.SITE)
    assert present_card.detail(desk.store, desk.controller._clock()).face is Face.SITE


# -- hands


async def test_a_claim_can_be_undone_for_five_seconds(desk: Desk, fire: AlarmSummary) -> None:
    await opened(desk, fire)
    desk.controller.case.act(Action.CLAIM)
    await desk.until_status(fire.id, BundleStatus.IN_PROGRESS)
    (toast,) = desk.store.toasts
    assert toast.undo == fire.id
    assert (toast.until - desk.controller._clock()).total_seconds() <= 5
    desk.controller.case.undo(fire.id)
    await desk.until_status(fire.id, BundleStatus.NEW)
    assert all(one.undo is None for one in desk.store.toasts)


async def test_keys_do_the_next_step_ask_for_the_patrol_and_mute(desk: Desk, place: Object, fire: AlarmSummary) -> None:
    desk.station.steps[place.id] = [(StepKind.TEXT, "Uspokój się."), (StepKind.CHECK, "Czy widać dym?")]
    await opened(desk, fire)
    press(desk, "d")
    await desk.until(lambda: desk.store.card and desk.store.card.procedure and desk.store.card.procedure.version == 1)
    await desk.until(lambda: desk.store.card and not desk.store.card.writing)
    press(desk, "D")
    await desk.until(lambda: desk.station.runs[fire.id].next_step == 2)
    await desk.until(lambda: desk.store.card and not desk.store.card.writing)
    press(desk, "D")
    assert desk.store.card is not None
    assert not desk.store.card.writing, "a check has two answers"
    press(desk, "P")
    assert desk.dialog() is DialogKind.PATROL
    assert present_card.dialog(desk.store).next_patrol == EntryKind.PATROL_SENT
    press(desk, "M")
    assert not desk.store.sound.is_muted(desk.controller._clock()), "keys are of the form now"
    press(desk, "Escape")
    press(desk, "M")
    assert desk.store.sound.is_muted(desk.controller._clock())


async def test_a_key_leads_into_a_field_only_where_it_is(desk: Desk, fire: AlarmSummary) -> None:
    keyboard = desk.controller.keyboard
    assert keyboard.field_of("n") == ""
    await opened(desk, fire)
    assert (keyboard.field_of("n"), keyboard.field_of("/"), keyboard.field_of("x")) == ("note", "search", "")
    desk.controller.typing(True)
    assert keyboard.field_of("n") == ""


async def test_the_take_over_key_asks_for_the_reason(desk: Desk, fire: AlarmSummary) -> None:
    anna = desk.station.people["anna"]
    desk.station.change(fire.id, status=BundleStatus.ACK, claimed_by=anna.id, claimed_by_name=anna.display_name)
    await opened(desk, fire)
    press(desk, "T")
    assert desk.dialog() is DialogKind.TAKE_OVER
    assert present_card.dialog(desk.store).holder == "Anna Nowak"
    desk.controller.case.confirm_take_over("Anna skończyła zmianę")
    await desk.until(lambda: desk.station.alarms[fire.id].claimed_by == desk.store.me)
    assert desk.station.actions[-1][1] is Action.TAKE_OVER


# -- half-written words


async def test_half_written_words_outlive_a_session_that_ends_by_itself(desk: Desk, fire: AlarmSummary) -> None:
    await opened(desk, fire)
    desk.controller.keep_draft("note", "patrol w dro")
    desk.station.sessions.clear()
    desk.station.refresh.clear()
    desk.controller.case.act(Action.CLAIM)
    await desk.until(lambda: desk.store.login == "out")
    await desk.log_in("anna")
    desk.controller.case.open(fire.id)
    assert desk.controller.draft("note") == "", "what one writes another does not read"
    desk.station.sessions.clear()
    desk.station.refresh.clear()
    desk.controller.case.act(Action.CLAIM)
    await desk.until(lambda: desk.store.login == "out")
    await desk.log_in("jan")
    desk.controller.case.open(fire.id)
    assert desk.controller.draft("note") == "patrol w dro"


async def test_a_logout_leaves_nothing_written(desk: Desk, fire: AlarmSummary) -> None:
    await opened(desk, fire)
    desk.controller.keep_draft("note", "patrol w dro")
    desk.controller.log_out()
    await desk.until(lambda: desk.store.login == "out")
    assert desk.store.drafts == {}


async def test_words_that_were_sent_are_no_draft_any_more(desk: Desk, fire: AlarmSummary) -> None:
    await opened(desk, fire)
    desk.controller.case.act(Action.CLAIM)
    await desk.until_status(fire.id, BundleStatus.IN_PROGRESS)
    desk.controller.case.act(Action.ACK)
    desk.controller.keep_draft("ack", "oddzwonił")
    desk.controller.cancel_dialog()
    desk.controller.case.act(Action.ACK)
    assert desk.controller.draft("ack") == "oddzwonił", "put away, not thrown away"
    desk.controller.case.confirm_ack("oddzwonił")
    await desk.until_status(fire.id, BundleStatus.ACK)
    assert desk.store.drafts == {}


# -- secrets


async def revealed(desk: Desk, place: Object, fire: AlarmSummary) -> None:
    secret = desk.station.sites.secret(place, "Kierownik", "ŻURAW-41")
    await opened(desk, fire)
    desk.controller.vault.ask(secret.id)
    desk.controller.vault.confirm("odwołanie alarmu")
    await desk.until(lambda: desk.store.shown)


async def test_a_secret_needs_a_reason_and_is_read_for_its_time_only(desk: Desk, place: Object, fire: AlarmSummary) -> None:
    desk.station.sites.visible_for = 1.5
    secret = desk.station.sites.secret(place, "Kierownik", "ŻURAW-41")
    await opened(desk, fire)
    desk.controller.vault.ask(secret.id)
    desk.controller.vault.confirm("bo  ")
    assert desk.station.sites.reveals == {}
    desk.controller.vault.confirm("odwołanie alarmu")
    await desk.until(lambda: desk.store.shown)
    assert desk.dialog() is DialogKind.NONE
    (view,) = present_site.site(desk.store, desk.controller._clock()).secrets
    assert (view.value, 0 < view.left <= 2) == ("ŻURAW-41", True)
    assert "ŻURAW" not in repr(desk.store)
    assert "ŻURAW" not in repr(view)
    assert [(who, why) for _, who, why in desk.station.sites.reveals.values()] == [("jan", "odwołanie alarmu")]
    await desk.until(lambda: desk.store.shown is None)
    (view,) = present_site.site(desk.store, desk.controller._clock()).secrets
    assert (view.value, view.left) == ("", 0)


@pytest.mark.parametrize("how", ["focus", "hide", "leave", "other alarm", "section"])
async def test_a_secret_goes_when_nobody_looks_any_more(desk: Desk, place: Object, fire: AlarmSummary, how: str) -> None:
    other = desk.station.alarm(AlarmType.POWER, place)
    await revealed(desk, place, fire)
    controller = desk.controller
    if how == "focus":
        controller.vault.focus_lost()
    elif how == "hide":
        controller.vault.hide()
    elif how == "leave":
        controller.case.leave()
    elif how == "other alarm":
        controller.case.open(other.id)
    else:
        controller.go("/")
    assert desk.store.shown is None
    await eventually(lambda: desk.station.sites.hidden == list(desk.station.sites.reveals))


async def test_a_refused_reveal_keeps_the_form_and_says_why(desk: Desk, place: Object, fire: AlarmSummary) -> None:
    secret = desk.station.sites.secret(place, "Kierownik", "ŻURAW-41")
    desk.station.sites.limit = True
    await opened(desk, fire)
    desk.controller.vault.ask(secret.id)
    desk.controller.vault.confirm("odwołanie alarmu")
    await desk.until(lambda: desk.store.dialog.error == desk.store.words(f"error.{ErrorCode.RATE_LIMITED}"))
    assert (desk.dialog(), desk.store.dialog.busy) == (DialogKind.REVEAL, False)
    assert desk.store.shown is None


async def test_a_reveal_nobody_waits_for_any_more_is_never_shown(desk: Desk, place: Object, fire: AlarmSummary) -> None:
    secret = desk.station.sites.secret(place, "Kierownik", "ŻURAW-41")
    await opened(desk, fire)
    desk.controller.vault.ask(secret.id)
    desk.controller.vault.confirm("odwołanie alarmu")
    desk.controller.cancel_dialog()
    await desk.until(lambda: desk.station.sites.hidden)
    assert desk.store.shown is None


async def test_a_secret_is_copied_only_after_a_warning(desk: Desk, place: Object, fire: AlarmSummary) -> None:
    desk.controller.vault.ask_copy()
    assert desk.dialog() is DialogKind.NONE
    await revealed(desk, place, fire)
    desk.controller.vault.ask_copy()
    assert desk.dialog() is DialogKind.COPY_SECRET
    assert desk.around.copied == ""
    desk.controller.vault.confirm_copy()
    assert desk.around.copied == "ŻURAW-41"
    assert not any("ŻURAW" in f"{one.text} {one.detail}" for one in desk.store.toasts)
    desk.controller.vault.ask_copy()
    desk.controller.vault.focus_lost()
    assert desk.dialog() is DialogKind.NONE, "there is nothing to copy any more"
