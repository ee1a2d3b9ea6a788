"""Alarm panels: how to reach them, what they look like now and looked like before."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities.db.encrypted import INTEGRATION_KEY
from activities.db.models.panels import Panel
from activities.db.repositories import objects
from activities.db.repositories.objects import Stale
from api.audit import audit
from api.client import models
from api.deps import Access, Served, require
from api.problems import Problem, problems
from api.schemas import answers
from api.schemas.parameters import Cursor, Limit, Since, Until
from api.schemas.requests import NewPanel, PanelChange
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission

router = APIRouter(prefix="/api/panels", tags=["Panels"])

Viewer = Annotated[Access, Depends(require(Permission.PANEL_VIEW))]
Editor = Annotated[Access, Depends(require(Permission.PANEL_EDIT))]

_TAKEN = "Another panel has this host and port: a module has one line only."


@router.get("", responses=problems(), summary="List panels")
async def list_panels(
    access: Viewer, served: Served, object_id: UUID | None = None, cursor: Cursor = None, limit: Limit = 50
) -> models.Page[models.Panel]:
    """Oldest first. Integration keys are never told, only whether there is one."""
    async with served.db.read() as session:
        rows = await objects.list_panels(
            session, object_id=object_id, only_objects=access.only_objects, cursor=cursor, limit=limit
        )
    return answers.page_of(rows, map(answers.panel, rows.items))


@router.post("", status_code=201, responses=problems(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT), summary="Add a panel")
async def create_panel(body: NewPanel, access: Editor, served: Served) -> models.Panel:
    """Its line is opened at once, without a restart of anything."""
    created = Panel(id=uuid7(), **body.model_dump(exclude={INTEGRATION_KEY.name}))
    INTEGRATION_KEY.put(created, served.cipher, body.integration_key)
    try:
        async with served.db.write() as session:
            if await objects.find_object(session, body.object_id) is None:
                raise Problem(ErrorCode.NOT_FOUND, "There is no such object.")
            await objects.add_panel(session, created)
            audit(session, access, "panel.created", "panel", created.id)
            await session.refresh(created)
    except IntegrityError as error:
        raise Problem(ErrorCode.CONFLICT, _TAKEN) from error
    return answers.panel(created)


@router.get("/{panel_id}", responses=problems(ErrorCode.NOT_FOUND), summary="One panel")
async def one_panel(panel_id: UUID, access: Viewer, served: Served) -> models.Panel:
    async with served.db.read() as session:
        return answers.panel(await _found(session, panel_id, access))


@router.patch("/{panel_id}", responses=problems(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT), summary="Change a panel")
async def change_panel(panel_id: UUID, body: PanelChange, access: Editor, served: Served) -> models.Panel:
    """Only the members given change. What the line depends on takes effect at once. 409 CONFLICT when `version` is stale."""
    changes = body.model_dump(exclude_unset=True, exclude={"version"})
    try:
        async with served.db.write() as session:
            changed = await objects.change_panel(session, panel_id, version=body.version, changes=changes, cipher=served.cipher)
            if changed is None:
                raise Problem(ErrorCode.NOT_FOUND)
            audit(session, access, "panel.changed", "panel", panel_id, {"changed": sorted(changes)})
            await session.flush()
            await session.refresh(changed)
    except Stale:
        raise Problem(ErrorCode.CONFLICT, "Somebody has changed this panel since; look again.") from None
    except IntegrityError as error:
        raise Problem(ErrorCode.CONFLICT, _TAKEN) from error
    return answers.panel(changed)


@router.get("/{panel_id}/state", responses=problems(ErrorCode.NOT_FOUND), summary="How a panel is now")
async def panel_state(panel_id: UUID, access: Viewer, served: Served) -> models.PanelState:
    """The live picture: link, partitions, zones, outputs, troubles. What nobody has confirmed within five minutes, and all
    of it while Redis is away, is UNKNOWN (`stale`)."""
    async with served.db.read() as session:
        await _found(session, panel_id, access)
        zones = await objects.all_zones(session, panel_id)
        names = await objects.partition_names(session, panel_id)
    return answers.panel_state(panel_id, await served.live_state.read(panel_id), zones, names)


@router.get("/{panel_id}/history", responses=problems(ErrorCode.NOT_FOUND), summary="How a panel was before")
async def panel_history(
    panel_id: UUID,
    access: Viewer,
    served: Served,
    since: Since = None,
    until: Until = None,
    partition: Annotated[int | None, Query(ge=0, le=32, description="Only this partition; 0: only the link.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> models.Page[models.StateChange]:
    """Changes of its partitions and of our link to it, newest first."""
    async with served.db.read() as session:
        await _found(session, panel_id, access)
        rows = await objects.list_history(
            session, panel_id, since=since, until=until, partition=partition, cursor=cursor, limit=limit
        )
    return answers.page_of(rows, map(answers.state_change, rows.items))


async def _found(session: AsyncSession, panel_id: UUID, access: Access) -> Panel:
    panel = await objects.find_panel(session, panel_id)
    if panel is None:
        raise Problem(ErrorCode.NOT_FOUND)
    access.check(panel.object_id)
    return panel
