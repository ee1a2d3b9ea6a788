"""Panels as the system sees them: link states, partition states, and what the live picture consists of."""

from enum import StrEnum


class LinkStatus(StrEnum):
    """Our connection to a panel. UNKNOWN is drawn apart from every known state (console practice §19)."""

    UNKNOWN = "UNKNOWN"  # nobody has told us lately
    CONNECTING = "CONNECTING"
    CONNECTED = "CONNECTED"
    DISCONNECTED = "DISCONNECTED"
    BUSY = "BUSY"  # another client holds the module's only slot
    NO_ANSWER = "NO_ANSWER"  # TCP is up but nothing answers: wrong port, key or integration switched off
    RELEASED = "RELEASED"  # given up on purpose for programming (R-DLOAD)
    DISABLED = "DISABLED"


class PartitionState(StrEnum):
    """The one word for a partition, by the order of tests of the protocol reference §2.2."""

    UNKNOWN = "UNKNOWN"
    ALARM = "ALARM"
    FIRE_ALARM = "FIRE_ALARM"
    ENTRY_TIME = "ENTRY_TIME"
    ARMED_FULL = "ARMED_FULL"  # mode 0
    ARMED_BYPASS = "ARMED_BYPASS"  # mode 1
    ARMED_STAY = "ARMED_STAY"  # mode 2
    ARMED_STAY_INSTANT = "ARMED_STAY_INSTANT"  # mode 3
    EXIT_TIME = "EXIT_TIME"
    DISARMED = "DISARMED"
    # A command is on its way, and the panel has not shown yet that it changed anything.
    ARMING_FULL = "ARMING_FULL"
    ARMING_BYPASS = "ARMING_BYPASS"
    ARMING_STAY = "ARMING_STAY"
    ARMING_STAY_INSTANT = "ARMING_STAY_INSTANT"
    DISARMING = "DISARMING"


TRANSITION_LASTS = 15  # s at most: the longest wait for an answer, and for the first sign of its effect


# Live state in Redis lives this long without a refresh, and is UNKNOWN after it (R-MODES).
LIVE_STATE_TTL = 300  # s
LIVE_STATE_REFRESH = 60  # s
