"""Commands to panels (R-CMD): what can be ordered, how an order stands, and what a panel's answer means. Pure."""

from enum import IntEnum, StrEnum
from typing import Final

from workflows.domain.two_person import Guarded


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

GUARDED: Final[dict[CommandKind, Guarded]] = {
    CommandKind.DISARM: Guarded.DISARM,
    CommandKind.ISOLATE: Guarded.ISOLATE,
}


def priority_of(kind: CommandKind, source: CommandSource) -> int:
    """Of its tasks, 1 is the most urgent (D1): 1 disarming, 2 people, 4 auto-arm, 5 what the system wants by itself."""
    if kind is CommandKind.DISARM:
        return 1
    return {CommandSource.OPERATOR: 2, CommandSource.AUTO_ARM: 4, CommandSource.SYSTEM: 5}[source]
