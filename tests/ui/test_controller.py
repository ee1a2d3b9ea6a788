"""The controller over a real HTTP and WebSocket connection to a station in memory."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

import pytest

from api.client.client import StamClient
from api.client.models import AlarmSummary, Object
from tests.support.eventually import eventually
from tests.ui.fake_station import PASSWORD, REPLAY_MOST, Station, app
from tests.ui.serve import serving
from ui_flutter.case import alarm_of_route
from ui_flutter.controller import Controller
from ui_flutter.feed import PAGE_SIZE
from ui_flutter.sections.section import PickedFile
from ui_flutter.state.link import Phase
from ui_flutter.state.store import CardPhase, Login, Store
from ui_flutter.state.views import DialogKind, ListPhase, Mood, Tab
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import Action, BundleStatus, ResultCode
from workflows.domain.errors import ErrorCode


class Loudspeaker:
    """Remembers what it was asked to play; `works` False: a browser that wants a click first."""

    def __init__(self) -> None:
        self.played: list[int] = []
        self.stopped = 0
        self.works = True
        self.volume = 0.0  # of the last one

    async def play(self, rank: int, volume: float) -> bool:
        self.played.append(rank)
        self.volume = volume
        return self.works

    async def stop(self) -> None:
        self.stopped += 1


class Surroundings:
    """Remembers what the controller asked of its page."""

    def __init__(self) -> None:
        self.loudspeaker = Loudspeaker()
        self.saved: dict[str, bytes] = {}
        self.route = "/"
        self.remembered: dict[str, str] = {}
        self.copied = ""
        self.drawings = 0

    def changed(self) -> None:
        self.drawings += 1

    def navigate(self, route: str) -> None:
        self.route = route

    def remember(self, key: str, value: str) -> None:
        self.remembered[key] = value

    def copy(self, text: str) -> None:
        self.copied = text

    def save(self, name: str, content: bytes) -> None:
        self.saved[name] = content

    async def pick(self) -> PickedFile | None:
        return None


class Desk:
    """One operator's console at a station."""

    def __init__(self, station: Station, controller: Controller, around: Surroundings) -> None:
        self.station, self.controller, self.around = station, controller, around

    @property
    def store(self) -> Store:
        return self.controller.store

    def dialog(self) -> DialogKind:
        return self.store.dialog.kind

    async def until_status(self, alarm: UUID, status: BundleStatus) -> None:
        """The change is here and our own action has been answered."""
        await self.until(lambda: self.status(alarm) is status and alarm not in self.store.pending)

    async def log_in(self, username: str = "jan") -> None:
        self.controller.gate.log_in(username, PASSWORD)
        await self.until(lambda: self.store.link.phase is Phase.LIVE and self.store.list_phase is ListPhase.READY)

    async def until(self, probe: Callable[[], object]) -> None:
        await eventually(probe)

    def status(self, alarm: UUID) -> BundleStatus:
        return self.store.book.alarms[alarm].status


@asynccontextmanager
async def desk_at(station: Station, url: str) -> AsyncIterator[Desk]:
    client, around = StamClient(url), Surroundings()
    controller = Controller(client, around)
    try:
        yield Desk(station, controller, around)
    finally:
        await controller.stop()
        await client.aclose()


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


# -- session


async def test_without_an_earlier_session_the_login_is_shown(desk: Desk) -> None:
    await desk.controller.start()
    assert desk.store.login is Login.OUT


async def test_a_wrong_password_is_told_on_the_login_page(desk: Desk) -> None:
    desk.controller.gate.log_in("jan", "zgadywanie")
    await desk.until(lambda: desk.store.login_error == "Błędny użytkownik lub hasło.")
    assert desk.store.login is Login.OUT


async def test_empty_fields_are_not_sent(desk: Desk) -> None:
    desk.controller.gate.log_in(" ", "")
    assert desk.store.login_error == "Podaj użytkownika i hasło."


async def test_an_account_with_a_second_factor_is_asked_for_its_code_and_let_in_with_it(desk: Desk) -> None:
    jan = desk.station.people["jan"]
    desk.station.people["jan"] = replace(jan, code="287082")
    desk.controller.gate.log_in("jan", PASSWORD, "left over")
    await desk.until(lambda: desk.store.needs_code and desk.store.login is Login.OUT)
    desk.controller.gate.log_in("jan", PASSWORD, "000000")
    await desk.until(lambda: desk.store.login_error == desk.store.words("error.SECOND_FACTOR_WRONG"))
    assert desk.store.needs_code
    desk.controller.gate.log_in("jan", PASSWORD, " 287082 ")
    await desk.until(lambda: desk.store.login is Login.IN)
    assert not desk.store.needs_code


async def test_after_login_the_open_alarms_are_there_with_names(desk: Desk, fire: AlarmSummary) -> None:
    await desk.log_in()
    assert desk.store.book.alarms[fire.id].object_name == "Hurtownia Żółw"
    assert desk.around.remembered["session"] == "yes"


async def test_a_deep_link_opens_its_alarm_after_login(desk: Desk, fire: AlarmSummary) -> None:
    await desk.controller.start(f"/alarms/{fire.id}")
    await desk.log_in()
    await desk.until(lambda: desk.store.card and desk.store.card.phase is CardPhase.READY)


async def test_a_logout_leaves_nothing_behind(desk: Desk, fire: AlarmSummary) -> None:
    await desk.log_in()
    desk.controller.case.open(fire.id)
    desk.controller.log_out()
    await desk.until(lambda: desk.store.login is Login.OUT)
    assert (desk.store.book.alarms, desk.store.card, desk.around.route) == ({}, None, "/")
    await desk.until(lambda: not desk.station.lines)


async def test_an_ended_session_asks_for_a_new_login_and_comes_back_to_the_card(desk: Desk, fire: AlarmSummary) -> None:
    await desk.log_in()
    desk.controller.case.open(fire.id)
    desk.station.sessions.clear()
    desk.station.refresh.clear()
    await desk.station.cut()
    await desk.until(lambda: desk.store.login is Login.OUT)
    assert "Sesja wygasła" in desk.store.login_notice
    await desk.log_in()
    await desk.until(lambda: desk.store.card and desk.store.card.id == fire.id)


NEW_PASSWORD = "zupełnie-nowe-hasło"


async def at_the_password_form(desk: Desk) -> None:
    desk.station.must_change_password("jan")
    desk.controller.gate.log_in("jan", PASSWORD)
    await desk.until(lambda: desk.store.login is Login.PASSWORD)


async def test_whoever_must_change_the_password_does_so_and_is_in(desk: Desk, fire: AlarmSummary) -> None:
    await at_the_password_form(desk)
    desk.controller.gate.change_password(PASSWORD, NEW_PASSWORD, NEW_PASSWORD)
    await desk.until(lambda: desk.store.link.phase is Phase.LIVE and fire.id in desk.store.book.alarms)
    assert desk.store.login is Login.IN
    assert desk.station.people["jan"].password == NEW_PASSWORD
    assert [toast.text for toast in desk.store.toasts] == ["Hasło zmienione."]


@pytest.mark.parametrize(
    ("current", "new", "again", "told"),
    [
        ("", NEW_PASSWORD, NEW_PASSWORD, "Podaj dotychczasowe i nowe hasło."),
        (PASSWORD, "za-krótkie", "za-krótkie", "Nowe hasło musi mieć co najmniej 12 znaków."),
        (PASSWORD, NEW_PASSWORD, NEW_PASSWORD + "!", "Nowe hasła różnią się od siebie."),
        ("zgadywanie", NEW_PASSWORD, NEW_PASSWORD, "Dotychczasowe hasło jest błędne."),
    ],
)
async def test_what_is_wrong_with_a_new_password_is_told_on_its_form(
    desk: Desk, current: str, new: str, again: str, told: str
) -> None:
    await at_the_password_form(desk)
    desk.controller.gate.change_password(current, new, again)
    await desk.until(lambda: desk.store.login_error == told)
    assert desk.store.login is Login.PASSWORD
    assert desk.station.people["jan"].password == PASSWORD


async def test_a_reload_of_the_page_comes_back_to_the_password_form(desk: Desk) -> None:
    await at_the_password_form(desk)
    again = Controller(desk.controller._client, desk.around)
    await again.start()
    assert again.store.login is Login.PASSWORD


async def test_a_password_whose_change_is_refused_leaves_the_form(desk: Desk) -> None:
    await at_the_password_form(desk)
    desk.station.fail_with = ErrorCode.DATABASE_UNAVAILABLE
    desk.controller.gate.change_password(PASSWORD, NEW_PASSWORD, NEW_PASSWORD)
    await desk.until(lambda: desk.store.login is Login.PASSWORD and desk.store.login_error)


async def test_a_session_that_ended_at_the_password_form_asks_for_the_login(desk: Desk) -> None:
    await at_the_password_form(desk)
    desk.station.sessions.clear()
    desk.station.refresh.clear()
    desk.controller.gate.change_password(PASSWORD, NEW_PASSWORD, NEW_PASSWORD)
    await desk.until(lambda: desk.store.login is Login.OUT)
    assert "Sesja wygasła" in desk.store.login_notice


# -- live


async def test_a_pushed_alarm_appears_with_the_name_of_its_object(desk: Desk, place: Object) -> None:
    await desk.log_in()
    fresh = desk.station.alarm(AlarmType.HOLDUP, place)
    await desk.until(lambda: fresh.id in desk.store.book.alarms)
    assert desk.store.book.alarms[fresh.id].object_name == "Hurtownia Żółw"


async def test_names_a_push_lacks_are_asked_for(desk: Desk) -> None:
    await desk.log_in()
    fresh = desk.station.alarm(AlarmType.HOLDUP, desk.station.place("Nowy obiekt"), name="Kasa")
    await desk.until(lambda: fresh.id in desk.store.book.alarms and not desk.store.book.incomplete())
    assert desk.store.book.alarms[fresh.id].object_name == "Nowy obiekt"
    assert desk.store.book.alarms[fresh.id].headline.source_name == "Kasa"


async def test_a_name_the_panel_tells_after_its_alarm_is_shown_without_a_reload(desk: Desk) -> None:
    await desk.log_in()
    fresh = desk.station.alarm(AlarmType.HOLDUP, desk.station.place("Nowy obiekt"), name="")
    await desk.until(lambda: fresh.id in desk.store.book.alarms and not desk.store.book.incomplete())
    assert not desk.store.book.alarms[fresh.id].headline.source_name
    desk.controller.case.open(fresh.id)
    await desk.until(lambda: desk.store.card is not None and desk.store.card.loaded_version == fresh.version)
    calls = Counter(desk.station.calls)
    desk.station.alarms[fresh.id] = replace(fresh, headline=replace(fresh.headline, source_name="Kasa"))
    desk.station.tell("panel.described", {"panel_id": str(fresh.headline.panel_id)})
    await desk.until(lambda: desk.store.book.alarms[fresh.id].headline.source_name == "Kasa")
    timeline = f"GET /api/alarms/{fresh.id}/timeline"
    await desk.until(lambda: Counter(desk.station.calls)[timeline] > calls[timeline])


async def test_a_flood_is_complete_and_asks_for_names_in_one_go(desk: Desk) -> None:
    await desk.log_in()
    made = [desk.station.alarm(AlarmType.POWER, desk.station.place(f"Obiekt {n}"), zone=n + 1) for n in range(100)]
    await desk.until(lambda: len(desk.store.book.alarms) == 100 and not desk.store.book.incomplete())
    assert {alarm.id for alarm in made} == desk.store.book.alarms.keys()
    singles = [call for call in desk.station.calls if call.startswith("GET /api/alarms/")]
    assert len(singles) < 20


async def test_names_are_asked_for_until_the_last_of_a_flood_that_outran_the_answers_has_its_own(desk: Desk) -> None:
    await desk.log_in()
    desk.station.listing.clear()
    count = 2 * PAGE_SIZE + 10
    for n in range(count):
        desk.station.alarm(AlarmType.POWER, desk.station.place(f"Obiekt {n}"), zone=n + 1)
    await desk.until(lambda: len(desk.store.book.alarms) == count)
    desk.station.listing.set()
    await desk.until(lambda: not desk.store.book.incomplete())


async def test_the_picture_stays_when_the_line_breaks_and_what_was_missed_is_told(desk: Desk, place: Object) -> None:
    await desk.log_in()
    known = desk.station.alarm(AlarmType.FIRE, place)
    await desk.until(lambda: known.id in desk.store.book.alarms)
    await desk.station.cut()
    await desk.until(lambda: desk.store.link.phase is Phase.LOST)
    missed = desk.station.alarm(AlarmType.HOLDUP, place)
    assert known.id in desk.store.book.alarms
    await desk.until(lambda: desk.store.link.phase is Phase.LIVE)
    assert missed.id in desk.store.book.alarms


async def test_too_much_missed_is_loaded_anew(desk: Desk, place: Object) -> None:
    await desk.log_in()
    known = desk.station.alarm(AlarmType.FIRE, place)
    await desk.until(lambda: known.id in desk.store.book.alarms)
    await desk.station.cut()
    await desk.until(lambda: desk.store.link.phase is Phase.LOST)
    for _ in range(REPLAY_MOST + 1):
        desk.station.change(known.id, event_count=2)
    desk.station.change(known.id, priority=Priority.LOW)
    await desk.until(lambda: desk.store.link.phase is Phase.LIVE)
    await desk.until(lambda: desk.store.book.alarms[known.id].priority is Priority.LOW)


async def test_an_overflow_during_a_load_makes_it_load_once_more(desk: Desk, place: Object) -> None:
    await desk.log_in()
    known = desk.station.alarm(AlarmType.FIRE, place)
    await desk.until(lambda: known.id in desk.store.book.alarms)
    asked = desk.station.lists_asked
    desk.station.listing.clear()
    desk.station.overflow()
    await desk.until(lambda: desk.station.lists_asked == asked + 1)  # its answer is made, and on its way
    desk.station.alarms[known.id] = replace(known, version=known.version + 1, priority=Priority.LOW)  # and no push of it
    desk.station.overflow()
    later = desk.station.alarm(AlarmType.POWER, place)
    await desk.until(lambda: later.id in desk.store.book.alarms)  # the second overflow was told before this
    desk.station.listing.set()
    await desk.until(lambda: desk.store.book.alarms[known.id].priority is Priority.LOW)
    await desk.until(lambda: desk.store.link.phase is Phase.LIVE)


async def test_a_server_that_is_restarted_is_found_again(place: Object) -> None:
    station = Station()
    async with serving(app(station)) as url, desk_at(station, url) as desk:
        await desk.log_in()
        station.fail_with = ErrorCode.SHUTTING_DOWN
        await station.cut()
        await desk.until(lambda: desk.store.link.phase is Phase.LOST)
        assert desk.store.login is Login.IN
        station.fail_with = None
        await desk.until(lambda: desk.store.link.phase is Phase.LIVE)


async def test_a_list_that_cannot_be_loaded_is_tried_again(desk: Desk, fire: AlarmSummary) -> None:
    desk.station.fail_with = ErrorCode.DATABASE_UNAVAILABLE
    desk.controller.gate.log_in("jan", PASSWORD)
    await desk.until(lambda: desk.store.login is Login.IN)
    desk.controller.reload()
    await desk.until(lambda: desk.store.list_phase is ListPhase.FAILED)
    desk.station.fail_with = None
    await desk.until(lambda: desk.store.list_phase is ListPhase.READY)
    assert fire.id in desk.store.book.alarms


# -- work


async def test_claiming_with_the_card_open_starts_the_work_by_itself(desk: Desk, fire: AlarmSummary) -> None:
    """D12"""
    await desk.log_in()
    desk.controller.case.open(fire.id)
    desk.controller.case.act(Action.CLAIM)
    await desk.until_status(fire.id, BundleStatus.IN_PROGRESS)
    assert [action for _, action, _ in desk.station.actions] == [Action.CLAIM, Action.START]


async def test_an_alarm_goes_all_the_way(desk: Desk, fire: AlarmSummary) -> None:
    await desk.log_in()
    controller = desk.controller
    controller.case.open(fire.id)
    controller.case.act(Action.CLAIM)
    await desk.until_status(fire.id, BundleStatus.IN_PROGRESS)
    controller.case.act(Action.ACK)
    assert desk.dialog() is DialogKind.ACK
    controller.case.confirm_ack("Patrol wysłany.")
    await desk.until_status(fire.id, BundleStatus.ACK)
    assert desk.dialog() is DialogKind.NONE
    controller.case.act(Action.RESOLVE)
    controller.case.confirm_resolve(ResultCode.CUSTOMER_ERROR, "")
    await desk.until_status(fire.id, BundleStatus.RESOLVED)
    controller.case.act(Action.CLOSE)
    await desk.until_status(fire.id, BundleStatus.CLOSED)
    sent = {action: body for _, action, body in desk.station.actions}
    assert sent[Action.ACK]["note"] == "Patrol wysłany."
    assert sent[Action.RESOLVE]["result_code"] == "CUSTOMER_ERROR"


async def test_the_timeline_of_the_open_card_follows(desk: Desk, fire: AlarmSummary) -> None:
    await desk.log_in()
    desk.controller.case.open(fire.id)
    card = desk.store.card
    assert card is not None
    await desk.until(lambda: card.timeline)
    desk.controller.case.add_note("Dzwonił właściciel")
    await desk.until(lambda: [i for i in card.timeline.items if i.note] if card.timeline else [])


async def test_a_conflict_takes_over_the_truth_and_says_what_changed(desk: Desk, fire: AlarmSummary) -> None:
    await desk.log_in()
    desk.controller.case.open(fire.id)
    anna = desk.station.people["anna"]
    lines, desk.station.lines = desk.station.lines, []  # Anna is faster, and the push is late
    desk.station.act(anna, fire.id, Action.CLAIM, {"version": fire.version})
    desk.controller.case.act(Action.CLAIM)
    await desk.until(lambda: desk.store.toasts)
    desk.station.lines = lines
    (toast,) = desk.store.toasts
    assert (toast.text, toast.mood) == ("Dane zmienione — odśwież.", Mood.WARN)
    assert toast.detail == "status: Nowy → Przejmowany, prowadzi: Anna Nowak"
    assert desk.store.book.alarms[fire.id].claimed_by == anna.id


async def test_what_was_typed_is_kept_when_only_the_version_was_stale(desk: Desk, fire: AlarmSummary) -> None:
    await desk.log_in()
    desk.controller.case.open(fire.id)
    desk.controller.case.act(Action.CLAIM)
    await desk.until_status(fire.id, BundleStatus.IN_PROGRESS)
    desk.controller.case.act(Action.ACK)
    lines, desk.station.lines = desk.station.lines, []
    desk.station.change(fire.id, event_count=2)
    desk.controller.case.confirm_ack("Patrol wysłany.")
    await desk.until(lambda: desk.store.dialog.error)
    desk.station.lines = lines
    assert desk.store.dialog.error == "Dane zmienione — odśwież. 1 nowy sygnał"
    desk.controller.case.confirm_ack("Patrol wysłany.")
    await desk.until_status(fire.id, BundleStatus.ACK)


async def test_an_unavailable_workflow_engine_is_told_plainly(desk: Desk, fire: AlarmSummary) -> None:
    """R-MODES: Temporal down"""
    await desk.log_in()
    desk.controller.case.open(fire.id)
    await desk.until(lambda: desk.store.card and desk.store.card.phase is CardPhase.READY)
    desk.station.fail_with = ErrorCode.TEMPORAL_UNAVAILABLE
    desk.controller.case.act(Action.CLAIM)
    await desk.until(lambda: desk.store.toasts)
    assert desk.store.toasts[0].text.startswith("Alarmy nadal docierają")
    assert desk.store.pending == {}


async def test_an_alarm_that_is_not_there_says_so(desk: Desk) -> None:
    await desk.log_in()
    desk.controller.case.open(UUID(int=1))
    await desk.until(lambda: desk.store.card and desk.store.card.phase is CardPhase.GONE)


async def test_somebody_elses_claim_is_not_started_by_our_card(desk: Desk, fire: AlarmSummary) -> None:
    await desk.log_in()
    desk.controller.case.open(fire.id)
    desk.station.act(desk.station.people["anna"], fire.id, Action.CLAIM, {"version": 1})
    await desk.until_status(fire.id, BundleStatus.CLAIMING)
    await desk.until(lambda: desk.store.book.alarms[fire.id].claimed_by_name == "Anna Nowak")
    assert [action for _, action, _ in desk.station.actions] == [Action.CLAIM]


# -- choices and keys


async def test_closed_alarms_are_loaded_when_asked_for(desk: Desk, place: Object) -> None:
    closed = desk.station.alarm(AlarmType.FIRE, place)
    desk.station.change(closed.id, status=BundleStatus.CLOSED)
    await desk.log_in()
    assert closed.id not in desk.store.book.alarms
    desk.controller.alarms.choose_tab(Tab.CLOSED)
    await desk.until(lambda: closed.id in desk.store.book.alarms)


async def test_keys_move_and_act_but_not_while_typing(desk: Desk, place: Object) -> None:
    first, second = (desk.station.alarm(AlarmType.FIRE, place) for _ in range(2))
    await desk.log_in()
    press, visible = desk.controller.keyboard.press, (first.id, second.id)
    desk.controller.typing(True)
    press("J", modified=False, visible=visible)
    assert desk.store.card is None
    desk.controller.typing(False)
    for key, wanted in (("J", first), ("J", second), ("J", second), ("K", first)):
        press(key, modified=False, visible=visible)
        assert desk.store.card is not None
        assert desk.store.card.id == wanted.id
    press("C", modified=True, visible=visible)  # Ctrl+C copies
    assert desk.store.pending == {}
    press("C", modified=False, visible=visible)
    await desk.until_status(first.id, BundleStatus.IN_PROGRESS)
    press("Escape", modified=False, visible=visible)
    assert desk.store.card is None


async def test_choices_of_look_are_remembered(desk: Desk) -> None:
    desk.controller.switch_language()
    desk.controller.appearance.next_theme()
    assert desk.around.remembered == {"language": "en", "theme": "light"}


def test_routes() -> None:
    assert alarm_of_route("/alarms/0198c0de-0000-7000-8000-000000000001?x=1") == UUID("0198c0de-0000-7000-8000-000000000001")
    assert [alarm_of_route(route) for route in ("/", "/alarms", "/alarms/nic", "/a/b/c")] == [None] * 4


async def test_nothing_runs_on_after_stop(desk: Desk) -> None:
    await desk.log_in()
    await desk.controller.stop()
    mine = [task for task in asyncio.all_tasks() if "Controller" in repr(task.get_coro())]
    assert mine == []
