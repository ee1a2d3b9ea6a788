"""Silence is an alarm (principle 7): what every source has promised, who is overdue, and what is lost together. Pure.

Whoever holds a panel's line judges the line (`ingest.satel.line`) and is himself a source: he promises a sign of life within
the panel's class. The watcher judges those promises. It has been blind whenever it could not look (it was not there, or the
database was not), and what fell silent meanwhile may have been unable to speak for the same reason: everybody is then given
`GRACE` to be heard again before anything is an alarm.

Losses are of one cause when many objects lose their lines together: of one address when `SITE` of them do (its router),
anywhere when `MANY` do (a provider, or we ourselves). Each cause is one bundle, kept at the monitoring centre's own object.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

# The object of what is wrong with the system itself, and of losses that many objects share.
MONITORING_CENTRE: Final = UUID("01940000-0000-7000-8000-000000000001")

GRACE: Final = timedelta(seconds=60)  # the time in which every process is back after a restart of everything (requirements §5)
LOOK_EVERY: Final = timedelta(seconds=2)
BLIND_AFTER: Final = timedelta(seconds=8)  # between two looks
LET_GO_WITHIN: Final = timedelta(seconds=30)  # for the holder of a panel nobody wants any more, to end its alarm himself
LINE_MARGIN: Final = timedelta(seconds=90)  # beyond the promise, for the holder to tell of the line (a Busy one has 60 s)
LONGEST_SILENCE: Final = timedelta(seconds=30)  # of a holder, however slow the panel's class

TOGETHER: Final = timedelta(seconds=60)  # between the first and the last of losses with one cause
SITE, MANY = 4, 10  # objects
ANYWHERE: Final = "*"  # the cause of losses that no one address explains; no host is called so


class SupervisionClass(StrEnum):
    """How soon the loss of a panel's line must be known: the single-path categories of EN 50136-1 by their reporting time."""

    SP6 = "SP6"
    SP5 = "SP5"
    SP4 = "SP4"
    SP3 = "SP3"
    SP2 = "SP2"

    @property
    def promised(self) -> timedelta:
        """The longest silence."""
        return _PROMISED[self]

    @property
    def renewed_every(self) -> timedelta:
        """How often the holder gives a sign of life: two may be lost, and he looks at his clock every few seconds only."""
        return min(self.promised / 4, LONGEST_SILENCE)

    @property
    def in_doubt_after(self) -> timedelta:
        """A holder silent for so long counts as lost when others are, before it is an alarm itself."""
        return self.renewed_every * 2


_PROMISED: Final = {
    SupervisionClass.SP6: timedelta(seconds=20),
    SupervisionClass.SP5: timedelta(seconds=90),
    SupervisionClass.SP4: timedelta(minutes=3),
    SupervisionClass.SP3: timedelta(minutes=30),
    SupervisionClass.SP2: timedelta(hours=25),
}


class SourceKind(StrEnum):
    """What beside panels has promised to be heard. Each source of a kind has a key."""

    RELAY = "RELAY"  # "watch": the watcher itself; "push", "orchestration": the outbox moves
    WORKER = "WORKER"  # any of them
    MODEM = "MODEM"
    PROBE = "PROBE"  # the synthetic alarm through the whole path


class SourceState(StrEnum):
    HEARD = "HEARD"
    SILENT = "SILENT"  # for longer than promised, and told as an alarm
    RELEASED = "RELEASED"  # a panel whose line was given up on purpose


class Finding(StrEnum):
    """What a look at a source comes to."""

    NOTHING = "NOTHING"
    LOST = "LOST"
    BACK = "BACK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """How long the watcher has been able to see. A break makes it begin anew, but what it has seen of a `GRACE` that was not
    over is not lost: a watcher that is restarted again and again would otherwise excuse everybody for ever."""

    since: datetime
    looked_at: datetime

    @classmethod
    def begun(cls, at: datetime) -> Self:
        return cls(since=at, looked_at=at)

    def looking(self, at: datetime, *, grace: timedelta = GRACE) -> Self:
        """One more look, of this watcher or of the next one. A clock that went back makes blind too."""
        gap, seen = at - self.looked_at, self.looked_at - self.since
        if gap < timedelta():
            return replace(self, since=at, looked_at=at)
        if gap > BLIND_AFTER:
            return replace(self, since=at if seen >= grace else at - seen, looked_at=at)
        return replace(self, looked_at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelWatch:
    """A panel as the watcher finds it. ``changed_at``: since when it is wanted (or not) as it is now. ``lost_at``: when the
    alarm for its line was last told, None while there is none."""

    panel_id: UUID
    promised: timedelta
    wanted: bool
    changed_at: datetime
    held_since: datetime | None = None
    renewed_at: datetime | None = None  # the holder's last sign of life
    heard_at: datetime | None = None  # the last time the holder said that the line is up and caught up with
    lost_at: datetime | None = None

    @property
    def silent_since(self) -> datetime:
        return self.renewed_at or self.changed_at

    @property
    def due_at(self) -> datetime:
        """When the silence becomes an alarm: that of the holder, or that of a line of which the holder tells nothing."""
        quiet_since = max(at for at in (self.heard_at, self.held_since, self.changed_at) if at is not None)
        return min(self.silent_since + self.promised, quiet_since + self.promised + LINE_MARGIN)


def judge_panel(panel: PanelWatch, sight: Sight, *, grace: timedelta = GRACE) -> Finding:
    """What is to be told of a panel now, which is when the watcher looked last."""
    now = sight.looked_at
    if not panel.wanted:
        over = panel.lost_at is not None and now - panel.changed_at >= LET_GO_WITHIN
        return Finding.BACK if over else Finding.NOTHING
    if panel.lost_at is not None:
        back = panel.heard_at is not None and panel.heard_at > panel.lost_at
        return Finding.BACK if back else Finding.NOTHING
    excused_until = max(sight.since, panel.changed_at) + grace
    return Finding.LOST if now >= max(panel.due_at, excused_until) else Finding.NOTHING


def judge_source(
    last_seen_at: datetime, promised: timedelta, state: SourceState, sight: Sight, *, grace: timedelta = GRACE
) -> Finding:
    """What is to be told of another source now."""
    now = sight.looked_at
    silent = now - last_seen_at >= promised
    if state is SourceState.SILENT:
        return Finding.NOTHING if silent else Finding.BACK
    return Finding.LOST if silent and now >= sight.since + grace else Finding.NOTHING


# -- what is lost together


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A panel without a line, told or not yet told."""

    panel_id: UUID
    object_id: UUID
    host: str
    since: datetime


def lost_together(told: Collection[UUID], losses: Iterable[Loss]) -> dict[UUID, str]:
    """The cause of those of ``told`` that are one loss with others: their address, or `ANYWHERE`. ``losses``: all panels
    without a line, these among them.

    An address is no more than `SITE` objects however many stand behind it: two routers are two causes, and not a provider's.
    """
    everywhere = sorted({loss.panel_id: loss for loss in losses}.values(), key=lambda loss: loss.since)
    causes = {}
    for loss in everywhere:
        if loss.panel_id in told and (cause := _cause(loss, everywhere)) is not None:
            causes[loss.panel_id] = cause
    return causes


def _cause(loss: Loss, everywhere: Sequence[Loss]) -> str | None:
    objects: dict[str, set[UUID]] = defaultdict(set)
    for other in _around(loss, everywhere):
        objects[other.host].add(other.object_id)
    if sum(min(len(behind), SITE) for behind in objects.values()) >= MANY:
        return ANYWHERE
    return loss.host if len(objects[loss.host]) >= SITE else None


def _around(loss: Loss, others: Sequence[Loss]) -> Sequence[Loss]:
    """Those lost within `TOGETHER` of this one; ``others`` in the order of time."""
    first = bisect_left(others, loss.since - TOGETHER, key=lambda other: other.since)
    last = bisect_right(others, loss.since + TOGETHER, key=lambda other: other.since)
    return others[first:last]


# -- clocks


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockLimits:
    """How wrong a panel's clock may be. It is right again only well within, or a clock at the limit would tell without end."""

    wrong_from: timedelta = timedelta(minutes=5)

    def is_wrong(self, offset: timedelta, *, before: bool) -> bool:
        """``before``: whether it was wrong until now."""
        limit = self.wrong_from / 2 if before else self.wrong_from
        return abs(offset) >= limit
