"""Service mode: alarms of an object recorded silently while somebody works there (R-SERVICE).

The row is what counts here and for the recorder; its workflow begins and ends it.
"""

from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.outbox import announce_service
from activities.db.repositories import objects, response_plans, service_modes
from activities.db.repositories.service_modes import Asked, Chosen
from activities.db.session import WriteSession
from activities.infra.log import current_request_id
from api.audit import audit, told
from api.client.models import Page
from api.client.service_modes import ServiceMode
from api.deps import Access, Served, require
from api.problems import Problem, as_json, invalid, problems
from api.schemas import answers
from api.schemas.parameters import Cursor, Limit, Since, Until
from api.schemas.service_modes import NewServiceMode, ServiceExtension, answer
from api.services import Services
from api.updates import NotDone, Refused
from workflows.contracts.service_mode import ExtendRequest, ServiceDecision, ServiceInput
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission
from workflows.domain.service import OVER, ServiceRefusal, ServiceState, can_be_silenced, most_minutes
from workflows.domain.two_person import Guarded, ReleaseRefusal, needs_second

router = APIRouter(tags=["Service mode"])

Manager = Annotated[Access, Depends(require(Permission.SERVICE_MANAGE))]
Viewer = Annotated[Access, Depends(require(Permission.OBJECT_VIEW))]

_DECIDED: Final = problems(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT, ErrorCode.TEMPORAL_UNAVAILABLE)
_EXTENDED: Final = problems(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT, ErrorCode.STALE_VERSION, ErrorCode.TEMPORAL_UNAVAILABLE)
_SECOND_PERSON: Final = "Somebody else than who began it must agree to this."


@router.post(
    "/api/objects/{object_id}/service-mode",
    status_code=201,
    responses=problems(ErrorCode.NOT_FOUND, ErrorCode.TEMPORAL_UNAVAILABLE),
    summary="Begin service mode",
)
async def begin_service(object_id: UUID, body: NewServiceMode, access: Manager, served: Served) -> ServiceMode:
    """Alarms are recorded but do not ring until `ends_at`; hold-up, duress and what the object never silences always ring.
    Where a second person must agree it is AWAITING_RELEASE for two minutes. 503: nothing is silenced."""
    access.check(object_id)
    async with served.db.write() as session:
        asked = await _asked(session, object_id, body, access)
        alone = await _one_is_enough(session, served, object_id, timedelta(minutes=body.minutes))
        row = await service_modes.add(session, asked)
        if not alone:
            await announce_service(session, row)
        audit(session, access, "service.asked", "service", row.id, {"object_id": object_id, "alone": alone}, after=told(row))
    try:
        await served.service.begin(ServiceInput(service_id=row.id, object_id=object_id, alone=alone))
        has_begun = True
    except NotDone:
        has_begun = False
    if alone or not has_begun:
        await _settled(served, row.id)
    return answer(await _found(served, row.id))


async def _asked(session: WriteSession, object_id: UUID, body: NewServiceMode, access: Access) -> Asked:
    """Raises Problem for what is not there or not allowed here."""
    if await objects.find_object(session, object_id) is None:
        raise Problem(ErrorCode.NOT_FOUND)
    config = await response_plans.alarm_config(session, object_id)
    most = most_minutes(config.service_max_minutes)
    if body.minutes > most:
        raise invalid("minutes", f"at most {most} for this object")
    for place, kind in enumerate(body.alarm_types or ()):
        if not can_be_silenced(kind, config.never_silenced or ()):
            raise invalid(f"alarm_types.{place}", f"{kind} is never silenced here")
    if body.zones is not None:
        await _check_zones(session, object_id, body)
    return Asked(
        object_id=object_id,
        minutes=body.minutes,
        scope=body.scope(),
        reason=body.reason,
        requested_by=access.user_id,
        request_id=current_request_id(),
    )


async def _check_zones(session: WriteSession, object_id: UUID, body: NewServiceMode) -> None:
    known = await service_modes.zones_of(session, object_id)
    for place, one in enumerate(body.zones or ()):
        if one.panel_id not in known:
            raise invalid(f"zones.{place}.panel_id", "no such panel at this object")
        for position, number in enumerate(one.numbers):
            if number not in known[one.panel_id]:
                raise invalid(f"zones.{place}.numbers.{position}", "no such zone in this panel")


async def _one_is_enough(session: AsyncSession, served: Services, object_id: UUID, lasts: timedelta) -> bool:
    wants = (await response_plans.alarm_config(session, object_id)).two_person
    return not needs_second(Guarded.SERVICE_MODE, object_wants=bool(wants), flags=served.flags, lasts=lasts)


async def _settled(served: Services, service_id: UUID) -> None:
    """Raises Problem when it has not begun: then it never will."""
    async with served.db.write() as session:
        row = await service_modes.settle(session, service_id)
    if row.state is ServiceState.REFUSED:
        raise Problem(ErrorCode.TEMPORAL_UNAVAILABLE, "Service mode cannot be begun right now; alarms ring.", retry_after=2)


@router.get("/api/service-modes", responses=problems(), summary="List periods of service mode")
async def list_service_modes(
    access: Viewer,
    served: Served,
    object_id: UUID | None = None,
    in_force: Annotated[bool | None, Query(description="Only what silences alarms now, or only what does not.")] = None,
    state: Annotated[list[ServiceState] | None, Query(description="Only these states.")] = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[ServiceMode]:
    """Newest first, with the summaries of those that have ended."""
    chosen = Chosen(
        object_id=object_id,
        in_force=in_force,
        states=state,
        since=since,
        until=until,
        only_objects=access.only_objects,
    )
    async with served.db.read() as session:
        rows = await service_modes.list_modes(session, chosen, cursor=cursor, limit=limit)
    return answers.page_of(rows, map(answer, rows.items))


@router.post("/api/service-modes/{service_id}/release", responses=_DECIDED, summary="Agree as the second person")
async def release_service(service_id: UUID, access: Manager, served: Served) -> ServiceMode:
    """In force from now on, for as long as was asked for. Safe to repeat. 403 for who asked; 409 when it no longer waits."""
    start = await _start(served, service_id, access)
    try:
        await served.service.release(start, _decision(access))
    except Refused as error:
        if error.word == ReleaseRefusal.SAME_PERSON:
            raise Problem(ErrorCode.FORBIDDEN, _SECOND_PERSON) from None
        raise Problem(ErrorCode.CONFLICT, "It does not wait for a second person (any more).") from None
    except NotDone:
        raise _away() from None
    return answer(await _found(served, service_id))


@router.post("/api/service-modes/{service_id}/extend", responses=_EXTENDED, summary="Extend it")
async def extend_service(service_id: UUID, body: ServiceExtension, access: Manager, served: Served) -> ServiceMode:
    """Counted from its end, within the object's limit from its beginning. 409 CONFLICT when it is over."""
    start = await _start(served, service_id, access)
    row = await _found(served, service_id)
    lasts = row["ends_at"] - row["begun_at"] + timedelta(minutes=body.minutes)
    async with served.db.read() as session:
        alone = await _one_is_enough(session, served, row["object_id"], lasts)
    request = ExtendRequest(
        actor_id=access.user_id,
        minutes=body.minutes,
        version=body.version,
        second=not alone,
        request_id=current_request_id(),
    )
    try:
        await served.service.extend(start, request)
    except Refused as error:
        raise await _not_extended(served, service_id, error) from None
    except NotDone:
        raise _away() from None
    return answer(await _found(served, service_id))


async def _not_extended(served: Services, service_id: UUID, error: Refused) -> Problem:
    match error.word:
        case ServiceRefusal.STALE_VERSION:
            return Problem(ErrorCode.STALE_VERSION, current=as_json(answer(await _found(served, service_id))))
        case ServiceRefusal.TOO_LONG:
            return invalid("minutes", "longer than this object allows")
        case ServiceRefusal.NEEDS_SECOND:
            return Problem(ErrorCode.FORBIDDEN, _SECOND_PERSON)
        case _:
            return Problem(ErrorCode.CONFLICT, "It is not in force (any more).")


@router.post("/api/service-modes/{service_id}/end", responses=_DECIDED, summary="End it early")
async def end_service(service_id: UUID, access: Manager, served: Served) -> ServiceMode:
    """Alarms ring from now on, even when the answer is a 503; what still stands in alarm rings when it is summed up. Takes back
    what waits for a second person, too. Safe to repeat."""
    start = await _start(served, service_id, access)
    async with served.db.write() as session:
        if await service_modes.cut_short(session, service_id, access.user_id):
            audit(session, access, "service.ended", "service", service_id, {"object_id": start.object_id})
    if not _is_done(await _found(served, service_id)):
        try:
            await served.service.end(start, _decision(access))
        except NotDone:
            detail = "Alarms ring again, but it is not summed up yet; try again."
            raise Problem(ErrorCode.TEMPORAL_UNAVAILABLE, detail, retry_after=2) from None
    return answer(await _found(served, service_id))


def _is_done(row: RowMapping) -> bool:
    return row["state"] in OVER and (row["state"] is ServiceState.REFUSED or row["settled_at"] is not None)


async def _start(served: Services, service_id: UUID, access: Access) -> ServiceInput:
    """What its workflow is started with, should it have been lost. Raises NOT_FOUND."""
    row = await _found(served, service_id)
    access.check(row["object_id"])
    return ServiceInput(service_id=service_id, object_id=row["object_id"])


async def _found(served: Services, service_id: UUID) -> RowMapping:
    async with served.db.read() as session:
        found = await service_modes.find_mode(session, service_id)
    if found is None:
        raise Problem(ErrorCode.NOT_FOUND)
    return found


def _decision(access: Access) -> ServiceDecision:
    return ServiceDecision(actor_id=access.user_id, request_id=current_request_id())


def _away() -> Problem:
    return Problem(ErrorCode.TEMPORAL_UNAVAILABLE, retry_after=2)
