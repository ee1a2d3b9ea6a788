"""Copies of objects on consoles that must work without a connection (R-OFFLINE)."""

from collections.abc import Sequence
from typing import Annotated, TypedDict
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.repositories import object_changes
from api.client.object_sync import ObjectChanges, SyncedObject
from api.deps import Access, Served, require
from api.problems import problems
from api.schemas import answers
from api.schemas.parameters import Cursor, Limit
from workflows.domain.permissions import Permission

router = APIRouter(prefix="/api", tags=["Objects"])


class _Seen(TypedDict):
    """Whose look it is, and how much he sees."""

    user_id: UUID
    everything: bool


Viewer = Annotated[Access, Depends(require(Permission.OBJECT_VIEW))]


@router.get("/object-changes", responses=problems(), summary="What has changed in objects")
async def object_changes_since(access: Viewer, served: Served, cursor: Cursor = None, limit: Limit = 50) -> ObjectChanges:
    """Since the look that ended with `cursor`; without one, everything. With contacts and procedure. `removed`: deleted, or no
    longer assigned. An object may be told again though nothing of it has changed; none is ever left out."""
    at = None if cursor is None else object_changes.position(cursor)
    seen = _Seen(user_id=access.user_id, everything=access.only_objects is None)
    async with served.db.read() as session:
        found = await object_changes.changes(session, at, **seen, limit=limit)
        items = await _items(session, await object_changes.present(session, found.object_ids, **seen))
    there = {item.object.id for item in items}
    return ObjectChanges(
        items=items,
        removed=tuple(id_ for id_ in found.object_ids if id_ not in there),
        cursor=found.position.text,
        more=found.more,
        from_the_start=found.from_the_start,
    )


async def _items(session: AsyncSession, rows: Sequence[RowMapping]) -> tuple[SyncedObject, ...]:
    contacts, steps = await object_changes.plans(session, [row["id"] for row in rows])
    return tuple(
        SyncedObject(
            object=answers.guarded_object(row),
            plan=answers.plan_of(row["id"], row["plan_version"], contacts[row["id"]], steps[row["id"]]),
        )
        for row in rows
    )
