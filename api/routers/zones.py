"""Zones: what a panel's detectors are called, and what an alarm of one means."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from activities.db.models.panels import Panel
from activities.db.models.zones import Zone
from activities.db.repositories import objects
from activities.db.session import WriteSession
from api.audit import audit, told
from api.client import models
from api.deps import Access, Served, require
from api.problems import Problem, as_json, expect, invalid, problems
from api.schemas import answers
from api.schemas.panel_parts import NewZone, ZoneChange, contradiction
from api.schemas.parameters import BasedOn, Cursor
from workflows.domain.alarm import AlarmType
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission

router = APIRouter(prefix="/api/zones", tags=["Panels"])

Viewer = Annotated[Access, Depends(require(Permission.PANEL_VIEW))]
Editor = Annotated[Access, Depends(require(Permission.PANEL_EDIT))]

_CHANGING = problems(ErrorCode.NOT_FOUND, ErrorCode.STALE_VERSION)


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
    _must_fit(body.alarm_type, body.priority_override)
    created = Zone(id=uuid7(), **body.model_dump(mode="json", exclude={"panel_id"}), panel_id=body.panel_id)
    try:
        async with served.db.write() as session:
            panel = await objects.lock_panel(session, body.panel_id)
            if panel is None:
                raise Problem(ErrorCode.NOT_FOUND, "There is no such panel.")
            session.add(created)
            await session.flush()
            await objects.describe_anew(session, panel)
            await session.refresh(created)
            audit(session, access, "zone.created", "zone", created.id, after=told(created))
    except IntegrityError as error:
        raise Problem(ErrorCode.CONFLICT, "This panel has a zone of this number already.") from error
    return answers.zone(created)


@router.patch("/{zone_id}", responses=_CHANGING, summary="Change a zone")
async def change_zone(zone_id: UUID, body: ZoneChange, access: Editor, served: Served) -> models.Zone:
    """Only the members given change. What it means for alarms counts from the next event on."""
    changes = body.model_dump(mode="json", exclude_unset=True, exclude={"version"})
    async with served.db.write() as session:
        zone, panel = await _locked(session, zone_id, body.version)
        kind = body.alarm_type if "alarm_type" in changes else zone.alarm_type
        _must_fit(kind, changes.get("priority_override", zone.priority_override))
        before = {name: getattr(zone, name) for name in changes}
        for name, value in changes.items():
            setattr(zone, name, value)
        zone.version += 1
        await objects.describe_anew(session, panel)
        audit(session, access, "zone.changed", "zone", zone_id, before=before, after=changes)
        await session.refresh(zone)
    return answers.zone(zone)


@router.delete("/{zone_id}", status_code=204, responses=_CHANGING, summary="Delete a zone")
async def delete_zone(zone_id: UUID, version: BasedOn, access: Editor, served: Served) -> Response:
    """Its events stay, and so do alarms of it: a zone without a row is known by its number."""
    async with served.db.write() as session:
        zone, panel = await _locked(session, zone_id, version)
        before = answers.zone(zone)
        await session.delete(zone)
        await objects.describe_anew(session, panel)
        audit(session, access, "zone.deleted", "zone", zone_id, before=as_json(before))
    return Response(status_code=204)


async def _locked(session: WriteSession, zone_id: UUID, version: int) -> tuple[Zone, Panel]:
    """The panel first, then the zone: everybody locks in this order."""
    found = await session.get(Zone, zone_id)
    panel = await objects.lock_panel(session, found.panel_id) if found is not None else None
    zone = await session.get(Zone, zone_id, with_for_update=True, populate_existing=True)
    if panel is None or zone is None:
        raise Problem(ErrorCode.NOT_FOUND)
    expect(version, zone.version, answers.zone(zone))
    return zone, panel


def _must_fit(alarm_type: AlarmType | None, override: Mapping[Any, str] | None) -> None:
    if reason := contradiction(alarm_type, override):
        raise invalid("priority_override", reason)
