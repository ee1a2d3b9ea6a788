"""All objects at a glance: their panels, and what kinds of objects there are."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from activities.db.fold import fold
from activities.db.models.objects import GuardedObject
from activities.db.models.panels import Panel

KINDS_MOST: Final = 200
CITIES_MOST: Final = 500


async def enabled_panels(session: AsyncSession, object_ids: Collection[UUID]) -> list[Panel]:
    query = select(Panel).where(Panel.object_id.in_(object_ids), Panel.enabled, Panel.deleted_at.is_(None))
    return list((await session.scalars(query)).all())


async def kinds(session: AsyncSession, only_objects: Collection[UUID] | None) -> list[str]:
    """By name."""
    return await _told_apart(session, GuardedObject.kind, only_objects, KINDS_MOST)


async def cities(session: AsyncSession, only_objects: Collection[UUID] | None) -> list[str]:
    """By name; objects whose address names none are left out."""
    found = await _told_apart(session, GuardedObject.city, only_objects, CITIES_MOST)
    return sorted(filter(None, found), key=fold)  # Ł after L, whatever the database's collation


async def _told_apart(
    session: AsyncSession, column: InstrumentedAttribute[str], only_objects: Collection[UUID] | None, most: int
) -> list[str]:
    query = select(column).distinct().where(GuardedObject.deleted_at.is_(None))
    if only_objects is not None:
        query = query.where(GuardedObject.id.in_(list(only_objects)))
    return list((await session.scalars(query.order_by(column).limit(most))).all())
