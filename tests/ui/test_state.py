"""The pure state: book, order, link, toasts."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from tests.ui.factories import NOW, PANEL, alarm, pushed, user
from ui_flutter.i18n.words import Language
from ui_flutter.state.book import AlarmBook
from ui_flutter.state.link import Link, Phase
from ui_flutter.state.order import FROZEN_FOR, Filter, Order, urgency
from ui_flutter.state.store import Store
from ui_flutter.state.views import Mood, Tab
from ui_flutter.theme import ThemeName
from workflows.domain.alarm import Priority, Source
from workflows.domain.bundle import CLAIM_TTL, BundleStatus

# -- the book


def test_a_pushed_change_of_an_older_or_equal_version_is_no_news() -> None:
    book, known = AlarmBook(), alarm(version=3)
    book.learn(known)
    assert not book.push(pushed(known, version=3, status=BundleStatus.CLOSED))
    assert book.alarms[known.id].status is BundleStatus.NEW
    assert book.push(pushed(known, version=4, status=BundleStatus.CLAIMING))


def test_a_pushed_change_keeps_the_names_rest_told() -> None:
    book, known = AlarmBook(), alarm()
    book.learn(known)
    book.push(pushed(known, version=2, event_count=2))
    after = book.alarms[known.id]
    assert (after.object_name, after.headline.source_name, after.event_count) == ("Hurtownia Żółw", "Korytarz", 2)
    assert book.incomplete() == []


def test_an_alarm_without_names_is_to_be_asked_about() -> None:
    book, fresh = AlarmBook(), alarm()
    book.push(pushed(fresh))
    assert book.incomplete() == [fresh.id]
    book.learn(fresh)
    assert book.incomplete() == []


def test_a_source_without_a_name_is_asked_about_once() -> None:
    book, known = AlarmBook(), alarm()
    nameless = alarm(headline=pushed(known).headline)
    book.learn(nameless)
    book.push(pushed(nameless, version=2))
    assert (PANEL, Source.ZONE, 3) in book.source_names
    assert book.incomplete() == []


def test_names_of_an_older_version_are_given_to_the_newer_one_that_was_pushed_meanwhile() -> None:
    book, asked = AlarmBook(), alarm(version=1)
    book.push(pushed(asked))
    book.push(pushed(asked, version=2, event_count=2))
    book.learn(asked)  # what REST read before that
    after = book.alarms[asked.id]
    assert (after.version, after.object_name, after.headline.source_name) == (2, "Hurtownia Żółw", "Korytarz")
    assert book.incomplete() == []


def test_alarms_of_a_panel_that_is_described_anew_keep_their_names_until_rest_tells_the_new_ones() -> None:
    book, known, elsewhere = AlarmBook(), alarm(), alarm(headline=replace(alarm().headline, panel_id=uuid4()))
    closed = alarm(status=BundleStatus.CLOSED)
    for one in (known, elsewhere, closed):
        book.learn(one)
    assert book.described(PANEL) == [known.id]
    book.push(pushed(known, version=2))
    assert (book.incomplete(), book.alarms[known.id].headline.source_name) == ([known.id], "Korytarz")
    renamed = replace(known, version=2, headline=replace(known.headline, source_name="Magazyn"))
    book.learn(renamed)
    assert (book.incomplete(), book.alarms[known.id].headline.source_name) == ([], "Magazyn")
    book.push(pushed(known, version=3))
    assert book.alarms[known.id].headline.source_name == "Magazyn"


def test_another_alarm_of_a_source_whose_name_was_learned_is_still_to_be_asked_about() -> None:
    book, first, second = AlarmBook(), alarm(), alarm()
    book.push(pushed(first))
    book.push(pushed(second))
    book.learn(first)
    assert book.incomplete() == [second.id]
    book.learn(second)
    assert book.incomplete() == []


def test_a_claimer_nobody_knows_is_to_be_asked_about() -> None:
    book, known, someone = AlarmBook(), alarm(), uuid4()
    book.learn(known)
    book.push(pushed(known, version=2, status=BundleStatus.CLAIMING, claimed_by=someone))
    assert book.incomplete() == [known.id]
    book.learn(alarm(claimed_by=someone, claimed_by_name="Anna Nowak"))
    book.push(pushed(known, version=3, status=BundleStatus.IN_PROGRESS, claimed_by=someone))
    assert book.alarms[known.id].claimed_by_name == "Anna Nowak"


def test_a_pushed_claim_carries_its_deadline() -> None:
    book, known = AlarmBook(), alarm()
    book.push(pushed(known, status=BundleStatus.CLAIMING, status_changed_at=NOW))
    assert book.alarms[known.id].claim_expires_at == NOW + CLAIM_TTL


def test_a_load_drops_what_is_no_longer_open_but_not_what_was_pushed_meanwhile() -> None:
    book, gone, stays, late = AlarmBook(), alarm(), alarm(), alarm()
    for one in (gone, stays):
        book.learn(one)
    mark = book.mark()
    book.push(pushed(late))
    book.load([stays], mark)
    assert book.alarms.keys() == {stays.id, late.id}


def test_a_load_never_goes_back_behind_a_push() -> None:
    book, known = AlarmBook(), alarm()
    mark = book.mark()
    book.push(pushed(known, version=5, status=BundleStatus.ACK))
    book.load([known], mark)
    assert book.alarms[known.id].version == 5


# -- the order


def test_the_oldest_of_the_highest_class_stands_first_and_the_waiting_before_the_claimed() -> None:
    old = alarm(priority=Priority.CRITICAL, ago=300)
    young = alarm(priority=Priority.CRITICAL, ago=10)
    claimed = alarm(priority=Priority.CRITICAL, ago=900, status=BundleStatus.IN_PROGRESS)
    calm = alarm(priority=Priority.LOW, ago=9000)
    silenced = alarm(priority=Priority.CRITICAL, ago=9000, suppressed=True)
    assert sorted([silenced, calm, claimed, young, old], key=urgency) == [old, young, claimed, calm, silenced]


def test_rows_keep_their_places_while_the_pointer_moves_over_them() -> None:
    a, b, c = (UUID(int=n) for n in (1, 2, 3))
    order = Order()
    order.arrange([a, b], NOW)
    order.touch(NOW)
    assert order.arrange([c, b, a], NOW + timedelta(seconds=1)) == [a, b]
    assert order.waiting == 1
    assert order.arrange([c, b, a], NOW + FROZEN_FOR) == [c, b, a]
    assert order.waiting == 0


def test_what_left_the_list_leaves_a_frozen_order_too() -> None:
    a, b = UUID(int=1), UUID(int=2)
    order = Order()
    order.arrange([a, b], NOW)
    order.touch(NOW)
    assert order.arrange([b], NOW) == [b]


def test_the_bar_above_shows_the_newcomers_at_once() -> None:
    a, b = UUID(int=1), UUID(int=2)
    order = Order()
    order.arrange([a], NOW)
    order.touch(NOW)
    order.arrange([b, a], NOW)
    order.thaw()
    assert order.arrange([b, a], NOW) == [b, a]


def test_tabs_split_alarms_by_status_and_owner() -> None:
    me, new, mine, closed = uuid4(), alarm(), alarm(), alarm(status=BundleStatus.CLOSED)
    mine = alarm(status=BundleStatus.IN_PROGRESS, claimed_by=me)
    seen = {tab: [a for a in (new, mine, closed) if Filter(tab=tab).admits(a, me)] for tab in Tab}
    assert seen == {Tab.ACTIVE: [new, mine], Tab.NEW: [new], Tab.MINE: [mine], Tab.CLOSED: [closed]}


def test_the_query_needs_every_word_in_any_case() -> None:
    assert Filter(query="ŻÓŁW  korytarz").finds("Włamanie — linia 3 Korytarz Hurtownia Żółw")
    assert not Filter(query="żółw magazyn").finds("Włamanie — linia 3 Korytarz Hurtownia Żółw")


# -- the link


def test_ten_seconds_without_a_sign_of_life_make_the_picture_stale_whatever_the_socket_believes() -> None:
    link = Link(phase=Phase.LIVE).heard(NOW)
    assert not link.is_stale(NOW + timedelta(seconds=10))
    assert link.is_stale(NOW + timedelta(seconds=10.1))


def test_a_loss_is_dated_from_its_first_failure() -> None:
    link = Link(phase=Phase.LIVE).heard(NOW).lost(NOW, timedelta(seconds=1))
    again = link.lost(NOW + timedelta(seconds=5), timedelta(seconds=2))
    assert (again.lost_at, again.retry_at) == (NOW, NOW + timedelta(seconds=7))


def test_ages_are_counted_by_the_servers_clock() -> None:
    link = Link().heard(NOW, NOW + timedelta(minutes=5))
    assert link.server_now(NOW) == NOW + timedelta(minutes=5)
    assert Link().heard(NOW, NOW + timedelta(seconds=1)).clock_offset == timedelta()


# -- the store


def test_nothing_of_a_session_is_left_after_it_but_the_choices_of_look() -> None:
    store = Store(language=Language.EN, theme=ThemeName.LIGHT, user=user())
    store.book.learn(alarm())
    store.toast("x", Mood.GOOD, NOW)
    store.forget_session()
    assert (store.user, store.book.alarms, store.toasts) == (None, {}, [])
    assert (store.language, store.theme) == (Language.EN, ThemeName.LIGHT)


def test_toasts_do_not_pile_up() -> None:
    store = Store()
    for text, mood in (("a", Mood.BAD), ("b", Mood.GOOD), ("c", Mood.GOOD), ("a", Mood.BAD)):
        store.toast(text, mood, NOW)
    assert [toast.text for toast in store.toasts] == ["c", "a"]
    store.expire_toasts(NOW + timedelta(seconds=7))
    assert [toast.text for toast in store.toasts] == ["a"]
