"""The bundle's state machine (R-BUNDLE), pure: a table of who may do what from where, and when a timer must act.

    NEW ──claim──▶ CLAIMING ──start──▶ IN_PROGRESS ──ack──▶ ACK ──resolve──▶ RESOLVED ──close / 30 min──▶ CLOSED
     ▲                │   │                  │
     └── 30 s, release┘   └──────release─────┘

Somebody else who gives a reason may take over what is IN_PROGRESS, ACK or RESOLVED; a claim nobody starts falls back by itself.

`decide` is asked by the activity that changes the row, inside its transaction; `due` is asked by the workflow to set its
timer. Neither has a clock.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from workflows.domain.alarm import Priority


class BundleStatus(StrEnum):
    NEW = "NEW"
    CLAIMING = "CLAIMING"
    IN_PROGRESS = "IN_PROGRESS"
    ACK = "ACK"
    RESOLVED = "RESOLVED"
    CLOSED = "CLOSED"


OPEN = frozenset(BundleStatus) - {BundleStatus.CLOSED}
# A new event joins only these; on RESOLVED and CLOSED it opens a new bundle.
JOINABLE = frozenset({BundleStatus.NEW, BundleStatus.CLAIMING, BundleStatus.IN_PROGRESS, BundleStatus.ACK})


class Action(StrEnum):
    CLAIM = "claim"
    START = "start"
    RELEASE = "release"
    TAKE_OVER = "take_over"
    ACK = "ack"
    RESOLVE = "resolve"
    CLOSE = "close"
    ADD_NOTE = "add_note"
    EXPIRE_CLAIM = "expire_claim"  # timer only
    AUTO_CLOSE = "auto_close"  # timer only
    MARK_STALE = "mark_stale"  # timer only


TIMER_ACTIONS = frozenset({Action.EXPIRE_CLAIM, Action.AUTO_CLOSE, Action.MARK_STALE})

CLAIM_TTL = timedelta(seconds=30)  # D12
AUTO_CLOSE_AFTER = timedelta(minutes=30)
STALE_AFTER = timedelta(hours=24)
JOIN_WINDOW = timedelta(minutes=15)  # D13: sliding, from the last event; per object in object_alarm_config


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleState:
    """What decisions about a bundle depend on."""

    status: BundleStatus
    version: int
    priority: Priority
    opened_at: datetime
    status_changed_at: datetime
    last_activity_at: datetime  # last event, action or note
    requires_note: bool = False
    claimed_by: UUID | None = None
    stale: bool = False


class ResultCode(StrEnum):
    """How an alarm ended, said when it is resolved: what the monthly figures count."""

    CONFIRMED = "CONFIRMED"
    FALSE_ALARM = "FALSE_ALARM"
    CUSTOMER_ERROR = "CUSTOMER_ERROR"
    TECHNICAL_FAULT = "TECHNICAL_FAULT"
    PATROL_NO_FINDINGS = "PATROL_NO_FINDINGS"
    TEST = "TEST"


class Refusal(StrEnum):
    """Why an action is refused; each is an error code of the registry (errors.py)."""

    STALE_VERSION = "STALE_VERSION"
    WRONG_STATUS = "WRONG_STATUS"
    NOT_OWNER = "NOT_OWNER"
    NOTE_REQUIRED = "NOTE_REQUIRED"
    NOT_DUE = "NOT_DUE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An accepted action: the status after it, and who then owns the bundle."""

    status: BundleStatus
    claimed_by: UUID | None


# action -> (from, to). TAKE_OVER, ADD_NOTE and MARK_STALE leave the status alone.
_TRANSITIONS: dict[Action, tuple[frozenset[BundleStatus], BundleStatus | None]] = {
    Action.CLAIM: (frozenset({BundleStatus.NEW}), BundleStatus.CLAIMING),
    Action.START: (frozenset({BundleStatus.CLAIMING}), BundleStatus.IN_PROGRESS),
    Action.RELEASE: (frozenset({BundleStatus.CLAIMING, BundleStatus.IN_PROGRESS}), BundleStatus.NEW),
    Action.TAKE_OVER: (frozenset({BundleStatus.IN_PROGRESS, BundleStatus.ACK, BundleStatus.RESOLVED}), None),
    Action.ACK: (frozenset({BundleStatus.IN_PROGRESS}), BundleStatus.ACK),
    Action.RESOLVE: (frozenset({BundleStatus.ACK}), BundleStatus.RESOLVED),
    Action.CLOSE: (frozenset({BundleStatus.RESOLVED}), BundleStatus.CLOSED),
    Action.ADD_NOTE: (OPEN, None),
    Action.EXPIRE_CLAIM: (frozenset({BundleStatus.CLAIMING}), BundleStatus.NEW),
    Action.AUTO_CLOSE: (frozenset({BundleStatus.RESOLVED}), BundleStatus.CLOSED),
    Action.MARK_STALE: (OPEN, None),
}

# Only the claimer goes on with these; somebody who may override (MASTER) takes the claimer's place by doing them.
_OWNERS_ONLY = frozenset({Action.START, Action.RELEASE, Action.ACK, Action.RESOLVE, Action.CLOSE})
# Without words these say nothing: a note is the text itself, a taking over needs its reason.
_WORDS_NEEDED = frozenset({Action.ADD_NOTE, Action.TAKE_OVER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Somebody (or a timer: `actor` None) wants `action` done."""

    action: Action
    now: datetime
    actor: UUID | None = None
    may_override: bool = False
    expected_version: int | None = None  # None only for timers
    has_note: bool = False


def decide(state: BundleState, attempt: Attempt) -> Step | Refusal:
    """The one place that says whether an action is allowed, and what it leads to."""
    timed = attempt.action in TIMER_ACTIONS
    if not timed and attempt.expected_version != state.version:
        return Refusal.STALE_VERSION
    allowed_from, to = _TRANSITIONS[attempt.action]
    if state.status not in allowed_from or (attempt.action is Action.TAKE_OVER and attempt.actor == state.claimed_by):
        return Refusal.WRONG_STATUS
    if timed:
        at = due(state, attempt.action)
        if at is None or attempt.now < at:
            return Refusal.NOT_DUE
    if attempt.action in _OWNERS_ONLY and attempt.actor != state.claimed_by and not attempt.may_override:
        return Refusal.NOT_OWNER
    if attempt.action is Action.ACK and state.requires_note and not attempt.has_note:
        return Refusal.NOTE_REQUIRED
    if attempt.action in _WORDS_NEEDED and not attempt.has_note:
        return Refusal.NOTE_REQUIRED
    return Step(status=to or state.status, claimed_by=_owner_after(state, attempt))


def _owner_after(state: BundleState, attempt: Attempt) -> UUID | None:
    if attempt.action in {Action.CLAIM, Action.TAKE_OVER}:
        return attempt.actor
    if attempt.action in {Action.RELEASE, Action.EXPIRE_CLAIM}:
        return None
    if attempt.action in _OWNERS_ONLY:
        return attempt.actor
    return state.claimed_by


def apply(state: BundleState, attempt: Attempt, step: Step) -> BundleState:
    """The state after an accepted `attempt`. A timer is no activity: it does not put off the automatic closing."""
    timed = attempt.action in TIMER_ACTIONS
    return replace(
        state,
        status=step.status,
        version=state.version + 1,
        claimed_by=step.claimed_by,
        status_changed_at=state.status_changed_at if step.status is state.status else attempt.now,
        last_activity_at=state.last_activity_at if timed else max(state.last_activity_at, attempt.now),
        stale=state.stale or attempt.action is Action.MARK_STALE,
    )


def joined(state: BundleState, *, version: int, priority: Priority, at: datetime) -> BundleState:
    """The state after an event joined the bundle: the recorder set `priority` and `version` in the row."""
    return replace(state, version=version, priority=priority, last_activity_at=max(state.last_activity_at, at))


def due(state: BundleState, action: Action) -> datetime | None:
    """When a timer's action is to be tried; None: not in this status."""
    if action is Action.EXPIRE_CLAIM and state.status is BundleStatus.CLAIMING:
        return state.status_changed_at + CLAIM_TTL
    if action is Action.AUTO_CLOSE and state.status is BundleStatus.RESOLVED:
        return state.last_activity_at + AUTO_CLOSE_AFTER
    if action is Action.MARK_STALE and state.status in OPEN and not state.stale:
        return state.opened_at + STALE_AFTER
    return None


Timer = tuple[Action, datetime]


def next_timer(state: BundleState) -> Timer | None:
    """The earliest timer of this state; None when closed or nothing is left to wait for."""
    timers = [(at, action) for action in Action if (at := due(state, action)) is not None]
    if not timers:
        return None
    at, action = min(timers)
    return action, at


def joins(
    *,
    status: BundleStatus,
    last_event_at: datetime,
    event_at: datetime,
    first_event_at: datetime | None = None,
    window: timedelta = JOIN_WINDOW,
) -> bool:
    """Whether an event at ``event_at`` belongs to a bundle with events from ``first_event_at`` to ``last_event_at`` (D13)."""
    first = last_event_at if first_event_at is None else first_event_at
    return status in JOINABLE and first - window <= event_at <= last_event_at + window
