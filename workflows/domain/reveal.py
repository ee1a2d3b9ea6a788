"""Timed secret reveal (R-REVEAL): what may be kept, who may ask how often, and for how long an answer stays visible. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Final
from uuid import UUID

from workflows.domain.permissions import Role

VISIBLE_FOR: Final = timedelta(seconds=60)
OPEN_WITHIN: Final = timedelta(seconds=15)  # after that nobody waits for it any more: it never becomes visible
PERIOD: Final = timedelta(hours=1)
MIN_REASON: Final = 5  # characters

# Reveals per `PERIOD`; None: no limit. D6 for the auditor; a role that is not listed has none at all.
LIMITS: Final[dict[Role, int | None]] = {
    Role.OPERATOR: 10,
    Role.TECHNICIAN: 20,
    Role.FIELD_WORKER: 20,
    Role.AUDITOR: 20,
    Role.ADMIN: None,
    Role.MASTER: None,
}


class SecretKind(StrEnum):
    CODE_WORD = "CODE_WORD"  # of a contact, to call an alarm off
    PANEL_USER_CODE = "PANEL_USER_CODE"
    ACCESS_CODE = "ACCESS_CODE"  # of a gate, a recorder …
    KEY_SAFE = "KEY_SAFE"
    OTHER = "OTHER"


class RevealState(StrEnum):
    PENDING = "PENDING"  # asked for; its workflow has not opened it
    VISIBLE = "VISIBLE"
    HIDDEN = "HIDDEN"  # ended by a person
    EXPIRED = "EXPIRED"  # ended by time, or never opened


ENDED: Final = frozenset({RevealState.HIDDEN, RevealState.EXPIRED})


@dataclass(frozen=True, slots=True)
class TooMany:
    """The limit is reached."""

    retry_after: int  # s, until one more is allowed


def limit_of(role: Role) -> int | None:
    return LIMITS.get(role, 0)


def decide(role: Role, asked_at: Sequence[datetime], now: datetime) -> TooMany | None:
    """Whether one more may be asked for now; ``asked_at``: when those before were, in any order. None: yes."""
    limit = limit_of(role)
    recent = sorted(at for at in asked_at if at > now - PERIOD)
    if limit is None or len(recent) < limit:
        return None
    frees = recent[len(recent) - limit] + PERIOD if limit else now + PERIOD
    return TooMany(max(1, ceil((frees - now).total_seconds())))


def may_open(state: RevealState, asked_at: datetime, now: datetime) -> bool:
    """Whether a reveal may become visible: once, and only while somebody waits for it."""
    return state is RevealState.PENDING and now <= asked_at + OPEN_WITHIN


def may_hide(*, revealer: UUID, actor: UUID, may_hide_others: bool) -> bool:
    return actor == revealer or may_hide_others


class NotShown(StrEnum):
    """Why a secret is not told, by the codes of the error registry."""

    OVER = "REVEAL_OVER"
    SPENT = "REVEAL_SPENT"


def refuse_to_show(state: RevealState, *, expires_at: datetime | None, spent: bool, now: datetime) -> NotShown | None:
    """Whether the secret may be told now, once. A timer that is late changes nothing: `expires_at` counts by itself."""
    if state_at(state, asked_at=now, expires_at=expires_at, now=now) is not RevealState.VISIBLE:
        return NotShown.OVER
    return NotShown.SPENT if spent else None


def state_at(state: RevealState, *, asked_at: datetime, expires_at: datetime | None, now: datetime) -> RevealState:
    """What the row's state means at ``now``, whether or not its workflow has come to say so."""
    if state is RevealState.VISIBLE and (expires_at is None or now >= expires_at):
        return RevealState.EXPIRED
    if state is RevealState.PENDING and now > asked_at + OPEN_WITHIN:
        return RevealState.EXPIRED
    return state
