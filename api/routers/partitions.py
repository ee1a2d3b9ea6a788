"""Partitions of a panel: what the sets of zones that are armed together are called."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.models.panels import Panel
from activities.db.repositories import objects, panel_parts
from api.audit import audit
from api.client import panel_admin
from api.deps import Access, Served, require
from api.problems import Problem, as_json, expect, problems
from api.schemas.panel_parts import Partitions
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission

router = APIRouter(prefix="/api/panels/{panel_id}/partitions", tags=["Panels"])

Viewer = Annotated[Access, Depends(require(Permission.PANEL_VIEW))]
Editor = Annotated[Access, Depends(require(Permission.PANEL_EDIT))]


@router.get("", responses=problems(ErrorCode.NOT_FOUND), summary="A panel's partitions")
async def partitions(panel_id: UUID, access: Viewer, served: Served) -> panel_admin.Partitions:
    async with served.db.read() as session:
        panel = await objects.find_panel(session, panel_id)
        if panel is None:
            raise Problem(ErrorCode.NOT_FOUND)
        access.check(panel.object_id)
        return await _answer(session, panel)


@router.put("", responses=problems(ErrorCode.NOT_FOUND, ErrorCode.STALE_VERSION), summary="Change a panel's partitions")
async def put_partitions(panel_id: UUID, body: Partitions, access: Editor, served: Served) -> panel_admin.Partitions:
    """All of them: what is not in the list is deleted. `version` is the panel's `description_version`."""
    wanted = {part.number: part.name for part in body.partitions}
    async with served.db.write() as session:
        panel = await objects.lock_panel(session, panel_id)
        if panel is None:
            raise Problem(ErrorCode.NOT_FOUND)
        before = await _answer(session, panel)
        expect(body.version, panel.description_version, before)
        await panel_parts.put_partitions(session, panel_id, wanted)
        await objects.describe_anew(session, panel)
        after = await _answer(session, panel)
        audit(session, access, "panel.partitions_changed", "panel", panel_id, before=as_json(before), after=as_json(after))
    return after


async def _answer(session: AsyncSession, panel: Panel) -> panel_admin.Partitions:
    names = await objects.partition_names(session, panel.id)
    parts = tuple(panel_admin.PartName(number=number, name=names[number]) for number in sorted(names))
    return panel_admin.Partitions(panel_id=panel.id, version=panel.description_version, partitions=parts)
