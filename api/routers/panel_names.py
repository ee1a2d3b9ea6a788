"""What a panel calls its own parts: read over its line, compared with ours, taken over where somebody wants it.

All of this is for those who may edit: users of a panel are people.
"""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError
from uuid_utils.compat import uuid7

from activities.db.models.panel_name_reads import PanelNameRead
from activities.db.models.panels import Panel
from activities.db.repositories import objects, panel_parts
from api.audit import audit
from api.client import panel_admin
from api.deps import Access, Served, require
from api.problems import Problem, expect, problems
from api.schemas.panel_parts import Chosen, Merge
from api.services import Services
from workflows.contracts import names
from workflows.contracts.panel_names import NamesInput, start_options
from workflows.domain.errors import ErrorCode
from workflows.domain.panel_names import Named, NameKind, Names, NameVerdict, ReadStatus, compare, merged
from workflows.domain.permissions import Permission

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/api/panels/{panel_id}/names", tags=["Panels"])

Editor = Annotated[Access, Depends(require(Permission.PANEL_EDIT))]


@router.post(
    "/read",
    status_code=202,
    responses=problems(ErrorCode.NOT_FOUND, ErrorCode.TEMPORAL_UNAVAILABLE),
    summary="Read a panel's names",
)
async def read_names(panel_id: UUID, access: Editor, served: Served) -> panel_admin.NamesRead:
    """Behind everything else the line has to do, so it takes minutes; `GET` tells how far it is. One that is under way is
    joined."""
    read_id = uuid7()
    try:
        async with served.db.write() as session:
            panel = await objects.lock_panel(session, panel_id)
            if panel is None:
                raise Problem(ErrorCode.NOT_FOUND)
            started = PanelNameRead(panel_id=panel_id, read_id=read_id, status=ReadStatus.RUNNING)
            if (last := await panel_parts.last_read(session, panel_id)) is not None:
                await session.delete(last)
                await session.flush()
            session.add(started)
            await session.flush()
            audit(session, access, "panel.names_read", "panel", panel_id, {"read_id": read_id})
            await _start(served, NamesInput(panel_id=panel_id, object_id=panel.object_id, read_id=read_id))
            await session.refresh(started)
            return _read(started)
    except WorkflowAlreadyStartedError:  # nothing of the above is kept
        async with served.db.read() as session:
            running = await panel_parts.last_read(session, panel_id)
        if running is None:
            raise Problem(ErrorCode.TEMPORAL_UNAVAILABLE, retry_after=2) from None
        return _read(running)


async def _start(served: Services, start: NamesInput) -> None:
    """Within the transaction: what could not be ordered is not noted either. The workflow waits for our commit."""
    options = start_options(start)
    try:
        await served.temporal.start_workflow(
            names.PANEL_NAMES, start, id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE, **options
        )
    except WorkflowAlreadyStartedError:
        raise
    except (RPCError, RuntimeError) as error:
        log.warning("names.temporal_away", panel_id=str(start.panel_id), error=f"{type(error).__name__}: {error}"[:200])
        raise Problem(ErrorCode.TEMPORAL_UNAVAILABLE, retry_after=5) from error


@router.get("", responses=problems(ErrorCode.NOT_FOUND), summary="A panel's names, compared with ours")
async def panel_names(panel_id: UUID, access: Editor, served: Served) -> panel_admin.PanelNames:
    """How far the last reading is, and for each part what taking over would do: ADD, CHANGE, SAME; ONLY_HERE: the panel has
    told nothing of it."""
    async with served.db.read() as session:
        panel = await objects.find_panel(session, panel_id)
        if panel is None:
            raise Problem(ErrorCode.NOT_FOUND)
        return await _preview(session, panel)


@router.post("/merge", responses=problems(ErrorCode.NOT_FOUND, ErrorCode.STALE_VERSION), summary="Take over a panel's names")
async def merge_names(panel_id: UUID, body: Merge, access: Editor, served: Served) -> panel_admin.PanelNames:
    """Of the chosen parts, all or none. Repeating it changes nothing: what is the same already is not looked at again."""
    async with served.db.write() as session:
        panel = await objects.lock_panel(session, panel_id)
        if panel is None:
            raise Problem(ErrorCode.NOT_FOUND)
        present, read = await panel_parts.present(session, panel_id), await panel_parts.read(session, panel_id)
        _all_were_read(body.chosen, read)
        taken = _taken({(one.kind, one.number) for one in body.chosen}, present, read)
        if taken:
            expect(body.version, panel.description_version, await _preview(session, panel))
            await panel_parts.put(session, panel_id, taken)
            await objects.describe_anew(session, panel)
            told = {"parts": [f"{kind} {number}" for kind, number in taken], "description_version": panel.description_version}
            audit(session, access, "panel.names_merged", "panel", panel_id, told)
        return await _preview(session, panel)


def _all_were_read(chosen: list[Chosen], read: Names) -> None:
    if errors := [
        {"field": f"chosen.{place}", "reason": "the panel has told no name of this part"}
        for place, one in enumerate(chosen)
        if (one.kind, one.number) not in read
    ]:
        raise Problem(ErrorCode.VALIDATION, errors=errors)


def _taken(chosen: set[tuple[NameKind, int]], present: Names, read: Names) -> dict[tuple[NameKind, int], Named]:
    """What is to be written: of the chosen parts those that differ."""
    return {
        (one.kind, one.number): merged(one.present, one.read)
        for one in compare(present, read)
        if (one.kind, one.number) in chosen and one.read is not None and one.verdict is not NameVerdict.SAME
    }


async def _preview(session: AsyncSession, panel: Panel) -> panel_admin.PanelNames:
    last = await panel_parts.last_read(session, panel.id)
    present, read = await panel_parts.present(session, panel.id), await panel_parts.read(session, panel.id)
    return panel_admin.PanelNames(
        panel_id=panel.id,
        version=panel.description_version,
        last_read=_read(last) if last is not None else None,
        differences=tuple(
            panel_admin.NameDifference(
                kind=one.kind,
                number=one.number,
                verdict=one.verdict,
                present=_description(one.present),
                read=_description(one.read),
            )
            for one in compare(present, read)
        ),
    )


def _description(part: Named | None) -> panel_admin.PartDescription | None:
    return panel_admin.PartDescription(**asdict(part)) if part is not None else None


def _read(row: PanelNameRead) -> panel_admin.NamesRead:
    return panel_admin.NamesRead(
        status=row.status,
        asked=row.asked,
        total=row.total,
        started_at=row.started_at,
        ended_at=row.ended_at,
        failure=row.failure,
    )
