"""R-REVEAL: how often, how long, and who, as tables."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from workflows.contracts import names
from workflows.domain.permissions import Permission, Role, Scope, scope_of
from workflows.domain.reveal import (
    LIMITS,
    OPEN_WITHIN,
    NotShown,
    RevealState,
    TooMany,
    decide,
    limit_of,
    may_hide,
    may_open,
    refuse_to_show,
    state_at,
)

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
P, V, H, E = RevealState.PENDING, RevealState.VISIBLE, RevealState.HIDDEN, RevealState.EXPIRED


def minutes_ago(*minutes: float) -> list[datetime]:
    return [NOW - timedelta(minutes=each) for each in minutes]


@pytest.mark.parametrize(
    ("role", "limit"),
    [(Role.OPERATOR, 10), (Role.TECHNICIAN, 20), (Role.FIELD_WORKER, 20), (Role.AUDITOR, 20), (Role.ADMIN, None),
     (Role.MASTER, None), (Role.SYSTEM, 0)],
)  # fmt: skip
def test_the_limits_are_the_customers(role: Role, limit: int | None) -> None:
    assert limit_of(role) == limit


def test_whoever_may_reveal_has_a_limit_written_down() -> None:
    may = {role for role in Role if scope_of(role, Permission.SECRET_REVEAL) is not Scope.NONE}
    assert may == LIMITS.keys()


@pytest.mark.parametrize(
    ("role", "asked", "answer"),
    [
        (Role.OPERATOR, [], None),
        (Role.OPERATOR, minutes_ago(*range(1, 10)), None),
        (Role.OPERATOR, minutes_ago(*range(1, 11)), TooMany(50 * 60)),  # the oldest falls out in 50 minutes
        (Role.OPERATOR, minutes_ago(59.5, *range(1, 10)), TooMany(30)),
        (Role.OPERATOR, minutes_ago(60, *range(1, 10)), None),  # an hour ago to the second is out
        (Role.OPERATOR, minutes_ago(*range(1, 13)), TooMany(50 * 60)),  # a limit that was lowered: the tenth newest counts
        (Role.TECHNICIAN, minutes_ago(*range(1, 20)), None),
        (Role.TECHNICIAN, minutes_ago(*range(1, 21)), TooMany(40 * 60)),
        (Role.MASTER, minutes_ago(*range(1, 60)), None),
        (Role.SYSTEM, [], TooMany(3600)),
    ],
)
def test_one_more_is_allowed_until_the_hour_is_full(role: Role, asked: list[datetime], answer: TooMany | None) -> None:
    assert decide(role, asked, NOW) == answer


@pytest.mark.parametrize(
    ("state", "expires_in", "spent", "answer"),
    [
        (V, 60 * SECOND, False, None),
        (V, 60 * SECOND, True, NotShown.SPENT),
        (V, SECOND, False, None),
        (V, 0 * SECOND, False, NotShown.OVER),  # the timer is late; the clock is not
        (V, -SECOND, True, NotShown.OVER),
        (V, None, False, NotShown.OVER),
        (P, None, False, NotShown.OVER),
        (H, 60 * SECOND, False, NotShown.OVER),
        (E, 60 * SECOND, False, NotShown.OVER),
    ],
)
def test_a_secret_is_told_once_and_only_while_it_is_visible(
    state: RevealState, expires_in: timedelta | None, spent: bool, answer: NotShown | None
) -> None:
    expires_at = NOW + expires_in if expires_in is not None else None
    assert refuse_to_show(state, expires_at=expires_at, spent=spent, now=NOW) == answer


@pytest.mark.parametrize(
    ("state", "age", "opens"),
    [(P, 0 * SECOND, True), (P, OPEN_WITHIN, True), (P, OPEN_WITHIN + SECOND, False), (V, SECOND, False), (E, SECOND, False)],
)
def test_a_reveal_opens_once_and_not_when_nobody_waits_any_more(state: RevealState, age: timedelta, opens: bool) -> None:
    assert may_open(state, NOW - age, NOW) is opens


def test_what_never_opened_is_told_as_over() -> None:
    assert state_at(P, asked_at=NOW - OPEN_WITHIN, expires_at=None, now=NOW) is P
    assert state_at(P, asked_at=NOW - OPEN_WITHIN - SECOND, expires_at=None, now=NOW) is E


def test_hiding_is_for_the_revealer_and_for_who_may_override() -> None:
    anna, bartek = UUID(int=1), UUID(int=2)
    assert may_hide(revealer=anna, actor=anna, may_hide_others=False)
    assert may_hide(revealer=anna, actor=bartek, may_hide_others=True)
    assert not may_hide(revealer=anna, actor=bartek, may_hide_others=False)


def test_the_workflow_id_can_be_read_back() -> None:
    reveal_id = uuid4()
    assert names.parse_reveal_workflow_id(names.reveal_workflow_id(reveal_id)) == reveal_id
    with pytest.raises(ValueError, match="reveal/"):
        names.parse_reveal_workflow_id(names.panel_workflow_id(reveal_id))
