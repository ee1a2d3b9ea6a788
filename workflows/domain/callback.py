"""A promise to call somebody back (R-HISTORY): when it rings, how often, and what people may do with it. Pure.

It belongs to nobody in particular: whoever is on shift when it is due is told. The end of its alarm does not end it, for the
promise was made to a person.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, assert_never


class CallbackState(StrEnum):
    PENDING = "PENDING"
    DUE = "DUE"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


class Decision(StrEnum):
    """What people do; the values are the names of the workflow's updates."""

    DONE = "done"
    CANCEL = "cancel"
    POSTPONE = "postpone"


class Refusal(StrEnum):
    """Why a decision is not taken, by the codes of the error registry."""

    STALE_VERSION = "STALE_VERSION"
    OVER = "CONFLICT"


OPEN: Final = frozenset({CallbackState.PENDING, CallbackState.DUE})
REMIND_EVERY: Final = timedelta(minutes=5)
MOST_RINGS: Final = 12  # then an hour has passed: it stays at the top of the list, and nobody hears it any more
LATEST: Final = timedelta(days=30)  # from now
MOST_MINUTES: Final = 24 * 60  # of a postponement


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """`version` grows with what people decide, not with a ring: nobody has seen anything else because of one."""

    state: CallbackState
    due_at: datetime
    version: int = 1
    rings: int = 0
    rang_at: datetime | None = None


def next_ring(callback: Callback) -> datetime | None:
    """When people are told (again); None: never, unless somebody decides something."""
    if callback.state is CallbackState.PENDING:
        return callback.due_at
    if callback.state is CallbackState.DUE and callback.rings < MOST_RINGS:
        return (callback.rang_at or callback.due_at) + REMIND_EVERY
    return None


def ring(callback: Callback, now: datetime) -> Callback:
    """As it is after telling people."""
    return replace(callback, state=CallbackState.DUE, rings=callback.rings + 1, rang_at=now)


def decide(
    callback: Callback, decision: Decision, *, expected_version: int, now: datetime, minutes: int = 0
) -> Callback | Refusal:
    """As it is after the decision, or why not. ``minutes``: of a postponement, from now or from when it is due, whichever is
    later."""
    if callback.version != expected_version:
        return Refusal.STALE_VERSION
    if callback.state not in OPEN:
        return Refusal.OVER
    after = replace(callback, version=callback.version + 1)
    match decision:
        case Decision.DONE:
            return replace(after, state=CallbackState.DONE)
        case Decision.CANCEL:
            return replace(after, state=CallbackState.CANCELLED)
        case Decision.POSTPONE:
            due_at = max(callback.due_at, now) + timedelta(minutes=minutes)
            return replace(after, state=CallbackState.PENDING, due_at=due_at, rings=0, rang_at=None)
        case _:
            assert_never(decision)


def state_at(state: CallbackState, due_at: datetime, now: datetime) -> CallbackState:
    """What the row's state means at ``now``, whether or not its workflow has come to say so."""
    return CallbackState.DUE if state is CallbackState.PENDING and now >= due_at else state
