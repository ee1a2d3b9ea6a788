"""Administering users: made, changed and deactivated under the rules of `workflows.domain.users` (R-AUTH).

Each function works in the transaction of its caller, who writes the audit row and tells of the sessions that ended.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, Table, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities.auth import second_factor, service_tokens
from activities.auth.sessions import end_sessions
from activities.db.models.refresh_tokens import RefreshToken
from activities.db.models.users import User
from activities.db.repositories.paging import Key, Order, Rows, page
from activities.db.session import WriteSession
from workflows.domain import users as rules
from workflows.domain.permissions import Role
from workflows.domain.users import Account, Act, Others, Refusal

_ONE_AT_A_TIME = 0x5553_4552  # advisory lock: two masters who demote each other would leave none
_TABLE: Final[Table] = User.metadata.tables[User.__tablename__]
_BY_NAME = Order((Key(_TABLE.c.username, str),))
_AUDITED = ("username", "display_name", "role", "locale", "active", "must_change_password", "failed_logins", "locked_until")


class NotAllowed(Exception):  # noqa: N818 - an answer, not a fault
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


class StaleUser(Exception):  # noqa: N818 - says what is the case
    """Somebody else has changed the user since; ``current`` is how he is now."""

    def __init__(self, current: User) -> None:
        super().__init__()
        self.current = current


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """`before` and `after` are for the audit row; `ended`: sessions and service tokens that ended by the change."""

    user: User
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    ended: tuple[UUID, ...] = ()


def temporary_password() -> str:
    """To be read out over the telephone and changed at once: 80 bits in groups of letters and digits."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"  # without what is mistaken for something else
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))


async def create(
    session: WriteSession,
    actor_id: UUID | None,
    *,
    username: str,
    display_name: str,
    role: Role,
    locale: str,
    password_hash: str | None,
) -> User:
    """Raises NotAllowed; IntegrityError when the name is taken. ``password_hash`` None: a service account.

    ``actor_id`` None, here and below: whoever owns the machine, by the command line.
    """
    actor = await _actor(session, actor_id)
    created = User(
        id=uuid7(),
        username=username,
        display_name=display_name,
        role=role,
        locale=locale,
        password_hash=password_hash,
        must_change_password=password_hash is not None,
    )
    refused = rules.refusal(actor, Act.CREATE, None, Account(id=created.id, role=role), Others(masters=0, managers=0))
    if refused is not None:
        raise NotAllowed(refused)
    session.add(created)
    await session.flush()
    await session.refresh(created)
    return created


async def change(
    session: WriteSession, actor_id: UUID | None, user_id: UUID, act: Act, *, version: int, changes: Mapping[str, Any]
) -> Changed | None:
    """``changes`` are columns of the row. None: there is no such user. Raises NotAllowed, StaleUser."""
    actor = await _actor(session, actor_id)
    user = await session.get(User, user_id, with_for_update=True)
    if user is None:
        return None
    before = _account(user)
    after = Account(id=user.id, role=changes.get("role", user.role), active=changes.get("active", user.active))
    refused = rules.refusal(actor, act, before, after, await _others(session, user_id))
    if refused is not None:
        raise NotAllowed(refused)
    if user.version != version:
        raise StaleUser(user)
    told = snapshot(user)
    for name, value in changes.items():
        setattr(user, name, value)
    if act is Act.RESET_SECOND_FACTOR:
        await second_factor.remove(session, user)
    user.version += 1
    ended = await _end(session, user, act, before, after)
    await session.flush()
    await session.refresh(user)
    return Changed(user=user, before=told, after=snapshot(user), ended=ended)


async def end_sessions_of(
    session: WriteSession, actor_id: UUID, user_id: UUID, family_id: UUID | None
) -> tuple[UUID, ...] | None:
    """Those that ended: one, or all of the user's. None: there is no such user. Raises NotAllowed."""
    actor, user = await _actor(session, actor_id), await session.get(User, user_id)
    if user is None:
        return None
    refused = rules.refusal(actor, Act.END_SESSIONS, _account(user), _account(user), await _others(session, user_id))
    if refused is not None:
        raise NotAllowed(refused)
    which = [RefreshToken.family_id == family_id] if family_id is not None else []
    return await end_sessions(session, user_id, *which)


async def _actor(session: WriteSession, actor_id: UUID | None) -> Account:
    """As he is now, not as some process remembers him; from here on nobody else changes users. Raises NotAllowed."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
    if actor_id is None:
        return Account(id=UUID(int=0), role=Role.MASTER)
    actor = await session.get(User, actor_id)
    if actor is None or not actor.active or not rules.manages(actor.role):
        raise NotAllowed(Refusal.ABOVE_YOU)
    return _account(actor)


async def _end(session: WriteSession, user: User, act: Act, before: Account, after: Account) -> tuple[UUID, ...]:
    """A session goes on only with the rights it was begun with."""
    ended: tuple[UUID, ...] = ()
    if act in {Act.RESET_PASSWORD, Act.RESET_SECOND_FACTOR, Act.END_SESSIONS} or before != after:
        ended = await end_sessions(session, user.id)
    if not after.active:
        ended += await service_tokens.revoke_all(session, user.id)
    return ended


async def _others(session: AsyncSession, user_id: UUID) -> Others:
    counted = select(User.role, func.count()).where(User.active, User.id != user_id).group_by(User.role)
    by_role: dict[Role, int] = {row[0]: row[1] for row in await session.execute(counted)}
    managers = sum(count for role, count in by_role.items() if rules.manages(role))
    return Others(masters=by_role.get(Role.MASTER, 0), managers=managers)


def _account(user: User) -> Account:
    return Account(id=user.id, role=user.role, active=user.active)


def snapshot(user: User) -> dict[str, Any]:
    """A user as the audit log tells of him: no secret is in it."""
    return {name: getattr(user, name) for name in _AUDITED} | {"second_factor": second_factor.in_force(user)}


async def find(session: AsyncSession, user_id: UUID) -> User | None:
    return await session.get(User, user_id)


async def list_users(
    session: AsyncSession,
    *,
    words: str | None,
    roles: Sequence[Role] | None,
    active: bool | None,
    cursor: str | None,
    limit: int,
) -> Rows[RowMapping]:
    """By user name. ``words``: part of the user name or of the display name."""
    query = select(*(column for column in _TABLE.c if column.name not in {"password_hash", "totp_sealed"}))
    if words:
        query = query.where(
            or_(*(column.icontains(words, autoescape=True) for column in (_TABLE.c.username, _TABLE.c.display_name)))
        )
    if roles:
        query = query.where(_TABLE.c.role.in_(roles))
    if active is not None:
        query = query.where(_TABLE.c.active == active)
    return await page(session, query, _BY_NAME, cursor=cursor, limit=limit)
