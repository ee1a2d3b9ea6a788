"""Auto-arm as the dataclasses of the SDK."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from api.client.auto_arm import AutoArmSchedule, ExpectedFiring, Preview
from api.schemas.answers import Row, same_named
from workflows.domain.command import ArmMode
from workflows.domain.schedule import Calendar, Skipped, preview

_PREVIEWED: Final = 10  # firings


def schedule_answer(row: Row) -> AutoArmSchedule:
    """``row``: the schedule's columns and its object's id."""
    lists: dict[str, Any] = {name: tuple(row[name]) for name in ("partitions", "weekdays")}
    return same_named(AutoArmSchedule, row, at=f"{row['at']:%H:%M}", arm_mode=ArmMode(row["arm_mode"]), **lists)


def on_the_wall(at: datetime, zone: str) -> str:
    """As `20:00`."""
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M}"


def preview_answer(calendar: Calendar, named: Mapping[date, str], now: datetime, *, schedule_id: UUID | None = None) -> Preview:
    """``named``: what holidays are called."""
    lines = tuple(
        ExpectedFiring(
            day=line.day,
            fire_at=line.fire_at,
            moved=line.moved,
            skipped=line.skipped,
            holiday=named.get(line.day) if line.skipped is Skipped.HOLIDAY else None,
            clocks=line.clocks,
            at=on_the_wall(line.fire_at, calendar.zone) if line.fire_at else None,
        )
        for line in preview(calendar, now, _PREVIEWED)
    )
    return Preview(schedule_id=schedule_id, time_zone=calendar.zone, lines=lines)
