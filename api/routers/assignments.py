"""Which objects are assigned to which users: what technicians and field workers may see.

A change counts at once in this process and within `callers.TRUSTED_FOR` in others, for open sockets too.
"""

from collections.abc import Collection, Iterable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.models.users import User
from activities.db.repositories import assignments, objects
from activities.db.session import WriteSession
from api.audit import audit
from api.client import object_admin
from api.deps import Access, Served, require
from api.problems import Problem, as_json, problems
from api.schemas import answers
from api.schemas.objects import AssignedObjects, Assignees
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission

router = APIRouter(tags=["Objects"])

Manager = Annotated[Access, Depends(require(Permission.USER_MANAGE))]

_CHANGING = problems(ErrorCode.NOT_FOUND, ErrorCode.STALE_VERSION, ErrorCode.CONFLICT)
_AT_ONCE = "Somebody else has assigned the same at the same moment; look again."


@router.get("/api/objects/{object_id}/assignments", responses=problems(ErrorCode.NOT_FOUND), summary="Who has an object")
async def object_assignments(object_id: UUID, access: Manager, served: Served) -> object_admin.Assignees:
    async with served.db.read() as session:
        if await objects.find_object(session, object_id) is None:
            raise Problem(ErrorCode.NOT_FOUND)
        return answers.assignees(object_id, await assignments.users_of(session, object_id))


@router.put("/api/objects/{object_id}/assignments", responses=_CHANGING, summary="Assign an object")
async def assign_object(object_id: UUID, body: Assignees, access: Manager, served: Served) -> object_admin.Assignees:
    """To exactly these users."""
    wanted = set(body.users)
    try:
        async with served.db.write() as session:
            if await assignments.lock_object(session, object_id) is None:
                raise Problem(ErrorCode.NOT_FOUND)
            present = answers.assignees(object_id, await assignments.users_of(session, object_id))
            had = {user.id for user in present.users}
            _same(body.before, had, present)
            _known("users", body.users, await assignments.unknown_users(session, wanted))
            await assignments.take(session, users=had - wanted, objects=[object_id])
            await assignments.give(session, users=wanted - had, objects=[object_id])
            told = {"given": sorted(wanted - had), "taken": sorted(had - wanted)}
            audit(session, access, "object.assigned", "object", object_id, told)
            after = answers.assignees(object_id, await assignments.users_of(session, object_id))
    except IntegrityError as error:
        raise Problem(ErrorCode.CONFLICT, _AT_ONCE) from error
    served.callers.forget_persons(wanted ^ had)
    return after


@router.get("/api/users/{user_id}/assignments", responses=problems(ErrorCode.NOT_FOUND), summary="What a user has")
async def user_assignments(user_id: UUID, access: Manager, served: Served) -> object_admin.AssignedObjects:
    async with served.db.read() as session:
        if await session.get(User, user_id) is None:
            raise Problem(ErrorCode.NOT_FOUND)
        return await _objects(session, user_id)


@router.put("/api/users/{user_id}/assignments", responses=_CHANGING, summary="Assign objects to a user")
async def assign_to_user(user_id: UUID, body: AssignedObjects, access: Manager, served: Served) -> object_admin.AssignedObjects:
    """Exactly these. Assignments of deleted objects stay as they are, for the case that one is restored."""
    wanted = set(body.objects)
    try:
        async with served.db.write() as session:
            present = await _locked_user(session, user_id)
            had = {found.id for found in present.objects}
            _same(body.before, had, present)
            _known("objects", body.objects, await assignments.unknown_objects(session, wanted))
            await assignments.take(session, users=[user_id], objects=had - wanted)
            await assignments.give(session, users=[user_id], objects=wanted - had)
            told = {"given": sorted(wanted - had), "taken": sorted(had - wanted)}
            audit(session, access, "user.assigned", "user", user_id, told)
            after = await _objects(session, user_id)
    except IntegrityError as error:
        raise Problem(ErrorCode.CONFLICT, _AT_ONCE) from error
    served.callers.forget_persons([user_id])
    return after


async def _locked_user(session: WriteSession, user_id: UUID) -> object_admin.AssignedObjects:
    if await assignments.lock_user(session, user_id) is None:
        raise Problem(ErrorCode.NOT_FOUND)
    return await _objects(session, user_id)


async def _objects(session: AsyncSession, user_id: UUID) -> object_admin.AssignedObjects:
    return answers.assigned_objects(user_id, await assignments.objects_of(session, user_id))


def _same(before: Iterable[UUID], had: set[UUID], present: object_admin.Assignees | object_admin.AssignedObjects) -> None:
    """The set itself is the version: whoever would undo what he has not seen is told so."""
    if set(before) != had:
        raise Problem(ErrorCode.STALE_VERSION, current=as_json(present))


def _known(field: str, given: list[UUID], unknown: Collection[UUID]) -> None:
    if errors := [
        {"field": f"{field}.{place}", "reason": "there is no such thing"} for place, one in enumerate(given) if one in unknown
    ]:
        raise Problem(ErrorCode.VALIDATION, errors=errors)
