"""Bundles in a real database, for tests of what is done with them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from uuid_utils.compat import uuid7

from activities.db.models.bundle_alarms import BundleAlarm
from activities.db.models.bundle_notes import BundleNote
from activities.db.models.objects import GuardedObject
from activities.db.models.users import User
from activities.db.session import Database
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.permissions import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """An object with one alarm, and two operators."""

    object_id: UUID
    bundle_id: UUID
    anna: UUID
    bartek: UUID


async def seed_scene(db: Database, **bundle: Any) -> Scene:
    """Insert a `Scene` whose NEW bundle was opened now; ``bundle`` overrides columns of its row."""
    scene = Scene(object_id=uuid7(), bundle_id=uuid7(), anna=uuid7(), bartek=uuid7())
    async with db.write() as session:
        session.add_all([_user(scene.anna), _user(scene.bartek), _object(scene.object_id)])
        await session.flush()
        session.add(_bundle(scene, **bundle))
    return scene


async def add_note(db: Database, scene: Scene, text: str = "rang the keyholder") -> UUID:
    note = BundleNote(id=uuid7(), bundle_id=scene.bundle_id, author_id=scene.anna, text=text)
    async with db.write() as session:
        session.add(note)
    return note.id


async def set_columns(db: Database, scene: Scene, **values: Any) -> None:
    """Change the bundle's row behind everybody's back, e.g. to let time pass."""
    async with db.write() as session:
        await session.execute(update(BundleAlarm).where(BundleAlarm.id == scene.bundle_id).values(**values))


def _user(user_id: UUID) -> User:
    return User(id=user_id, username=f"user-{user_id}", password_hash="-", role=Role.OPERATOR, display_name="An operator")


def _object(object_id: UUID) -> GuardedObject:
    return GuardedObject(id=object_id, name="Pharmacy", address="Main Street 1", kind="shop", external_number=str(object_id))


def _bundle(scene: Scene, **values: Any) -> BundleAlarm:
    now = datetime.now(UTC)
    times = dict.fromkeys(("opened_at", "first_event_at", "last_event_at", "last_activity_at", "status_changed_at"), now)
    columns: dict[str, Any] = {
        "id": scene.bundle_id,
        "object_id": scene.object_id,
        "alarm_type": AlarmType.INTRUSION,
        "priority": Priority.HIGH,
        "event_count": 1,
        "active_count": 1,
        "headline": {"code": 130, "source_kind": "ZONE", "source_number": 5},
        **times,
    }
    return BundleAlarm(**(columns | values))
