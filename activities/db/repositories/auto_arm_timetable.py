"""What auto-arm does between two moments: every schedule's firings as planned, and as they went (R-AUTOARM)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import RowMapping, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.auto_arm_calendars import Planned, planned
from activities.db.models.auto_arm_runs import AutoArmRun
from activities.db.models.objects import GuardedObject
from activities.db.models.outbox import OutboxRow
from activities.db.models.panels import Panel
from workflows.contracts import names
from workflows.domain.schedule import Firing, firings

_R: Final = AutoArmRun.__table__.c
_O: Final = OutboxRow.__table__.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A schedule and its firings by time, each with its run. A run whose firing is no longer planned is there, too.
    `in_step`: Temporal has followed its last change."""

    one: Planned
    object_name: str
    panel_name: str
    firings: tuple[tuple[Firing, RowMapping | None], ...]
    in_step: bool


async def timetable(
    session: AsyncSession, default_zone: str, since: datetime, until: datetime, only_objects: Collection[UUID] | None
) -> list[Line]:
    """Of all schedules, by object and name."""
    named = await _names(session)
    runs = await _runs(session, since, until)
    behind = await _behind(session)
    found = [
        Line(
            one=one,
            object_name=named[one.row.panel_id][0],
            panel_name=named[one.row.panel_id][1],
            firings=_firings(one, runs.get(one.row.id, {}), since, until),
            in_step=one.row.id not in behind,
        )
        for one in await planned(session, default_zone)
        if only_objects is None or one.object_id in only_objects
    ]
    return sorted(found, key=lambda line: (line.object_name.casefold(), line.one.row.name.casefold(), line.one.row.id))


def _firings(
    one: Planned, runs: dict[datetime, RowMapping], since: datetime, until: datetime
) -> tuple[tuple[Firing, RowMapping | None], ...]:
    """What was planned before the schedule became what it is says nothing: without a run it is left out."""
    shown = {
        firing.fire_at: (firing, runs.get(firing.fire_at))
        for firing in firings(one.calendar, since, until)
        if firing.fire_at in runs or firing.fire_at >= one.row.updated_at
    }
    for at in runs.keys() - shown.keys():
        run = runs[at]
        shown[at] = (Firing(day=run["local_date"], fire_at=at, warn_at=at), run)
    return tuple(shown[at] for at in sorted(shown))


async def _names(session: AsyncSession) -> dict[UUID, tuple[str, str]]:
    query = select(Panel.id, GuardedObject.name.label("object_name"), Panel.name.label("panel_name"))
    rows = await session.execute(query.join(GuardedObject, GuardedObject.id == Panel.object_id))
    return {row.id: (row.object_name, row.panel_name) for row in rows}


async def _behind(session: AsyncSession) -> set[UUID]:
    """Schedules of whose change Temporal has not been told, or would not hear."""
    waiting = _O.orchestrate & _O.orchestrated_at.is_(None) & _O.parked_at.is_(None)
    query = select(_O.payload["schedule_id"].astext).where(
        _O.type == names.AUTO_ARM_CHANGED, or_(waiting, _O.parked_at.is_not(None))
    )
    return {UUID(found) for found in await session.scalars(query)}


async def _runs(session: AsyncSession, since: datetime, until: datetime) -> dict[UUID, dict[datetime, RowMapping]]:
    found: dict[UUID, dict[datetime, RowMapping]] = {}
    query = select(AutoArmRun.__table__).where(_R.fire_at >= since, _R.fire_at < until)
    for row in (await session.execute(query)).mappings():
        found.setdefault(row["schedule_id"], {})[row["fire_at"]] = row
    return found
