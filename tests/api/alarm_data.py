"""Many alarms at once, as the recorder would have left them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import insert
from uuid_utils.compat import uuid7

from activities.db.models.bundle_alarms import BundleAlarm
from activities.db.models.objects import GuardedObject
from activities.db.session import Database
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import BundleStatus

START = datetime(2026, 11, 1, tzinfo=UTC)


async def add_object(db: Database, name: str = "Pharmacy") -> UUID:
    object_id = uuid7()
    row = GuardedObject(id=object_id, name=name, address="Main Street 1", kind="shop", external_number=str(object_id))
    async with db.write() as session:
        session.add(row)
    return object_id


async def add_alarms(
    db: Database,
    object_id: UUID,
    *priorities: Priority,
    status: BundleStatus = BundleStatus.NEW,
    first_at: datetime = START,
    alarm_type: AlarmType = AlarmType.INTRUSION,
    cause: str = "",
) -> list[UUID]:
    """One alarm per priority, opened a minute after each other. Their ids, in that order."""
    rows = [
        _row(object_id, priority, status, alarm_type, first_at + timedelta(minutes=number)) | {"cause": cause}
        for number, priority in enumerate(priorities)
    ]
    async with db.write() as session:
        await session.execute(insert(BundleAlarm), rows)
    return [row["id"] for row in rows]  # type: ignore[misc]


def _row(object_id: UUID, priority: Priority, status: BundleStatus, alarm_type: AlarmType, at: datetime) -> dict[str, object]:
    times = dict.fromkeys(("opened_at", "first_event_at", "last_event_at", "last_activity_at", "status_changed_at"), at)
    return {
        "id": uuid7(),
        "object_id": object_id,
        "alarm_type": alarm_type,
        "priority": priority,
        "status": status,
        "joinable": False,
        "headline": {"code": 130, "source_kind": "ZONE", "source_number": 5, "partition": 1, "recovered": False},
        **times,
    }
