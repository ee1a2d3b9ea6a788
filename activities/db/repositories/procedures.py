"""Procedures as they are worked through for an alarm (R-HISTORY)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.models.object_contacts import ObjectContact
from activities.db.models.object_procedures import ObjectProcedure
from activities.db.models.procedure_run_steps import ProcedureRunStep
from activities.db.models.procedure_runs import ProcedureRun
from activities.db.models.users import User
from activities.db.session import WriteSession
from workflows.domain.alarm import AlarmType
from workflows.domain.response import procedure_of


async def run_of(session: AsyncSession, bundle_id: UUID) -> RowMapping | None:
    """With the name of who began it."""
    query = (
        select(ProcedureRun.__table__, User.display_name.label("started_by_name"))
        .join_from(ProcedureRun.__table__, User, User.id == ProcedureRun.__table__.c.started_by)
        .where(ProcedureRun.bundle_id == bundle_id)
    )
    return (await session.execute(query)).mappings().first()


async def lock_run(session: WriteSession, bundle_id: UUID) -> ProcedureRun | None:
    query = select(ProcedureRun).where(ProcedureRun.bundle_id == bundle_id).with_for_update()
    return (await session.scalars(query)).first()


async def steps_of(session: AsyncSession, run_id: UUID) -> Sequence[RowMapping]:
    """In their order, with the names of who decided them."""
    steps = ProcedureRunStep.__table__
    query = (
        select(steps, User.display_name.label("decided_by_name"))
        .join_from(steps, User, User.id == steps.c.decided_by, isouter=True)
        .where(steps.c.run_id == run_id)
        .order_by(steps.c.number)
    )
    return (await session.execute(query)).mappings().all()


async def plan_of(session: AsyncSession, object_id: UUID, alarm_type: AlarmType) -> Sequence[RowMapping]:
    """The object's steps as a run for an alarm of this type would copy them now."""
    steps = ObjectProcedure.__table__.c
    written = (await session.scalars(select(steps.alarm_type).distinct().where(steps.object_id == object_id))).all()
    query = (
        select(
            *(steps.position.label("number"), steps.kind, steps.text, steps.contact_id),
            *(ObjectContact.name.label("contact_name"), ObjectContact.phone.label("contact_phone")),
        )
        .join_from(ObjectProcedure.__table__, ObjectContact, ObjectContact.id == steps.contact_id, isouter=True)
        .where(steps.object_id == object_id, steps.alarm_type.is_not_distinct_from(procedure_of(alarm_type, written)))
        .order_by(steps.position)
    )
    return (await session.execute(query)).mappings().all()


async def begin(session: WriteSession, run: ProcedureRun, plan: Sequence[RowMapping]) -> None:
    """The run, and a copy of the plan's steps, numbered from 1. Raises IntegrityError when the bundle has one."""
    session.add(run)
    await session.flush()
    session.add_all(ProcedureRunStep(**{**step, "number": number, "run_id": run.id}) for number, step in enumerate(plan, 1))
    await session.flush()
