"""Alarm panels: how to reach them, what they look like now and looked like before."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities.db.encrypted import COMMAND_CODE, INTEGRATION_KEY
from activities.db.models.panels import Panel
from activities.db.repositories import objects
from activities.db.repositories.panel_releases import open_releases
from activities.db.session import WriteSession
from api.audit import audit, told
from api.client import models
from api.deps import Access, Served, require
from api.problems import Problem, expect, problems
from api.schemas import answers
from api.schemas.parameters import BasedOn, Cursor, Limit, Since, Until
from api.schemas.requests import NewPanel, PanelChange
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission

router = APIRouter(prefix="/api/panels", tags=["Panels"])

Viewer = Annotated[Access, Depends(require(Permission.PANEL_VIEW))]
Editor = Annotated[Access, Depends(require(Permission.PANEL_EDIT))]

_TAKEN = "Another panel has this host and port: a module has one line only."
_CHANGING = problems(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT, ErrorCode.STALE_VERSION)


@router.get("", responses=problems(), summary="List panels")
async def list_panels(
    access: Viewer, served: Served, object_id: UUID | None = None, cursor: Cursor = None, limit: Limit = 50
) -> models.Page[models.Panel]:
    """Oldest first. Integration keys are never told, only whether there is one."""
    async with served.db.read() as session:
        rows = await objects.list_panels(
            session, object_id=object_id, only_objects=access.only_objects, cursor=cursor, limit=limit
        )
        released = await open_releases(session, [row["id"] for row in rows.items])
    return answers.page_of(rows, (answers.panel(row, released.get(row["id"])) for row in rows.items))


@router.post("", status_code=201, responses=problems(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT), summary="Add a panel")
async def create_panel(body: NewPanel, access: Editor, served: Served) -> models.Panel:
    """Its line is opened at once, without a restart of anything."""
    created = Panel(id=uuid7(), **body.model_dump(exclude={INTEGRATION_KEY.name, COMMAND_CODE.name}))
    INTEGRATION_KEY.put(created, served.cipher, body.integration_key)
    COMMAND_CODE.put(created, served.cipher, body.command_code)
    try:
        async with served.db.write() as session:
            owner = await objects.lock_object(session, body.object_id)  # not deleted meanwhile
            if owner is None or owner.deleted_at is not None:
                raise Problem(ErrorCode.NOT_FOUND, "There is no such object.")
            await objects.add_panel(session, created)
            await session.refresh(created)
            audit(session, access, "panel.created", "panel", created.id, after=told(created))
    except IntegrityError as error:
        raise Problem(ErrorCode.CONFLICT, _TAKEN) from error
    return answers.panel(created)


@router.get("/{panel_id}", responses=problems(ErrorCode.NOT_FOUND), summary="One panel")
async def one_panel(panel_id: UUID, access: Viewer, served: Served) -> models.Panel:
    async with served.db.read() as session:
        return await _told(session, await _found(session, panel_id, access))


@router.patch("/{panel_id}", responses=_CHANGING, summary="Change a panel")
async def change_panel(panel_id: UUID, body: PanelChange, access: Editor, served: Served) -> models.Panel:
    """Only the members given change. What the line depends on takes effect at once."""
    changes = body.model_dump(exclude_unset=True, exclude={"version"})
    try:
        async with served.db.write() as session:
            panel = await _locked(session, panel_id, body.version)
            before = told(panel)
            await objects.change_panel(session, panel, changes, served.cipher)
            await session.refresh(panel)
            audit(session, access, "panel.changed", "panel", panel_id, before=before, after=told(panel))
            return await _told(session, panel)
    except IntegrityError as error:
        raise Problem(ErrorCode.CONFLICT, _TAKEN) from error


@router.delete("/{panel_id}", status_code=204, responses=_CHANGING, summary="Delete a panel")
async def delete_panel(panel_id: UUID, version: BasedOn, access: Editor, served: Served) -> Response:
    """Its line is let go at once. What it told stays."""
    async with served.db.write() as session:
        panel = await _locked(session, panel_id, version)
        await objects.delete_panel(session, panel, at=datetime.now(UTC))
        audit(session, access, "panel.deleted", "panel", panel_id, {"object_id": panel.object_id})
    return Response(status_code=204)


@router.get("/{panel_id}/state", responses=problems(ErrorCode.NOT_FOUND), summary="How a panel is now")
async def panel_state(panel_id: UUID, access: Viewer, served: Served) -> models.PanelState:
    """The live picture: link, partitions, zones, outputs, troubles. What nobody has confirmed within five minutes, and all
    of it while Redis is away, is UNKNOWN (`stale`)."""
    async with served.db.read() as session:
        await _found(session, panel_id, access)
        zones = await objects.all_zones(session, panel_id)
        names = await objects.partition_names(session, panel_id)
        released = await open_releases(session, [panel_id])
    return answers.panel_state(panel_id, await served.live_state.read(panel_id), zones, names, released.get(panel_id))


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


async def _locked(session: WriteSession, panel_id: UUID, version: int) -> Panel:
    panel = await objects.lock_panel(session, panel_id)
    if panel is None:
        raise Problem(ErrorCode.NOT_FOUND)
    expect(version, panel.version, await _told(session, panel))
    return panel


async def _told(session: AsyncSession, panel: Panel) -> models.Panel:
    return answers.panel(panel, (await open_releases(session, [panel.id])).get(panel.id))


async def _found(session: AsyncSession, panel_id: UUID, access: Access) -> Panel:
    panel = await objects.find_panel(session, panel_id)
    if panel is None:
        raise Problem(ErrorCode.NOT_FOUND)
    access.check(panel.object_id)
    return panel
