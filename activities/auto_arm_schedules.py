"""Auto-arm at Temporal: one Schedule for each row, kept like it, and a workflow for every firing (R-AUTOARM).

The rows are the truth. The relay calls `sync` after each change of one and `reconcile` every minute, so neither a Schedule that
somebody deleted, paused or edited nor one whose row is gone lasts. A firing that no Schedule can have started (the system was
down for longer than the catch-up window, the row was changed within the time of the warning) and a run whose workflow is gone
get a workflow here; whether it is not too late that one decides.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import select
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleListDescription,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode

from activities.auto_arm_calendars import LOOK_BACK, TEMPORAL_FIRST, Planned, due, planned
from activities.auto_arm_drift import is_like, seems_like
from activities.db.models.auto_arm_runs import AutoArmRun
from activities.db.repositories.auto_arm_zones import follow_default_zone
from activities.db.session import Database
from workflows.contracts import names
from workflows.contracts.auto_arm import AutoArmInput, search_attributes, start_options
from workflows.domain.auto_arm import LATE_AT_LEAST, OPEN
from workflows.domain.schedule import pattern

log = structlog.get_logger(__name__)

CALL_TIMEOUT: Final = timedelta(seconds=5)
SIDE_BY_SIDE: Final = 8  # calls
LONGEST_LOOK_BACK: Final = timedelta(days=31)  # after an outage of all: what nobody compared meanwhile is raised all the same
RECONCILED: Final = "auto-arm"  # in `watcher_sights`: until when what was due is known to have a run
DESCRIBED: Final = 100  # Schedules whose description a reconciliation asks for; with more they take turns
_AWAY: Final = frozenset({RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.RESOURCE_EXHAUSTED})
# `since`: as long as it has been switched on.
_RECONCILED: Final = """
    INSERT INTO watcher_sights AS s (watcher, since, looked_at) VALUES ($1, $2, $3)
    ON CONFLICT (watcher) DO UPDATE SET looked_at = excluded.looked_at,
        since = CASE WHEN $4 THEN s.since ELSE excluded.since END
"""


@dataclass(slots=True)
class AutoArmSchedules:
    """``on``: the flag; where it is off there are to be no Schedules. ``default_zone``: of panels without their own."""

    db: Database
    client: Client
    default_zone: str
    on: bool
    task_queue: str = names.CORE_QUEUE
    _described_to: str = ""  # by name: whose turn it was last

    async def sync(self, schedule_id: UUID) -> None:
        """After a change of this row. Raises RPCError."""
        await self._follow_zone(datetime.now(UTC), LOOK_BACK, [schedule_id])
        found = await self._planned([schedule_id])
        if not found:
            await self._delete(names.auto_arm_schedule_id(schedule_id))
            return
        await self._put(found[0])
        await self._start_missing(found)

    async def reconcile(self) -> int:
        """How much was amiss and is not any more. Raises RPCError."""
        now = datetime.now(UTC)
        back = await self._look_back(now)
        await self._follow_zone(now, back)
        wanted = {names.auto_arm_schedule_id(one.row.id): one for one in await self._planned()}
        there: dict[str, ScheduleListDescription] = {}
        async for entry in await self.client.list_schedules(page_size=1_000, rpc_timeout=CALL_TIMEOUT):
            if _is_ours(entry.id):
                there[entry.id] = entry
        drifted = await self._drifted(wanted, there)
        gone = sorted(there.keys() - wanted.keys())
        refused = [await _refused(self._put(one)) for one in drifted] + [await _refused(self._delete(name)) for name in gone]
        started = await self._start_missing(list(wanted.values()), back=back) + await self._start_lost()
        await self._reconciled(now)
        for error in refused:
            if error is not None:
                raise error
        return len(drifted) + len(gone) + started

    async def _follow_zone(self, now: datetime, back: timedelta, ids: Sequence[UUID] | None = None) -> None:
        async with self.db.write() as session:
            owed = back if self.on else timedelta(0)
            moved = await follow_default_zone(session, self.default_zone, now, back=owed, ids=ids)
        if moved:
            log.warning("auto_arm.zone_followed", zone=self.default_zone, schedules=len(moved))

    async def _look_back(self, now: datetime) -> timedelta:
        """As far as nobody has looked: after days without us, what was missed in them is raised. Not into the time in which all
        this was switched off."""
        async with self.db.fast() as connection:
            row = await connection.fetchrow("SELECT since, looked_at FROM watcher_sights WHERE watcher = $1", RECONCILED)
        if row is None:
            return LOOK_BACK
        since: datetime = row["since"]
        looked_at: datetime = row["looked_at"]
        return min(now - looked_at + LOOK_BACK, now - since, LONGEST_LOOK_BACK)

    async def _reconciled(self, now: datetime) -> None:
        async with self.db.fast() as connection:
            await connection.execute(_RECONCILED, RECONCILED, now - LOOK_BACK if self.on else now, now, self.on)

    async def _planned(self, ids: Sequence[UUID] | None = None) -> list[Planned]:
        if not self.on:
            return []
        async with self.db.read() as session:
            return await planned(session, self.default_zone, ids)

    # -- Schedules

    def schedule(self, one: Planned) -> Schedule:
        """As it is to be at Temporal."""
        start = _input(one)
        return Schedule(
            action=ScheduleActionStartWorkflow(
                names.AUTO_ARM,
                start,
                id=names.auto_arm_schedule_id(one.row.id),
                typed_search_attributes=search_attributes(start),
                **start_options(start, task_queue=self.task_queue),
            ),
            spec=_spec(one),
            policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.ALLOW_ALL, catchup_window=_catch_up(one)),
            state=ScheduleState(paused=not one.row.enabled),
        )

    async def _put(self, one: Planned) -> None:
        name, wanted = names.auto_arm_schedule_id(one.row.id), self.schedule(one)
        try:
            await self.client.create_schedule(
                name, wanted, search_attributes=search_attributes(_input(one)), rpc_timeout=CALL_TIMEOUT
            )
        except ScheduleAlreadyRunningError:
            handle = self.client.get_schedule_handle(name)
            await handle.update(lambda _: ScheduleUpdate(wanted), rpc_timeout=CALL_TIMEOUT)
        log.info("auto_arm.schedule_put", schedule_id=str(one.row.id), version=one.row.version)

    async def _delete(self, name: str) -> None:
        try:
            await self.client.get_schedule_handle(name).delete(rpc_timeout=CALL_TIMEOUT)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        else:
            log.info("auto_arm.schedule_deleted", schedule=name)

    async def _drifted(self, wanted: Mapping[str, Planned], there: Mapping[str, ScheduleListDescription]) -> list[Planned]:
        """Those that are not at Temporal, or are there otherwise. All are looked at as a listing tells them, and by turns as
        their descriptions do; meanwhile a firing that the wrong thing was started for is begun by `_start_missing`."""
        alike = [name for name, one in sorted(wanted.items()) if name in there and self._seems_like(one, there[name])]
        later = [name for name in alike if name > self._described_to]
        asked = [*later, *(name for name in alike if name <= self._described_to)][:DESCRIBED]
        self._described_to = asked[-1] if asked else ""
        limit = asyncio.Semaphore(SIDE_BY_SIDE)
        found = await asyncio.gather(*(self._is_like(name, wanted[name], limit) for name in asked))
        right = set(alike) - {name for name, like in zip(asked, found, strict=True) if not like}
        return [one for name, one in wanted.items() if name not in right]

    def _seems_like(self, one: Planned, listed: ScheduleListDescription) -> bool:
        return listed.schedule is not None and seems_like(self.schedule(one), listed.schedule)

    async def _is_like(self, name: str, one: Planned, limit: asyncio.Semaphore) -> bool:
        try:
            async with limit:
                found = await self.client.get_schedule_handle(name).describe(rpc_timeout=CALL_TIMEOUT)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False  # a listing may be behind
        return await is_like(self.schedule(one), found.schedule, self.client.data_converter)

    # -- workflows

    async def _start_missing(self, found: Sequence[Planned], *, back: timedelta = LOOK_BACK) -> int:
        now = datetime.now(UTC)
        owed = [(one, firing) for one in found for firing in due(one, now, back=back)]
        if not owed:
            return 0
        query = select(AutoArmRun.schedule_id, AutoArmRun.fire_at).where(AutoArmRun.fire_at >= now - back)
        async with self.db.read() as session:
            known = {(row.schedule_id, row.fire_at) for row in await session.execute(query)}
        missing = [(one, firing) for one, firing in owed if (one.row.id, firing.fire_at) not in known]
        for one, firing in missing:
            await self._start(names.auto_arm_workflow_id(one.row.id, firing.warn_at), _input(one), firing.warn_at)
        return len(missing)

    async def _start_lost(self) -> int:
        """Runs that have not ended and have no workflow: somebody terminated it."""
        async with self.db.read() as session:
            rows = (await session.scalars(select(AutoArmRun).where(AutoArmRun.status.in_(OPEN)))).all()
        running = await self._running() if rows else frozenset()
        lost = [row for row in rows if row.workflow_id not in running and row.begun_at < datetime.now(UTC) - TEMPORAL_FIRST]
        for row in lost:
            start = AutoArmInput(schedule_id=row.schedule_id, object_id=row.object_id, panel_id=row.panel_id, run_id=row.id)
            await self._start(row.workflow_id, start, row.fire_at)
        return len(lost)

    async def _running(self) -> frozenset[str]:
        found = self.client.list_workflows(
            f"WorkflowType = '{names.AUTO_ARM}' AND ExecutionStatus = 'Running'", page_size=1_000, rpc_timeout=CALL_TIMEOUT
        )
        return frozenset([execution.id async for execution in found])

    async def _start(self, workflow_id: str, start: AutoArmInput, started_for: datetime) -> None:
        log.info("auto_arm.started_late", schedule_id=str(start.schedule_id), started_for=started_for.isoformat())
        await self.client.start_workflow(
            names.AUTO_ARM,
            replace(start, started_for=started_for),
            id=workflow_id,
            search_attributes=search_attributes(start),
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            rpc_timeout=CALL_TIMEOUT,
            **start_options(start, task_queue=self.task_queue),
        )


async def _refused(call: Awaitable[None]) -> RPCError | None:
    """Why the server will not do this one thing, which must not hold up the others. Raises RPCError when it does nothing."""
    try:
        await call
    except RPCError as error:
        if error.status in _AWAY:
            raise
        log.error("auto_arm.schedule_refused", error=str(error)[:200])
        return error
    return None


def _input(one: Planned) -> AutoArmInput:
    return AutoArmInput(schedule_id=one.row.id, object_id=one.object_id, panel_id=one.row.panel_id)


def _catch_up(one: Planned) -> timedelta:
    """Within it Temporal itself starts what it could not start in time."""
    return timedelta(minutes=one.row.warn_minutes) + max(timedelta(minutes=one.row.deadline_minutes), LATE_AT_LEAST)


def _is_ours(schedule: str) -> bool:
    with contextlib.suppress(ValueError):
        return bool(names.parse_auto_arm_schedule_id(schedule))
    return False


def _spec(one: Planned) -> ScheduleSpec:
    found = pattern(replace(one.calendar, enabled=True), datetime.now(UTC).year)
    usual: dict[str, Any] = {"hour": _only(found.at.hour), "minute": _only(found.at.minute)}
    days = [ScheduleRange(day % 7) for day in sorted(found.weekdays, key=lambda day: day % 7)]  # 0 is Sunday there
    calendars = [ScheduleCalendarSpec(day_of_week=days, **usual)] if days else []
    calendars += [
        ScheduleCalendarSpec(
            year=_only(at.year),
            month=_only(at.month),
            day_of_month=_only(at.day),
            hour=_only(at.hour),
            minute=_only(at.minute),
        )
        for at in found.once
    ]
    return ScheduleSpec(calendars=calendars, time_zone_name=one.calendar.zone)


def _only(number: int) -> list[ScheduleRange]:
    return [ScheduleRange(number)]
