"""When to try again: the pure back-off policy of a panel's line (R-SATEL). Seconds throughout."""

from dataclasses import dataclass, replace
from enum import StrEnum

STEPS = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
JITTER = 0.2  # of the step, up or down: panels that fell together do not come back together
BUSY_WAIT = 30.0  # somebody else holds the module's only slot: do not fight (reference §6.2)
SLOT_FREED_AFTER = 2.0  # a module frees the slot 1-2 s after a close (reference §1.6)
STABLE_AFTER = 60.0  # a line that lived this long starts its next back-off from the first step


class Ended(StrEnum):
    """Why a line ended, as far as it matters for the next attempt."""

    LOST = "LOST"  # refused, cut, silent
    BUSY = "BUSY"
    NO_ANSWER = "NO_ANSWER"  # TCP is fine, the protocol is not: wrong port, key, or integration switched off


@dataclass(frozen=True, slots=True)
class Backoff:
    """How often in a row the line failed, and how often it was Busy since a line of our own; ``pace`` stretches or shortens
    every wait (simulations)."""

    failures: int = 0
    pace: float = 1.0
    busies: int = 0

    def after(self, ended: Ended, *, lived: float, chance: float) -> tuple["Backoff", float]:
        """The next state, and how long to wait before the next attempt.

        ``lived`` is how long the protocol answered on the line (0 if it never did), ``chance`` is uniform in [0, 1).
        """
        failures = 0 if lived >= STABLE_AFTER else self.failures
        busies = 0 if lived > 0 else self.busies
        step = STEPS[min(failures, len(STEPS) - 1)]
        if ended is Ended.BUSY:
            # The first Busy after a life of our own is most likely our own old slot.
            step = SLOT_FREED_AFTER if busies == 0 else BUSY_WAIT
            busies += 1
        wait = self.pace * step * (1 + JITTER * (2 * chance - 1))
        return replace(self, failures=failures + 1, busies=busies), wait
