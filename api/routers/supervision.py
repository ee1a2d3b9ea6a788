"""Silence is an alarm: who has promised to be heard, and who is overdue."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from activities.db.repositories import supervision
from api.client.supervision import SupervisedPanel, SupervisedPart, Supervision
from api.deps import Access, Served, require
from api.problems import problems
from api.schemas.answers import Row, page_of, same_named
from api.schemas.parameters import Cursor, Limit
from workflows.domain.permissions import Permission
from workflows.domain.supervision import SourceState, SupervisionClass

router = APIRouter(prefix="/api/supervision", tags=["System"])

Viewer = Annotated[Access, Depends(require(Permission.PANEL_VIEW))]


@router.get("", responses=problems(), summary="Who is heard, and who is silent?")
async def look(
    access: Viewer,
    served: Served,
    silent: Annotated[bool, Query(description="Only panels whose line is lost.")] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Supervision:
    """The parts of the system and a page of the panels that are wanted, oldest first. A panel is SILENT as long as there is an
    alarm for its line; its class says how soon that is raised."""
    async with served.db.read() as session:
        parts = await supervision.list_parts(session)
        rows = await supervision.list_panels(
            session, silent=silent, only_objects=access.only_objects, cursor=cursor, limit=limit
        )
    return Supervision(
        server_time=datetime.now(UTC),
        parts=tuple(same_named(SupervisedPart, row) for row in parts),
        panels=page_of(rows, map(_panel, rows.items)),
    )


def _panel(row: Row) -> SupervisedPanel:
    kind = SupervisionClass(row["supervision_class"])
    return same_named(
        SupervisedPanel,
        row,
        panel_id=row["id"],
        promised_seconds=kind.promised.total_seconds(),
        state=SourceState(row["state"]),
    )
