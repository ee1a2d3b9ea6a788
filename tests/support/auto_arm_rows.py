"""Auto-arm schedules in a real database."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from uuid_utils.compat import uuid7

from activities.db.models.auto_arm_exceptions import AutoArmException
from activities.db.models.auto_arm_schedules import AutoArmSchedule
from activities.db.models.panel_state_history import PanelStateHistory
from activities.db.session import Database
from activities.infra.settings import Settings

ZONE = Settings.model_fields["panel_time_zone"].default
EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]


def local(at: datetime) -> time:
    """As it reads on the panel's wall, on the minute."""
    return at.astimezone(ZoneInfo(ZONE)).time().replace(second=0, microsecond=0)


def in_minutes(minutes: int) -> datetime:
    """The full minute so far from now."""
    return datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=minutes)


async def add_schedule(db: Database, panel_id: UUID, at: time = time(20), **more: Any) -> UUID:
    """Every day, partitions 1 and 2, made half a day ago."""
    columns: dict[str, Any] = {"name": "Night", "partitions": [1, 2], "weekdays": EVERY_DAY, "warn_minutes": 0}
    ago = datetime.now(UTC) - timedelta(hours=12)
    row = AutoArmSchedule(id=uuid7(), panel_id=panel_id, at=at, **({"created_at": ago, "updated_at": ago} | columns | more))
    async with db.write() as session:
        session.add(row)
    return row.id


async def add_exception(db: Database, schedule_id: UUID, day: date, at: time | None) -> None:
    async with db.write() as session:
        session.add(AutoArmException(schedule_id=schedule_id, day=day, at=at))


async def add_states(db: Database, panel_id: UUID, link: str | None = "CONNECTED", **partitions: str) -> None:
    """What the panel told now: ``p1="ARMED_FULL"``."""
    told: dict[int | None, str] = {int(name[1:]): state for name, state in partitions.items()}
    if link is not None:
        told[None] = link
    async with db.write() as session:
        session.add_all(
            PanelStateHistory(id=uuid7(), panel_id=panel_id, partition=number, state=state, at=datetime.now(UTC))
            for number, state in told.items()
        )
