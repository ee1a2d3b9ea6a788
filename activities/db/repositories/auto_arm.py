"""Auto-arm schedules, their exceptions and runs, and what is not armed though it should be (R-AUTOARM)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities.auto_arm_calendars import LOOK_BACK, Planned, due, planned
from activities.db.models.auto_arm_exceptions import AutoArmException
from activities.db.models.auto_arm_holidays import AutoArmHoliday
from activities.db.models.auto_arm_runs import AutoArmRun
from activities.db.models.auto_arm_schedules import AutoArmSchedule
from activities.db.models.panels import Panel
from activities.db.outbox import announce_auto_arm
from activities.db.repositories.paging import Key, Order, Rows, page
from activities.db.repositories.panel_states import states_of_many
from activities.db.session import WriteSession
from workflows.contracts import names
from workflows.domain.auto_arm import RunOutcome, RunStatus
from workflows.domain.auto_arm_sweep import NIGHT, LastRun, NotArmed, why_not
from workflows.domain.panel import PartitionState
from workflows.domain.schedule import Firing, HolidayPolicy, firing_on, firings

_S: Final = AutoArmSchedule.__table__.c
_R: Final = AutoArmRun.__table__.c
_P: Final = Panel.__table__.c

_BY_ID: Final = Order((Key(_S.id, UUID),))
_NEWEST: Final = Order((Key(_R.fire_at, datetime), Key(_R.id, UUID)), descending=True)


# -- schedules


def _schedules() -> Select[Any]:
    joined = AutoArmSchedule.__table__.join(Panel.__table__, _P.id == _S.panel_id)
    query = select(AutoArmSchedule.__table__, _P.object_id).select_from(joined)
    return query.where(_S.deleted_at.is_(None), _P.deleted_at.is_(None))


async def list_schedules(
    session: AsyncSession,
    *,
    panel_id: UUID | None,
    object_id: UUID | None,
    only_objects: Collection[UUID] | None,
    cursor: str | None,
    limit: int,
) -> Rows[RowMapping]:
    """Oldest first. Raises BadCursor."""
    query = _schedules()
    if panel_id is not None:
        query = query.where(_S.panel_id == panel_id)
    if object_id is not None:
        query = query.where(_P.object_id == object_id)
    if only_objects is not None:
        query = query.where(_P.object_id.in_(list(only_objects)))
    return await page(session, query, _BY_ID, cursor=cursor, limit=limit)


async def find_schedule(session: AsyncSession, schedule_id: UUID) -> RowMapping | None:
    found: RowMapping | None = (await session.execute(_schedules().where(_S.id == schedule_id))).mappings().first()
    return found


async def lock_schedule(session: WriteSession, schedule_id: UUID) -> AutoArmSchedule | None:
    """The row until the transaction ends; None: there is none, or it or its panel is deleted."""
    found = await session.get(AutoArmSchedule, schedule_id, with_for_update=True)
    return None if found is None or await find_schedule(session, schedule_id) is None else found


async def add_schedule(session: WriteSession, added: AutoArmSchedule) -> None:
    session.add(added)
    await session.flush()
    await announce_auto_arm(session, [added.id])


async def keep_owed(
    session: WriteSession,
    default_zone: str,
    ids: Collection[UUID],
    *,
    now: datetime | None = None,
    back: timedelta = LOOK_BACK,
) -> None:
    """Before these schedules change: a firing whose time has passed and that nobody has begun (the system was down) gets its
    run, which the reconciliation takes up. A change owes nothing of before itself, so without it nobody would ever miss it."""
    now = now or (await session.execute(select(func.clock_timestamp()))).scalar_one()
    runs = [
        {
            "id": uuid7(),
            "schedule_id": one.row.id,
            "panel_id": one.row.panel_id,
            "object_id": one.object_id,
            "workflow_id": names.auto_arm_workflow_id(one.row.id, firing.warn_at),
            "partitions": sorted(one.row.partitions),
            "local_date": firing.day,
            "zone": one.calendar.zone,
            "fire_at": firing.fire_at,
            "target_at": firing.fire_at,
            "deadline_at": firing.fire_at + timedelta(minutes=one.row.deadline_minutes),
            "status": RunStatus.PENDING,
        }
        for one in await planned(session, default_zone, ids)
        for firing in due(one, now, back=back, patience=timedelta(0))
        if firing.fire_at < now
    ]
    if runs:
        await session.execute(upsert(AutoArmRun).on_conflict_do_nothing(index_elements=["schedule_id", "fire_at"]), runs)


async def zones_changed(session: WriteSession, panel_ids: Collection[UUID]) -> None:
    """These panels have another time zone: schedules that go by it are others from now on, and owe no firing of before."""
    theirs = AutoArmSchedule.panel_id.in_(panel_ids) & AutoArmSchedule.time_zone.is_(None)
    follow = theirs & AutoArmSchedule.deleted_at.is_(None)
    touched = update(AutoArmSchedule).where(follow).values(updated_at=func.now()).returning(AutoArmSchedule.id)
    await announce_auto_arm(session, list(await session.scalars(touched)))


async def change_schedule(session: WriteSession, found: AutoArmSchedule, changes: Mapping[str, Any]) -> None:
    """Change the locked row; its Schedule at Temporal follows."""
    for name, value in changes.items():
        setattr(found, name, value)
    found.version += 1
    await session.flush()
    await announce_auto_arm(session, [found.id])


async def put_exceptions(session: WriteSession, found: AutoArmSchedule, wanted: Mapping[date, time | None]) -> None:
    """Exactly these, for the locked row."""
    await session.execute(delete(AutoArmException).where(AutoArmException.schedule_id == found.id))
    rows = [{"schedule_id": found.id, "day": day, "at": at} for day, at in wanted.items()]
    if rows:
        await session.execute(insert(AutoArmException), rows)
    await change_schedule(session, found, {})


# -- holidays of our own


async def own_holidays(session: AsyncSession) -> dict[date, str]:
    rows = await session.execute(select(AutoArmHoliday.day, AutoArmHoliday.name).order_by(AutoArmHoliday.day))
    return {row.day: row.name for row in rows}


async def put_holiday(session: WriteSession, default_zone: str, day: date, name: str) -> str | None:
    """The name it had."""
    await keep_owed(session, default_zone, await _that_look_at_holidays(session))
    before = await session.get(AutoArmHoliday, day)
    added = upsert(AutoArmHoliday).values(day=day, name=name)
    await session.execute(added.on_conflict_do_update(index_elements=["day"], set_={"name": name}))
    await _holidays_changed(session)
    return before.name if before else None


async def delete_holiday(session: WriteSession, default_zone: str, day: date) -> str | None:
    """The name it had; None: it was none."""
    await keep_owed(session, default_zone, await _that_look_at_holidays(session))
    name = await session.scalar(delete(AutoArmHoliday).where(AutoArmHoliday.day == day).returning(AutoArmHoliday.name))
    if name is not None:
        await _holidays_changed(session)
    return name


_LOOK_AT_HOLIDAYS: Final = (AutoArmSchedule.holidays != HolidayPolicy.USUAL) & AutoArmSchedule.deleted_at.is_(None)


async def _that_look_at_holidays(session: WriteSession) -> list[UUID]:
    return list(await session.scalars(select(AutoArmSchedule.id).where(_LOOK_AT_HOLIDAYS)))


async def _holidays_changed(session: WriteSession) -> None:
    """Schedules that look at holidays are others from now on, and owe no firing of before."""
    touched = update(AutoArmSchedule).where(_LOOK_AT_HOLIDAYS).values(updated_at=func.now()).returning(AutoArmSchedule.id)
    await announce_auto_arm(session, list(await session.scalars(touched)))


# -- runs


async def list_runs(
    session: AsyncSession,
    conditions: Collection[ColumnElement[bool]],
    *,
    only_objects: Collection[UUID] | None,
    cursor: str | None,
    limit: int,
) -> Rows[RowMapping]:
    """Newest first. Raises BadCursor."""
    query = select(AutoArmRun.__table__).where(*conditions)
    if only_objects is not None:
        query = query.where(_R.object_id.in_(list(only_objects)))
    return await page(session, query, _NEWEST, cursor=cursor, limit=limit)


def runs_like(
    *,
    schedule_id: UUID | None,
    panel_id: UUID | None,
    status: RunStatus | None,
    since: datetime | None,
    until: datetime | None,
) -> list[ColumnElement[bool]]:
    wanted = {_R.schedule_id: schedule_id, _R.panel_id: panel_id, _R.status: status}
    found: list[ColumnElement[bool]] = [column == value for column, value in wanted.items() if value is not None]
    if since is not None:
        found.append(_R.fire_at >= since)
    if until is not None:
        found.append(_R.fire_at < until)
    return found


async def find_run(session: AsyncSession, run_id: UUID) -> RowMapping | None:
    return (await session.execute(select(AutoArmRun.__table__).where(_R.id == run_id))).mappings().first()


# -- what is not armed


@dataclass(frozen=True, slots=True, kw_only=True)
class Unarmed:
    """One partition. `why` is a `NotArmed` or the outcome of the run."""

    one: Planned
    fire_at: datetime
    partition: int
    state: PartitionState | None
    since: datetime | None
    why: NotArmed | RunOutcome
    run_id: UUID | None


async def sweep(
    session: AsyncSession, default_zone: str, now: datetime, only_objects: Collection[UUID] | None
) -> list[Unarmed]:
    """Every partition that some schedule should have armed by now and that is not armed."""
    due: list[tuple[Planned, Firing]] = []
    for one in await planned(session, default_zone):
        if only_objects is None or one.object_id in only_objects:
            due += [(one, firing) for firing in list(firings(one.calendar, now - NIGHT, now))[-1:]]
    states = await states_of_many(session, {one.row.panel_id for one, _ in due})
    runs = await _runs_since(session, now - NIGHT)
    found: list[Unarmed] = []
    for one, firing in due:
        known, run = states[one.row.panel_id], runs.get((one.row.id, firing.fire_at))
        last = LastRun(status=run["status"], outcome=run["outcome"]) if run else None
        for number in sorted(one.row.partitions):
            state = known.partitions.get(number)
            why = why_not(last, state, known.link)
            if why is not None:
                found.append(
                    Unarmed(
                        one=one,
                        fire_at=firing.fire_at,
                        partition=number,
                        state=state,
                        since=known.since.get(number),
                        why=why,
                        run_id=run["id"] if run else None,
                    )
                )
    return found


async def _runs_since(session: AsyncSession, since: datetime) -> dict[tuple[UUID, datetime], RowMapping]:
    query = select(_R.id, _R.schedule_id, _R.fire_at, _R.status, _R.outcome).where(_R.fire_at >= since)
    return {(row["schedule_id"], row["fire_at"]): row for row in (await session.execute(query)).mappings()}


async def runs_of_day(session: AsyncSession, day: date, only_objects: Collection[UUID] | None) -> list[RowMapping]:
    """All runs of one local day, by time."""
    query = select(AutoArmRun.__table__).where(_R.local_date == day).order_by(_R.fire_at, _R.id)
    if only_objects is not None:
        query = query.where(_R.object_id.in_(list(only_objects)))
    return list((await session.execute(query)).mappings())


async def not_started(
    session: AsyncSession, default_zone: str, day: date, now: datetime, only_objects: Collection[UUID] | None
) -> list[tuple[Planned, Firing]]:
    """The firings of a day whose time has passed without a run, as far as they are owed (`auto_arm_calendars.due`)."""
    known = {
        (row.schedule_id, row.fire_at)
        for row in await session.execute(select(_R.schedule_id, _R.fire_at).where(_R.local_date == day))
    }
    found = []
    for one in await planned(session, default_zone):
        firing = firing_on(one.calendar, day)
        if not isinstance(firing, Firing) or not one.row.updated_at <= firing.fire_at <= now:
            continue
        if (one.row.id, firing.fire_at) not in known and (only_objects is None or one.object_id in only_objects):
            found.append((one, firing))
    return found
