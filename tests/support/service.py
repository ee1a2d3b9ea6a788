"""Service mode in a real database."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from uuid_utils.compat import uuid7

from activities.db.models.service_modes import ServiceMode
from activities.db.models.users import User
from activities.db.session import Database
from workflows.domain.permissions import Role
from workflows.domain.service import ServiceState


async def add_user(db: Database, role: Role = Role.ADMIN) -> UUID:
    user_id = uuid7()
    async with db.write() as session:
        session.add(User(id=user_id, username=f"user-{user_id}", password_hash="-", role=role, display_name="Somebody"))
    return user_id


async def add_period(
    db: Database,
    object_id: UUID,
    *,
    begun: timedelta = timedelta(minutes=-1),
    ends: timedelta = timedelta(hours=1),
    state: ServiceState = ServiceState.ACTIVE,
    requested_by: UUID | None = None,
    **columns: Any,
) -> UUID:
    """``begun`` and ``ends`` are counted from now by the database's clock."""
    service_id, user_id = uuid7(), requested_by or await add_user(db)
    async with db.write() as session:
        now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
        row = ServiceMode(
            id=service_id,
            object_id=object_id,
            state=state,
            reason="Zones are being replaced",
            requested_by=user_id,
            begun_at=now + begun,
            ends_at=now + ends,
            **columns,
        )
        session.add(row)
    return service_id


async def period(db: Database, service_id: UUID) -> ServiceMode:
    async with db.read() as session:
        return await session.get_one(ServiceMode, service_id)
