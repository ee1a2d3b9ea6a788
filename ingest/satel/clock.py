"""When a panel's clock is so wrong that it is an alarm (principle 7): follows one panel's clock. Pure.

The times in a panel's log are corrected by what is measured here, but nobody corrects what people read on its keypads, and its
timers arm and disarm by it.
"""

from datetime import datetime, timedelta
from uuid import UUID

from workflows.domain.alarm import CLOCK_DRIFT, AlarmType, Family, Signal, SignalSource
from workflows.domain.supervision import ClockLimits


class ClockWatch:
    """Its owner stores `wrong`, in the transaction of the signals; every method changes it."""

    def __init__(self, panel_id: UUID, *, wrong: bool, limits: ClockLimits) -> None:
        """``wrong``: as the last holder left it."""
        self.wrong = wrong
        self._panel_id, self._limits = panel_id, limits

    def measured(self, offset: timedelta, at: datetime) -> list[Signal]:
        """``offset``: the panel's clock minus ours."""
        wrong = self._limits.is_wrong(offset, before=self.wrong)
        return self._turn(at, wrong=wrong, offset=offset) if wrong is not self.wrong else []

    def let_go(self, at: datetime) -> list[Signal]:
        """Nobody wants the panel any more."""
        return self._turn(at, wrong=False) if self.wrong else []

    def _turn(self, at: datetime, *, wrong: bool, offset: timedelta | None = None) -> list[Signal]:
        self.wrong = wrong
        signal = Signal(
            source=SignalSource.SYSTEM,
            family=Family.CLOCK,
            code=CLOCK_DRIFT,
            received_at=at,
            panel_id=self._panel_id,
            restore=not wrong,
            alarm_type=AlarmType.CLOCK_DRIFT,
            detail=None if offset is None else {"offset_seconds": round(offset.total_seconds())},
        )
        return [signal]
