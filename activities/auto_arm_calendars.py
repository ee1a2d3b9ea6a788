"""From rows of auto-arm schedules to calendars (`domain.schedule`), with public holidays, own dates and exceptions."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final
from uuid import UUID

import holidays
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.models.auto_arm_exceptions import AutoArmException
from activities.db.models.auto_arm_holidays import AutoArmHoliday
from activities.db.models.auto_arm_schedules import AutoArmSchedule
from activities.db.models.panels import Panel
from workflows.domain.schedule import Calendar, Firing, HolidayPolicy, firings

LOOK_BACK: Final = timedelta(hours=36)  # for firings that nobody started: last night's on the next day, too
LOOK_AHEAD: Final = timedelta(hours=12)  # the longest warning
TEMPORAL_FIRST: Final = timedelta(seconds=30)  # before somebody else starts what a Schedule should have started
_YEARS: Final = range(-1, 3)  # around the present one: what was missed last night, and a preview of two years


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A schedule whose panel is there, and when it fires. `by_default`: in the setting's zone, for want of one of its own."""

    row: AutoArmSchedule
    object_id: UUID
    calendar: Calendar
    by_default: bool


async def planned(session: AsyncSession, default_zone: str, ids: Collection[UUID] | None = None) -> list[Planned]:
    """Those that are not deleted, and whose panels are not, by id; ``ids`` None: all. ``default_zone``: of those that were not
    planned in another one yet (`repositories.auto_arm_zones`)."""
    query = (
        select(AutoArmSchedule, Panel.object_id, Panel.time_zone)
        .join(Panel, Panel.id == AutoArmSchedule.panel_id)
        .where(AutoArmSchedule.deleted_at.is_(None), Panel.deleted_at.is_(None))
        .order_by(AutoArmSchedule.id)
    )
    if ids is not None:
        query = query.where(AutoArmSchedule.id.in_(ids))
    found = (await session.execute(query)).all()
    exceptions = await exceptions_of(session, [row.id for row, _, _ in found])
    own = frozenset(await session.scalars(select(AutoArmHoliday.day)))
    return [
        Planned(
            row=row,
            object_id=object_id,
            calendar=calendar_of(
                row, exceptions.get(row.id, {}), own, row.time_zone or zone or row.default_zone or default_zone
            ),
            by_default=row.time_zone is None and zone is None,
        )
        for row, object_id, zone in found
    ]


def due(one: Planned, now: datetime, *, back: timedelta = LOOK_BACK, patience: timedelta = TEMPORAL_FIRST) -> list[Firing]:
    """Firings that should have a workflow by now. What the row became only after a time it does not owe."""
    if not one.row.enabled:
        return []
    since = max(one.row.updated_at, now - back)
    found = firings(one.calendar, since, now + LOOK_AHEAD)
    return [each for each in found if each.warn_at <= (now if each.warn_at < since else now - patience)]


async def exceptions_of(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, dict[date, time | None]]:
    found: dict[UUID, dict[date, time | None]] = {}
    query = select(AutoArmException).where(AutoArmException.schedule_id.in_(ids)).order_by(AutoArmException.day)
    for row in await session.scalars(query):
        found.setdefault(row.schedule_id, {})[row.day] = row.at
    return found


def calendar_of(row: AutoArmSchedule, exceptions: dict[date, time | None], own: Iterable[date], zone: str) -> Calendar:
    matters = row.holidays is not HolidayPolicy.USUAL
    return Calendar(
        weekdays=frozenset(row.weekdays),
        at=row.at,
        zone=zone,
        warn=timedelta(minutes=row.warn_minutes),
        policy=row.holidays,
        holidays=frozenset(own) | frozenset(public_holidays(row.region)) if matters else frozenset(),
        exceptions=tuple(sorted(exceptions.items())),
        enabled=row.enabled,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def public_holidays(region: str | None) -> dict[date, str]:
    """Of the years around this one, with their names; a region that is not known has none."""
    year = datetime.now(UTC).year
    found: dict[date, str] = {}
    for offset in _YEARS if region and is_region(region) else ():
        found |= holidays_of(region or "", year + offset)
    return found


@cache
def holidays_of(region: str, year: int) -> dict[date, str]:
    """The public holidays of a known region, with their names."""
    country, _, part = region.partition("-")
    return dict(holidays.country_holidays(country, subdiv=part or None, years=year))


@cache
def _regions() -> dict[str, list[str]]:
    return holidays.list_supported_countries()


def is_region(region: str) -> bool:
    """Whether its public holidays are known: "PL", "DE-BY"."""
    country, _, part = region.partition("-")
    parts = _regions().get(country)
    return parts is not None and (not part or part in parts)
