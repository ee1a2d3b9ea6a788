"""Zones: what a panel's detectors are called, and what an alarm of one means."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from activities.db.models.zones import Zone
from activities.db.repositories import objects
from api.audit import audit, told
from api.client import models
from api.deps import Access, Served, require
from api.problems import Problem, problems
from api.schemas import answers
from api.schemas.parameters import Cursor
from api.schemas.requests import NewZone
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission

router = APIRouter(prefix="/api/zones", tags=["Panels"])

Viewer = Annotated[Access, Depends(require(Permission.PANEL_VIEW))]
Editor = Annotated[Access, Depends(require(Permission.PANEL_EDIT))]


@router.get("", responses=problems(ErrorCode.NOT_FOUND), summary="List a panel's zones")
async def list_zones(
    access: Viewer,
    served: Served,
    panel_id: Annotated[UUID, Query(description="The panel.")],
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=256)] = 256,
) -> models.Page[models.Zone]:
    """By number."""
    async with served.db.read() as session:
        panel = await objects.find_panel(session, panel_id)
        if panel is None:
            raise Problem(ErrorCode.NOT_FOUND)
        access.check(panel.object_id)
        rows = await objects.list_zones(session, panel_id, cursor=cursor, limit=limit)
    return answers.page_of(rows, map(answers.zone, rows.items))


@router.post("", status_code=201, responses=problems(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT), summary="Add a zone")
async def create_zone(body: NewZone, access: Editor, served: Served) -> models.Zone:
    """409 CONFLICT when the panel has a zone of this number already."""
    created = Zone(id=uuid7(), **body.model_dump(mode="json", exclude={"panel_id"}), panel_id=body.panel_id)
    try:
        async with served.db.write() as session:
            if await objects.find_panel(session, body.panel_id) is None:
                raise Problem(ErrorCode.NOT_FOUND, "There is no such panel.")
            session.add(created)
            await session.flush()
            await session.refresh(created)
            audit(session, access, "zone.created", "zone", created.id, after=told(created))
    except IntegrityError as error:
        raise Problem(ErrorCode.CONFLICT, "This panel has a zone of this number already.") from error
    return answers.zone(created)
