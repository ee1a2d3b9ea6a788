"""Call-backs of alarms: which are due, which one stands at its alarm, and how long one may wait. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from api.client.dispatch import Callback
from workflows.domain.callback import MOST_MINUTES

MINUTES: Final = (5, 15, 30, 60, 120)  # the usual ones


def due(callbacks: Iterable[Callback], now: datetime) -> tuple[Callback, ...]:
    """By the server's clock; the one that waits longest first."""
    return tuple(sorted((one for one in callbacks if one.due_at <= now), key=lambda one: (one.due_at, one.id)))


def ahead(callbacks: Iterable[Callback], alarm: UUID, now: datetime) -> tuple[Callback, ...]:
    """Those of an alarm that are not due yet, the next one first."""
    mine = [one for one in callbacks if one.bundle_id == alarm and one.due_at > now]
    return tuple(sorted(mine, key=lambda one: (one.due_at, one.id)))


def minutes(chosen: int, own: str) -> int | None:
    """What was chosen, unless somebody wrote a number of his own; None: that is no number of minutes that can be."""
    if not own.strip():
        return chosen
    try:
        found = int(own)
    except ValueError:
        return None
    return found if 1 <= found <= MOST_MINUTES else None
