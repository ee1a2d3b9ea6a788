"""When silence becomes an alarm: the pure policy of a panel's lost line (principle 7, R-SATEL).

A line that is away is an `Outage`. It is kept in the panel's stored position, so that it is one event however many processes
notice it, begins when the first of them did, and is told as over by whichever of them is heard by the panel again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from workflows.domain.alarm import LINK_LOST, PANEL_BUSY, AlarmType, Family, Signal, SignalSource
from workflows.domain.panel import LinkStatus
from workflows.domain.supervision import SupervisionClass

BUSY_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grace:
    """How long a line may be away before that is an alarm: what the panel's class promises.

    A slot taken by another client gets longer: a module keeps the slot of a host that lost its power for the 25 s of its idle
    cut, and who found it Busy asks again after 30 s (reference §6.2).
    """

    lost: timedelta = SupervisionClass.SP5.promised
    busy: timedelta = SupervisionClass.SP5.promised

    @classmethod
    def in_class(cls, supervision: SupervisionClass, *, busy_after: timedelta = BUSY_AFTER) -> Self:
        return cls(lost=supervision.promised, busy=max(supervision.promised, busy_after))

    def of(self, status: LinkStatus) -> timedelta:
        return self.busy if status is LinkStatus.BUSY else self.lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A line that is away: since when, at which address, and the code of the alarm if that was told."""

    since: datetime
    address: str
    told: int | None = None

    def to_json(self) -> dict[str, object]:
        return {"since": self.since.isoformat(), "address": self.address, "told": self.told}

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """The inverse. KeyError, TypeError or ValueError if this was never made by `to_json`."""
        if not isinstance(stored, Mapping):
            raise TypeError("an object expected")
        told = stored["told"]
        return cls(
            since=datetime.fromisoformat(stored["since"]),
            address=str(stored["address"]),
            told=None if told is None else int(told),
        )

    def over(self, panel_id: UUID, at: datetime) -> list[Signal]:
        """What is to be told when the line is back or no longer wanted: nothing if the alarm never was."""
        return [] if self.told is None else [_signal(panel_id, self.told, at, restore=True)]


class LineWatch:
    """Follows one panel's line in one process. Its owner stores `outage`; every method that gives signals changes it."""

    def __init__(
        self,
        panel_id: UUID,
        address: str,
        outage: Outage | None,
        *,
        grace: Grace,
        began_at: datetime,
        released_at: datetime | None = None,
    ) -> None:
        """``outage``: as the last holder left it. ``began_at``: when this process began to try. ``released_at``: when the line
        was last given up on purpose."""
        self.outage = outage
        self.grace = grace
        self._released_at = released_at
        self._panel_id, self._address = panel_id, address
        self._trying_since: datetime | None = began_at
        self._failed_as: LinkStatus | None = None

    def begin(self, at: datetime) -> list[Signal]:
        """This process takes the panel. An outage of an address that the panel no longer has is over, and so is one from before
        the line was given up: nobody missed it since."""
        outage = self.outage
        if outage is None or (outage.address == self._address and not self._was_released_since(outage)):
            return []
        return self.let_go(at)

    def _was_released_since(self, outage: Outage) -> bool:
        return self._released_at is not None and outage.since < self._released_at

    def failed(self, status: LinkStatus, at: datetime) -> None:
        """A try failed, or a line ended."""
        self._failed_as = status
        if self.outage is None:
            self.outage = Outage(since=self._trying_since or at, address=self._address)

    def answered(self) -> None:
        """The panel answers, and is being caught up with. Until that is done, the outage is neither over nor goes on."""
        self._failed_as = None

    def overdue(self, at: datetime) -> list[Signal]:
        """The alarm, once, when the line has been away for longer than its grace."""
        outage, status = self.outage, self._failed_as
        if outage is None or outage.told is not None or status is None or at - outage.since < self.grace.of(status):
            return []
        code = PANEL_BUSY if status is LinkStatus.BUSY else LINK_LOST
        self.outage = Outage(since=outage.since, address=outage.address, told=code)
        detail = {"status": str(status), "since": outage.since.isoformat()}
        return [_signal(self._panel_id, code, at, detail=detail)]

    def caught_up(self, at: datetime) -> list[Signal]:
        """The line is up, and everything missed was read."""
        self._trying_since = self._failed_as = None
        return self.let_go(at)

    def let_go(self, at: datetime) -> list[Signal]:
        """There is no outage any more: it ended, or nobody wants the line."""
        outage, self.outage = self.outage, None
        return outage.over(self._panel_id, at) if outage is not None else []


def _signal(panel_id: UUID, code: int, at: datetime, *, restore: bool = False, detail: dict[str, str] | None = None) -> Signal:
    return Signal(
        source=SignalSource.SYSTEM,
        family=Family.LINK,
        code=code,
        received_at=at,
        panel_id=panel_id,
        restore=restore,
        alarm_type=AlarmType.COMM_LOSS,
        detail=dict(detail) if detail else None,
    )
