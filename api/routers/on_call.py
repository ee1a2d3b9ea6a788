"""Rotas: who is on call, who stands in, and when (R-ESCALATE)."""

from datetime import timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities.db.models.on_call_overrides import OnCallOverride
from activities.db.models.on_call_rotas import OnCallRota
from activities.db.repositories import escalation, escalation_plans
from activities.db.session import WriteSession
from api.audit import audit
from api.client import escalation as told
from api.client.models import Page
from api.deps import Access, Served, require
from api.problems import Problem, as_json, expect, invalid, problems
from api.schemas import answers
from api.schemas.escalation import NewOverride, NewRota, Rota
from api.schemas.escalation_answers import rota_answer
from api.schemas.parameters import BasedOn, Cursor, Limit
from api.schemas.text import Moment
from workflows.domain import on_call as turns
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission

router = APIRouter(prefix="/api", tags=["Escalation"])

Viewer = Annotated[Access, Depends(require(Permission.ESCALATION_VIEW))]
Editor = Annotated[Access, Depends(require(Permission.ESCALATION_EDIT))]

LONGEST_PREVIEW: Final = timedelta(days=400)
_TAKEN: Final = "There is a rota of this name already."
_IN_USE: Final = "A policy rings this rota: change the policy first."
_CHANGING: Final = problems(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT, ErrorCode.STALE_VERSION)


@router.get("/on-call", responses=problems(), summary="Who is on call now")
async def on_call_now(access: Viewer, served: Served) -> tuple[told.OnCallNow, ...]:
    """Of every rota, by name."""
    async with served.db.read() as session:
        now = await escalation.clock(session)
        rotas = (await session.scalars(select(OnCallRota).order_by(OnCallRota.name, OnCallRota.id))).all()
        found = {}
        for rota in rotas:
            turn, overrides = await escalation.read_rota(session, rota.id, since=now)
            found[rota.id] = turns.on_call(turn, overrides, now)
        names = await escalation_plans.names_of(session, {one for one in found.values() if one is not None})
    return tuple(_now(rota, found[rota.id], names) for rota in rotas)


def _now(rota: OnCallRota, user_id: UUID | None, names: dict[UUID, str]) -> told.OnCallNow:
    name = names[user_id] if user_id is not None else None
    return told.OnCallNow(rota_id=rota.id, rota_name=rota.name, user_id=user_id, user_name=name)


@router.get("/on-call-rotas", responses=problems(), summary="List rotas")
async def list_rotas(access: Viewer, served: Served, cursor: Cursor = None, limit: Limit = 50) -> Page[told.OnCallRota]:
    """By name."""
    async with served.db.read() as session:
        rows = await escalation_plans.list_rotas(session, cursor=cursor, limit=limit)
        found = [await _told(session, row["id"]) for row in rows.items]
    return answers.page_of(rows, found)


@router.post("/on-call-rotas", status_code=201, responses=problems(ErrorCode.CONFLICT), summary="Add a rota")
async def create_rota(body: NewRota, access: Editor, served: Served) -> told.OnCallRota:
    created = OnCallRota(id=uuid7(), **_members(body))
    try:
        async with served.db.write() as session:
            await _check(session, body.members, "members")
            session.add(created)
            await session.flush()
            await escalation_plans.put_members(session, created.id, body.members)
            answer = await _told(session, created.id)
            audit(session, access, "rota.created", "rota", created.id, after=as_json(answer))
    except IntegrityError as error:
        raise Problem(ErrorCode.CONFLICT, _TAKEN) from error
    return answer


@router.get("/on-call-rotas/{rota_id}", responses=problems(ErrorCode.NOT_FOUND), summary="One rota")
async def one_rota(rota_id: UUID, access: Viewer, served: Served) -> told.OnCallRota:
    """With the overrides that are not over."""
    async with served.db.read() as session:
        await _found(session, rota_id)
        return await _told(session, rota_id)


@router.put("/on-call-rotas/{rota_id}", responses=_CHANGING, summary="Change a rota")
async def put_rota(rota_id: UUID, body: Rota, access: Editor, served: Served) -> told.OnCallRota:
    """As a whole; its overrides stay."""
    try:
        async with served.db.write() as session:
            rota = await _locked(session, rota_id, body.version)
            before = as_json(await _told(session, rota_id))
            await _check(session, body.members, "members")
            for name, value in _members(body).items():
                setattr(rota, name, value)
            rota.version += 1
            await escalation_plans.put_members(session, rota_id, body.members)
            await session.refresh(rota)
            answer = await _told(session, rota_id)
            audit(session, access, "rota.changed", "rota", rota_id, before=before, after=as_json(answer))
    except IntegrityError as error:
        raise Problem(ErrorCode.CONFLICT, _TAKEN) from error
    return answer


@router.delete("/on-call-rotas/{rota_id}", status_code=204, responses=_CHANGING, summary="Delete a rota")
async def delete_rota(rota_id: UUID, version: BasedOn, access: Editor, served: Served) -> None:
    """One that a policy rings is not deleted."""
    try:
        async with served.db.write() as session:
            rota = await _locked(session, rota_id, version)
            before = as_json(await _told(session, rota_id))
            await session.delete(rota)
            audit(session, access, "rota.deleted", "rota", rota_id, before=before)
    except IntegrityError as error:
        raise Problem(ErrorCode.CONFLICT, _IN_USE) from error


@router.post(
    "/on-call-rotas/{rota_id}/overrides",
    status_code=201,
    responses=problems(ErrorCode.NOT_FOUND),
    summary="Have somebody stand in",
)
async def add_override(rota_id: UUID, body: NewOverride, access: Editor, served: Served) -> told.OnCallRota:
    """Wins over whose turn it is, and over overrides made before. Counts at once."""
    async with served.db.write() as session:
        await _found(session, rota_id, lock=True)
        await _check(session, [body.user_id], "user_id")
        override = OnCallOverride(id=uuid7(), rota_id=rota_id, **body.model_dump())
        session.add(override)
        await session.flush()
        detail = {"override_id": override.id, **body.model_dump()}
        audit(session, access, "rota.override_added", "rota", rota_id, detail)
        return await _told(session, rota_id)


@router.delete(
    "/on-call-rotas/{rota_id}/overrides/{override_id}",
    status_code=204,
    responses=problems(ErrorCode.NOT_FOUND),
    summary="End an override",
)
async def delete_override(rota_id: UUID, override_id: UUID, access: Editor, served: Served) -> None:
    """Whose turn it is has it again."""
    async with served.db.write() as session:
        await _found(session, rota_id, lock=True)
        override = await session.get(OnCallOverride, override_id)
        if override is None or override.rota_id != rota_id:
            raise Problem(ErrorCode.NOT_FOUND)
        await session.delete(override)
        detail = {"override_id": override_id, "user_id": override.user_id, "since": override.since, "until": override.until}
        audit(session, access, "rota.override_removed", "rota", rota_id, detail)


@router.get("/on-call-rotas/{rota_id}/shifts", responses=problems(ErrorCode.NOT_FOUND), summary="Who will be on call")
async def shifts(
    rota_id: UUID,
    access: Viewer,
    served: Served,
    since: Annotated[Moment, Query(alias="from", description="RFC 3339.")],
    until: Annotated[Moment, Query(alias="to", description="RFC 3339; at most 400 days later.")],
) -> tuple[told.OnCallShift, ...]:
    """As it is planned now, overrides included, oldest first."""
    if not timedelta() < until - since <= LONGEST_PREVIEW:
        raise invalid("to", "must be after from, by at most 400 days")
    async with served.db.read() as session:
        await _found(session, rota_id)
        rota, overrides = await escalation.read_rota(session, rota_id, since=since)
        found = turns.shifts(rota, overrides, since=since, until=until)
        names = await escalation_plans.names_of(session, {one.user_id for one in found})
    return tuple(
        told.OnCallShift(
            user_id=one.user_id,
            user_name=names[one.user_id],
            since=one.since,
            until=one.until,
            overridden=one.overridden,
        )
        for one in found
    )


async def _found(session: AsyncSession, rota_id: UUID, *, lock: bool = False) -> OnCallRota:
    rota = await session.get(OnCallRota, rota_id, with_for_update=lock)
    if rota is None:
        raise Problem(ErrorCode.NOT_FOUND)
    return rota


async def _locked(session: WriteSession, rota_id: UUID, version: int) -> OnCallRota:
    rota = await _found(session, rota_id, lock=True)
    expect(version, rota.version, await _told(session, rota_id))
    return rota


async def _told(session: AsyncSession, rota_id: UUID) -> told.OnCallRota:
    rota = await session.get_one(OnCallRota, rota_id)
    overrides = await escalation_plans.overrides_of(session, rota_id, since=await escalation.clock(session))
    members = await escalation_plans.members_of(session, rota_id)
    names = await escalation_plans.names_of(session, {*members, *(one.user_id for one in overrides)})
    return rota_answer(rota, members, overrides, names)


def _members(body: NewRota) -> dict[str, Any]:
    return body.model_dump(exclude={"version", "members"})


async def _check(session: WriteSession, user_ids: list[UUID], field: str) -> None:
    missing = set(user_ids) - await escalation_plans.active_people(session, user_ids)
    if missing:
        places = [field if field == "user_id" else f"{field}.{n}" for n, one in enumerate(user_ids) if one in missing]
        raise Problem(ErrorCode.VALIDATION, errors=[{"field": one, "reason": "no such active user"} for one in places])
