"""The activities of AutoArm: they project its state to the run's row, and look at what is so (R-AUTOARM, principle 3)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError
from uuid_utils.compat import uuid7

from activities import auto_arm_metrics
from activities.auto_arm_calendars import Planned, planned
from activities.away import quietly_away
from activities.db import audit
from activities.db.models.auto_arm_runs import AutoArmRun
from activities.db.models.outbox import OutboxRow
from activities.db.models.panel_releases import PanelRelease
from activities.db.models.service_modes import ServiceMode
from activities.db.outbox import wake_relay
from activities.db.push import plain
from activities.db.recorder import Batch, record_within
from activities.db.repositories.panel_states import states_of
from activities.db.session import Database, WriteSession
from workflows.contracts import names, policies
from workflows.contracts.auto_arm import FiringRef, FiringStart, RunChange, RunPlan, RunRef, RunRow, Survey, Verdict
from workflows.domain.alarm import AUTO_ARM_FAILED, AlarmType, Family, Signal, SignalSource, Source
from workflows.domain.auto_arm import OPEN, STATUS_OF, RunOutcome, RunStatus, is_missed
from workflows.domain.command import ArmMode
from workflows.domain.panel import PartitionState
from workflows.domain.schedule import Calendar, Firing, Skipped, day_of_start, firing_on, moment
from workflows.domain.service import ServiceState

log = structlog.get_logger(__name__)

# Why a day without a firing is worth a row: the schedule is made for it, and people will ask. Others simply are not its days.
_RECORDED: Final = {Skipped.HOLIDAY: RunOutcome.HOLIDAY, Skipped.EXCEPTION: RunOutcome.EXCEPTION}
_CLAIMS: Final = 0x4155_544F  # seed of the advisory locks under which runs of one panel begin to arm
_TOLD: Final = ("id", "schedule_id", "panel_id", "object_id", "partitions", "fire_at", "target_at", "deadline_at")


@dataclass(frozen=True, slots=True)
class AutoArmActivities:
    """``default_zone``: of panels without one of their own."""

    db: Database
    default_zone: str

    @activity.defn(name="begin_auto_arm")
    async def begin_auto_arm(self, ref: FiringRef) -> FiringStart:
        """See `workflows.contracts.auto_arm.begin_auto_arm`."""
        async with quietly_away(), self.db.write() as session:
            found = await planned(session, self.default_zone, [ref.schedule_id])
            if ref.run_id is not None:
                started = await _take_up(session, found, ref.run_id)
            elif found:
                started = await _begin(session, found[0], ref)
            else:
                started = FiringStart(verdict=Verdict.NOT_DUE)
        if started.outcome is not None:
            _count(STATUS_OF[started.outcome], started.outcome)
        log.info("auto_arm.begun", schedule_id=str(ref.schedule_id), verdict=started.verdict.value)
        return started

    @activity.defn(name="survey_auto_arm")
    async def survey_auto_arm(self, ref: RunRef) -> Survey:
        """See `workflows.contracts.auto_arm.survey_auto_arm`."""
        async with quietly_away(), self.db.read() as session:
            run = await session.get(AutoArmRun, ref.run_id)
            if run is None:
                raise _missing()
            states = await states_of(session, run.panel_id)
            return Survey(
                states={number: states.partitions.get(number, PartitionState.UNKNOWN) for number in run.partitions},
                link=states.link,
                in_service=await in_service(session, run.object_id, run.panel_id),
                released=await _is_released(session, run.panel_id),
                withdrawn=not await self._is_due(session, run),
                claimed=tuple(sorted(await _claimed(session, run))),
            )

    async def _is_due(self, session: AsyncSession, run: AutoArmRun) -> bool:
        found = await planned(session, self.default_zone, [run.schedule_id])
        firing = firing_on(_as_planned(found[0], run), run.local_date) if found else None
        return isinstance(firing, Firing) and firing.fire_at == run.fire_at

    @activity.defn(name="change_auto_arm_run")
    async def change_auto_arm_run(self, change: RunChange) -> RunRow:
        """See `workflows.contracts.auto_arm.change_auto_arm_run`."""
        async with quietly_away(), self.db.write() as session:
            run = await session.get(AutoArmRun, change.run_id, with_for_update=True)
            if run is None:
                raise _missing()
            if run.changes >= change.number or run.status not in OPEN:
                return RunRow(status=run.status, outcome=run.outcome)
            put_off = change.target_at is not None and change.target_at > run.target_at
            await _apply(session, run, change)
            if put_off:
                _audit(session, run, "auto_arm.postponed", change.actor_id, change.request_id)
            await _leave_traces(session, run, change.actor_id, change.request_id)
        _count(run.status, run.outcome)
        return RunRow(status=run.status, outcome=run.outcome)


def _as_planned(found: Planned, run: AutoArmRun) -> Calendar:
    """Another default zone moves the firings to come. One that has begun stays where people were told that it is."""
    zone = run.zone if found.by_default else None
    return replace(found.calendar, zone=zone or found.calendar.zone)


async def _begin(session: WriteSession, found: Planned, ref: FiringRef) -> FiringStart:
    mine = (AutoArmRun.schedule_id == ref.schedule_id) & (AutoArmRun.workflow_id == ref.workflow_id)
    run = await session.scalar(select(AutoArmRun).where(mine).with_for_update())
    if run is not None:  # of an earlier try, or kept by a change of the schedule
        return await _go_on(session, run, found, await _missed(session, run.target_at, found))
    day = day_of_start(found.calendar, ref.started_for)
    firing = firing_on(found.calendar, day)
    if isinstance(firing, Skipped):
        outcome = _RECORDED.get(firing)
        if outcome is None:
            return FiringStart(verdict=Verdict.NOT_DUE)
        usual = moment(day, found.calendar.at, found.calendar.zone)
        firing = Firing(day=day, fire_at=usual, warn_at=usual - found.calendar.warn)
    else:
        outcome = await _missed(session, firing.fire_at, found)
    run = await _insert(session, found, firing, ref.workflow_id)
    if run is None:
        return FiringStart(verdict=Verdict.NOT_DUE)
    if run.workflow_id != ref.workflow_id:
        return FiringStart(verdict=Verdict.REPEATED)
    return await _go_on(session, run, found, outcome)


async def _take_up(session: WriteSession, found: list[Planned], run_id: UUID) -> FiringStart:
    """A run whose workflow is gone goes on where it was, if it is not too late and its schedule is still there."""
    run = await session.get(AutoArmRun, run_id, with_for_update=True)
    if run is None or run.status not in OPEN:
        return FiringStart(verdict=Verdict.REPEATED)
    outcome: RunOutcome | None = RunOutcome.WITHDRAWN
    if found:
        outcome = await _missed(session, run.target_at, found[0])
    return await _go_on(session, run, found[0] if found else None, outcome)


async def _missed(session: WriteSession, at: datetime, found: Planned) -> RunOutcome | None:
    missed = is_missed(fire_at=at, deadline=_deadline(found), now=await _clock(session))
    return RunOutcome.MISSED if missed else None


async def _go_on(session: WriteSession, run: AutoArmRun, found: Planned | None, outcome: RunOutcome | None) -> FiringStart:
    if outcome is not None and run.status in OPEN:
        run.status, run.outcome, run.ended_at = STATUS_OF[outcome], outcome, await _clock(session)
        await _leave_traces(session, run, None, "")
    if found is None or run.status not in OPEN:
        return FiringStart(verdict=Verdict.ENDED, outcome=run.outcome)
    return FiringStart(verdict=Verdict.DUE, plan=_plan(run, found))


async def _insert(session: WriteSession, found: Planned, firing: Firing, workflow_id: str) -> AutoArmRun | None:
    """The row of this firing: a new one, or the one that is there. None: the schedule became what it is only after that time,
    and what it owed before has a row (`repositories.auto_arm.keep_owed`)."""
    query = select(AutoArmRun).where(AutoArmRun.schedule_id == found.row.id, AutoArmRun.fire_at == firing.fire_at)
    there = await session.scalar(query.with_for_update())
    if there is not None:
        return there
    if firing.fire_at < found.row.updated_at:
        return None
    run = AutoArmRun(
        id=uuid7(),
        schedule_id=found.row.id,
        panel_id=found.row.panel_id,
        object_id=found.object_id,
        workflow_id=workflow_id,
        partitions=sorted(found.row.partitions),
        local_date=firing.day,
        zone=found.calendar.zone,
        fire_at=firing.fire_at,
        target_at=firing.fire_at,
        deadline_at=firing.fire_at + _deadline(found),
        status=RunStatus.PENDING,
    )
    session.add(run)
    await session.flush()
    return run


def _count(status: RunStatus, outcome: RunOutcome | None) -> None:
    if status not in OPEN and outcome is not None:
        auto_arm_metrics.RUNS.labels(status.value, outcome.value).inc()


def _deadline(found: Planned) -> timedelta:
    return timedelta(minutes=found.row.deadline_minutes)


def _plan(run: AutoArmRun, found: Planned) -> RunPlan:
    row = found.row
    return RunPlan(
        run_id=run.id,
        object_id=run.object_id,
        panel_id=run.panel_id,
        fire_at=run.fire_at,
        warn_at=run.fire_at - found.calendar.warn,
        partitions=tuple(run.partitions),
        arm_mode=ArmMode(row.arm_mode),
        forced=row.forced,
        open_zones=row.open_zones,
        deadline=_deadline(found),
        postpone_limit=timedelta(minutes=row.postpone_minutes),
        target_at=run.target_at,
        changes=run.changes,
    )


# -- what is written


async def _apply(session: WriteSession, run: AutoArmRun, change: RunChange) -> None:
    """Runs of one panel begin to arm one after the other, and each sees those before it (`_claimed`)."""
    if change.status is RunStatus.ARMING and run.arming_at is None:
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(run.panel_id), _CLAIMS))))
        run.arming_at = await _clock(session)
    if change.status is RunStatus.PENDING:
        run.arming_at = None
    run.changes, run.status, run.outcome, run.reason = change.number, change.status, change.outcome, change.reason or None
    run.blocking, run.commands, run.verified_at = list(change.blocking), list(change.commands), change.verified_at
    if change.target_at is not None and change.target_at != run.target_at:
        run.deadline_at += change.target_at - run.target_at
        run.target_at, run.postponed_by = change.target_at, change.actor_id
    if change.status is RunStatus.CANCELLED:
        run.cancelled_by = change.actor_id
    if change.status not in OPEN:
        run.ended_at = await _clock(session)


async def _leave_traces(session: WriteSession, run: AutoArmRun, actor_id: UUID | None, request_id: str) -> None:
    """The push message; of the end the audit row; of a failure the alarm, which comes last (`record_within`)."""
    data = {name: plain(getattr(run, name)) for name in _TOLD}
    data |= {"status": run.status, "outcome": run.outcome, "reason": run.reason, "blocking": list(run.blocking)}
    push = {"type": names.SCHEDULE_FIRING, "object_id": run.object_id, "panel_id": run.panel_id, "payload": data, "push": True}
    await session.execute(insert(OutboxRow).values(push))
    await wake_relay(session)
    if run.status in OPEN:
        return
    _audit(session, run, f"auto_arm.{run.status.lower()}", actor_id, request_id)
    log.info("auto_arm.ended", run_id=str(run.id), schedule_id=str(run.schedule_id), outcome=run.outcome)
    if run.status is RunStatus.FAILED:
        await session.flush()
        await record_within(session, Batch(signals=(_failure(run),)))


def _audit(session: WriteSession, run: AutoArmRun, action: str, actor_id: UUID | None, request_id: str) -> None:
    detail: dict[str, Any] = {name: getattr(run, name) for name in (*_TOLD[1:], "outcome", "reason")}
    audit.record(session, action, "auto_arm_run", run.id, actor_id=actor_id, request_id=request_id, detail=detail)


def _failure(run: AutoArmRun) -> Signal:
    assert run.outcome is not None
    assert run.ended_at is not None
    return Signal(
        source=SignalSource.SYSTEM,
        family=Family.OTHER,
        code=AUTO_ARM_FAILED,
        received_at=run.ended_at,
        panel_id=run.panel_id,
        alarm_type=AlarmType.AUTO_ARM_FAILURE,
        source_kind=Source.PARTITION,
        source_number=run.partitions[0],
        partition=run.partitions[0],
        detail={"outcome": run.outcome.value, "run_id": str(run.id)},
    )


# -- what is so


async def in_service(session: AsyncSession, object_id: UUID, panel_id: UUID) -> bool:
    """Whether somebody works at the object; a service mode that names zones counts for the panels of these alone."""
    active = (ServiceMode.state == ServiceState.ACTIVE) & (ServiceMode.ends_at > func.clock_timestamp())
    scopes = await session.scalars(select(ServiceMode.scope).where(ServiceMode.object_id == object_id, active))
    return any(not scope or not scope.get("zones") or str(panel_id) in scope["zones"] for scope in scopes)


async def _is_released(session: AsyncSession, panel_id: UUID) -> bool:
    is_open = PanelRelease.ended_at.is_(None) & (PanelRelease.until > func.clock_timestamp())
    return await session.scalar(select(PanelRelease.id).where(PanelRelease.panel_id == panel_id, is_open)) is not None


async def _claimed(session: AsyncSession, run: AutoArmRun) -> set[int]:
    """The partitions that runs are arming which began to before this one."""
    query = select(AutoArmRun.partitions).where(
        AutoArmRun.panel_id == run.panel_id, AutoArmRun.status == RunStatus.ARMING, AutoArmRun.id != run.id
    )
    if run.arming_at is not None:
        query = query.where(AutoArmRun.arming_at < run.arming_at)
    return {number for partitions in await session.scalars(query) for number in partitions}


async def _clock(session: WriteSession) -> datetime:
    """Of the database: one clock for all processes."""
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return now


def _missing() -> ApplicationError:
    return ApplicationError("there is no such run", type=policies.MISSING, non_retryable=True)
