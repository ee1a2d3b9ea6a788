"""Guarded places: finding, adding, changing, deleting and restoring them."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from activities.db.models.objects import GuardedObject, ObjectStatus
from activities.db.repositories import objects, response_plans, service_modes
from activities.db.repositories.objects import Wanted
from activities.db.session import WriteSession
from api.audit import audit, told
from api.client import models, object_admin
from api.deps import Access, Served, require
from api.problems import Problem, expect, invalid, problems
from api.schemas import answers
from api.schemas.objects import NewObject, ObjectChange, Restore
from api.schemas.parameters import BasedOn, Cursor, Limit, Search
from api.schemas.service_modes import answer as service_mode
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission
from workflows.domain.supervision import MONITORING_CENTRE

router = APIRouter(prefix="/api/objects", tags=["Objects"])

Viewer = Annotated[Access, Depends(require(Permission.OBJECT_VIEW))]
Editor = Annotated[Access, Depends(require(Permission.OBJECT_EDIT))]

_STORED: Final = {
    models.ObjectStatus.ACTIVE: ObjectStatus.ACTIVE,
    models.ObjectStatus.SERVICE: ObjectStatus.ACTIVE,
    models.ObjectStatus.CLOSED: ObjectStatus.CLOSED,
}
_TAKEN = "This external number belongs to another object, perhaps a deleted one: that can be restored."
_CHANGING = problems(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT, ErrorCode.STALE_VERSION)


@router.get("", responses=problems(), summary="List objects")
async def list_objects(
    access: Viewer,
    served: Served,
    q: Search = None,
    status: Annotated[models.ObjectStatus | None, Query(description="Only this status.")] = None,
    kind: Annotated[str | None, Query(max_length=200, description="Only this kind, exactly.")] = None,
    city: Annotated[
        str | None, Query(max_length=200, description="Only in this city, exactly as `/api/object-cities` names it.")
    ] = None,
    located: Annotated[bool | None, Query(description="Only with, or only without coordinates.")] = None,
    assigned_to: Annotated[UUID | None, Query(description="Only what is assigned to this user.")] = None,
    deleted: Annotated[bool, Query(description="Only deleted ones, for those who may edit.")] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> models.Page[models.Object]:
    """By name. `q`: all its words must be found in name, address or external number, whether written with Polish letters or
    without."""
    if deleted and not access.caller.may(Permission.OBJECT_EDIT, None):
        raise Problem(ErrorCode.FORBIDDEN)
    wanted = Wanted(
        text=q,
        status=None if status is None else _STORED[status],
        in_service=None if status in {None, models.ObjectStatus.CLOSED} else status is models.ObjectStatus.SERVICE,
        kind=kind,
        city=city,
        located=located,
        assigned_to=assigned_to,
        deleted=deleted,
        only_objects=access.only_objects,
    )
    async with served.db.read() as session:
        rows = await objects.list_objects(session, wanted, cursor=cursor, limit=limit)
    return answers.page_of(rows, map(answers.guarded_object, rows.items))


@router.get("/{object_id}", responses=problems(ErrorCode.NOT_FOUND), summary="One object")
async def one_object(object_id: UUID, access: Viewer, served: Served) -> object_admin.ObjectDetail:
    """With its contacts, procedure, alarm configuration and panels."""
    access.check(object_id)
    async with served.db.read() as session:
        found = await objects.find_object(session, object_id)
        if found is None:
            raise Problem(ErrorCode.NOT_FOUND)
        panels = await objects.list_panels(session, object_id=object_id, only_objects=None, cursor=None, limit=200)
        sees_alarms = access.caller.may(Permission.ALARM_VIEW, object_id)
        return answers.object_detail(
            found,
            plan=answers.response_plan(
                found,
                await response_plans.contacts(session, object_id),
                await response_plans.steps(session, object_id),
            ),
            config=await response_plans.alarm_config(session, object_id),
            panels=panels.items,
            open_alarms=await objects.open_alarms(session, object_id) if sees_alarms else None,
            service=[service_mode(row) for row in await service_modes.in_force_at(session, object_id)],
        )


@router.post("", status_code=201, responses=problems(ErrorCode.CONFLICT), summary="Add an object")
async def create_object(body: NewObject, access: Editor, served: Served) -> models.Object:
    """409 CONFLICT when the external number is taken."""
    created = GuardedObject(id=uuid7(), **body.model_dump())
    try:
        async with served.db.write() as session:
            session.add(created)
            await session.flush()
            await session.refresh(created)
            audit(session, access, "object.created", "object", created.id, after=told(created))
    except IntegrityError as error:
        raise Problem(ErrorCode.CONFLICT, _TAKEN) from error
    return answers.stored_object(created, None)


@router.patch("/{object_id}", responses=_CHANGING, summary="Change an object")
async def change_object(object_id: UUID, body: ObjectChange, access: Editor, served: Served) -> models.Object:
    """Only the members given change. Coordinates come from a map, from a person, or from `geocode`: never by themselves."""
    changes = body.model_dump(exclude_unset=True, exclude={"version"})
    try:
        async with served.db.write() as session:
            found = await _locked(session, object_id, body.version)
            until = await service_modes.service_until(session, object_id)
            if "status" in changes and until is not None:
                raise invalid("status", "the object is in service mode: end that first")
            before = told(found)
            for name, value in changes.items():
                setattr(found, name, value)
            found.version += 1
            await session.flush()
            await session.refresh(found)
            audit(session, access, "object.changed", "object", object_id, before=before, after=told(found))
    except IntegrityError as error:
        raise Problem(ErrorCode.CONFLICT, _TAKEN) from error
    return answers.stored_object(found, until)


@router.delete("/{object_id}", status_code=204, responses=_CHANGING, summary="Delete an object")
async def delete_object(object_id: UUID, version: BasedOn, access: Editor, served: Served) -> Response:
    """With its panels, whose lines are let go at once. Nothing is erased, and `restore` brings all of it back. 409 CONFLICT
    while an alarm of it is open."""
    async with served.db.write() as session:
        found = await _locked(session, object_id, version)
        if object_id == MONITORING_CENTRE:
            raise Problem(ErrorCode.CONFLICT, "The alarms of the monitoring system itself belong to this object.")
        if count := await objects.open_alarms(session, object_id):
            raise Problem(ErrorCode.CONFLICT, f"This object has open alarms ({count}): close them first.")
        panels = await objects.delete_object(session, found)
        audit(session, access, "object.deleted", "object", object_id, {"panels": panels})
    return Response(status_code=204)


@router.post("/{object_id}/restore", responses=_CHANGING, summary="Restore a deleted object")
async def restore_object(object_id: UUID, body: Restore, access: Editor, served: Served) -> models.Object:
    """With the panels that were deleted with it. 409 CONFLICT when another panel has taken the place of one."""
    try:
        async with served.db.write() as session:
            found = await objects.lock_object(session, object_id)
            if found is None or found.deleted_at is None:
                raise Problem(ErrorCode.NOT_FOUND, "There is no such deleted object.")
            until = await service_modes.service_until(session, object_id)
            expect(body.version, found.version, answers.stored_object(found, until))
            panels = await objects.restore_object(session, found)
            audit(session, access, "object.restored", "object", object_id, {"panels": panels})
            await session.refresh(found)
    except IntegrityError as error:
        detail = "Meanwhile another panel has the host and port of one of its panels: change or delete that one first."
        raise Problem(ErrorCode.CONFLICT, detail) from error
    return answers.stored_object(found, until)


async def _locked(session: WriteSession, object_id: UUID, version: int) -> GuardedObject:
    found = await objects.lock_object(session, object_id)
    if found is None or found.deleted_at is not None:
        raise Problem(ErrorCode.NOT_FOUND)
    until = await service_modes.service_until(session, object_id)
    expect(version, found.version, answers.stored_object(found, until))
    return found
