"""Service tokens: what programs of role SYSTEM log in with (R-RBAC). Shown once, kept as a digest."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, Table, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities.db.models.service_tokens import ServiceToken
from activities.db.models.users import User
from activities.db.repositories.paging import Key, Order, Rows, page
from activities.db.repositories.users import Person
from activities.db.session import Database, WriteSession
from workflows.domain.permissions import Role, ServiceRole

PREFIX: Final = "stam_svc_"  # found by scanners of secrets, and told from a JWT at a glance
LONGEST: Final = timedelta(days=366)
_USE_NOTED_EVERY: Final = timedelta(minutes=1)
_TABLE: Final[Table] = ServiceToken.metadata.tables[ServiceToken.__tablename__]
_NEWEST = Order((Key(_TABLE.c.created_at, datetime), Key(_TABLE.c.id, UUID)), descending=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Who comes with a good token."""

    token_id: UUID
    person: Person
    expires_at: datetime


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def issue(
    session: WriteSession, user: User, *, name: str, service_role: ServiceRole, lasts: timedelta, by: UUID | None
) -> tuple[ServiceToken, str]:
    """The row, and the token in plain text. Raises ValueError for a user who is no service account."""
    if user.role is not Role.SYSTEM:
        raise ValueError("service tokens are for users of role SYSTEM")
    token, now = PREFIX + secrets.token_urlsafe(32), datetime.now(UTC)
    row = ServiceToken(
        id=uuid7(),
        user_id=user.id,
        name=name,
        service_role=service_role,
        token_hash=digest(token),
        created_by=by,
        created_at=now,
        expires_at=now + min(lasts, LONGEST),
    )
    session.add(row)
    return row, token


async def use(db: Database, token_digest: bytes) -> Program | None:
    """Who it is, and a note that it was used. None: unknown, revoked, over, or the account is not active."""
    now = datetime.now(UTC)
    good = ServiceToken.token_hash == token_digest, ServiceToken.revoked_at.is_(None), ServiceToken.expires_at > now
    query = select(ServiceToken, User).join(User, User.id == ServiceToken.user_id).where(*good, User.active)
    async with db.read() as reading:
        found = (await reading.execute(query.where(User.role == Role.SYSTEM))).first()
    if found is None:
        return None
    token, user = found
    if token.last_used_at is None or now - token.last_used_at > _USE_NOTED_EVERY:
        async with db.write() as session:
            await session.execute(update(ServiceToken).where(ServiceToken.id == token.id).values(last_used_at=now))
    return Program(token_id=token.id, person=_person(user, token.service_role), expires_at=token.expires_at)


def _person(user: User, service_role: ServiceRole) -> Person:
    return Person(
        id=user.id,
        username=user.username,
        display_name=user.display_name,
        role=user.role,
        locale=user.locale,
        must_change_password=False,
        assigned=frozenset(),
        service_role=service_role,
    )


async def revoke(session: WriteSession, token_id: UUID) -> ServiceToken | None:
    """The token, which is over now; None: there is none. To repeat it is safe."""
    row = await session.get(ServiceToken, token_id, with_for_update=True)
    if row is not None:
        row.revoked_at = row.revoked_at or datetime.now(UTC)
    return row


async def revoke_all(session: WriteSession, user_id: UUID) -> tuple[UUID, ...]:
    """Those of the account that ended by this."""
    alive = ServiceToken.user_id == user_id, ServiceToken.revoked_at.is_(None)
    ended = update(ServiceToken).where(*alive).values(revoked_at=datetime.now(UTC))
    return tuple((await session.scalars(ended.returning(ServiceToken.id))).all())


async def list_tokens(session: AsyncSession, *, user_id: UUID | None, cursor: str | None, limit: int) -> Rows[RowMapping]:
    """Newest first, those that are over too."""
    query = select(*(column for column in _TABLE.c if column.name != "token_hash"))
    if user_id is not None:
        query = query.where(_TABLE.c.user_id == user_id)
    return await page(session, query, _NEWEST, cursor=cursor, limit=limit)


def told(row: ServiceToken) -> Mapping[str, Any]:
    """For the audit log: what it is, never the token."""
    return {"user_id": row.user_id, "name": row.name, "service_role": row.service_role, "expires_at": row.expires_at}
