"""Commands to panels (R-CMD): what can be ordered, how an order stands, and what a panel's answer means. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final, assert_never

from workflows.domain.panel import PartitionState
from workflows.domain.permissions import Permission
from workflows.domain.two_person import Guarded

BEGIN_WITHIN: Final = timedelta(seconds=15)  # from asking; who asked is gone after it, and must not be surprised later
VALID_FOR: Final = timedelta(seconds=60)  # from its begin or release; nothing is sent after it, not even again
UNSENT_PATIENCE: Final = timedelta(seconds=12)  # with a line that is just changing hands
LOST_PATIENCE: Final = timedelta(seconds=90)  # until a line is back that may tell what became of a command
RETRY_PAUSE: Final = timedelta(seconds=2)
SEEN_WITHIN: Final = timedelta(seconds=10)  # after the answer, or the end of the exit time (design §5)
FORGOTTEN_AFTER: Final = timedelta(hours=1)  # far longer than any command's life: its workflow is no more
EXIT_TIME_MOST: Final = timedelta(minutes=10)  # the longest a panel can be set to is 255 s


class CommandKind(StrEnum):
    ARM = "ARM"
    DISARM = "DISARM"
    CLEAR_ALARM = "CLEAR_ALARM"
    BYPASS = "BYPASS"  # zones, until the next disarming
    UNBYPASS = "UNBYPASS"  # zones; takes back an isolation too
    ISOLATE = "ISOLATE"  # zones, until somebody unbypasses them
    OUTPUTS_ON = "OUTPUTS_ON"
    OUTPUTS_OFF = "OUTPUTS_OFF"
    OUTPUTS_TOGGLE = "OUTPUTS_TOGGLE"
    SET_CLOCK = "SET_CLOCK"


class Target(StrEnum):
    """What the numbers of a command are."""

    PARTITIONS = "PARTITIONS"
    ZONES = "ZONES"
    OUTPUTS = "OUTPUTS"
    NONE = "NONE"


class ArmMode(IntEnum):
    """Modes 0 to 3 of the protocol."""

    FULL = 0
    BYPASS = 1
    STAY = 2
    STAY_INSTANT = 3


class CommandStatus(StrEnum):
    AWAITING_RELEASE = "AWAITING_RELEASE"  # a second person must agree
    PENDING = "PENDING"
    ACK = "ACK"  # accepted by the panel; done only with `confirmed_at`
    NACK = "NACK"  # refused by the panel, or impossible before it was sent
    TIMEOUT = "TIMEOUT"  # nobody knows that it was accepted, or nobody agreed in time


class CommandSource(StrEnum):
    OPERATOR = "OPERATOR"  # a person, whatever his role
    AUTO_ARM = "AUTO_ARM"
    SYSTEM = "SYSTEM"


ENDED: Final = frozenset({CommandStatus.ACK, CommandStatus.NACK, CommandStatus.TIMEOUT})

TARGETS: Final[dict[CommandKind, Target]] = {
    CommandKind.ARM: Target.PARTITIONS,
    CommandKind.DISARM: Target.PARTITIONS,
    CommandKind.CLEAR_ALARM: Target.PARTITIONS,
    CommandKind.BYPASS: Target.ZONES,
    CommandKind.UNBYPASS: Target.ZONES,
    CommandKind.ISOLATE: Target.ZONES,
    CommandKind.OUTPUTS_ON: Target.OUTPUTS,
    CommandKind.OUTPUTS_OFF: Target.OUTPUTS,
    CommandKind.OUTPUTS_TOGGLE: Target.OUTPUTS,
    CommandKind.SET_CLOCK: Target.NONE,
}

LARGEST: Final[dict[Target, int]] = {Target.PARTITIONS: 32, Target.ZONES: 256, Target.OUTPUTS: 256, Target.NONE: 0}

# By kind; who may arm need not be able to disarm (D5).
PERMISSIONS: Final[dict[CommandKind, Permission]] = {
    **dict.fromkeys(CommandKind, Permission.PANEL_COMMAND),
    CommandKind.ARM: Permission.PANEL_ARM,
    CommandKind.DISARM: Permission.PANEL_DISARM,
}

GUARDED: Final[dict[CommandKind, Guarded]] = {
    CommandKind.DISARM: Guarded.DISARM,
    CommandKind.ISOLATE: Guarded.ISOLATE,
}


def priority_of(kind: CommandKind, source: CommandSource) -> int:
    """Of its tasks, 1 is the most urgent (D1): 1 disarming, 2 people, 4 auto-arm, 5 what the system wants by itself."""
    if kind is CommandKind.DISARM:
        return 1
    return {CommandSource.OPERATOR: 2, CommandSource.AUTO_ARM: 4, CommandSource.SYSTEM: 5}[source]


class CommandReason(StrEnum):
    """Why a command did not end as ACK: stable words, for who decides on them."""

    # the panel said so (reference §3.4)
    WRONG_CODE = "WRONG_CODE"
    NO_ACCESS = "NO_ACCESS"
    ZONES_OPEN = "ZONES_OPEN"  # forced arming would work
    CANNOT_ARM = "CANNOT_ARM"
    PANEL_ERROR = "PANEL_ERROR"
    # it was never sent
    RELEASE_EXPIRED = "RELEASE_EXPIRED"  # no second person in time
    NOT_STARTED = "NOT_STARTED"  # nobody took it up in time
    TOO_LATE = "TOO_LATE"  # it could have been sent only when nobody waited for it any more
    PANEL_RELEASED = "PANEL_RELEASED"  # given up for programming
    PANEL_DISABLED = "PANEL_DISABLED"  # or deleted
    OBJECT_CLOSED = "OBJECT_CLOSED"  # or deleted
    NO_CODE = "NO_CODE"  # the panel has no code for commands
    CODE_UNREADABLE = "CODE_UNREADABLE"  # with the keys of this installation, or it is none
    NO_HOLDER = "NO_HOLDER"  # no ingest process holds the line, or it does not answer
    NOT_CONNECTED = "NOT_CONNECTED"
    OUT_OF_RANGE = "OUT_OF_RANGE"  # this model has no such partition, zone or output
    LINE_OCCUPIED = "LINE_OCCUPIED"  # too many commands before it
    DATABASE_AWAY = "DATABASE_AWAY"  # what cannot be noted down is not sent
    # it was sent
    UNKNOWN_OUTCOME = "UNKNOWN_OUTCOME"  # no answer, and no effect that can be seen


class SendEnd(StrEnum):
    """How one try to send a command went."""

    ANSWERED = "ANSWERED"
    UNANSWERED = "UNANSWERED"  # the bytes may have gone out
    SEEN = "SEEN"  # sent before, and the panel shows its effect: not sent again
    UNSEEN = "UNSEEN"  # sent before without an effect that can be seen, and it must not be repeated
    WITHDRAWN = "WITHDRAWN"  # it is no longer to be sent
    DIED = "DIED"  # the process that had it in hand says nothing any more
    UNREACHED = "UNREACHED"  # no process took it
    NOT_HELD = "NOT_HELD"  # not here (any more): ask who has it now
    NOT_CONNECTED = "NOT_CONNECTED"
    UNRECORDED = "UNRECORDED"  # the database was away
    NO_CODE = "NO_CODE"
    CODE_UNREADABLE = "CODE_UNREADABLE"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    LINE_OCCUPIED = "LINE_OCCUPIED"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a try means. `status` None: nothing yet, try again; `reason` is then the one to give when there is no more time."""

    status: CommandStatus | None
    reason: CommandReason | None = None


ACCEPTED_CODES: Final = frozenset({0x00, 0xFF})  # FF: "will be processed" (V19 p. 19), never "done"
_CODE_REASONS: Final = {
    0x01: CommandReason.WRONG_CODE,
    0x02: CommandReason.NO_ACCESS,
    0x11: CommandReason.ZONES_OPEN,
    0x12: CommandReason.CANNOT_ARM,
}
_FINAL: Final = {
    SendEnd.NO_CODE: CommandReason.NO_CODE,
    SendEnd.CODE_UNREADABLE: CommandReason.CODE_UNREADABLE,
    SendEnd.OUT_OF_RANGE: CommandReason.OUT_OF_RANGE,
    SendEnd.LINE_OCCUPIED: CommandReason.LINE_OCCUPIED,
}
_PASSING: Final = {
    SendEnd.UNREACHED: CommandReason.NO_HOLDER,
    SendEnd.NOT_HELD: CommandReason.NO_HOLDER,
    SendEnd.UNRECORDED: CommandReason.DATABASE_AWAY,
}


def answered(code: int) -> Verdict:
    """What the panel's result byte means for a command."""
    if code in ACCEPTED_CODES:
        return Verdict(CommandStatus.ACK)
    return Verdict(CommandStatus.NACK, _CODE_REASONS.get(code, CommandReason.PANEL_ERROR))


def may_have_been_sent(end: SendEnd) -> bool:
    """Whether a try that ended so may have reached the panel without our knowing."""
    return end in (SendEnd.UNANSWERED, SendEnd.DIED)


def judge(end: SendEnd, code: int | None, *, perhaps_sent: bool) -> Verdict:
    """What is to be done after a try; ``perhaps_sent``: this one or one before may have reached the panel."""
    match end:
        case SendEnd.ANSWERED:
            assert code is not None
            return answered(code)
        case SendEnd.SEEN:
            return Verdict(CommandStatus.ACK)
        case SendEnd.UNSEEN:
            return Verdict(CommandStatus.TIMEOUT, CommandReason.UNKNOWN_OUTCOME)
        case SendEnd.WITHDRAWN:
            reason = CommandReason.UNKNOWN_OUTCOME if perhaps_sent else CommandReason.TOO_LATE
            return Verdict(CommandStatus.TIMEOUT, reason)
        case SendEnd.UNANSWERED | SendEnd.DIED:
            return Verdict(None, CommandReason.UNKNOWN_OUTCOME)
        case SendEnd.UNREACHED | SendEnd.NOT_HELD | SendEnd.UNRECORDED:
            return Verdict(None, CommandReason.UNKNOWN_OUTCOME if perhaps_sent else _PASSING[end])
        case SendEnd.NOT_CONNECTED | SendEnd.NO_CODE | SendEnd.CODE_UNREADABLE | SendEnd.OUT_OF_RANGE | SendEnd.LINE_OCCUPIED:
            if perhaps_sent:
                return Verdict(None, CommandReason.UNKNOWN_OUTCOME)
            return Verdict(CommandStatus.NACK, _FINAL.get(end, CommandReason.NOT_CONNECTED))
        case _:
            assert_never(end)


def out_of_time(verdict: Verdict) -> Verdict:
    """What it has come to when there is no time for another try."""
    unknown = verdict.reason is CommandReason.UNKNOWN_OUTCOME
    return Verdict(CommandStatus.TIMEOUT if unknown else CommandStatus.NACK, verdict.reason)


def may_repeat(kind: CommandKind) -> bool:
    """Whether a command whose answer was lost may be sent again where its effect is not to be seen.

    A toggle would undo itself. An output of a pulse may have been on and be off again: the gate would open twice.
    """
    return kind not in (CommandKind.OUTPUTS_TOGGLE, CommandKind.OUTPUTS_ON)


_TRANSITIONS: Final = {
    ArmMode.FULL: PartitionState.ARMING_FULL,
    ArmMode.BYPASS: PartitionState.ARMING_BYPASS,
    ArmMode.STAY: PartitionState.ARMING_STAY,
    ArmMode.STAY_INSTANT: PartitionState.ARMING_STAY_INSTANT,
}


def transition_of(kind: CommandKind, mode: ArmMode) -> PartitionState | None:
    """How its partitions are shown from the sending until the panel shows something else; None: as they are."""
    if kind is CommandKind.ARM:
        return _TRANSITIONS[mode]
    return PartitionState.DISARMING if kind is CommandKind.DISARM else None


def never_began(status: CommandStatus, *, begun: bool, asked_at: datetime, now: datetime) -> bool:
    """Whether an order that its workflow has not taken up can count as TIMEOUT, NOT_STARTED: from then on nobody begins it."""
    return status not in ENDED and not begun and now > asked_at + BEGIN_WITHIN
