"""Events: every physical happening, alarm or not."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from activities.db.repositories import alarms
from activities.db.repositories.alarms import EventFilter
from api.client import models
from api.deps import Access, Served, require
from api.problems import problems
from api.schemas import answers
from api.schemas.parameters import Cursor, Limit, Since, Until
from workflows.domain.permissions import Permission

router = APIRouter(prefix="/api/events", tags=["Events"])

Viewer = Annotated[Access, Depends(require(Permission.EVENT_VIEW))]


@router.get("", responses=problems(), summary="List events")
async def list_events(
    access: Viewer,
    served: Served,
    object_id: UUID | None = None,
    panel_id: UUID | None = None,
    bundle_id: Annotated[UUID | None, Query(description="Only those of this alarm.")] = None,
    since: Since = None,
    until: Until = None,
    alarms_only: Annotated[bool, Query(description="Leave out what is only information (arming, users, tests).")] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> models.Page[models.Event]:
    """Newest first, with texts in English and Polish and the names of zones. `from` and `to` are about when it happened."""
    chosen = EventFilter(
        object_id=object_id,
        panel_id=panel_id,
        bundle_id=bundle_id,
        occurred_from=since,
        occurred_to=until,
        alarms_only=alarms_only,
        only_objects=access.only_objects,
    )
    async with served.db.read() as session:
        rows = await alarms.list_events(session, chosen, cursor=cursor, limit=limit)
    return answers.page_of(rows, map(answers.event, rows.items))
