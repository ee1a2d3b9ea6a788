"""Which objects are assigned to which users (scope ASSIGNED of the permission matrix)."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.models.objects import GuardedObject
from activities.db.models.user_object_assignments import UserObjectAssignment
from activities.db.models.users import User
from activities.db.session import WriteSession


async def users_of(session: AsyncSession, object_id: UUID) -> Sequence[RowMapping]:
    """Who has the object, by name."""
    query = (
        select(User.id, User.username, User.display_name, User.role, User.active)
        .join(UserObjectAssignment, UserObjectAssignment.user_id == User.id)
        .where(UserObjectAssignment.object_id == object_id)
        .order_by(User.display_name, User.id)
    )
    return (await session.execute(query)).mappings().all()


async def objects_of(session: AsyncSession, user_id: UUID) -> Sequence[RowMapping]:
    """What the user has, by name; deleted objects are left out."""
    query = (
        select(GuardedObject.id, GuardedObject.name, GuardedObject.address, GuardedObject.external_number)
        .join(UserObjectAssignment, UserObjectAssignment.object_id == GuardedObject.id)
        .where(UserObjectAssignment.user_id == user_id, GuardedObject.deleted_at.is_(None))
        .order_by(GuardedObject.name, GuardedObject.id)
    )
    return (await session.execute(query)).mappings().all()


async def lock_user(session: WriteSession, user_id: UUID) -> User | None:
    """The row against other changes; a new assignment's foreign key does not wait for it, so nobody waits in a circle."""
    return await session.get(User, user_id, with_for_update={"key_share": True})


async def lock_object(session: WriteSession, object_id: UUID) -> GuardedObject | None:
    """The same for an object; None also for a deleted one."""
    found = await session.get(GuardedObject, object_id, with_for_update={"key_share": True})
    return None if found is None or found.deleted_at is not None else found


async def unknown_users(session: AsyncSession, user_ids: Collection[UUID]) -> set[UUID]:
    return set(user_ids) - set(await session.scalars(select(User.id).where(User.id.in_(list(user_ids)))))


async def unknown_objects(session: AsyncSession, object_ids: Collection[UUID]) -> set[UUID]:
    """Those that are not there, or deleted."""
    known = select(GuardedObject.id).where(GuardedObject.id.in_(list(object_ids)), GuardedObject.deleted_at.is_(None))
    return set(object_ids) - set(await session.scalars(known))


async def give(session: WriteSession, *, users: Collection[UUID], objects: Collection[UUID]) -> None:
    """Assign each of these objects to each of these users."""
    session.add_all(UserObjectAssignment(user_id=user, object_id=thing) for user in users for thing in objects)
    await session.flush()


async def take(session: WriteSession, *, users: Collection[UUID], objects: Collection[UUID]) -> None:
    """The contrary."""
    these: list[ColumnElement[bool]] = [
        UserObjectAssignment.user_id.in_(list(users)),
        UserObjectAssignment.object_id.in_(list(objects)),
    ]
    await session.execute(delete(UserObjectAssignment).where(*these))
