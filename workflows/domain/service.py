"""Service mode (R-SERVICE): what it covers, what it never silences, how long it lasts and what is said at its end. Pure.

A period silences an alarm when all of this holds: the alarm's type is one that may be silenced at all, the period covers its
place and type, and it did not happen before the period began (a log walked late tells of what nobody worked on then).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from workflows.domain.alarm import NEVER_SUPPRESSED, AlarmType, Source

DEFAULT_MINUTES: Final = 480  # a working day, where `object_alarm_config.service_max_minutes` says nothing
MOST_MINUTES: Final = 43_200  # thirty days: whatever an object's configuration says
WARN_BEFORE: Final = timedelta(minutes=10)
LISTED: Final = 200  # places in a summary; all of them count
# A panel's clock is corrected by the measured offset and has no seconds: what its log says may lie so far off (R-EDGE).
LOG_TOLERANCE: Final = timedelta(seconds=90)


class ServiceState(StrEnum):
    AWAITING_RELEASE = "AWAITING_RELEASE"  # a second person must agree
    ACTIVE = "ACTIVE"
    ENDED = "ENDED"
    REFUSED = "REFUSED"  # nobody agreed in time


OVER: Final = frozenset({ServiceState.ENDED, ServiceState.REFUSED})


# -- what it covers -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Zones by panel and alarm types; None: all. With zones, what comes from no zone is not covered: it rings."""

    zones: Mapping[UUID, frozenset[int]] | None = None
    alarm_types: frozenset[AlarmType] | None = None

    @classmethod
    def of_json(cls, told: Mapping[str, Any] | None) -> Self:
        """From `service_modes.scope`."""
        zones, kinds = (told or {}).get("zones"), (told or {}).get("alarm_types")
        return cls(
            zones=None if zones is None else {UUID(panel): frozenset(numbers) for panel, numbers in zones.items()},
            alarm_types=None if kinds is None else frozenset(map(AlarmType, kinds)),
        )

    def as_json(self) -> dict[str, Any] | None:
        """For `service_modes.scope`; None: the whole object."""
        told: dict[str, Any] = {}
        if self.zones is not None:
            told["zones"] = {str(panel): sorted(numbers) for panel, numbers in self.zones.items()}
        if self.alarm_types is not None:
            told["alarm_types"] = sorted(self.alarm_types)
        return told or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an alarm comes from: the panel (None: none, an SMS), and what in it."""

    panel_id: UUID | None
    source_kind: Source
    source_number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Service mode in force: begun, and not over by the clock of who asks."""

    scope: Scope
    begun_at: datetime


def covers(scope: Scope, alarm_type: AlarmType, place: Place) -> bool:
    """Whether an alarm of this type from this place is what the period is about."""
    if scope.alarm_types is not None and alarm_type not in scope.alarm_types:
        return False
    if scope.zones is None:
        return True
    if place.source_kind is not Source.ZONE or place.panel_id is None:
        return False
    return place.source_number in scope.zones.get(place.panel_id, frozenset())


def silences(
    periods: Iterable[Period],
    alarm_type: AlarmType,
    place: Place,
    happened_at: datetime,
    *,
    never_silenced: Collection[str] = (),
    by_log: bool = False,
) -> bool:
    """Whether one of ``periods`` silences an alarm. ``never_silenced``: of the object; ``by_log``: the time is the panel's."""
    if not can_be_silenced(alarm_type, never_silenced):
        return False
    tolerance = LOG_TOLERANCE if by_log else timedelta()
    return any(happened_at >= period.begun_at - tolerance and covers(period.scope, alarm_type, place) for period in periods)


def can_be_silenced(alarm_type: AlarmType, never_silenced: Collection[str] = ()) -> bool:
    """Hold-up and duress never can (R-SERVICE), nor what the object says."""
    return alarm_type not in NEVER_SUPPRESSED and alarm_type not in never_silenced


# -- how long it lasts ----------------------------------------------------------------------------------------------------


class ServiceRefusal(StrEnum):
    """Why service mode is not extended."""

    NOT_ACTIVE = "NOT_ACTIVE"
    STALE_VERSION = "STALE_VERSION"
    TOO_LONG = "TOO_LONG"
    NEEDS_SECOND = "NEEDS_SECOND"  # so long only if two people agree


def most_minutes(configured: int | None) -> int:
    """From beginning to end, extensions included. ``configured``: `object_alarm_config.service_max_minutes`."""
    return min(DEFAULT_MINUTES if configured is None else configured, MOST_MINUTES)


def too_long(begun_at: datetime, ends_at: datetime, configured: int | None) -> bool:
    return ends_at - begun_at > timedelta(minutes=most_minutes(configured))


class ServiceTimer(StrEnum):
    WARN = "WARN"
    END = "END"


def next_timer(*, now: datetime, ends_at: datetime, warned_of: datetime | None) -> tuple[ServiceTimer, datetime]:
    """What comes next, and when. ``warned_of``: the end that was warned of. One that is nearer than the warning when it is
    set needs none: whoever set it knows."""
    warn_at = ends_at - WARN_BEFORE
    if warned_of != ends_at and now <= warn_at:
        return ServiceTimer.WARN, warn_at
    return ServiceTimer.END, ends_at


# -- what is said at its end ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Silenced:
    """So many alarms of one type and place that were recorded silently. `active_since`: the place is still in alarm."""

    alarm_type: AlarmType
    place: Place
    events: int
    bundles: frozenset[UUID] = frozenset()
    active_since: datetime | None = None


def summary(scope: Scope, silenced: Iterable[Silenced]) -> dict[str, Any]:
    """What the period silenced and what of it still stands in alarm, as kept in `service_modes.summary`: codes and ids only.

    ``silenced`` may hold what another period of the object covered: it is left out.
    """
    mine = [one for one in silenced if covers(scope, one.alarm_type, one.place)]
    by_type: Counter[str] = Counter()
    for one in mine:
        by_type[one.alarm_type.value] += one.events
    busiest = sorted(mine, key=lambda one: (-one.events, one.alarm_type, str(one.place.panel_id), one.place.source_number))
    standing = [one for one in busiest if one.active_since is not None]
    return {
        "events": sum(one.events for one in mine),
        "bundles": len(frozenset().union(*(one.bundles for one in mine))),
        "by_type": dict(sorted(by_type.items())),
        "by_place": [_told(one) | {"events": one.events} for one in busiest[:LISTED]],
        "active": len(standing),
        "still_active": [_told(one) | {"since": _moment(one.active_since)} for one in standing[:LISTED]],
    }


def _told(one: Silenced) -> dict[str, Any]:
    place = one.place
    return {
        "alarm_type": one.alarm_type.value,
        "panel_id": None if place.panel_id is None else str(place.panel_id),
        "source_kind": place.source_kind.value,
        "source_number": place.source_number,
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
