"""The audit log: who did what (R-AUDIT)."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime

from activities.db import audit_chain
from activities.db.audit_chain import Head, Position
from activities.db.repositories.audit_log import AuditFilter, list_entries
from api.audit import audit
from api.audit_csv import lines
from api.client.audit import AuditCheck, AuditEntry
from api.client.models import Page
from api.deps import Access, Served, require
from api.problems import Problem, problems
from api.schemas import answers
from api.schemas.parameters import Cursor, Limit, Since, Until
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission

router = APIRouter(prefix="/api/audit", tags=["Audit"])

Auditor = Annotated[Access, Depends(require(Permission.AUDIT_VIEW))]

_CSV: Final = "text/csv; charset=utf-8"
_FILE: Final[dict[int | str, dict[str, Any]]] = {200: {"description": "The file.", "content": {_CSV: {}}}}


def _narrowed(
    actor_id: Annotated[UUID | None, Query(description="Who did it.")] = None,
    actor: Annotated[
        str | None, Query(max_length=100, description="Part of the user name or of the name of who did it.")
    ] = None,
    action: Annotated[str | None, Query(max_length=100, description="The beginning of the action: `alarm.`")] = None,
    subject_kind: Annotated[str | None, Query(max_length=100, description="`bundle`, `panel`, `user` …")] = None,
    subject_id: Annotated[UUID | None, Query(description="What it was done to.")] = None,
    request_id: Annotated[str | None, Query(max_length=64, description="The `X-Request-ID` it was done with.")] = None,
) -> AuditFilter:
    return AuditFilter(
        actor_id=actor_id, actor=actor, action=action, subject_kind=subject_kind, subject_id=subject_id, request_id=request_id
    )


Narrowed = Annotated[AuditFilter, Depends(_narrowed)]


@router.get("", responses=problems(), summary="Who did what")
async def list_audit(
    access: Auditor,
    served: Served,
    wanted: Narrowed,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[AuditEntry]:
    """Newest first. `before` and `after` of an edit are in `detail`, with secrets masked."""
    between = _between(wanted, since, until)
    async with served.db.read() as session:
        rows = await list_entries(session, between, cursor=cursor, limit=limit)
    return answers.page_of(rows, map(answers.audit_entry, rows.items))


@router.get("/export", responses={**problems(), **_FILE}, response_class=StreamingResponse, summary="The same as CSV")
async def export_audit(
    access: Auditor,
    served: Served,
    wanted: Narrowed,
    since: Annotated[AwareDatetime, Query(alias="from", description="Not before this time (RFC 3339).")],
    until: Annotated[AwareDatetime, Query(alias="to", description="Before this time, and not after now (RFC 3339).")],
) -> StreamingResponse:
    """UTF-8 with a byte order mark, RFC 4180, newest first; what a spreadsheet would take for a formula is kept from it. The
    export is audited itself."""
    between = _between(wanted, since, min(until, datetime.now(UTC)))
    asked = {name: value for name, value in asdict(between).items() if value is not None}
    async with served.db.write() as session:
        audit(session, access, "audit.exported", "audit_log", None, asked)
    name = f"audit-{since:%Y%m%d}-{until:%Y%m%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(lines(served.db, between), media_type=_CSV, headers=headers)


def _between(wanted: AuditFilter, since: datetime | None, until: datetime | None) -> AuditFilter:
    if since is not None and until is not None and since >= until:
        raise Problem(ErrorCode.VALIDATION, errors=[{"field": "from", "reason": "must be before `to`"}])
    return AuditFilter(**{**asdict(wanted), "since": since, "until": until})


@router.get("/verify", responses=problems(), summary="Does the chain of the audit log hold?")
async def verify_audit(
    access: Auditor,
    served: Served,
    position: Annotated[str | None, Query(max_length=80, description="`next` of the step before.")] = None,
    anchor: Annotated[
        str | None, Query(max_length=100, description="`seq:hash` noted earlier: is it still in the chain?")
    ] = None,
) -> AuditCheck:
    """One step of bounded size: repeat it with `next` until that is null. `broken` names the first thing that is wrong. A chain
    that was made anew as a whole is only found by an anchor that was kept elsewhere (ADR-021)."""
    start, noted = _position(position), _anchor(anchor)
    async with served.db.read() as session:
        newest = await audit_chain.head(session)
        check = await audit_chain.check(session, start)
        broken = check.broken or (await audit_chain.check_anchor(session, noted) if noted else None)
    return answers.audit_check(check, broken, newest)


def _position(text: str | None) -> Position:
    try:
        return Position.parse(text) if text else Position()
    except ValueError:
        raise Problem(ErrorCode.VALIDATION, errors=[{"field": "position", "reason": "is none of ours"}]) from None


def _anchor(text: str | None) -> Head | None:
    try:
        return Head.parse(text) if text else None
    except ValueError:
        raise Problem(ErrorCode.VALIDATION, errors=[{"field": "anchor", "reason": "must be seq:hash"}]) from None
