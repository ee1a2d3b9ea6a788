"""The dispatcher's journal: lines are added and read, never changed (R-HISTORY)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from activities.db.repositories import alarms, dispatch, objects
from activities.db.repositories.dispatch import JournalFilter
from activities.db.session import WriteSession
from api import journal
from api.client.models import DispatchEntry, Page
from api.deps import Access, Served, require
from api.journal import Line
from api.problems import Problem, problems
from api.schemas import answers
from api.schemas.dispatch import Key, Kinds, NewEntry
from api.schemas.parameters import Cursor, Limit, Since, Until
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission

router = APIRouter(prefix="/api", tags=["Dispatch"])

Reader = Annotated[Access, Depends(require(Permission.ALARM_VIEW))]
Dispatcher = Annotated[Access, Depends(require(Permission.DISPATCH_WRITE))]

_WRITING = problems(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT)


@router.post("/alarms/{alarm_id}/dispatch", status_code=201, responses=_WRITING, summary="Write a line about an alarm")
async def write_about_alarm(
    alarm_id: UUID, body: NewEntry, access: Dispatcher, served: Served, key: Key = None
) -> DispatchEntry:
    """Also about one that is closed: a patrol may leave later. `oddity` in the answer says what is unusual about it; CONFLICT,
    that it cannot have been. A mistake is put right by a line that `corrects` it."""
    async with served.db.write() as session:
        alarm = await alarms.find_alarm(session, alarm_id)
        if alarm is None:
            raise Problem(ErrorCode.NOT_FOUND)
        access.check(alarm["object_id"])
        return await _write(session, access, _line(body, access, key, object_id=alarm["object_id"], bundle_id=alarm_id))


@router.post("/objects/{object_id}/dispatch", status_code=201, responses=_WRITING, summary="Write a line about an object")
async def write_about_object(
    object_id: UUID, body: NewEntry, access: Dispatcher, served: Served, key: Key = None
) -> DispatchEntry:
    """Where there is no alarm: a check on the way, a call of the owner's."""
    access.check(object_id)
    async with served.db.write() as session:
        if await objects.find_object(session, object_id) is None:
            raise Problem(ErrorCode.NOT_FOUND)
        return await _write(session, access, _line(body, access, key, object_id=object_id))


def _line(body: NewEntry, access: Access, key: str | None, *, object_id: UUID, bundle_id: UUID | None = None) -> Line:
    return Line(**body.model_dump(), object_id=object_id, bundle_id=bundle_id, user_id=access.user_id, key=key)


async def _write(session: WriteSession, access: Access, line: Line) -> DispatchEntry:
    entry = await journal.add(session, access, line)
    found = await dispatch.find_entry(session, entry.id)
    assert found is not None, "it was written in this transaction or before"
    return answers.same_named(DispatchEntry, found)


@router.get("/dispatch", responses=problems(), summary="Read the journal")
async def list_dispatch(
    access: Reader,
    served: Served,
    object_id: UUID | None = None,
    bundle_id: UUID | None = None,
    user_id: UUID | None = None,
    kind: Kinds = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[DispatchEntry]:
    """The latest first. `from` and `to` are about when it happened."""
    chosen = JournalFilter(
        object_id=object_id,
        bundle_id=bundle_id,
        user_id=user_id,
        kinds=kind,
        since=since,
        until=until,
        only_objects=access.only_objects,
    )
    async with served.db.read() as session:
        rows = await dispatch.list_entries(session, chosen, cursor=cursor, limit=limit)
    return answers.page_of(rows, (answers.same_named(DispatchEntry, row) for row in rows.items))
