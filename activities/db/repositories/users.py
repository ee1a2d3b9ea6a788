"""Reading who somebody is and what is assigned to him."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import exists, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.models.refresh_tokens import RefreshToken
from activities.db.models.user_object_assignments import UserObjectAssignment
from activities.db.models.users import User
from workflows.domain.permissions import Role, ServiceRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user who may be here: active, and his session not ended. `assigned` are objects.

    `service_role`: of a program, which came with a service token; None for people.
    """

    id: UUID
    username: str
    display_name: str
    role: Role
    locale: str
    must_change_password: bool
    assigned: frozenset[UUID]
    second_factor: bool = False
    service_role: ServiceRole | None = None


async def find_person(session: AsyncSession, user_id: UUID, family_id: UUID) -> Person | None:
    """None: no such user, deactivated, or the session (login family) was ended or has run out."""
    lives = exists().where(
        RefreshToken.family_id == family_id,
        RefreshToken.user_id == user_id,
        RefreshToken.revoked_at.is_(None),
        RefreshToken.expires_at > literal(datetime.now(UTC)),
    )
    assigned = (
        select(func.array_agg(UserObjectAssignment.object_id)).where(UserObjectAssignment.user_id == user_id).scalar_subquery()
    )
    query = select(User, assigned.label("assigned")).where(User.id == user_id, User.active, lives)
    row = (await session.execute(query)).first()
    if row is None:
        return None
    user, objects = row
    return Person(
        id=user.id,
        username=user.username,
        display_name=user.display_name,
        role=user.role,
        locale=user.locale,
        must_change_password=user.must_change_password,
        assigned=frozenset(objects or ()),
        second_factor=user.totp_confirmed_at is not None,
    )
