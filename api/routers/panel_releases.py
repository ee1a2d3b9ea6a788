"""A panel's only line given up for programming, for a while (R-DLOAD).

The rows are what counts; the panel's workflow makes and ends them, so that the line is closed and opened as they say.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from activities.db.models.panel_releases import PanelRelease
from activities.db.models.panels import Panel
from activities.db.repositories import objects, panel_releases
from activities.infra.log import current_request_id
from api.client import panel_releases as told
from api.client.models import Page
from api.deps import Access, Served, require
from api.problems import Problem, problems
from api.schemas import answers
from api.schemas.panel_releases import NewRelease
from api.schemas.parameters import Cursor, Limit
from workflows.contracts.panel import PanelInput
from workflows.contracts.panel_release import ReleaseAsk, ResumeRequest
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission

router = APIRouter(prefix="/api/panels", tags=["Panels"])

Releaser = Annotated[Access, Depends(require(Permission.PANEL_RELEASE))]
Viewer = Annotated[Access, Depends(require(Permission.PANEL_VIEW))]

_CHANGING = problems(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT, ErrorCode.TEMPORAL_UNAVAILABLE)


@router.post("/{panel_id}/release", status_code=201, responses=_CHANGING, summary="Release a panel's line for programming")
async def release_panel(panel_id: UUID, body: NewRelease, access: Releaser, served: Served) -> told.PanelRelease:
    """The line is closed, and free for another client from `freed_at` on; null: it is still being closed. It is taken back by
    itself, and what the panel wrote into its log meanwhile is then read. During a release, this changes until when it lasts.
    After a 503 nothing has changed."""
    async with served.db.write() as session:
        panel = await objects.find_panel(session, panel_id, lock=True)
        if panel is None:
            raise Problem(ErrorCode.NOT_FOUND)
        access.check(panel.object_id)
        if not panel.enabled:
            raise Problem(ErrorCode.CONFLICT, "The panel is disabled: its line is free.")
        asked = await panel_releases.ask(
            session,
            panel_id,
            user_id=access.user_id,
            minutes=body.minutes,
            reason=body.reason,
            request_id=current_request_id(),
        )
    await served.releases.release(_start(panel), ReleaseAsk(ask_id=asked.id, request_id=current_request_id()))
    async with served.db.write() as session:
        release = await panel_releases.settle(session, asked.id)
    if release is None:
        raise Problem(ErrorCode.TEMPORAL_UNAVAILABLE, "The line cannot be released right now; try again.", retry_after=2)
    return answers.panel_release(release)


@router.post("/{panel_id}/resume", responses=_CHANGING, summary="Take a released line back")
async def resume_panel(panel_id: UUID, access: Releaser, served: Served) -> told.PanelRelease:
    """Before its time is over. 409 when the panel is not released."""
    async with served.db.read() as session:
        panel = await objects.find_panel(session, panel_id)
        if panel is None:
            raise Problem(ErrorCode.NOT_FOUND)
        access.check(panel.object_id)
        release = (await panel_releases.open_releases(session, [panel_id])).get(panel_id)
    if release is None:
        raise Problem(ErrorCode.CONFLICT, "The panel is not released.")
    request = ResumeRequest(release_id=release.id, actor_id=access.user_id, request_id=current_request_id())
    await served.releases.resume(_start(panel), request)
    return answers.panel_release(await _ended(served, release.id))


async def _ended(served: Served, release_id: UUID) -> PanelRelease:
    async with served.db.read() as session:
        release = await panel_releases.find_release(session, release_id)
    if release.ended_at is None:
        raise Problem(ErrorCode.TEMPORAL_UNAVAILABLE, "The line cannot be taken back right now; try again.", retry_after=2)
    return release


@router.get("/{panel_id}/releases", responses=problems(ErrorCode.NOT_FOUND), summary="When a panel's line was released")
async def list_releases(
    panel_id: UUID, access: Viewer, served: Served, cursor: Cursor = None, limit: Limit = 50
) -> Page[told.PanelRelease]:
    """Newest first."""
    async with served.db.read() as session:
        panel = await objects.find_panel(session, panel_id)
        if panel is None:
            raise Problem(ErrorCode.NOT_FOUND)
        access.check(panel.object_id)
        rows = await panel_releases.list_releases(session, panel_id, cursor=cursor, limit=limit)
    return answers.page_of(rows, map(answers.panel_release, rows.items))


def _start(panel: Panel) -> PanelInput:
    """The panel's workflow runs already, unless it was lost."""
    return PanelInput(panel_id=panel.id, object_id=panel.object_id)
