"""R-ESCALATE: the ladder and its clock, as a table."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from workflows.domain.alarm import Priority
from workflows.domain.bundle import BundleState, BundleStatus
from workflows.domain.escalation import (
    FRESH_FOR,
    LONGEST_PAUSE,
    DeliveryStatus,
    Ladder,
    Link,
    LinkStep,
    Ring,
    Stance,
    Watch,
    begin,
    fault_of_levels,
    judge_http,
    judge_smtp,
    link_step,
    next_ring,
    pause_before,
    reached_nobody,
    rings,
    told,
    waits_since,
    wants_push,
)

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
LADDER = Ladder(
    rungs=(timedelta(), timedelta(minutes=10), timedelta(minutes=30)),
    left_after=timedelta(minutes=15),
    repeat_after=timedelta(minutes=20),
)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def rung(watch: Watch, ladder: Ladder = LADDER) -> tuple[Watch, Ring]:
    """The next ring, when it is due."""
    ring = next_ring(ladder, watch)
    assert ring is not None
    return rings(watch, ring, ring.due_at), ring


def levels_from(watch: Watch, count: int) -> list[tuple[int, datetime]]:
    found = []
    for _ in range(count):
        watch, ring = rung(watch)
        found.append((ring.level, ring.due_at))
    return found


def test_an_unclaimed_alarm_rings_at_once_after_10_and_after_30_minutes_and_all_again_20_minutes_later() -> None:
    expected = [(1, at(0)), (2, at(10)), (3, at(30)), (1, at(50)), (2, at(50)), (3, at(50))]
    watch = begin(BundleStatus.NEW, NOON)
    found = []
    for _ in expected:
        ring = next_ring(LADDER, watch)
        assert ring is not None
        watch = rings(watch, ring, max(ring.due_at, watch.rang_at or NOON))
        found.append((ring.level, max(ring.due_at, watch.rang_at or NOON)))
    assert found == expected
    assert watch.round == 2


@pytest.mark.parametrize("status", [BundleStatus.ACK, BundleStatus.RESOLVED, BundleStatus.CLOSED])
def test_it_is_over_when_somebody_deals_with_it_for_good(status: BundleStatus) -> None:
    over = told(begin(BundleStatus.NEW, NOON), status, at(1))
    assert (over.stance, next_ring(LADDER, over)) == (Stance.OVER, None)
    assert told(over, BundleStatus.NEW, at(2)) == over


def test_a_claim_stops_the_ladder_and_each_action_puts_off_that_it_counts_as_left() -> None:
    watch, _ = rung(begin(BundleStatus.NEW, NOON))
    held = told(watch, BundleStatus.CLAIMING, at(4))
    assert next_ring(LADDER, held) == Ring(level=1, due_at=at(19), again=True)
    assert next_ring(replace(LADDER, left_after=None), held) is None
    held = told(held, BundleStatus.IN_PROGRESS, at(5))
    assert next_ring(LADDER, held) == Ring(level=1, due_at=at(20), again=True)


def test_a_released_alarm_rings_what_rang_before_at_once_and_the_clock_goes_on_where_it_stood() -> None:
    watch, _ = rung(begin(BundleStatus.NEW, NOON))
    watch, _ = rung(watch)
    held = told(watch, BundleStatus.CLAIMING, at(12))
    free = told(held, BundleStatus.NEW, at(100))
    assert (free.round, free.waited) == (2, timedelta(minutes=12))
    assert levels_from(free, 3) == [(1, at(100)), (2, at(100)), (3, at(118))]


def test_claiming_and_letting_go_puts_nothing_off() -> None:
    watch = begin(BundleStatus.NEW, NOON)
    for minute in range(1, 9):
        watch = told(watch, BundleStatus.CLAIMING, at(minute))
        watch = told(watch, BundleStatus.NEW, at(minute + 0.5))
    assert watch.waited == timedelta(minutes=4.5)
    assert levels_from(watch, 2)[1] == (2, at(8.5 + 5.5))


def test_a_claimed_alarm_that_is_left_rings_again_until_somebody_acts() -> None:
    held = told(begin(BundleStatus.NEW, NOON), BundleStatus.IN_PROGRESS, at(2))
    left, ring = rung(held)
    assert (ring.level, ring.due_at, left.stance, left.round) == (1, at(17), Stance.LEFT, 2)
    assert levels_from(left, 2) == [(2, at(25)), (3, at(45))]
    assert told(left, BundleStatus.IN_PROGRESS, at(18)).stance is Stance.HELD
    assert told(left, BundleStatus.NEW, at(18)).waited == timedelta(minutes=3)


def test_what_was_told_before_the_stance_began_does_not_turn_the_clock_back() -> None:
    held = told(begin(BundleStatus.NEW, NOON), BundleStatus.CLAIMING, at(-5))
    assert (held.since, held.waited) == (NOON, timedelta())


def test_news_that_change_nothing_leave_a_waiting_alarm_as_it_is() -> None:
    watch, _ = rung(begin(BundleStatus.NEW, NOON))
    assert told(watch, BundleStatus.NEW, at(3)) == watch


def test_after_a_level_that_reached_nobody_the_next_is_due_at_once_and_the_others_keep_their_distance() -> None:
    watch, _ = rung(begin(BundleStatus.NEW, NOON))
    watch = reached_nobody(LADDER, watch, at(1))
    assert levels_from(watch, 2) == [(2, at(1)), (3, at(21))]


def test_after_the_last_level_there_is_none_to_hurry_to() -> None:
    watch = begin(BundleStatus.NEW, NOON)
    for _ in LADDER.rungs:
        watch, _ = rung(watch)
    assert reached_nobody(LADDER, watch, at(31)) == watch
    assert next_ring(LADDER, watch) == Ring(level=1, due_at=at(50), again=True)
    assert next_ring(replace(LADDER, repeat_after=None), watch) is None


def test_without_a_policy_there_is_nothing_to_wait_for() -> None:
    assert next_ring(Ladder(), begin(BundleStatus.NEW, NOON)) is None


def test_pauses_between_tries_double_up_to_a_limit_and_end_with_the_last_try() -> None:
    ladder = Ladder(attempts=8, retry_after=timedelta(seconds=5))
    pauses = [pause_before(ladder, attempt) for attempt in range(2, 10)]
    seconds = [5, 10, 20, 40, 80, LONGEST_PAUSE.total_seconds(), LONGEST_PAUSE.total_seconds()]
    assert pauses == [*(timedelta(seconds=one) for one in seconds), None]


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        *((status, DeliveryStatus.SENT) for status in (200, 202, 204)),
        *((status, DeliveryStatus.FAILED) for status in (408, 425, 429, 500, 503)),
        *((status, DeliveryStatus.REFUSED) for status in (301, 302, 400, 401, 403, 404, 410)),
    ],
)
def test_what_an_http_answer_means(status: int, meaning: DeliveryStatus) -> None:
    assert judge_http(status) is meaning


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (250, DeliveryStatus.SENT),
        (421, DeliveryStatus.FAILED),
        (451, DeliveryStatus.FAILED),
        (-1, DeliveryStatus.FAILED),
        (535, DeliveryStatus.REFUSED),
        (550, DeliveryStatus.REFUSED),
    ],
)
def test_what_an_smtp_answer_means(code: int, meaning: DeliveryStatus) -> None:
    assert judge_smtp(code) is meaning


@pytest.mark.parametrize(
    ("in_background", "silent_for", "wanted"),
    [(True, timedelta(), True), (False, timedelta(), False), (False, FRESH_FOR + timedelta(seconds=1), True)],
)
def test_an_app_in_the_foreground_needs_no_push_while_it_goes_on_saying_so(
    in_background: bool, silent_for: timedelta, wanted: bool
) -> None:
    assert wants_push(in_background=in_background, last_seen_at=NOON - silent_for, now=NOON) is wanted


def test_levels_ascend_and_there_is_one() -> None:
    minutes = [timedelta(minutes=minute) for minute in (0, 10, 10, 30)]
    assert fault_of_levels(minutes) is None
    assert fault_of_levels(reversed(minutes)) is not None
    assert fault_of_levels([]) is not None


def alarm(status: BundleStatus, priority: Priority = Priority.CRITICAL) -> BundleState:
    """Brought to ``status`` a minute after it was opened, and last acted on two minutes after."""
    return BundleState(
        status=status,
        version=3,
        priority=priority,
        opened_at=NOON,
        status_changed_at=NOON + timedelta(minutes=1),
        last_activity_at=NOON + timedelta(minutes=2),
    )


@pytest.mark.parametrize(
    ("link", "status", "priority", "expected"),
    [
        (Link(begun=True, lost=True), BundleStatus.NEW, Priority.CRITICAL, LinkStep.ASK),
        (Link(begun=True, lost=True), BundleStatus.IN_PROGRESS, Priority.CRITICAL, LinkStep.ASK),
        (Link(begun=True, lost=True), BundleStatus.ACK, Priority.CRITICAL, None),
        (Link(begun=True, lost=True, untold_at=NOON), BundleStatus.ACK, Priority.CRITICAL, LinkStep.TELL),
        (Link(lost=True), BundleStatus.NEW, Priority.HIGH, None),
        (Link(begun=True), BundleStatus.IN_PROGRESS, Priority.CRITICAL, None),
    ],
)
def test_one_that_is_lost_is_asked_for_anew_while_the_alarm_needs_somebody(
    link: Link, status: BundleStatus, priority: Priority, expected: LinkStep | None
) -> None:
    assert link_step(link, alarm(status, priority)) is expected


def test_a_claimed_alarm_is_left_from_what_was_last_done_and_a_new_one_waits_from_its_beginning() -> None:
    now = NOON + timedelta(minutes=9)
    assert waits_since(Link(), alarm(BundleStatus.IN_PROGRESS), now) == NOON + timedelta(minutes=2)
    assert waits_since(Link(), alarm(BundleStatus.NEW), now) == NOON + timedelta(minutes=1)
    assert waits_since(Link(calm=True), alarm(BundleStatus.NEW), now) == now
