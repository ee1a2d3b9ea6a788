"""The procedure of an object, worked through step by step for one alarm (R-HISTORY)."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.models.bundle_alarms import BundleAlarm
from activities.db.models.objects import GuardedObject
from activities.db.models.procedure_run_steps import ProcedureRunStep
from activities.db.models.procedure_runs import ProcedureRun
from activities.db.repositories import dispatch, procedures
from activities.db.session import WriteSession
from activities.infra.log import current_request_id
from api import journal
from api.audit import audit
from api.client.dispatch import Procedure, ProcedureStep
from api.deps import Access, Served, require
from api.journal import Line
from api.problems import Problem, as_json, expect, invalid, problems
from api.schemas import answers
from api.schemas.dispatch import Key, StepDecision
from workflows.domain import procedure as domain
from workflows.domain.alarm import AlarmType
from workflows.domain.bundle import BundleStatus
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission
from workflows.domain.procedure import Objection, StepState, next_step

router = APIRouter(prefix="/api/alarms/{alarm_id}/procedure", tags=["Dispatch"])

Reader = Annotated[Access, Depends(require(Permission.ALARM_VIEW))]
Dispatcher = Annotated[Access, Depends(require(Permission.DISPATCH_WRITE))]
Number = Annotated[int, Path(ge=1, le=1_000, description="Of the step, from 1.")]

_FAULTS: Final = {
    Objection.SKIP_WITHOUT_REASON: ("text", "say why it is skipped"),
    Objection.CALL_WITHOUT_OUTCOME: ("outcome", "a CALL that was made has an outcome"),
    Objection.CHECK_WITHOUT_FINDING: ("finding", "a CHECK that was done has a finding"),
    Objection.DIFFERENT_WITHOUT_TEXT: ("text", "say what is different"),
    Objection.RESULT_OF_ANOTHER_KIND: ("state", "this result belongs to another kind of step"),
}


class _Alarm(NamedTuple):
    id: UUID
    object_id: UUID
    alarm_type: AlarmType
    status: BundleStatus


@router.get("", responses=problems(ErrorCode.NOT_FOUND), summary="The steps of an alarm")
async def procedure(alarm_id: UUID, access: Reader, served: Served) -> Procedure:
    """As far as they are; before anybody has begun them, what the object says, with `version` 0."""
    async with served.db.read() as session:
        return await _told(session, await _alarm(session, alarm_id, access))


@router.post("", responses=problems(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT, ErrorCode.WRONG_STATUS), summary="Begin them")
async def begin_procedure(alarm_id: UUID, access: Dispatcher, served: Served) -> Procedure:
    """Copies the steps of the object as they are now: those for this type of alarm, or the general ones when there are none.
    Whoever changes its plan later changes nothing here. Once; after that it answers with what is there. CONFLICT when there are
    no steps."""
    async with served.db.write() as session:
        alarm = await _alarm(session, alarm_id, access)
        await dispatch.take_turn(session, alarm.object_id)
        if await procedures.run_of(session, alarm_id) is None:
            await _begin(session, access, alarm)
        return await _told(session, alarm)


async def _begin(session: WriteSession, access: Access, alarm: _Alarm) -> None:
    if alarm.status is BundleStatus.CLOSED:
        raise Problem(ErrorCode.WRONG_STATUS)
    plan = await procedures.plan_of(session, alarm.object_id, alarm.alarm_type)
    if not plan:
        raise Problem(ErrorCode.CONFLICT, "This object has no procedure for such an alarm.")
    guarded = await session.get_one(GuardedObject, alarm.object_id)
    run = ProcedureRun(
        bundle_id=alarm.id,
        object_id=alarm.object_id,
        plan_version=guarded.plan_version,
        started_by=access.user_id,
        request_id=current_request_id() or None,
    )
    await procedures.begin(session, run, plan)
    detail = {"object_id": alarm.object_id, "plan_version": guarded.plan_version, "steps": len(plan)}
    audit(session, access, "procedure.begun", "bundle", alarm.id, detail)


_DECIDING = problems(ErrorCode.NOT_FOUND, ErrorCode.STALE_VERSION, ErrorCode.CONFLICT, ErrorCode.WRONG_STATUS)


@router.post("/steps/{number}", responses=_DECIDING, summary="A step is done, or skipped")
async def decide_step(
    alarm_id: UUID, number: Number, body: StepDecision, access: Dispatcher, served: Served, key: Key = None
) -> Procedure:
    """In any order. A CALL that was made and a DISPATCH write their line into the journal by themselves."""
    async with served.db.write() as session:
        alarm = await _alarm(session, alarm_id, access)
        await dispatch.take_turn(session, alarm.object_id)
        run = await procedures.lock_run(session, alarm_id)
        step = None if run is None else await session.get(ProcedureRunStep, (run.id, number))
        if run is None or step is None:
            raise Problem(ErrorCode.NOT_FOUND)
        if not _is_repeated(step, access, key):
            expect(body.version, run.version, await _told(session, alarm))
            if alarm.status is BundleStatus.CLOSED:
                raise Problem(ErrorCode.WRONG_STATUS)
            await _decide(session, access, run, step, body, key)
        return await _told(session, alarm)


def _is_repeated(step: ProcedureRunStep, access: Access, key: str | None) -> bool:
    return key is not None and (step.decided_by, step.idempotency_key) == (access.user_id, key)


async def _decide(
    session: WriteSession, access: Access, run: ProcedureRun, step: ProcedureRunStep, body: StepDecision, key: str | None
) -> None:
    wanted = domain.StepDecision(state=body.state, outcome=body.outcome, finding=body.finding, has_text=body.text is not None)
    objection = domain.decide(step.kind, step.state, wanted)
    if objection is Objection.DECIDED:
        told = await _told(session, await _alarm(session, run.bundle_id, access))
        raise Problem(ErrorCode.CONFLICT, "This step has been decided.", current=as_json(told))
    if objection is not None:
        raise invalid(*_FAULTS[objection])
    now = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    step.state, step.outcome, step.finding, step.remark = body.state, body.outcome, body.finding, body.text
    step.decided_by, step.decided_at, step.idempotency_key = access.user_id, now, key
    step.entry_id = await _written(session, access, run, step)
    run.version += 1
    await session.flush()
    if next_step([one["state"] for one in await procedures.steps_of(session, run.id)]) is None:
        run.completed_at = now
    detail = {"number": step.number, "kind": step.kind, "outcome": step.outcome, "finding": step.finding}
    detail |= {"entry_id": step.entry_id, "version": run.version}
    audit(session, access, f"procedure.step_{step.state.lower()}", "bundle", run.bundle_id, detail)
    await session.flush()


async def _written(session: WriteSession, access: Access, run: ProcedureRun, step: ProcedureRunStep) -> UUID | None:
    """The line that the step leaves in the journal, if it does. Its contact may have gone since the run began."""
    kind = domain.entry_of(step.kind)
    if kind is None or step.state is not StepState.DONE:
        return None
    line = Line(
        kind=kind,
        object_id=run.object_id,
        bundle_id=run.bundle_id,
        user_id=access.user_id,
        contact_id=step.contact_id,
        contact_name=step.contact_name,
        outcome=step.outcome,
        text=step.remark or step.text,
    )
    entry, _ = await journal.write(session, line)
    return entry.id


async def _alarm(session: AsyncSession, alarm_id: UUID, access: Access) -> _Alarm:
    columns = BundleAlarm.id, BundleAlarm.object_id, BundleAlarm.alarm_type, BundleAlarm.status
    row = (await session.execute(select(*columns).where(BundleAlarm.id == alarm_id))).first()
    if row is None:
        raise Problem(ErrorCode.NOT_FOUND)
    access.check(row.object_id)
    return _Alarm(*row)


async def _told(session: AsyncSession, alarm: _Alarm) -> Procedure:
    run = await procedures.run_of(session, alarm.id)
    if run is None:
        steps = _steps(await procedures.plan_of(session, alarm.object_id, alarm.alarm_type))
        run_members: dict[str, Any] = {"version": 0}
    else:
        steps = _steps(await procedures.steps_of(session, run["id"]))
        run_members = dict(run)
    following = next_step(step.state for step in steps)
    members = {**run_members, "bundle_id": alarm.id, "object_id": alarm.object_id}
    return answers.same_named(Procedure, members, steps=steps, next_step=following)


def _steps(rows: Sequence[Any]) -> tuple[ProcedureStep, ...]:
    return tuple(answers.same_named(ProcedureStep, row, number=number) for number, row in enumerate(rows, 1))
