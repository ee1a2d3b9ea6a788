"""What is to be done about an object's alarms: contacts, procedure, alarm configuration."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities.db.models.object_contacts import ObjectContact
from activities.db.models.object_procedures import ObjectProcedure
from activities.db.models.objects import GuardedObject
from activities.db.repositories import objects, response_plans
from activities.db.repositories.response_plans import NotItsOwn
from activities.db.session import WriteSession
from api.audit import audit
from api.client import object_admin
from api.deps import Access, Served, require
from api.problems import Problem, as_json, expect, problems
from api.schemas import answers
from api.schemas.objects import AlarmConfig, PlanContact, PlanStep, ResponsePlan
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission

router = APIRouter(prefix="/api/objects/{object_id}", tags=["Objects"])

Viewer = Annotated[Access, Depends(require(Permission.OBJECT_VIEW))]
Editor = Annotated[Access, Depends(require(Permission.OBJECT_EDIT))]

_CHANGING = problems(ErrorCode.NOT_FOUND, ErrorCode.STALE_VERSION)


@router.get("/response-plan", responses=problems(ErrorCode.NOT_FOUND), summary="Contacts and procedure")
async def response_plan(object_id: UUID, access: Viewer, served: Served) -> object_admin.ResponsePlan:
    access.check(object_id)
    async with served.db.read() as session:
        found = await objects.find_object(session, object_id)
        if found is None:
            raise Problem(ErrorCode.NOT_FOUND)
        return await _plan(session, found)


@router.put("/response-plan", responses=_CHANGING, summary="Change contacts and procedure")
async def put_response_plan(object_id: UUID, body: ResponsePlan, access: Editor, served: Served) -> object_admin.ResponsePlan:
    """Both lists as a whole, in their order. What keeps its `id` stays the same contact or step; what is not in the document
    is deleted. A step may call a new contact: give that an id of your own making."""
    if errors := [*_unknown_contacts(body), *_repeated("contacts", body.contacts), *_repeated("steps", body.steps)]:
        raise Problem(ErrorCode.VALIDATION, errors=errors)
    async with served.db.write() as session:
        found = await _locked(session, object_id)
        before = await _plan(session, found)
        expect(body.version, found.plan_version, before)
        await _store(session, object_id, body)
        found.plan_version += 1
        await session.flush()
        after = await _plan(session, found)
        audit(session, access, "object.plan_changed", "object", object_id, before=as_json(before), after=as_json(after))
    return after


async def _store(session: WriteSession, object_id: UUID, body: ResponsePlan) -> None:
    contacts = [{**one.model_dump(), "id": one.id or uuid7()} for one in body.contacts]
    steps = [{**one.model_dump(), "id": one.id or uuid7()} for one in body.steps]
    try:
        await response_plans.put_list(session, ObjectContact, object_id, contacts)
        await response_plans.put_list(session, ObjectProcedure, object_id, steps)
    except NotItsOwn as error:
        ids = {"contacts": [one["id"] for one in contacts], "steps": [one["id"] for one in steps]}
        where = next(f"{name}.{found.index(error.row_id)}.id" for name, found in ids.items() if error.row_id in found)
        reason = {"field": where, "reason": "belongs to another object"}
        raise Problem(ErrorCode.VALIDATION, errors=[reason]) from None


def _unknown_contacts(body: ResponsePlan) -> list[dict[str, str]]:
    known = {contact.id for contact in body.contacts}
    return [
        {"field": f"steps.{place}.contact_id", "reason": "no contact of this document has this id"}
        for place, step in enumerate(body.steps)
        if step.contact_id is not None and step.contact_id not in known
    ]


def _repeated(name: str, items: Sequence[PlanContact | PlanStep]) -> list[dict[str, str]]:
    ids = [item.id for item in items]
    return [
        {"field": f"{name}.{place}.id", "reason": "given twice"}
        for place, one in enumerate(ids)
        if one is not None and one in ids[:place]
    ]


async def _plan(session: AsyncSession, found: GuardedObject) -> object_admin.ResponsePlan:
    contacts, steps = await response_plans.contacts(session, found.id), await response_plans.steps(session, found.id)
    return answers.response_plan(found, contacts, steps)


@router.get("/alarm-config", responses=problems(ErrorCode.NOT_FOUND), summary="How its alarms are treated")
async def alarm_config(object_id: UUID, access: Viewer, served: Served) -> object_admin.AlarmConfig:
    access.check(object_id)
    async with served.db.read() as session:
        if await objects.find_object(session, object_id) is None:
            raise Problem(ErrorCode.NOT_FOUND)
        return answers.alarm_config(await response_plans.alarm_config(session, object_id))


@router.put("/alarm-config", responses=_CHANGING, summary="Change how its alarms are treated")
async def put_alarm_config(object_id: UUID, body: AlarmConfig, access: Editor, served: Served) -> object_admin.AlarmConfig:
    """As a whole; what is left out is as everywhere. It counts from the next event on."""
    members = body.model_dump(mode="json", exclude={"version"})
    async with served.db.write() as session:
        await _locked(session, object_id)
        config = await response_plans.alarm_config(session, object_id)
        before = answers.alarm_config(config)
        expect(body.version, before.version, before)
        await response_plans.put_alarm_config(session, config, members)
        await session.refresh(config)
        after = answers.alarm_config(config)
        audit(session, access, "object.alarm_config_changed", "object", object_id, before=as_json(before), after=as_json(after))
    return after


async def _locked(session: WriteSession, object_id: UUID) -> GuardedObject:
    found = await objects.lock_object(session, object_id)
    if found is None or found.deleted_at is not None:
        raise Problem(ErrorCode.NOT_FOUND)
    return found
