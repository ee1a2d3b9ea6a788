"""Service mode (R-SERVICE): what it covers and what it never silences. Pure."""

from enum import StrEnum


class ServiceState(StrEnum):
    AWAITING_RELEASE = "AWAITING_RELEASE"  # a second person must agree
    ACTIVE = "ACTIVE"
    ENDED = "ENDED"
    REFUSED = "REFUSED"  # nobody agreed in time
