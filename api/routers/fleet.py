"""All objects at a glance: the points of a map, and the kinds to choose from."""

from collections.abc import Collection
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from activities.db.models.panels import Panel
from activities.db.repositories import fleet, objects
from activities.db.repositories.objects import Wanted
from activities.db.repositories.panel_releases import open_releases
from api.client import models
from api.client.fleet import MOST_PLACES, Cities, Kinds, MapPlace
from api.deps import Access, Served, require
from api.problems import problems
from api.schemas import answers
from api.schemas.parameters import Cursor
from workflows.domain.panel import LinkStatus
from workflows.domain.permissions import Permission

router = APIRouter(prefix="/api", tags=["Objects"])

Viewer = Annotated[Access, Depends(require(Permission.OBJECT_VIEW))]


@router.get("/object-map", responses=problems(), summary="Objects on a map")
async def places(
    access: Viewer,
    served: Served,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=MOST_PLACES, description="Rows of a page.")] = MOST_PLACES,
) -> models.Page[MapPlace]:
    """Those that have coordinates, by name, and how many of their panels are connected now: null while Redis is away."""
    wanted = Wanted(located=True, only_objects=access.only_objects)
    async with served.db.read() as session:
        rows = await objects.list_objects(session, wanted, cursor=cursor, limit=limit)
        panels = await fleet.enabled_panels(session, [row["id"] for row in rows.items])
        released = await open_releases(session, [panel.id for panel in panels])
    links = await served.live_state.links([panel.id for panel in panels])
    of_object: dict[UUID, list[Panel]] = {}
    for panel in panels:
        of_object.setdefault(panel.object_id, []).append(panel)
    return answers.page_of(rows, (_place(row, of_object.get(row["id"], ()), released, links) for row in rows.items))


@router.get("/object-kinds", responses=problems(), summary="Kinds of objects")
async def kinds(access: Viewer, served: Served) -> Kinds:
    """Of the objects one may see, by name; the first 200."""
    async with served.db.read() as session:
        return Kinds(kinds=tuple(await fleet.kinds(session, access.only_objects)))


@router.get("/object-cities", responses=problems(), summary="Cities of objects")
async def cities(access: Viewer, served: Served) -> Cities:
    """As the addresses of the objects one may see name them, by name; the first 500."""
    async with served.db.read() as session:
        return Cities(cities=tuple(await fleet.cities(session, access.only_objects)))


def _place(
    row: answers.Row, panels: Collection[Panel], released: Collection[UUID], links: dict[UUID, LinkStatus] | None
) -> MapPlace:
    free = {panel.id for panel in panels if panel.id in released}
    connected = None
    if links is not None:
        heard = (links.get(panel.id) is LinkStatus.CONNECTED for panel in panels if panel.id not in free)
        connected = sum(heard)
    return answers.same_named(
        MapPlace, row, status=answers.object_status(row), panels=len(panels), released=len(free), connected=connected
    )
