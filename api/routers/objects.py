"""Guarded places."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from activities.db.models.objects import GuardedObject, ObjectStatus
from activities.db.repositories import objects
from api.audit import audit, told
from api.client import models
from api.deps import Access, Served, require
from api.problems import Problem, problems
from api.schemas import answers
from api.schemas.parameters import Cursor, Limit, Search
from api.schemas.requests import NewObject
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission

router = APIRouter(prefix="/api/objects", tags=["Objects"])

Viewer = Annotated[Access, Depends(require(Permission.OBJECT_VIEW))]
Editor = Annotated[Access, Depends(require(Permission.OBJECT_EDIT))]


@router.get("", responses=problems(), summary="List objects")
async def list_objects(
    access: Viewer,
    served: Served,
    q: Search = None,
    status: Annotated[ObjectStatus | None, Query(description="Only this status.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> models.Page[models.Object]:
    """By name."""
    async with served.db.read() as session:
        rows = await objects.list_objects(
            session, text=q, status=status, only_objects=access.only_objects, cursor=cursor, limit=limit
        )
    return answers.page_of(rows, map(answers.guarded_object, rows.items))


@router.get("/{object_id}", responses=problems(ErrorCode.NOT_FOUND), summary="One object")
async def one_object(object_id: UUID, access: Viewer, served: Served) -> models.Object:
    access.check(object_id)
    async with served.db.read() as session:
        found = await objects.find_object(session, object_id)
    if found is None:
        raise Problem(ErrorCode.NOT_FOUND)
    return answers.guarded_object(found)


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
        raise Problem(ErrorCode.CONFLICT, "This external number belongs to another object.") from error
    return answers.guarded_object(created)
