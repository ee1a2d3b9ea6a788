"""Floods: when they begin and end, and what is then drawn as one line."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from api.client.models import AlarmSummary
from tests.ui.factories import NOW, alarm, user
from ui_flutter.state import present, present_trust
from ui_flutter.state.flood import CALM, LATER, LEAST, TRIP, WINDOW, ends_at, grouped, is_flood
from ui_flutter.state.order import FROZEN_FOR
from ui_flutter.state.store import Card, Login, Store
from ui_flutter.state.views import GroupView, ListPhase, Tab
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import BundleStatus

SHOP = UUID(int=77)


def power(*, ago: float = 30, **more: object) -> AlarmSummary:
    """Mains lost somewhere."""
    return alarm(alarm_type=AlarmType.POWER, priority=Priority.MEDIUM, ago=ago, **more)


@pytest.mark.parametrize(
    ("number", "before", "is_one"),
    [(TRIP, False, False), (TRIP + 1, False, True), (TRIP, True, True), (CALM + 1, True, True), (CALM, True, False)],
)
def test_more_than_ten_in_ten_minutes_are_a_flood_until_five_are_left(number: int, before: bool, is_one: bool) -> None:
    old = [power(ago=601) for _ in range(20)]
    assert is_flood([*old, *(power() for _ in range(number))], NOW, before=before) is is_one


def test_service_mode_is_no_flood() -> None:
    assert not is_flood([power(suppressed=True) for _ in range(50)], NOW, before=False)


def test_the_end_is_foretold_and_kept() -> None:
    alarms = [power(ago=seconds) for seconds in range(10, 130, 10)]
    end = ends_at(alarms, NOW)
    assert is_flood(alarms, end - timedelta(seconds=1), before=True)
    assert not is_flood(alarms, end, before=True)
    assert NOW < end < NOW + WINDOW
    assert ends_at([power()], NOW) == NOW


def test_one_cause_at_many_sites_is_one_group() -> None:
    alarms = [power(ago=n) for n in range(1, 48)]
    (group,) = grouped(alarms)
    assert (group.alarm_type, group.object_id, len(group.ids), group.sites) == (AlarmType.POWER, None, 47, 47)
    assert (group.since, group.rank) == (NOW - timedelta(seconds=47), 3)


def test_many_causes_at_one_site_are_one_group_and_the_larger_group_wins() -> None:
    kinds = (AlarmType.TROUBLE, AlarmType.COMM_LOSS, AlarmType.POWER, AlarmType.CLOCK_DRIFT)
    at_the_shop = [alarm(alarm_type=kind, priority=Priority.LOW, object_id=SHOP) for kind in kinds]
    elsewhere = [power() for _ in range(LEAST - 1)]
    (group,) = grouped([*at_the_shop, *elsewhere])
    assert (group.object_id, set(group.ids)) == (SHOP, {one.id for one in at_the_shop})
    more = [power() for _ in range(5)]
    first, second = grouped([*at_the_shop, *elsewhere, *more])
    assert {first.alarm_type, second.alarm_type} == {AlarmType.POWER, None}
    assert sorted((len(first.ids), len(second.ids))) == [3, 8], "the loss of power at the shop is of the power's group"


@pytest.mark.parametrize(
    "changes",
    [
        {"priority": Priority.CRITICAL},
        {"priority": Priority.HIGH},
        {"status": BundleStatus.IN_PROGRESS},
        {"suppressed": True},
    ],
)
def test_p1_p2_service_and_what_is_worked_on_stay_single(changes: dict[str, object]) -> None:
    single = [replace(power(), **changes) for _ in range(LEAST)]  # type: ignore[arg-type]
    assert grouped(single) == ()


def test_two_are_no_group() -> None:
    assert grouped([power(), power()]) == ()


# -- the list


@pytest.fixture
def store() -> Store:
    made = Store(login=Login.IN, list_phase=ListPhase.READY)
    made.user = user()
    return made


def fill(store: Store, *alarms: AlarmSummary) -> None:
    for one in alarms:
        store.book.learn(one)


def test_the_list_draws_a_flood_as_one_line_below_p1_and_p2(store: Store) -> None:
    burglary, losses = alarm(), [power(ago=n) for n in range(1, 13)]
    fill(store, burglary, *losses)
    view = present.listing(store, NOW)
    first, second = view.lines
    assert first == burglary.id
    assert isinstance(second, GroupView)
    assert (second.count, second.title) == ("12", "Zasilanie")
    assert second.detail.startswith("12 obiektów, od ")
    assert view.ids == (burglary.id,)
    (banner,) = [one for one in present_trust.banners(store, NOW) if one.key == "flood"]
    assert banner.text.startswith("Napływ alarmów: 13 w ciągu 10 minut.")


def test_information_waits_behind_one_line_while_there_is_a_flood_and_never_before_it(store: Store) -> None:
    news = alarm(alarm_type=AlarmType.CLOCK_DRIFT, priority=Priority.LOW, ago=700)
    urgent = [alarm(priority=priority, ago=20) for priority in (Priority.CRITICAL, Priority.HIGH)]
    trouble = alarm(alarm_type=AlarmType.TROUBLE, priority=Priority.MEDIUM, ago=40)
    fill(store, news, *urgent, trouble)
    assert news.id in present.listing(store, NOW).ids
    fill(store, *(power(ago=n) for n in range(1, 13)))
    view = present.listing(store, NOW)
    assert {one.id for one in (*urgent, trouble)} <= set(view.ids)
    assert news.id not in view.ids
    last = view.lines[-1]
    assert isinstance(last, GroupView)
    assert (last.key, last.title, last.count) == (LATER, "Informacje (P4) czekają", "1")
    (banner,) = [one for one in present_trust.banners(store, NOW) if one.key == "flood"]
    assert banner.detail.startswith("Czeka 1 informacja (P4).")
    store.unfolded.add(LATER)
    assert present.listing(store, NOW).ids[-1] == news.id
    store.unfolded.clear()
    assert news.id in present.listing(store, NOW + WINDOW).ids


@pytest.mark.parametrize("changes", [{"status": BundleStatus.IN_PROGRESS}, {"suppressed": True}])
def test_information_that_somebody_works_on_does_not_wait(changes: dict[str, object]) -> None:
    assert grouped([replace(alarm(priority=Priority.LOW), **changes)]) == ()  # type: ignore[arg-type]


def test_a_group_unfolds_in_its_place(store: Store) -> None:
    losses = [power(ago=n) for n in range(1, 13)]
    fill(store, *losses)
    (group,) = present.listing(store, NOW).lines
    assert isinstance(group, GroupView)
    store.unfolded.add(group.key)
    view = present.listing(store, NOW)
    assert isinstance(view.lines[0], GroupView)
    assert view.lines[0].unfolded
    assert set(view.ids) == {one.id for one in losses}


def test_the_list_returns_by_itself(store: Store) -> None:
    fill(store, *(power(ago=n) for n in range(1, 13)))
    assert len(present.listing(store, NOW).lines) == 1
    view = present.listing(store, NOW + WINDOW)
    assert len(view.ids) == 12
    assert [one for one in present_trust.banners(store, NOW + WINDOW) if one.key == "flood"] == []


def test_a_frozen_order_is_not_regrouped_under_the_pointer(store: Store) -> None:
    fill(store, *(power(ago=n) for n in range(1, 10)))
    before = present.listing(store, NOW).ids
    store.order.touch(NOW)
    fill(store, *(power(ago=0) for _ in range(4)))
    frozen = present.listing(store, NOW)
    assert (frozen.ids, frozen.above) == (before, "4 nowe alarmy powyżej")
    thawed = present.listing(store, NOW + FROZEN_FOR)
    assert [type(line) for line in thawed.lines] == [GroupView]


def test_newcomers_join_a_group_that_is_on_the_screen_even_under_the_pointer(store: Store) -> None:
    fill(store, *(power(ago=n) for n in range(1, 13)))
    present.listing(store, NOW)
    store.order.touch(NOW)
    late = alarm(alarm_type=AlarmType.TROUBLE, priority=Priority.MEDIUM)
    fill(store, power(ago=0), late)
    view = present.listing(store, NOW)
    (line,) = view.lines
    assert isinstance(line, GroupView)
    assert (line.count, view.above) == ("13", "1 nowy alarm powyżej")


def test_the_open_alarm_a_search_and_other_tabs_are_not_grouped(store: Store) -> None:
    losses = [power(ago=n) for n in range(1, 13)]
    fill(store, *losses)
    store.card = Card(id=losses[0].id)
    view = present.listing(store, NOW)
    assert (len(view.lines), view.ids) == (2, (losses[0].id,))
    store.filter = replace(store.filter, query="zasilanie")
    assert len(present.listing(store, NOW).ids) == 12
    store.filter = replace(store.filter, query="", tab=Tab.MINE)
    assert present.listing(store, NOW).lines == ()


def test_a_group_that_lost_all_but_one_is_gone(store: Store) -> None:
    losses = [power(ago=n) for n in range(1, 13)]
    fill(store, *losses)
    present.listing(store, NOW)
    for one in losses[1:]:
        store.book.learn(replace(one, status=BundleStatus.IN_PROGRESS, version=2, claimed_by=uuid4()))
    view = present.listing(store, NOW)
    assert not [line for line in view.lines if isinstance(line, GroupView)]
