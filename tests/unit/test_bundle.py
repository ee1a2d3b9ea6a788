"""The bundle's state machine (R-BUNDLE): every action × status × actor × version × note against a table written by hand."""

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest

from workflows.domain.alarm import Priority
from workflows.domain.bundle import (
    AUTO_CLOSE_AFTER,
    CLAIM_TTL,
    JOIN_WINDOW,
    JOINABLE,
    OPEN,
    STALE_AFTER,
    TIMER_ACTIONS,
    Action,
    Attempt,
    BundleState,
    BundleStatus,
    Refusal,
    Step,
    apply,
    decide,
    due,
    joined,
    joins,
    next_timer,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OWNER, OTHER = UUID(int=1), UUID(int=2)
OWNED = frozenset(
    {BundleStatus.CLAIMING, BundleStatus.IN_PROGRESS, BundleStatus.ACK, BundleStatus.RESOLVED, BundleStatus.CLOSED}
)

# What each operator's action makes of each status; a pair that is not here is refused.
TABLE: dict[tuple[Action, str], str] = {
    (Action.CLAIM, "NEW"): "CLAIMING",
    (Action.START, "CLAIMING"): "IN_PROGRESS",
    (Action.RELEASE, "CLAIMING"): "NEW",
    (Action.RELEASE, "IN_PROGRESS"): "NEW",
    (Action.TAKE_OVER, "IN_PROGRESS"): "IN_PROGRESS",
    (Action.TAKE_OVER, "ACK"): "ACK",
    (Action.TAKE_OVER, "RESOLVED"): "RESOLVED",
    (Action.ACK, "IN_PROGRESS"): "ACK",
    (Action.RESOLVE, "ACK"): "RESOLVED",
    (Action.CLOSE, "RESOLVED"): "CLOSED",
    (Action.ADD_NOTE, "NEW"): "NEW",
    (Action.ADD_NOTE, "CLAIMING"): "CLAIMING",
    (Action.ADD_NOTE, "IN_PROGRESS"): "IN_PROGRESS",
    (Action.ADD_NOTE, "ACK"): "ACK",
    (Action.ADD_NOTE, "RESOLVED"): "RESOLVED",
}
OPERATOR_ACTIONS = tuple(action for action in Action if action not in TIMER_ACTIONS)
FREE_FOR_ALL = {Action.CLAIM, Action.TAKE_OVER, Action.ADD_NOTE}


def state(status: BundleStatus = BundleStatus.NEW, *, age: timedelta = timedelta(0), **more: object) -> BundleState:
    """A bundle at version 7 that has stood as it is since ``age`` ago."""
    moment = NOW - age
    fields: dict[str, object] = {
        "status": status,
        "version": 7,
        "priority": Priority.HIGH,
        "opened_at": moment,
        "status_changed_at": moment,
        "last_activity_at": moment,
        "claimed_by": OWNER if status in OWNED else None,
    }
    return BundleState(**(fields | more))  # type: ignore[arg-type]


def attempt(action: Action, **more: object) -> Attempt:
    """The owner's attempt with the right version and a note; a timer's has neither."""
    timer: dict[str, object] = {"action": action, "now": NOW}
    operator = {**timer, "actor": OWNER, "expected_version": 7, "has_note": True}
    return Attempt(**((timer if action in TIMER_ACTIONS else operator) | more))  # type: ignore[arg-type]


def expected(
    action: Action, status: BundleStatus, *, actor: UUID, override: bool, fresh: bool, note: bool, needs: bool
) -> object:
    """The table, read as a sentence: version before status before owner before note."""
    if not fresh:
        return Refusal.STALE_VERSION
    if (action, status.value) not in TABLE or (action is Action.TAKE_OVER and actor == OWNER):
        return Refusal.WRONG_STATUS
    if action not in FREE_FOR_ALL and actor == OTHER and not override:
        return Refusal.NOT_OWNER
    if not note and (action in {Action.ADD_NOTE, Action.TAKE_OVER} or (action is Action.ACK and needs)):
        return Refusal.NOTE_REQUIRED
    return BundleStatus(TABLE[action, status.value])


BOOL = (False, True)


@pytest.mark.parametrize(("action", "status"), list(product(OPERATOR_ACTIONS, BundleStatus)))
def test_operators_actions_follow_the_table(action: Action, status: BundleStatus) -> None:
    for actor, override, fresh, note, needs in product((OWNER, OTHER), BOOL, BOOL, BOOL, BOOL):
        verdict = decide(
            state(status, requires_note=needs),
            attempt(action, actor=actor, may_override=override, expected_version=7 if fresh else 6, has_note=note),
        )
        got = verdict if isinstance(verdict, Refusal) else verdict.status
        assert got == expected(action, status, actor=actor, override=override, fresh=fresh, note=note, needs=needs), (
            f"{actor=} {override=} {fresh=} {note=} {needs=}"
        )


@pytest.mark.parametrize("version", [None, 6, 8])
def test_an_operator_must_name_the_very_version(version: int | None) -> None:
    assert decide(state(), attempt(Action.CLAIM, expected_version=version)) is Refusal.STALE_VERSION


@pytest.mark.parametrize(
    ("action", "status", "owner"),
    [
        (Action.CLAIM, BundleStatus.NEW, OTHER),
        (Action.START, BundleStatus.CLAIMING, OTHER),
        (Action.ACK, BundleStatus.IN_PROGRESS, OTHER),
        (Action.RESOLVE, BundleStatus.ACK, OTHER),
        (Action.CLOSE, BundleStatus.RESOLVED, OTHER),
        (Action.RELEASE, BundleStatus.IN_PROGRESS, None),
        (Action.TAKE_OVER, BundleStatus.IN_PROGRESS, OTHER),
        (Action.TAKE_OVER, BundleStatus.RESOLVED, OTHER),
        (Action.ADD_NOTE, BundleStatus.IN_PROGRESS, OWNER),
    ],
)
def test_who_acts_in_anothers_place_takes_it_but_a_note_does_not(
    action: Action, status: BundleStatus, owner: UUID | None
) -> None:
    verdict = decide(state(status), attempt(action, actor=OTHER, may_override=True))
    assert isinstance(verdict, Step)
    assert verdict.claimed_by == owner


TIMERS = [
    (Action.EXPIRE_CLAIM, BundleStatus.CLAIMING, CLAIM_TTL, BundleStatus.NEW, None),
    (Action.AUTO_CLOSE, BundleStatus.RESOLVED, AUTO_CLOSE_AFTER, BundleStatus.CLOSED, OWNER),
    *((Action.MARK_STALE, status, STALE_AFTER, status, OWNER if status in OWNED else None) for status in OPEN),
]


@pytest.mark.parametrize(("action", "status", "after", "to", "owner"), TIMERS)
def test_a_timer_acts_when_due_and_not_a_moment_before(
    action: Action, status: BundleStatus, after: timedelta, to: BundleStatus, owner: UUID | None
) -> None:
    early = decide(state(status, age=after - timedelta(microseconds=1)), attempt(action))
    on_time = decide(state(status, age=after), attempt(action))
    assert early is Refusal.NOT_DUE
    assert on_time == Step(status=to, claimed_by=owner)


@pytest.mark.parametrize(
    ("action", "status"),
    [
        *((Action.EXPIRE_CLAIM, status) for status in BundleStatus if status is not BundleStatus.CLAIMING),
        *((Action.AUTO_CLOSE, status) for status in BundleStatus if status is not BundleStatus.RESOLVED),
        (Action.MARK_STALE, BundleStatus.CLOSED),
    ],
)
def test_a_timer_that_comes_too_late_finds_the_wrong_status(action: Action, status: BundleStatus) -> None:
    assert decide(state(status, age=timedelta(days=9)), attempt(action)) is Refusal.WRONG_STATUS


def test_stale_is_marked_once() -> None:
    marked = state(age=timedelta(days=2), stale=True)
    assert decide(marked, attempt(Action.MARK_STALE)) is Refusal.NOT_DUE
    assert next_timer(marked) is None


@pytest.mark.parametrize(
    ("status", "age", "action", "in_"),
    [
        (BundleStatus.NEW, timedelta(0), Action.MARK_STALE, STALE_AFTER),
        (BundleStatus.CLAIMING, timedelta(seconds=10), Action.EXPIRE_CLAIM, timedelta(seconds=20)),
        (BundleStatus.IN_PROGRESS, timedelta(0), Action.MARK_STALE, STALE_AFTER),
        (BundleStatus.RESOLVED, timedelta(minutes=10), Action.AUTO_CLOSE, timedelta(minutes=20)),
    ],
)
def test_the_earliest_timer_is_next(status: BundleStatus, age: timedelta, action: Action, in_: timedelta) -> None:
    assert next_timer(state(status, age=age)) == (action, NOW + in_)


def test_a_closed_bundle_waits_for_nothing() -> None:
    assert next_timer(state(BundleStatus.CLOSED)) is None


def test_automatic_closing_slides_with_activity_but_not_with_a_timer() -> None:
    resolved = state(BundleStatus.RESOLVED, age=timedelta(minutes=20))
    noted = apply(resolved, attempt(Action.ADD_NOTE), Step(status=resolved.status, claimed_by=OWNER))
    marked = apply(resolved, attempt(Action.MARK_STALE), Step(status=resolved.status, claimed_by=OWNER))
    assert due(noted, Action.AUTO_CLOSE) == NOW + AUTO_CLOSE_AFTER
    assert due(marked, Action.AUTO_CLOSE) == due(resolved, Action.AUTO_CLOSE)


def test_every_accepted_action_raises_the_version_and_only_a_new_status_restamps() -> None:
    claimed = apply(state(age=CLAIM_TTL), attempt(Action.CLAIM), Step(status=BundleStatus.CLAIMING, claimed_by=OWNER))
    noted = apply(state(age=CLAIM_TTL), attempt(Action.ADD_NOTE), Step(status=BundleStatus.NEW, claimed_by=None))
    assert (claimed.version, claimed.status_changed_at, claimed.last_activity_at) == (8, NOW, NOW)
    assert (noted.version, noted.status_changed_at, noted.last_activity_at) == (8, NOW - CLAIM_TTL, NOW)


def test_an_event_that_joins_moves_activity_forward_only() -> None:
    late = joined(state(), version=8, priority=Priority.CRITICAL, at=NOW - timedelta(minutes=1))
    assert (late.version, late.priority, late.last_activity_at, late.status) == (8, Priority.CRITICAL, NOW, BundleStatus.NEW)


@pytest.mark.parametrize("status", BundleStatus)
def test_events_join_only_before_resolved_and_within_the_window(status: BundleStatus) -> None:
    inside = joins(status=status, last_event_at=NOW, event_at=NOW + JOIN_WINDOW)
    outside = joins(status=status, last_event_at=NOW, event_at=NOW + JOIN_WINDOW + timedelta(microseconds=1))
    assert (inside, outside) == (status in JOINABLE, False)
