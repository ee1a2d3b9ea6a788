"""When alarms come faster than a person can look at them: what is alike becomes one line. Pure.

A flood begins with more than `TRIP` new alarms within `WINDOW` and ends by itself at `CALM` or fewer of them. P1 and P2 stay
single whatever happens, and so does what somebody works on; the rest is grouped by what it has in common, the larger group
first: one cause at many sites (a provider, the mains), or many causes at one site. P4, which asks for nothing, waits behind one
line until the flood is over if it is in none of these.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from api.client.models import AlarmSummary
from workflows.domain.alarm import AlarmType
from workflows.domain.bundle import BundleStatus

TRIP: Final = 10
CALM: Final = 5
WINDOW: Final = timedelta(minutes=10)
LATER: Final = "later"  # the key of what waits
LEAST: Final = 3  # alarms in a group: two lines are no flood
_SINGLE_RANKS: Final = frozenset({1, 2})
_WAITING_RANK: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Of one `alarm_type` at any site, or at one object (`object_id`) of any type, or what waits; the oldest alarm first."""

    key: str
    alarms: tuple[AlarmSummary, ...]
    alarm_type: AlarmType | None = None
    object_id: UUID | None = None

    @property
    def ids(self) -> tuple[UUID, ...]:
        return tuple(alarm.id for alarm in self.alarms)

    @property
    def rank(self) -> int:
        return min(alarm.priority.rank for alarm in self.alarms)

    @property
    def since(self) -> datetime:
        return self.alarms[0].opened_at

    @property
    def sites(self) -> int:
        return len({alarm.object_id for alarm in self.alarms})


def is_flood(alarms: Iterable[AlarmSummary], now: datetime, *, before: bool) -> bool:
    """Whether it is one now; ``before``: whether it was one until now."""
    return len(_fresh(alarms, now)) > (CALM if before else TRIP)


def ends_at(alarms: Iterable[AlarmSummary], now: datetime) -> datetime:
    """When the flood is over if nothing more comes."""
    opened = _fresh(alarms, now)
    return opened[-CALM - 1] + WINDOW if len(opened) > CALM else now


def _fresh(alarms: Iterable[AlarmSummary], now: datetime) -> list[datetime]:
    return sorted(alarm.opened_at for alarm in alarms if not alarm.suppressed and alarm.opened_at > now - WINDOW)


def waits(alarm: AlarmSummary) -> bool:
    """Whether it may wait while there is a flood."""
    return alarm.priority.rank == _WAITING_RANK and _may_be_grouped(alarm)


def grouped(
    alarms: Sequence[AlarmSummary], *, single: Iterable[UUID] = (), known: Iterable[str] | None = None
) -> tuple[Group, ...]:
    """The groups of these alarms, the most urgent and oldest first; what is in none stays single.

    ``single``: alarms that must stay so. ``known``: keys of the only groups there may be, for an order that is frozen.
    """
    kept = frozenset(single)
    loose = {one.id: one for one in sorted(alarms, key=_age) if one.id not in kept and _may_be_grouped(one)}
    allowed = None if known is None else frozenset(known)
    groups: list[Group] = []
    while loose:
        found = max(_candidates(loose.values(), allowed), key=lambda group: (len(group.alarms), group.key), default=None)
        if found is None:
            break
        groups.append(found)
        for id_ in found.ids:
            del loose[id_]
    later = tuple(one for one in loose.values() if waits(one))
    if later and (allowed is None or LATER in allowed):
        groups.append(Group(key=LATER, alarms=later))
    return tuple(sorted(groups, key=lambda group: (group.rank, group.since, group.key)))


def _age(alarm: AlarmSummary) -> tuple[datetime, UUID]:
    return alarm.opened_at, alarm.id


def _may_be_grouped(alarm: AlarmSummary) -> bool:
    return alarm.status is BundleStatus.NEW and not alarm.suppressed and alarm.priority.rank not in _SINGLE_RANKS


def _candidates(alarms: Iterable[AlarmSummary], allowed: frozenset[str] | None) -> list[Group]:
    by_cause: Mapping[AlarmType, list[AlarmSummary]] = defaultdict(list)
    by_site: Mapping[UUID, list[AlarmSummary]] = defaultdict(list)
    for alarm in alarms:
        by_cause[alarm.alarm_type].append(alarm)
        by_site[alarm.object_id].append(alarm)
    groups = [
        *(Group(key=f"cause:{kind}", alarms=tuple(own), alarm_type=kind) for kind, own in by_cause.items()),
        *(Group(key=f"site:{site}", alarms=tuple(own), object_id=site) for site, own in by_site.items()),
    ]
    if allowed is not None:  # a group that is on the screen may have shrunk, and still is that line
        return [group for group in groups if group.key in allowed]
    return [group for group in groups if len(group.alarms) >= LEAST]
