"""What somebody wanted while there was no connection (R-OFFLINE): how long that holds, and what becomes of it. Pure.

Only what is harmless late is ever queued: lines of the journal, which tell what happened, and call-backs. Nothing that decides
about an alarm or a panel is: whoever claims, acknowledges or arms must see what is the case.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from workflows.domain.dispatch import CLOCKS_DIFFER, OLDEST

LONGEST: Final = OLDEST  # from made to expired: later the journal would not take it either
MOST: Final = 100  # in one synchronisation


def key_of(intent_id: UUID) -> str:
    """The Idempotency-Key under which an intent is done. Who tries a request before queueing it sends this key with it: an
    answer that got lost then does not make two of one."""
    return f"intent:{intent_id}"


class IntentOutcome(StrEnum):
    APPLIED = "APPLIED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"


class Untimely(StrEnum):
    """Why an intent is not even tried."""

    EXPIRED = "EXPIRED"
    IN_THE_FUTURE = "IN_THE_FUTURE"  # made then, by a clock that is wrong
    NO_LIFE = "NO_LIFE"  # expires before it was made, or longer after it than `LONGEST`


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    made_at: datetime
    expires_at: datetime


def judge(life: Life, now: datetime) -> Untimely | None:
    """None: it may be tried. ``now`` is the server's."""
    if life.made_at > now + CLOCKS_DIFFER:
        return Untimely.IN_THE_FUTURE
    if not timedelta() < life.expires_at - life.made_at <= LONGEST:
        return Untimely.NO_LIFE
    return Untimely.EXPIRED if now >= life.expires_at else None
