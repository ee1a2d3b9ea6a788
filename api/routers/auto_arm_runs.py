"""What became of each firing of auto-arm, what people decide about one, and what is not armed (R-AUTOARM)."""

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy import RowMapping

from activities.db.repositories import auto_arm
from activities.infra.log import current_request_id
from api.audit import audit
from api.client.auto_arm import AutoArmReport, AutoArmRun, NotArmedPartition, NotStarted, Sweep
from api.client.models import Page
from api.deps import Access, Served, require
from api.problems import Problem, as_json, problems
from api.schemas import answers
from api.schemas.auto_arm import Day, Decision, Postpone
from api.schemas.parameters import Cursor, Limit, Since, Until
from api.updates import NotDone, Refused
from workflows.contracts import names
from workflows.contracts.auto_arm import CancelRequest, PostponeRequest
from workflows.domain.auto_arm import RunStatus
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission

router = APIRouter(prefix="/api/auto-arm", tags=["Auto-arm"])

Viewer = Annotated[Access, Depends(require(Permission.PANEL_VIEW))]
Decider = Annotated[Access, Depends(require(Permission.SCHEDULE_POSTPONE))]

_DECIDING = problems(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT, ErrorCode.TEMPORAL_UNAVAILABLE)


@router.get("/runs", responses=problems(), summary="List firings")
async def list_runs(
    access: Viewer,
    served: Served,
    schedule_id: UUID | None = None,
    panel_id: UUID | None = None,
    status: RunStatus | None = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[AutoArmRun]:
    """Newest first, by the time they were planned for."""
    wanted = auto_arm.runs_like(schedule_id=schedule_id, panel_id=panel_id, status=status, since=since, until=until)
    async with served.db.read() as session:
        rows = await auto_arm.list_runs(session, wanted, only_objects=access.only_objects, cursor=cursor, limit=limit)
    return answers.page_of(rows, map(_run, rows.items))


@router.post("/runs/{run_id}/postpone", responses=_DECIDING, summary="Put a firing off")
async def postpone(run_id: UUID, body: Postpone, access: Decider, served: Served) -> AutoArmRun:
    """409 CONFLICT when it has ended, is just arming, or the new time is beyond the schedule's limit (`current`)."""
    request = PostponeRequest(minutes=body.minutes, actor_id=access.user_id, request_id=current_request_id())
    return await _decide(run_id, names.POSTPONE, request, access, served, body.reason)


@router.post("/runs/{run_id}/cancel", responses=_DECIDING, summary="Cancel a firing")
async def cancel(run_id: UUID, access: Decider, served: Served, body: Decision | None = None) -> AutoArmRun:
    """This one alone; the next comes as planned. A command under way is not taken back: the answer tells how it ended. Safe to
    repeat; 409 CONFLICT when it has ended otherwise (`current`)."""
    request = CancelRequest(actor_id=access.user_id, request_id=current_request_id())
    return await _decide(run_id, names.CANCEL, request, access, served, body.reason if body else None)


async def _decide(
    run_id: UUID,
    update: str,
    request: PostponeRequest | CancelRequest,
    access: Access,
    served: Served,
    reason: str | None,
) -> AutoArmRun:
    row = await _found(run_id, access, served)
    if update == names.CANCEL and row["status"] is RunStatus.CANCELLED:
        return _run(row)
    if reason is not None:  # a person's words: not for a workflow's history, which tells by itself what became of it
        async with served.db.write() as session:
            audit(session, access, f"auto_arm.{update}_asked", "auto_arm_run", run_id, {"reason": reason})
    try:
        await served.auto_arm.decide(row["workflow_id"], update, request)
    except Refused as error:
        current = _run(await _found(run_id, access, served))
        raise Problem(ErrorCode.CONFLICT, "That is not possible (any more).", current=as_json(current)) from error
    except NotDone as error:
        raise Problem(ErrorCode.TEMPORAL_UNAVAILABLE, retry_after=2) from error
    return _run(await _found(run_id, access, served))


@router.get("/sweep", responses=problems(), summary="What is not armed and should be")
async def sweep(access: Viewer, served: Served) -> Sweep:
    """Every partition that a schedule should have armed within the last hours and that is not armed, with the reason."""
    now = datetime.now(UTC)
    async with served.db.read() as session:
        found = await auto_arm.sweep(session, served.settings.panel_time_zone, now, access.only_objects)
    not_armed = tuple(
        NotArmedPartition(
            schedule_id=each.one.row.id,
            object_id=each.one.object_id,
            panel_id=each.one.row.panel_id,
            partition=each.partition,
            fire_at=each.fire_at,
            why=each.why.value,
            state=each.state,
            since=each.since,
            run_id=each.run_id,
        )
        for each in found
    )
    return Sweep(as_of=now, not_armed=not_armed)


@router.get("/report", responses=problems(), summary="What became of a day's firings")
async def report(
    access: Viewer, served: Served, date: Annotated[Day, Query(description="The local day, as 2026-11-25.")]
) -> AutoArmReport:
    """For the morning: every firing of the day, and those that nobody started."""
    zone, only = served.settings.panel_time_zone, access.only_objects
    async with served.db.read() as session:
        rows = await auto_arm.runs_of_day(session, date, only)
        missing = await auto_arm.not_started(session, zone, date, datetime.now(UTC), only)
    runs = tuple(map(_run, rows))
    return AutoArmReport(
        date=date,
        counts=dict(Counter(str(run.outcome if run.ended_at and run.outcome else run.status) for run in runs)),
        runs=runs,
        not_started=tuple(
            NotStarted(schedule_id=one.row.id, object_id=one.object_id, panel_id=one.row.panel_id, fire_at=firing.fire_at)
            for one, firing in missing
        ),
    )


async def _found(run_id: UUID, access: Access, served: Served) -> RowMapping:
    async with served.db.read() as session:
        row = await auto_arm.find_run(session, run_id)
    if row is None:
        raise Problem(ErrorCode.NOT_FOUND)
    access.check(row["object_id"])
    return row


def _run(row: RowMapping) -> AutoArmRun:
    lists = {name: tuple(row[name]) for name in ("partitions", "blocking", "commands")}
    return answers.same_named(AutoArmRun, row, **lists)
