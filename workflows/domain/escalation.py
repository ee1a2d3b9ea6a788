"""Whoever is called when nobody claims a critical alarm (R-ESCALATE), pure: a ladder, and a clock that decides about its rungs.

The clock runs only while nobody has the alarm. A claim stops it, and what has rung stays quiet as long as somebody is at work;
an alarm that is released, or left, rings every level that has rung at once again, and the next one when its time is full.
So claiming and letting go puts nothing off.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from workflows.domain.alarm import Priority
from workflows.domain.bundle import BundleState, BundleStatus

ESCALATED: Final = frozenset({Priority.CRITICAL})
FRESH_FOR: Final = timedelta(minutes=2)  # an app that said it is in the foreground, and then nothing more, may be dead
BACKOFF: Final = 2.0
LONGEST_PAUSE: Final = timedelta(minutes=2)


class Channel(StrEnum):
    EMAIL = "EMAIL"
    SMS = "SMS"
    PUSH = "PUSH"
    PAGERDUTY = "PAGERDUTY"
    WEBHOOK = "WEBHOOK"


OF_PEOPLE: Final = frozenset({Channel.EMAIL, Channel.SMS, Channel.PUSH})  # those that a user or a rota can be reached by


class Platform(StrEnum):
    """Of an app that can be woken."""

    ANDROID = "ANDROID"


class TargetKind(StrEnum):
    """Whom a step of a ladder rings."""

    USER = "USER"
    ROTA = "ROTA"  # whoever is on call at that moment
    ADDRESS = "ADDRESS"  # one of the installation's own


class DeliveryStatus(StrEnum):
    SENT = "SENT"  # the provider took it
    FAILED = "FAILED"  # it may work the next time
    REFUSED = "REFUSED"  # it never will
    NOBODY = "NOBODY"  # a whole level reached nobody


class Nobody(StrEnum):
    """Why nobody was reached."""

    NO_POLICY = "NO_POLICY"
    NO_TARGET = "NO_TARGET"
    NOT_DELIVERED = "NOT_DELIVERED"


class Purpose(StrEnum):
    """What a notification is for."""

    RING = "RING"
    RESOLVE = "RESOLVE"  # to a channel that keeps incidents: this one is over
    TEST = "TEST"


class Decline(StrEnum):
    """Why an alarm is not escalated."""

    SWITCHED_OFF = "SWITCHED_OFF"
    SUPPRESSED = "SUPPRESSED"  # by service mode; the next event may change that


class Stance(StrEnum):
    WAITING = "WAITING"  # nobody has it
    HELD = "HELD"  # somebody has it
    LEFT = "LEFT"  # somebody has it and does nothing
    OVER = "OVER"


_STANCES: Final = {
    BundleStatus.NEW: Stance.WAITING,
    BundleStatus.CLAIMING: Stance.HELD,
    BundleStatus.IN_PROGRESS: Stance.HELD,
    BundleStatus.ACK: Stance.OVER,
    BundleStatus.RESOLVED: Stance.OVER,
    BundleStatus.CLOSED: Stance.OVER,
}
NOT_DEALT_WITH: Final = frozenset(status for status, stance in _STANCES.items() if stance is not Stance.OVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """A policy. ``rungs``: how long nobody must have had the alarm before level 1, 2, … rings, ascending.

    ``left_after``: without an action of whoever claimed it for so long, it counts as left (None: never). ``repeat_after``: so
    long after the last level all ring again (None: never). A notification is tried ``attempts`` times, the first pause being
    ``retry_after``.
    """

    rungs: tuple[timedelta, ...] = ()
    left_after: timedelta | None = None
    repeat_after: timedelta | None = None
    attempts: int = 4
    retry_after: timedelta = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Where an escalation stands. ``since``: begin of the stance, or the last action in it; ``waited``: how long nobody had the
    alarm before that. ``rung``: levels that have rung in this ``round``; ``rang_at`` when the last one did."""

    stance: Stance
    since: datetime
    waited: timedelta = timedelta()
    round: int = 1
    rung: int = 0
    rang_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """The next thing to do by itself: ring ``level`` at ``due_at``; ``again``: a new round begins with it."""

    level: int
    due_at: datetime
    again: bool = False


def begin(status: BundleStatus, at: datetime) -> Watch:
    return Watch(stance=_STANCES[status], since=at)


def told(watch: Watch, status: BundleStatus, at: datetime) -> Watch:
    """Somebody acted on the alarm at ``at``, or a timer did: this is its status now."""
    stance = _STANCES[status]
    if watch.stance is Stance.OVER or (watch.stance is Stance.WAITING and stance is Stance.WAITING):
        return watch
    if watch.stance is Stance.LEFT and stance is Stance.HELD and at <= watch.since:
        return watch  # what was done before it was left
    at = max(at, watch.since)
    if watch.stance in {Stance.WAITING, Stance.LEFT}:
        watch = replace(watch, waited=watch.waited + (at - watch.since))
    if stance is Stance.WAITING:
        watch = replace(watch, round=watch.round + 1, rung=0, rang_at=None)
    return replace(watch, stance=stance, since=at)


def next_ring(ladder: Ladder, watch: Watch) -> Ring | None:
    """None: nothing happens before somebody acts."""
    if watch.stance is Stance.OVER or not ladder.rungs:
        return None
    if watch.stance is Stance.HELD:
        return None if ladder.left_after is None else Ring(level=1, due_at=watch.since + ladder.left_after, again=True)
    if watch.rung < len(ladder.rungs):
        missing = max(ladder.rungs[watch.rung] - watch.waited, timedelta())
        return Ring(level=watch.rung + 1, due_at=watch.since + missing)
    if ladder.repeat_after is None or watch.rang_at is None:
        return None
    return Ring(level=1, due_at=watch.rang_at + ladder.repeat_after, again=True)


def rings(watch: Watch, ring: Ring, now: datetime) -> Watch:
    """It is time for ``ring``."""
    if ring.again:
        watch = replace(watch, round=watch.round + 1)
    if watch.stance is Stance.HELD:
        watch = replace(watch, stance=Stance.LEFT, since=now)
    return replace(watch, rung=ring.level, rang_at=now)


def reached_nobody(ladder: Ladder, watch: Watch, now: datetime) -> Watch:
    """The level that rang reached nobody: the next one need not wait for its time."""
    if watch.stance not in {Stance.WAITING, Stance.LEFT} or watch.rung >= len(ladder.rungs):
        return watch
    return replace(watch, since=now, waited=max(watch.waited + (now - watch.since), ladder.rungs[watch.rung]))


# -- what the alarm itself has to do


class LinkStep(StrEnum):
    ASK = "ASK"  # whether it is to be escalated
    TELL = "TELL"  # the escalation what was done


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What an alarm knows of its escalation. ``calm``: it was less than critical once; ``untold_at``: when somebody did what
    the escalation has not heard of; ``lost``: somebody saw that it is not there any more."""

    begun: bool = False
    over: bool = False
    declined: Decline | None = None
    asked_version: int = 0
    calm: bool = False
    untold_at: datetime | None = None
    lost: bool = False


def link_step(link: Link, state: BundleState) -> LinkStep | None:
    """What is to be done for an alarm that is ``state`` now."""
    if link.lost and needs_somebody(state):
        return LinkStep.ASK
    if link.begun:
        return LinkStep.TELL if link.untold_at is not None and not link.over else None
    asked = link.declined is Decline.SWITCHED_OFF or link.asked_version >= state.version
    return LinkStep.ASK if not asked and needs_somebody(state) else None


def needs_somebody(state: BundleState) -> bool:
    return state.priority in ESCALATED and state.status in NOT_DEALT_WITH


def signal_for(status: BundleStatus) -> Stance:
    """As what the escalation is told of it."""
    return _STANCES[status]


def waits_since(link: Link, state: BundleState, now: datetime) -> datetime:
    """When the ladder's clock began: with the alarm, or when it became critical; of one that somebody has, with what was last
    done."""
    if link.calm:
        return now
    return state.last_activity_at if _STANCES[state.status] is Stance.HELD else state.status_changed_at


# -- deliveries


def pause_before(ladder: Ladder, attempt: int) -> timedelta | None:
    """How long to wait before try number ``attempt`` (2, 3, …); None: no more tries."""
    if attempt > ladder.attempts:
        return None
    pause: timedelta = ladder.retry_after * BACKOFF ** (attempt - 2)
    return min(pause, LONGEST_PAUSE)


def judge_http(status: int) -> DeliveryStatus:
    """What an HTTP answer means. A redirect is refused: we follow none."""
    if 200 <= status < 300:
        return DeliveryStatus.SENT
    return DeliveryStatus.FAILED if status in {408, 425, 429} or status >= 500 else DeliveryStatus.REFUSED


def judge_smtp(code: int) -> DeliveryStatus:
    """RFC 5321 §4.2.1: 4yz may work later, 5yz will not. A code that is none is no answer."""
    if 200 <= code < 300:
        return DeliveryStatus.SENT
    return DeliveryStatus.REFUSED if 500 <= code < 600 else DeliveryStatus.FAILED


def wants_push(*, in_background: bool, last_seen_at: datetime, now: datetime) -> bool:
    """An app in the foreground hears of the alarm by itself, as long as it goes on saying that it is there."""
    return in_background or now - last_seen_at > FRESH_FOR


def fault_of_levels(after: Iterable[timedelta]) -> str | None:
    """Why these are no rungs of a ladder, in the order of the levels; None: they are."""
    given = list(after)
    if not given:
        return "a policy has at least one level"
    return None if given == sorted(given) else "each level rings no earlier than the one before it"
