"""Giving up a panel's line for programming (R-DLOAD): for how long, and what a request for it comes to. Pure.

A release begins when the row says so, and is over when the row says so or its `until` has passed by the database's clock.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

MIN_MINUTES: Final = 1
MAX_MINUTES: Final = 240  # who needs longer says so again: nobody watches the panel meanwhile
MIN_REASON: Final = 5  # characters
BEGIN_WITHIN: Final = timedelta(seconds=15)  # after that nobody waits for it any more: it never begins


class AskState(StrEnum):
    """What became of a request."""

    PENDING = "PENDING"  # its workflow has not come to it
    GRANTED = "GRANTED"
    WITHDRAWN = "WITHDRAWN"  # nobody waited any longer


class Step(StrEnum):
    """What a request that is granted does to the release there is."""

    BEGIN = "BEGIN"
    EXTEND = "EXTEND"  # or shorten: it lasts from now
    REPLACE = "REPLACE"  # the one there is ran out, and nobody has noted that yet


def until_of(minutes: int, now: datetime) -> datetime:
    """When a release asked for now is over. Raises ValueError for a length that nobody may ask for."""
    if not MIN_MINUTES <= minutes <= MAX_MINUTES:
        raise ValueError(f"a release lasts {MIN_MINUTES} to {MAX_MINUTES} minutes, not {minutes}")
    return now + timedelta(minutes=minutes)


def may_begin(state: AskState, asked_at: datetime, now: datetime) -> bool:
    """Whether a request may be granted: once, and only while somebody waits for it."""
    return state is AskState.PENDING and now <= asked_at + BEGIN_WITHIN


def step_of(open_until: datetime | None, now: datetime) -> Step:
    """``open_until``: of the release that has not ended; None: there is none."""
    if open_until is None:
        return Step.BEGIN
    return Step.EXTEND if now < open_until else Step.REPLACE
