"""What is drawn from a state."""

from dataclasses import replace
from datetime import timedelta

import pytest

from api.client.models import AlarmDetail, Event, Note, Object, ObjectStatus, Text, Timeline, TimelineItem, TimelineKind
from api.client.notification import Notification
from tests.ui.factories import NOW, alarm, pushed, user
from ui_flutter.i18n.words import Language, Words
from ui_flutter.state import format as formats
from ui_flutter.state import present, present_card, present_trust, problems
from ui_flutter.state.actions import offered
from ui_flutter.state.link import Link, Phase
from ui_flutter.state.order import Filter
from ui_flutter.state.store import Card, CardPhase, Dialog, Login, Store
from ui_flutter.state.views import DetailPhase, DialogKind, ListPhase, Mood
from workflows.domain.alarm import AlarmType, Family, Priority, Source
from workflows.domain.bundle import Action, BundleStatus
from workflows.domain.errors import ErrorCode
from workflows.domain.escalation import Channel, DeliveryStatus, Purpose
from workflows.domain.permissions import Role

PL, EN = Words(Language.PL), Words(Language.EN)


@pytest.fixture
def store() -> Store:
    """An operator, logged in, live, with an empty list."""
    link = Link(phase=Phase.LIVE).heard(NOW)
    return Store(login=Login.IN, user=user(), link=link, list_phase=ListPhase.READY)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (65, "1:05"), (599, "9:59"), (600, "10 min"), (3599, "59 min"), (3600, "1 h 00"), (86399, "23 h 59"),
     (86400, "1 dzień"),
     (172800, "2 dni"), (-5, "0:00")],
)  # fmt: skip
def test_an_age_counts_up_in_the_unit_that_matters(seconds: int, text: str) -> None:
    assert formats.counter(timedelta(seconds=seconds), PL) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(42, "42 s"), (420, "7 min"), (11_220, "3 h 07 min"), (172_800, "2 dni"), (-5, "0 s")]
)
def test_an_age_inside_a_sentence_names_its_units(seconds: int, text: str) -> None:
    assert formats.spoken(timedelta(seconds=seconds), PL) == text


def test_initials() -> None:
    assert [formats.initials(name) for name in ("Jan Kowalski", "operator", "Łucja Anna Żak")] == ["JK", "OP", "ŁA"]


def test_a_row_says_class_what_where_why_and_who(store: Store) -> None:
    one = alarm(event_count=3, alarm_type=AlarmType.FIRE, priority=Priority.CRITICAL, active_count=2)
    row = present.row(one, store, NOW)
    assert (row.rank, row.title, row.place, row.count) == (1, "Pożar — linia 3 Korytarz", "Hurtownia Żółw", "×3")
    assert row.why.startswith("3 sygnały, ostatni ")
    assert (row.blinks, row.is_active, row.owner) == (True, True, "")
    assert row.spoken == ("P1 Krytyczny, Pożar — linia 3 Korytarz, Hurtownia Żółw, Nowy, nieprzejęty, 2 źródła wciąż w alarmie")


def test_a_claimed_row_is_steady_and_carries_initials(store: Store) -> None:
    assert store.user is not None
    mine = present.row(alarm(status=BundleStatus.IN_PROGRESS, claimed_by=store.user.id), store, NOW)
    assert (mine.blinks, mine.owner, mine.owner_name) == (False, "JK", "Jan Kowalski")


def test_a_suppressed_alarm_is_drawn_but_neither_blinks_nor_counts(store: Store) -> None:
    quiet = alarm(suppressed=True, priority=Priority.CRITICAL)
    store.book.learn(quiet)
    assert not present.row(quiet, store, NOW).blinks
    assert present.top(store).counts == (0, 0, 0, 0)
    assert not present.frame(store).urgent
    assert present.listing(store, NOW).ids == (quiet.id,)


def test_the_window_has_a_red_border_while_a_p1_or_p2_waits(store: Store) -> None:
    store.book.learn(alarm(priority=Priority.MEDIUM))
    assert not present.frame(store).urgent
    store.book.learn(alarm(priority=Priority.HIGH))
    assert present.frame(store).urgent


@pytest.mark.parametrize(("ago", "mood"), [(10, Mood.GOOD), (70, Mood.WARN), (130, Mood.BAD)])
def test_the_age_bar_is_measured_against_the_target_of_the_class(store: Store, ago: int, mood: Mood) -> None:
    assert present.meter(alarm(priority=Priority.HIGH, ago=ago), store, NOW).mood is mood


def test_a_claimed_alarm_no_longer_wears_its_target_out(store: Store) -> None:
    claimed = alarm(priority=Priority.HIGH, ago=500, status=BundleStatus.ACK)
    assert present.meter(claimed, store, NOW).mood is Mood.QUIET


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("198.51.100.7", "wspólny adres 198.51.100.7: router albo łącze w tym miejscu"),
        ("*", "wiele obiektów naraz, bez wspólnego adresu: operator łączy albo nasza sieć"),
    ],
)
def test_lines_lost_together_say_in_list_and_card_what_they_have_in_common(store: Store, cause: str, words: str) -> None:
    lost = alarm(alarm_type=AlarmType.COMM_LOSS, object_name="Stacja monitorowania", cause=cause)
    row = present.row(lost, store, NOW)
    assert row.place == f"Stacja monitorowania · {words}"
    assert words in row.spoken
    store.book.push(pushed(lost, version=2))
    store.card = Card(id=lost.id)
    view = present_card.detail(store, NOW)
    assert view.why.startswith(words)
    assert words in [fact.value for fact in view.facts]


def test_the_list_shows_a_window_and_says_so(store: Store) -> None:
    for n in range(142):
        store.book.learn(alarm(ago=n))
    view = present.listing(store, NOW)
    assert (len(view.ids), view.footer, view.can_show_more) == (60, "Pokazano 60 z 142", True)


def test_an_empty_list_says_why_it_is_empty(store: Store) -> None:
    assert present.listing(store, NOW).empty == "Spokój. Brak otwartych alarmów."
    store.filter = Filter(query="nic")
    view = present.listing(store, NOW)
    assert (view.empty, view.can_clear) == ("Nic nie pasuje do filtrów.", True)


def test_a_stale_picture_is_veiled_dated_and_bannered(store: Store) -> None:
    late = NOW + timedelta(seconds=14)
    store.link = store.link.lost(NOW, timedelta(seconds=17))
    assert present.listing(store, late).veiled == f"dane z {formats.clock(NOW)}"
    assert present.link(store, late).label == "Brak połączenia"
    (banner,) = present_trust.banners(store, late)
    assert banner.mood is Mood.BAD
    assert banner.text.startswith(f"Brak połączenia z serwerem od 14 s — dane z {formats.clock(NOW)}")
    assert banner.detail == "Kolejna próba za 4 s."


def test_a_short_loss_is_reconnecting_and_not_yet_stale(store: Store) -> None:
    store.link = store.link.lost(NOW, timedelta(seconds=1))
    soon = NOW + timedelta(seconds=3)
    assert present.link(store, soon).mood is Mood.WARN
    assert present.listing(store, soon).veiled == ""
    assert present_trust.banners(store, soon) == ()


def test_silence_without_a_broken_socket_is_shown_as_a_lost_connection(store: Store) -> None:
    late = NOW + timedelta(seconds=11)
    assert store.link.phase is Phase.LIVE
    assert present.link(store, late).mood is Mood.BAD


def test_after_a_reconnect_the_operator_is_told_what_was_missed(store: Store) -> None:
    store.came_back = 3
    assert [banner.text for banner in present_trust.banners(store, NOW)] == [
        "Połączenie wróciło. W czasie przerwy: 3 nowe alarmy."
    ]


# -- the card


def place() -> Object:
    return Object(
        id=alarm().object_id, name="Hurtownia Żółw", address="ul. Morska 12", kind="SHOP", external_number="10470",
        status=ObjectStatus.ACTIVE, version=1, created_at=NOW,
    )  # fmt: skip


def opened(store: Store, **changes: object) -> Card:
    one = alarm(**changes)
    store.book.learn(one)
    values = {name: getattr(one, name) for name in one.__dataclass_fields__}
    detail = AlarmDetail(**values, object=place(), workflow_id="bundle/x", temporal_url="http://t/x")
    store.card = Card(id=one.id, phase=CardPhase.READY, detail=detail)
    return store.card


@pytest.mark.parametrize(("minutes", "shown"), [(70, "Tryb serwisowy do "), (-1, "")])
def test_r_service_the_card_says_until_when_the_object_is_in_service(store: Store, minutes: int, shown: str) -> None:
    card = opened(store, suppressed=True)
    assert card.detail is not None
    until = NOW + timedelta(minutes=minutes)
    card.detail = replace(card.detail, object=replace(place(), service_until=until))
    view = present_card.detail(store, NOW)
    assert (view.suppressed, view.service) == (True, f"{shown}{formats.moment(until, NOW)}" if shown else "")


def test_a_known_alarm_is_drawn_before_its_details_have_come(store: Store) -> None:
    one = alarm()
    store.book.learn(one)
    store.card = Card(id=one.id)
    view = present_card.detail(store, NOW)
    assert (view.phase, view.title) == (DetailPhase.READY, "Włamanie — linia 3 Korytarz")
    assert view.timeline_phase is DetailPhase.LOADING


@pytest.mark.parametrize(
    ("status", "mine", "actions"),
    [
        (BundleStatus.NEW, False, [Action.CLAIM]),
        (BundleStatus.CLAIMING, True, [Action.START, Action.RELEASE]),
        (BundleStatus.CLAIMING, False, []),
        (BundleStatus.IN_PROGRESS, True, [Action.ACK, Action.RELEASE]),
        (BundleStatus.IN_PROGRESS, False, [Action.TAKE_OVER]),
        (BundleStatus.ACK, False, [Action.TAKE_OVER]),
        (BundleStatus.RESOLVED, False, [Action.TAKE_OVER]),
        (BundleStatus.ACK, True, [Action.RESOLVE]),
        (BundleStatus.RESOLVED, True, [Action.CLOSE]),
        (BundleStatus.CLOSED, True, []),
    ],
)
def test_the_card_offers_what_the_state_machine_allows(
    store: Store, status: BundleStatus, mine: bool, actions: list[Action]
) -> None:
    assert store.user is not None
    owner = store.user.id if mine else alarm().id
    opened(store, status=status, claimed_by=None if status is BundleStatus.NEW else owner)
    assert [button.action for button in present_card.detail(store, NOW).buttons] == actions


def test_an_auditor_is_offered_nothing_and_told_why(store: Store) -> None:
    store.user = user(Role.AUDITOR)
    opened(store)
    assert offered(alarm(), store.user, NOW) == ()
    view = present_card.detail(store, NOW)
    assert (view.buttons, view.can_note) == ((), False)
    assert present_card.hint(store, NOW) == "Twoja rola pozwala tylko przeglądać alarmy."


def test_a_master_may_go_on_with_somebody_elses_alarm(store: Store) -> None:
    master = user(Role.MASTER)
    assert Action.ACK in offered(alarm(status=BundleStatus.IN_PROGRESS, claimed_by=alarm().id), master, NOW)


def test_a_button_that_was_pressed_waits_for_its_answer(store: Store) -> None:
    card = opened(store)
    store.pending[card.id] = Action.CLAIM
    (button,) = present_card.detail(store, NOW).buttons
    assert (button.label, button.enabled) == ("Wysyłanie…", False)


def test_the_timeline_is_newest_first_in_the_operators_language(store: Store) -> None:
    card = opened(store)
    event = Event(
        id=card.id, object_id=card.id, code=130, text=Text(en="Burglary", pl="Włamanie do lokalu"), occurrences=2,
        family=Family.ZONE_ALARM, source_kind=Source.ZONE, source_number=3, source_name="Korytarz", priority=Priority.HIGH,
        occurred_at=NOW - timedelta(minutes=9), received_at=NOW, recorded_at=NOW, recovered=True,
    )  # fmt: skip
    note = Note(id=card.id, author_id=card.id, author_name="Anna Nowak", text="Patrol w drodze", at=NOW)
    notified = Notification(
        id=card.id, at=NOW, status=DeliveryStatus.SENT, code="250", purpose=Purpose.RING, round=1, level=2, attempt=1,
        channel=Channel.EMAIL, user_name="Jan Dyżurny",
    )  # fmt: skip
    items = (
        TimelineItem(at=NOW, kind=TimelineKind.EVENT, event=event),
        TimelineItem(at=NOW, kind=TimelineKind.ACTION, action=Action.CLAIM, actor_name="Anna Nowak"),
        TimelineItem(at=NOW, kind=TimelineKind.ACTION, action=Action.ADD_NOTE, actor_name="Anna Nowak"),
        TimelineItem(at=NOW, kind=TimelineKind.NOTE, note=note),
        TimelineItem(at=NOW, kind=TimelineKind.TIMER, action=Action.EXPIRE_CLAIM),
        TimelineItem(at=NOW, kind=TimelineKind.NOTIFICATION, notification=notified),
        TimelineItem(at=NOW, kind=TimelineKind.SCHEDULED, action=Action.MARK_STALE, due_at=NOW + timedelta(days=1)),
    )
    card.timeline = Timeline(items=items, workflow_id="bundle/x", temporal_url="")
    lines = present_card.detail(store, NOW).lines
    assert [(line.text, line.who, line.note) for line in lines] == [
        ("Zostanie oznaczony jako otwarty ponad dobę", "", ""),
        ("Powiadomiono", "Jan Dyżurny", "L2 · EMAIL · 250"),
        ("Przejęcie wygasło: karta nie została otwarta w porę", "system", ""),
        ("Notatka", "Anna Nowak", "Patrol w drodze"),
        ("Przejęto", "Anna Nowak", ""),
        ("Włamanie do lokalu, linia 3 Korytarz", "odczytane z rejestru centrali, dotarło 9 min po zdarzeniu, 2 razy", ""),
    ]
    store.language = Language.EN
    assert present_card.detail(store, NOW).lines[-1].text == "Burglary, zone 3 Korytarz"


def test_an_alarm_that_requires_a_note_says_so_in_the_dialog(store: Store) -> None:
    card = opened(store, requires_note=True, status=BundleStatus.IN_PROGRESS)
    store.dialog = Dialog(kind=DialogKind.ACK, alarm_id=card.id)
    assert present_card.dialog(store).note_required


# -- errors


def test_a_conflict_says_what_changed() -> None:
    before = alarm()
    after = replace(
        before, version=2, status=BundleStatus.IN_PROGRESS, claimed_by=before.id, claimed_by_name="Anna Nowak", event_count=3
    )
    expected = "status: Nowy → W toku, prowadzi: Anna Nowak, 2 nowe sygnały"
    assert problems.changes(PL, before, after) == expected


def test_errors_are_told_by_code_and_unknown_ones_by_the_servers_title() -> None:
    assert problems.message(PL, ErrorCode.STALE_VERSION) == "Dane zmienione — odśwież."
    assert problems.message(EN, ErrorCode.VALIDATION, detail="note: too long").endswith("note: too long")
    assert problems.message(EN, "FLUX", title="The flux is off.") == "Error: The flux is off."
    assert problems.mood(ErrorCode.TEMPORAL_UNAVAILABLE) is Mood.WARN
    assert problems.mood(ErrorCode.INTERNAL) is Mood.BAD
