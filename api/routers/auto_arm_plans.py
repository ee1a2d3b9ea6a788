"""What auto-arm is going to do: the timetable of all schedules, and of one that is only being thought about (R-AUTOARM)."""

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from uuid_utils.compat import uuid7

from activities import auto_arm_calendars
from activities.db.models.auto_arm_schedules import AutoArmSchedule as Row
from activities.db.repositories import auto_arm, objects
from activities.db.repositories.auto_arm_timetable import Line, timetable
from api.client.auto_arm import Preview, Timetable, TimetableFiring, TimetableRow
from api.deps import Access, Served, require
from api.problems import Problem, invalid, problems
from api.schemas import answers
from api.schemas.auto_arm import Draft, columns
from api.schemas.auto_arm_answers import on_the_wall, preview_answer, schedule_answer
from api.schemas.text import Moment
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission
from workflows.domain.schedule import clock_change

router = APIRouter(prefix="/api/auto-arm", tags=["Auto-arm"])

Viewer = Annotated[Access, Depends(require(Permission.PANEL_VIEW))]
Editor = Annotated[Access, Depends(require(Permission.SCHEDULE_EDIT))]

LONGEST_TIMETABLE: Final = timedelta(days=35)


@router.get("/timetable", responses=problems(), summary="All firings between two moments")
async def get_timetable(
    access: Viewer,
    served: Served,
    since: Annotated[Moment, Query(alias="from", description="RFC 3339.")],
    until: Annotated[Moment, Query(alias="to", description="RFC 3339; at most 35 days later.")],
) -> Timetable:
    """As they went, or as they are planned now; schedules without a firing are listed, too. By object and name."""
    if not timedelta() < until - since <= LONGEST_TIMETABLE:
        raise invalid("to", "must be after from, by at most 35 days")
    async with served.db.read() as session:
        found = await timetable(session, served.settings.panel_time_zone, since, until, access.only_objects)
    return Timetable(since=since, until=until, rows=tuple(map(_row, found)))


@router.post("/preview", responses=problems(ErrorCode.NOT_FOUND), summary="The next ten firings of a draft")
async def preview_draft(body: Draft, access: Editor, served: Served) -> Preview:
    """Of a schedule as it would be with these members and exceptions. Nothing is changed."""
    row = Row(id=uuid7(), **columns(body, given_only=False))
    wanted = {one.day: time.fromisoformat(one.at) if one.at else None for one in body.exceptions}
    async with served.db.read() as session:
        panel = await objects.find_panel(session, body.panel_id)
        if panel is None:
            raise Problem(ErrorCode.NOT_FOUND, "There is no such panel.")
        access.check(panel.object_id)
        own = await auto_arm.own_holidays(session)
    zone = row.time_zone or panel.time_zone or served.settings.panel_time_zone
    calendar = auto_arm_calendars.calendar_of(row, wanted, own, zone)
    return preview_answer(calendar, auto_arm_calendars.public_holidays(row.region) | own, datetime.now(UTC))


def _row(line: Line) -> TimetableRow:
    calendar, usual, other = line.one.calendar, line.one.calendar.at, dict(line.one.calendar.exceptions)
    return TimetableRow(
        schedule=schedule_answer({**answers.columns_of(line.one.row), "object_id": line.one.object_id}),
        object_name=line.object_name,
        panel_name=line.panel_name,
        time_zone=calendar.zone,
        in_step=line.in_step,
        firings=tuple(
            TimetableFiring(
                day=firing.day,
                fire_at=firing.fire_at,
                at=on_the_wall(firing.fire_at, calendar.zone),
                moved=firing.moved,
                clocks=clock_change(firing.day, other.get(firing.day) or usual, calendar.zone),
                run_id=run["id"] if run else None,
                status=run["status"] if run else None,
                outcome=run["outcome"] if run else None,
            )
            for firing, run in line.firings
        ),
    )
