"""What should be armed now and is not, and why (R-AUTOARM): the evening's question to every schedule. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from workflows.domain.auto_arm import ARMED, OPEN, RunOutcome, RunStatus
from workflows.domain.panel import LinkStatus, PartitionState

NIGHT: Final = timedelta(hours=14)  # after its last firing a partition is expected to be armed for so long


class NotArmed(StrEnum):
    """Why, where no outcome of a run says it."""

    NOT_STARTED = "NOT_STARTED"  # the firing has no run
    UNDER_WAY = "UNDER_WAY"
    DISARMED_SINCE = "DISARMED_SINCE"  # it was armed, and somebody disarmed it
    UNKNOWN = "UNKNOWN"  # the panel's line is down, or nothing was ever heard of it


_HARMLESS: Final = frozenset({RunOutcome.ARMED, RunOutcome.ALREADY_ARMED, RunOutcome.DUPLICATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    status: RunStatus
    outcome: RunOutcome | None = None


def why_not(run: LastRun | None, state: PartitionState | None, link: LinkStatus | None) -> NotArmed | RunOutcome | None:
    """None: it is armed. What the run says goes before what is so now: it tells what to do about it."""
    connected = link is LinkStatus.CONNECTED
    if connected and state in ARMED:
        return None
    if run is None:
        return NotArmed.NOT_STARTED
    if run.status in OPEN:
        return run.outcome or NotArmed.UNDER_WAY
    if run.outcome is not None and run.outcome not in _HARMLESS:
        return run.outcome
    if not connected or state in {None, PartitionState.UNKNOWN}:
        return NotArmed.UNKNOWN
    return NotArmed.DISARMED_SINCE
