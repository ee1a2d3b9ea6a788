"""What becomes of one firing of an auto-arm schedule (R-AUTOARM): conflicts, retries, and the word it ends with. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from workflows.domain.command import ArmMode, CommandStatus
from workflows.domain.panel import LinkStatus, PartitionState


class OpenZones(StrEnum):
    """What to do about zones that keep a partition from arming."""

    WAIT = "WAIT"  # for them to close, until the deadline
    BYPASS = "BYPASS"  # arm all the same
    ALERT = "ALERT"  # raise the alarm at once


class RunStatus(StrEnum):
    PENDING = "PENDING"  # people were warned of it, or it was put off: its time is still to come
    ARMING = "ARMING"  # its time has come
    DONE = "DONE"
    SKIPPED = "SKIPPED"  # there was a reason not to arm
    CANCELLED = "CANCELLED"  # somebody said so
    FAILED = "FAILED"  # it should be armed and is not, or nobody knows: an alarm was raised


class RunOutcome(StrEnum):
    """How it ended; of a run that has not, what it waits for."""

    ARMED = "ARMED"
    ALREADY_ARMED = "ALREADY_ARMED"
    DUPLICATE = "DUPLICATE"  # another schedule is arming the same partitions
    HOLIDAY = "HOLIDAY"
    EXCEPTION = "EXCEPTION"
    SERVICE_MODE = "SERVICE_MODE"  # somebody works there; told as not armed
    CANCELLED = "CANCELLED"
    ZONES_OPEN = "ZONES_OPEN"
    IN_ALARM = "IN_ALARM"  # an alarm is never armed over
    PANEL_RELEASED = "PANEL_RELEASED"
    NOT_CONNECTED = "NOT_CONNECTED"
    REFUSED = "REFUSED"  # by the panel, for another reason
    NO_ANSWER = "NO_ANSWER"
    UNVERIFIED = "UNVERIFIED"  # accepted, and never seen to be armed
    MISSED = "MISSED"  # nobody was there in time
    WITHDRAWN = "WITHDRAWN"  # the schedule was changed, switched off or deleted meanwhile


STATUS_OF: Final[dict[RunOutcome, RunStatus]] = {
    RunOutcome.ARMED: RunStatus.DONE,
    RunOutcome.ALREADY_ARMED: RunStatus.DONE,
    RunOutcome.DUPLICATE: RunStatus.DONE,
    RunOutcome.HOLIDAY: RunStatus.SKIPPED,
    RunOutcome.EXCEPTION: RunStatus.SKIPPED,
    RunOutcome.SERVICE_MODE: RunStatus.SKIPPED,
    RunOutcome.CANCELLED: RunStatus.CANCELLED,
    RunOutcome.ZONES_OPEN: RunStatus.FAILED,
    RunOutcome.IN_ALARM: RunStatus.FAILED,
    RunOutcome.PANEL_RELEASED: RunStatus.FAILED,
    RunOutcome.NOT_CONNECTED: RunStatus.FAILED,
    RunOutcome.REFUSED: RunStatus.FAILED,
    RunOutcome.NO_ANSWER: RunStatus.FAILED,
    RunOutcome.UNVERIFIED: RunStatus.FAILED,
    RunOutcome.MISSED: RunStatus.FAILED,
    RunOutcome.WITHDRAWN: RunStatus.SKIPPED,
}
OPEN: Final = frozenset({RunStatus.PENDING, RunStatus.ARMING})

OTHER_MODE: Final = "OTHER_MODE"  # reason of ALREADY_ARMED: armed, in another mode than the schedule's
ZONES_BYPASSED: Final = "ZONES_BYPASSED"  # reason of ARMED

MODE_OF: Final[dict[PartitionState, ArmMode]] = {
    PartitionState.ARMED_FULL: ArmMode.FULL,
    PartitionState.ARMED_BYPASS: ArmMode.BYPASS,
    PartitionState.ARMED_STAY: ArmMode.STAY,
    PartitionState.ARMED_STAY_INSTANT: ArmMode.STAY_INSTANT,
}
ARMED: Final = frozenset(MODE_OF) | {PartitionState.ENTRY_TIME}
_ALARM: Final = frozenset({PartitionState.ALARM, PartitionState.FIRE_ALARM})

_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=20), timedelta(minutes=5)
LATE_AT_LEAST: Final = timedelta(minutes=10)  # a restart of everything costs no firing, however short its deadline
_NOT_CONNECTED: Final = frozenset({"NOT_CONNECTED", "NO_HOLDER"})  # reasons of a command's outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the schedule wants."""

    partitions: frozenset[int]
    arm_mode: ArmMode = ArmMode.FULL
    forced: bool = False
    open_zones: OpenZones = OpenZones.WAIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is so now. `link` None: nothing was ever heard of the panel. `claimed`: partitions that another run is arming.
    `withdrawn`: the schedule, as it is by now, has no such firing."""

    states: Mapping[int, PartitionState] = field(default_factory=dict)
    link: LinkStatus | None = None
    in_service: bool = False
    released: bool = False
    withdrawn: bool = False
    claimed: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What this run has done so far. `last`: why the last try did not arm. `late`: the deadline has passed."""

    commands: int = 0
    forced: bool = False
    last: RunOutcome | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class End:
    outcome: RunOutcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again after a pause."""

    why: RunOutcome


@dataclass(frozen=True, slots=True)
class Command:
    partitions: tuple[int, ...]
    forced: bool


Step = End | Wait | Command


def next_step(wish: Wish, facts: Facts, tried: Tried) -> Step:
    """The order of the questions is the order of what counts most."""
    states = facts.states if facts.link is not None else {}  # of a line that nobody ever heard of they are of no worth
    armed = {number for number in wish.partitions if states.get(number) in ARMED}
    leaving = {number for number in wish.partitions if states.get(number) is PartitionState.EXIT_TIME}
    todo = wish.partitions - armed - leaving - facts.claimed
    if facts.withdrawn:
        return End(RunOutcome.WITHDRAWN)
    if facts.in_service:
        return End(RunOutcome.SERVICE_MODE)
    if facts.released:
        return _wait(RunOutcome.PANEL_RELEASED, tried)
    if facts.link not in {None, LinkStatus.CONNECTED}:  # then its states are of yesterday
        return _wait(RunOutcome.NOT_CONNECTED, tried)
    if any(states.get(number) in _ALARM for number in wish.partitions):
        return _wait(RunOutcome.IN_ALARM, tried)
    if armed == wish.partitions:
        return _is_armed(wish, states, tried)
    if not todo and leaving:
        return _wait(RunOutcome.UNVERIFIED, tried)
    if not todo:
        return End(RunOutcome.DUPLICATE)
    if tried.late and tried.last is not None:
        return End(tried.last)
    return Command(tuple(sorted(todo)), forced=wish.forced or tried.forced)


def _wait(why: RunOutcome, tried: Tried) -> Step:
    return End(why) if tried.late else Wait(why)


def _is_armed(wish: Wish, states: Mapping[int, PartitionState], tried: Tried) -> End:
    if tried.commands:
        return End(RunOutcome.ARMED, ZONES_BYPASSED if tried.forced else "")
    modes = {MODE_OF.get(states[number], wish.arm_mode) for number in wish.partitions}
    return End(RunOutcome.ALREADY_ARMED, "" if modes == {wish.arm_mode} else OTHER_MODE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command said (`contracts.command.CommandOutcome`), as far as it matters here."""

    status: CommandStatus
    reason: str = ""
    confirmed: bool = False


class Insist:
    """Command again at once, with open zones."""


def after_command(wish: Wish, answer: Answer, *, forced: bool, whole: bool) -> End | Wait | Insist:
    """``whole``: all partitions of the schedule were commanded; otherwise the next look tells whether all are armed."""
    if answer.status is CommandStatus.ACK:
        if answer.confirmed and whole:
            return End(RunOutcome.ARMED, ZONES_BYPASSED if forced and not wish.forced else "")
        return Wait(RunOutcome.UNVERIFIED)
    if answer.reason == "PANEL_RELEASED":
        return Wait(RunOutcome.PANEL_RELEASED)
    if answer.reason in _NOT_CONNECTED:
        return Wait(RunOutcome.NOT_CONNECTED)
    if answer.status is not CommandStatus.NACK:
        return Wait(RunOutcome.NO_ANSWER)
    if answer.reason == "ZONES_OPEN" and not forced:
        match wish.open_zones:
            case OpenZones.WAIT:
                return Wait(RunOutcome.ZONES_OPEN)
            case OpenZones.BYPASS:
                return Insist()
            case OpenZones.ALERT:
                return End(RunOutcome.ZONES_OPEN)
    return Wait(RunOutcome.ZONES_OPEN if answer.reason == "ZONES_OPEN" else RunOutcome.REFUSED)


def pause_after(waits: int) -> timedelta:
    """Before the next look, after so many in a row: soon at first, then every five minutes."""
    return min(_FIRST_PAUSE * (1 << min(waits, 10)), _LONGEST_PAUSE)


def put_off(*, fire_at: datetime, target_at: datetime, now: datetime, minutes: int, limit: timedelta) -> datetime | None:
    """The new time of a firing that somebody puts off; None: that is beyond the limit, which counts from the firing's own."""
    wanted = max(target_at, now) + timedelta(minutes=minutes)
    return wanted if wanted <= fire_at + limit else None


def is_missed(*, fire_at: datetime, deadline: timedelta, now: datetime) -> bool:
    """Whether a firing that nobody has looked at by now is no longer to be run late."""
    return now > fire_at + max(deadline, LATE_AT_LEAST)
