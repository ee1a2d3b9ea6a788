"""Which rows are shown and in which order. Pure.

The oldest of the highest class stands first, what waits before what is being worked on. While the pointer moves over the
list the order is frozen: rows keep their places and change in place, newcomers wait behind a bar "3 new above". A row must
never slide under a click.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from api.client.models import AlarmSummary
from ui_flutter.state.flood import Group
from ui_flutter.state.views import Tab
from workflows.domain.bundle import BundleStatus

WINDOW = 60
WINDOW_STEP = 60
WINDOW_MOST = 300
FROZEN_FOR = timedelta(seconds=4)  # after the last movement of the pointer
Key = UUID | str  # an alarm, or a group of them
_TURN = {
    BundleStatus.NEW: 0,
    BundleStatus.CLAIMING: 1,
    BundleStatus.IN_PROGRESS: 1,
    BundleStatus.ACK: 2,
    BundleStatus.RESOLVED: 3,
    BundleStatus.CLOSED: 4,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What the operator wants to see; an empty set of ranks is all four."""

    tab: Tab = Tab.ACTIVE
    ranks: frozenset[int] = frozenset()
    query: str = ""
    only: frozenset[UUID] | None = None  # what was missed while away

    @property
    def narrows(self) -> bool:
        """Whether it hides something beyond the choice of the tab."""
        return bool(self.ranks) or bool(self.query.strip()) or self.only is not None

    def admits(self, alarm: AlarmSummary, me: UUID | None) -> bool:
        """Whether tab and classes let the alarm through; the query is asked apart, for it needs the drawn words."""
        is_wanted = self.only is None or alarm.id in self.only
        return is_wanted and (not self.ranks or alarm.priority.rank in self.ranks) and _in_tab(alarm, self.tab, me)

    def finds(self, drawn: str) -> bool:
        """Whether every word of the query is in the alarm's words."""
        return all(word in drawn.casefold() for word in self.query.casefold().split())


def _in_tab(alarm: AlarmSummary, tab: Tab, me: UUID | None) -> bool:
    if tab is Tab.CLOSED:
        return alarm.status is BundleStatus.CLOSED
    if alarm.status is BundleStatus.CLOSED:
        return False
    if tab is Tab.NEW:
        return alarm.status is BundleStatus.NEW
    return tab is Tab.ACTIVE or (me is not None and alarm.claimed_by == me)


def opened_between(alarm: AlarmSummary, since: datetime | None, until: datetime | None) -> bool:
    """As the server counts it; None: without end on that side."""
    return (since is None or alarm.opened_at >= since) and (until is None or alarm.opened_at < until)


def urgency(alarm: AlarmSummary) -> tuple[int, int, int, datetime, UUID]:
    """Sort key: not suppressed, class, whose turn it is, oldest first."""
    return (alarm.suppressed, alarm.priority.rank, _TURN[alarm.status], alarm.opened_at, alarm.id)


def group_urgency(group: Group) -> tuple[int, int, int, datetime, UUID]:
    """Sort key of a group among alarms: as its oldest of the highest class, waiting."""
    return (False, group.rank, 0, group.since, group.ids[0])


def newest_first(alarm: AlarmSummary) -> tuple[float, UUID]:
    """Sort key of the closed ones."""
    return (-alarm.status_changed_at.timestamp(), alarm.id)


@dataclass(slots=True)
class Order:
    """The order on the screen; `arrange` is given the keys in their right order and keeps places while frozen."""

    shown: list[Key] = field(default_factory=list)
    waiting: int = 0  # newcomers not yet shown
    frozen_until: datetime | None = None

    def touch(self, now: datetime) -> None:
        """The pointer moved over the list."""
        self.frozen_until = now + FROZEN_FOR

    def thaw(self) -> None:
        """The operator wants to see the newcomers."""
        self.frozen_until = None

    def is_frozen(self, now: datetime) -> bool:
        return self.frozen_until is not None and now < self.frozen_until

    @property
    def alarms(self) -> list[UUID]:
        return [key for key in self.shown if isinstance(key, UUID)]

    @property
    def groups(self) -> list[str]:
        return [key for key in self.shown if isinstance(key, str)]

    def arrange(self, right: Iterable[Key], now: datetime) -> list[Key]:
        """The keys to show: those of `right`; frozen, in their old places and without those that are new."""
        wanted = list(right)
        if not self.is_frozen(now) or not self.shown:
            self.shown, self.waiting = wanted, 0
            return self.shown
        present, old = set(wanted), set(self.shown)
        self.shown = [id_ for id_ in self.shown if id_ in present]
        self.waiting = sum(1 for id_ in wanted if id_ not in old)
        return self.shown
