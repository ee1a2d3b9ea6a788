"""Schedules that arm partitions by themselves, the days on which they do not, and what comes next (R-AUTOARM)."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities import auto_arm_calendars
from activities.db.models.auto_arm_schedules import AutoArmSchedule as Row
from activities.db.repositories import auto_arm, objects
from activities.db.session import WriteSession
from api.audit import audit, told
from api.client.auto_arm import (
    AutoArmException,
    AutoArmExceptions,
    AutoArmSchedule,
    Holiday,
    Holidays,
    Preview,
)
from api.client.models import Page
from api.deps import Access, Served, require
from api.problems import Problem, as_json, expect, invalid, problems
from api.schemas import answers
from api.schemas.auto_arm import Day, Exceptions, HolidayName, NewSchedule, Region, ScheduleChange, columns
from api.schemas.auto_arm_answers import preview_answer, schedule_answer
from api.schemas.parameters import BasedOn, Cursor, Limit
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission

router = APIRouter(prefix="/api/auto-arm", tags=["Auto-arm"])

Viewer = Annotated[Access, Depends(require(Permission.PANEL_VIEW))]
Editor = Annotated[Access, Depends(require(Permission.SCHEDULE_EDIT))]
HolidayDay = Annotated[Day, Path(description="The day, as 2026-12-24.")]

_CHANGING = problems(ErrorCode.NOT_FOUND, ErrorCode.STALE_VERSION)


@router.get("/schedules", responses=problems(), summary="List auto-arm schedules")
async def list_schedules(
    access: Viewer,
    served: Served,
    panel_id: UUID | None = None,
    object_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[AutoArmSchedule]:
    """Oldest first."""
    async with served.db.read() as session:
        rows = await auto_arm.list_schedules(
            session,
            panel_id=panel_id,
            object_id=object_id,
            only_objects=access.only_objects,
            cursor=cursor,
            limit=limit,
        )
    return answers.page_of(rows, map(schedule_answer, rows.items))


@router.post("/schedules", status_code=201, responses=problems(ErrorCode.NOT_FOUND), summary="Add an auto-arm schedule")
async def create_schedule(body: NewSchedule, access: Editor, served: Served) -> AutoArmSchedule:
    """It is in force at once: a firing whose time is still to come today counts."""
    created = Row(id=uuid7(), **columns(body, given_only=False))
    async with served.db.write() as session:
        panel = await objects.lock_panel(session, body.panel_id)
        if panel is None:
            raise Problem(ErrorCode.NOT_FOUND, "There is no such panel.")
        access.check(panel.object_id)
        await auto_arm.add_schedule(session, created)
        await session.refresh(created)
        audit(session, access, "auto_arm_schedule.created", "auto_arm_schedule", created.id, after=told(created))
        return schedule_answer(await _row(session, created.id))


@router.get("/schedules/{schedule_id}", responses=problems(ErrorCode.NOT_FOUND), summary="One auto-arm schedule")
async def one_schedule(schedule_id: UUID, access: Viewer, served: Served) -> AutoArmSchedule:
    async with served.db.read() as session:
        return schedule_answer(await _found(session, schedule_id, access))


@router.patch("/schedules/{schedule_id}", responses=_CHANGING, summary="Change an auto-arm schedule")
async def change_schedule(schedule_id: UUID, body: ScheduleChange, access: Editor, served: Served) -> AutoArmSchedule:
    """Only the members given change. A firing that is under way and is no longer in the schedule ends as WITHDRAWN."""
    changes = columns(body, given_only=True)
    async with served.db.write() as session:
        found = await _locked(session, schedule_id, body.version, access)
        first, last = changes.get("valid_from", found.valid_from), changes.get("valid_until", found.valid_until)
        if first is not None and last is not None and last < first:
            raise invalid("valid_until", "must not be before valid_from")
        before = told(found)
        await auto_arm.keep_owed(session, served.settings.panel_time_zone, [schedule_id])
        await auto_arm.change_schedule(session, found, changes)
        await session.refresh(found)
        audit(session, access, "auto_arm_schedule.changed", "auto_arm_schedule", schedule_id, before=before, after=told(found))
        return schedule_answer(await _row(session, schedule_id))


@router.delete("/schedules/{schedule_id}", status_code=204, responses=_CHANGING, summary="Delete an auto-arm schedule")
async def delete_schedule(schedule_id: UUID, version: BasedOn, access: Editor, served: Served) -> Response:
    """Its past firings stay."""
    async with served.db.write() as session:
        found = await _locked(session, schedule_id, version, access)
        before = told(found)
        await auto_arm.change_schedule(session, found, {"deleted_at": datetime.now(UTC)})
        audit(session, access, "auto_arm_schedule.deleted", "auto_arm_schedule", schedule_id, before=before)
    return Response(status_code=204)


# -- the days of one


@router.get("/schedules/{schedule_id}/exceptions", responses=problems(ErrorCode.NOT_FOUND), summary="Days that are different")
async def exceptions(schedule_id: UUID, access: Viewer, served: Served) -> AutoArmExceptions:
    async with served.db.read() as session:
        return await _exceptions(session, await _found(session, schedule_id, access))


@router.put("/schedules/{schedule_id}/exceptions", responses=_CHANGING, summary="Change the days that are different")
async def put_exceptions(schedule_id: UUID, body: Exceptions, access: Editor, served: Served) -> AutoArmExceptions:
    """All of them: what is not in the list is as usual. They go before weekdays and holidays."""
    wanted = {one.day: time.fromisoformat(one.at) if one.at else None for one in body.exceptions}
    async with served.db.write() as session:
        found = await _locked(session, schedule_id, body.version, access)
        before = await _exceptions(session, await _row(session, schedule_id))
        await auto_arm.keep_owed(session, served.settings.panel_time_zone, [schedule_id])
        await auto_arm.put_exceptions(session, found, wanted)
        after = await _exceptions(session, await _row(session, schedule_id))
        audit(
            session,
            access,
            "auto_arm_schedule.exceptions_changed",
            "auto_arm_schedule",
            schedule_id,
            before=as_json(before),
            after=as_json(after),
        )
        return after


@router.get("/schedules/{schedule_id}/preview", responses=problems(ErrorCode.NOT_FOUND), summary="The next ten firings")
async def preview_schedule(schedule_id: UUID, access: Viewer, served: Served) -> Preview:
    """With the holidays and exceptions that are left out between them."""
    async with served.db.read() as session:
        row = await _found(session, schedule_id, access)
        (one,) = await auto_arm_calendars.planned(session, served.settings.panel_time_zone, [schedule_id])
        named = auto_arm_calendars.public_holidays(row["region"]) | await auto_arm.own_holidays(session)
    return preview_answer(one.calendar, named, datetime.now(UTC), schedule_id=schedule_id)


# -- holidays


@router.get("/holidays", responses=problems(), summary="Holidays of a year")
async def holidays(
    access: Viewer,
    served: Served,
    year: Annotated[int, Query(ge=2000, le=2199)],
    region: Annotated[Region | None, Query()] = None,
) -> Holidays:
    """The public ones of the region, and those added here, which count everywhere."""
    async with served.db.read() as session:
        own = {day: name for day, name in (await auto_arm.own_holidays(session)).items() if day.year == year}
    public = auto_arm_calendars.holidays_of(region, year) if region else {}
    days = sorted((public | own).items())
    return Holidays(year=year, region=region, days=tuple(Holiday(day=d, name=name, own=d in own) for d, name in days))


@router.put("/holidays/{day}", responses=problems(), summary="Add or rename a holiday")
async def put_holiday(day: HolidayDay, body: HolidayName, access: Editor, served: Served) -> Holiday:
    """For every schedule that looks at holidays."""
    async with served.db.write() as session:
        before = await auto_arm.put_holiday(session, served.settings.panel_time_zone, day, body.name)
        _audit_holiday(session, access, "put", {"day": day, "name": body.name, "before": before})
    return Holiday(day=day, name=body.name, own=True)


@router.delete(
    "/holidays/{day}", status_code=204, responses=problems(ErrorCode.NOT_FOUND), summary="Delete a holiday added here"
)
async def delete_holiday(day: HolidayDay, access: Editor, served: Served) -> Response:
    async with served.db.write() as session:
        name = await auto_arm.delete_holiday(session, served.settings.panel_time_zone, day)
        if name is None:
            raise Problem(ErrorCode.NOT_FOUND)
        _audit_holiday(session, access, "deleted", {"day": day, "name": name})
    return Response(status_code=204)


def _audit_holiday(session: WriteSession, access: Access, what: str, detail: Mapping[str, Any]) -> None:
    audit(session, access, f"auto_arm_holiday.{what}", "auto_arm_holiday", None, detail)


# -- helpers


async def _found(session: AsyncSession, schedule_id: UUID, access: Access) -> RowMapping:
    row = await auto_arm.find_schedule(session, schedule_id)
    if row is None:
        raise Problem(ErrorCode.NOT_FOUND)
    access.check(row["object_id"])
    return row


async def _row(session: AsyncSession, schedule_id: UUID) -> RowMapping:
    row = await auto_arm.find_schedule(session, schedule_id)
    assert row is not None, "it is locked"
    return row


async def _locked(session: WriteSession, schedule_id: UUID, version: int, access: Access) -> Row:
    found = await auto_arm.lock_schedule(session, schedule_id)
    if found is None:
        raise Problem(ErrorCode.NOT_FOUND)
    row = await _found(session, schedule_id, access)
    expect(version, found.version, schedule_answer(row))
    return found


async def _exceptions(session: AsyncSession, row: RowMapping) -> AutoArmExceptions:
    days = (await auto_arm_calendars.exceptions_of(session, [row["id"]])).get(row["id"], {})
    listed = tuple(AutoArmException(day=day, at=f"{at:%H:%M}" if at else None) for day, at in sorted(days.items()))
    return AutoArmExceptions(schedule_id=row["id"], version=row["version"], exceptions=listed)
