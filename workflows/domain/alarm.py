"""What an alarm is: signals as they are received, events as they are recorded, and how both are classified.

A *signal* is one thing that reached us (a state edge, a log record, an SMS, a probe). Every signal gets a ledger row with
exactly one `Outcome` (R-LEDGER). An *event* is one physical happening, however many signals told of it (R-EDGE). A *bundle*
is what a dispatcher works on: the events of one object and alarm type within a sliding window (R-BUNDLE, `bundle.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class AlarmType(StrEnum):
    """What a bundle is about. Order of declaration is the order of urgency within one priority."""

    HOLDUP = "HOLDUP"  # panic button, duress code
    FIRE = "FIRE"
    MEDICAL = "MEDICAL"
    INTRUSION = "INTRUSION"
    TAMPER = "TAMPER"
    TECHNICAL = "TECHNICAL"  # gas, flood, heating: zones that guard things, not people's honesty
    TEMPERATURE = "TEMPERATURE"
    POWER = "POWER"
    TROUBLE = "TROUBLE"
    COMM_LOSS = "COMM_LOSS"
    AUTO_ARM_FAILURE = "AUTO_ARM_FAILURE"  # what a schedule should have armed is not armed (R-AUTOARM)
    LOG_GAP = "LOG_GAP"  # the panel's log no longer holds our cursor: something may be missing (R-RECOVER)
    CLOCK_DRIFT = "CLOCK_DRIFT"  # the panel's clock is far from ours: the times in its log cannot be relied on


class Priority(StrEnum):
    """The four classes of the console, P1 … P4 (console practice §2)."""

    CRITICAL = "CRITICAL"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"

    @property
    def rank(self) -> int:
        """1 (most urgent) … 4."""
        return _RANKS[self]


_RANKS = {Priority.CRITICAL: 1, Priority.HIGH: 2, Priority.MEDIUM: 3, Priority.LOW: 4}


def most_urgent(first: Priority, second: Priority) -> Priority:
    """The more urgent of the two: a bundle never becomes calmer by a later event."""
    return min(first, second, key=lambda priority: priority.rank)


DEFAULT_PRIORITY: dict[AlarmType, Priority] = {
    AlarmType.HOLDUP: Priority.CRITICAL,
    AlarmType.FIRE: Priority.CRITICAL,
    AlarmType.MEDICAL: Priority.CRITICAL,
    AlarmType.INTRUSION: Priority.HIGH,
    AlarmType.TAMPER: Priority.HIGH,
    AlarmType.TECHNICAL: Priority.MEDIUM,
    AlarmType.TEMPERATURE: Priority.MEDIUM,
    AlarmType.POWER: Priority.LOW,
    AlarmType.TROUBLE: Priority.LOW,
    AlarmType.COMM_LOSS: Priority.MEDIUM,
    AlarmType.AUTO_ARM_FAILURE: Priority.HIGH,
    AlarmType.LOG_GAP: Priority.MEDIUM,
    AlarmType.CLOCK_DRIFT: Priority.LOW,
}

# A hold-up rings whatever somebody configured: never overridden downwards, never silenced by service mode (R-SERVICE).
NEVER_SUPPRESSED = frozenset({AlarmType.HOLDUP})


def lowered(priorities: Mapping[AlarmType, Priority]) -> list[AlarmType]:
    """The types of ``priorities`` that must not be lowered and are."""
    return [
        kind
        for kind, priority in priorities.items()
        if kind in NEVER_SUPPRESSED and priority.rank > DEFAULT_PRIORITY[kind].rank
    ]


# Bundles that cannot be acknowledged without a note (R-BUNDLE).
NOTE_REQUIRED = frozenset({AlarmType.TEMPERATURE})


class SignalSource(StrEnum):
    """How a signal reached us."""

    EDGE = "EDGE"  # a bit of a state block changed
    INITIAL = "INITIAL"  # a bit was already set when the link came up
    LOG = "LOG"  # a record of the panel's event log
    SMS = "SMS"
    PROBE = "PROBE"
    SYSTEM = "SYSTEM"  # we noticed something ourselves (link lost, log gap)


class Outcome(StrEnum):
    """What became of a received signal: exactly one per ledger row (R-LEDGER)."""

    EVENT = "EVENT"  # it is a new event
    DUPLICATE = "DUPLICATE"  # same dedup key again: `occurrences` of the event went up (D4)
    CONFIRMATION = "CONFIRMATION"  # it tells more of an event we have (R-EDGE)
    SUPPRESSED = "SUPPRESSED"  # a new event, recorded but silenced by service mode (R-SERVICE)
    QUARANTINED = "QUARANTINED"  # it could not be attributed; kept for a human
    TEST = "TEST"  # probe or walk test


class Source(StrEnum):
    """What in a panel a signal speaks of; together with the number it names the source."""

    SYSTEM = "SYSTEM"
    ZONE = "ZONE"
    PARTITION = "PARTITION"
    USER = "USER"
    OUTPUT = "OUTPUT"
    EXPANDER = "EXPANDER"
    KEYPAD = "KEYPAD"
    TELEPHONE = "TELEPHONE"


class Family(StrEnum):
    """Which state bit tells of a happening: the key by which an edge and a log record recognise each other (R-EDGE).

    A log code without a state bit of its own has family OTHER and is always an event by itself.
    """

    ZONE_ALARM = "ZONE_ALARM"  # block 02
    ZONE_TAMPER = "ZONE_TAMPER"  # block 03
    PARTITION_ALARM = "PARTITION_ALARM"  # block 13, only when no zone explains it
    PARTITION_FIRE = "PARTITION_FIRE"  # block 14, likewise
    MAINS = "MAINS"  # block 1B
    BATTERY = "BATTERY"
    TROUBLE = "TROUBLE"
    ARMED = "ARMED"  # blocks 0A…; information, not an alarm
    LINK = "LINK"  # our connection to the panel, or to another source that promised to be heard (`supervision.py`)
    CLOCK = "CLOCK"  # the panel's clock against ours
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One received thing, as ingest hands it to `record_signals`. Texts of people are never in it.

    `code` is the Satel event code (0…1023), for an edge the code its family and zone reaction stand for; our own
    happenings have codes from 2000 (`codes` below). `alarm_type` None means information: an event without a bundle.
    """

    source: SignalSource
    family: Family
    code: int
    received_at: datetime
    panel_id: UUID | None = None
    object_id: UUID | None = None  # only for sources without a panel (SMS)
    restore: bool = False
    alarm_type: AlarmType | None = None
    source_kind: Source = Source.SYSTEM
    source_number: int = 0  # zone, expander, user … counting from 1; 0: none
    partition: int | None = None
    user: int | None = None
    panel_at: datetime | None = None  # the panel's time made UTC and corrected by the measured clock offset
    recovered: bool = False  # found by walking the log after a gap (R-RECOVER)
    confirms_only: bool = False  # a log record read because of an edge that was already reported
    rings_again: bool = False  # our own: service mode has ended, and what it silenced still stands in alarm
    raw: bytes = b""  # frame or record as received, for the auditor; never holds a user code
    detail: dict[str, str | int | bool] | None = None


# Our own event codes, beyond the panel's 0…1023.
LINK_LOST = 2001
LOG_GAP = 2002
LOG_ERASED = 2003
PROBE = 2004
PANEL_BUSY = 2005
PANEL_REPLACED = 2006
AUTO_ARM_FAILED = 2007
CLOCK_DRIFT = 2011
SOURCE_SILENT = 2012  # a part of this system: `source_number` is that of the supervised source
