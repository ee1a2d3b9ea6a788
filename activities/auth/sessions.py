"""Sessions: a login starts a family of refresh tokens; each is used once; one used twice ends the family (R-AUTH)."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities.auth import passwords
from activities.db.audit import record
from activities.db.models.refresh_tokens import RefreshToken
from activities.db.models.users import User
from activities.db.session import Database, WriteSession
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Role

FAILURES, LOCKED = 10, timedelta(minutes=30)
Change = Mapping[str, Any] | None
_GRACE = timedelta(seconds=30)  # the same token again within this, its successor unused: the answer was lost, not the token


class LoginRefused(Exception):  # noqa: N818 - an answer, not a fault
    """`code` is one of INVALID_CREDENTIALS, ACCOUNT_LOCKED, TOKEN_EXPIRED, TOKEN_REUSED, UNAUTHENTICATED."""

    def __init__(self, code: ErrorCode) -> None:
        super().__init__(code.value)
        self.code = code


@dataclass(frozen=True, slots=True)
class Started:
    """A session that goes on: who it is, its family, and the next refresh token (plain text, given out once)."""

    user: User
    family_id: UUID
    refresh_token: str


async def login(db: Database, username: str, password: str, *, client: str, keep: timedelta, request_id: str) -> Started:
    """Raises LoginRefused. ``client`` is the user agent, ``keep`` the life of a refresh token."""
    async with db.read() as reading:
        known = await _find(reading, username)
    correct = await passwords.verify(known.password_hash if known else None, password)
    started: Started | None = None
    refusal: ErrorCode | None = ErrorCode.INVALID_CREDENTIALS
    async with db.write() as session:
        user = await session.get(User, known.id, with_for_update=True) if known else None
        if user is not None and user.active:
            refusal = _judge(user, correct=correct)
            if refusal is None:
                started = _start(session, user, family_id=uuid7(), client=client, keep=keep)
            _audit(session, user, "login" if started else "login.refused", request_id)
    if started is None:
        raise LoginRefused(refusal or ErrorCode.INVALID_CREDENTIALS)
    return started


async def _find(session: AsyncSession, username: str) -> User | None:
    return (await session.scalars(select(User).where(User.username == username.strip().lower()))).first()


def _judge(user: User, *, correct: bool) -> ErrorCode | None:
    """Count, lock and unlock. A locked account answers the same to right and wrong passwords."""
    now = datetime.now(UTC)
    if user.locked_until is not None and user.locked_until > now:
        return ErrorCode.ACCOUNT_LOCKED
    if user.role is Role.SYSTEM:  # programmatic: service tokens only
        return ErrorCode.INVALID_CREDENTIALS
    if not correct:
        user.failed_logins += 1
        if user.failed_logins >= FAILURES:
            user.locked_until, user.failed_logins = now + LOCKED, 0
        return ErrorCode.INVALID_CREDENTIALS
    user.failed_logins, user.locked_until, user.last_login_at = 0, None, now
    return None


async def refresh(db: Database, token: str, *, client: str, keep: timedelta, request_id: str) -> Started:
    """Use ``token`` and give the next. Raises LoginRefused; a token used before ends its whole family."""
    refusal: ErrorCode | None = None
    async with db.write() as session:
        row = (await session.scalars(_by_token(token).with_for_update())).first()
        if row is None:
            raise LoginRefused(ErrorCode.UNAUTHENTICATED)
        refusal = await _unusable(session, row)
        user = await session.get(User, row.user_id)
        if refusal is ErrorCode.TOKEN_REUSED and user is not None:
            await end_family(session, row.family_id)
            _audit(session, user, "token.reused", request_id)
        if refusal is None and user is not None and user.active:
            row.used_at = row.used_at or datetime.now(UTC)
            return _start(session, user, family_id=row.family_id, client=client, keep=keep)
    raise LoginRefused(refusal or ErrorCode.UNAUTHENTICATED)


async def _unusable(session: AsyncSession, row: RefreshToken) -> ErrorCode | None:
    now = datetime.now(UTC)
    if row.revoked_at is not None or row.expires_at <= now:
        return ErrorCode.TOKEN_EXPIRED
    if row.used_at is None:
        return None
    later = exists().where(RefreshToken.family_id == row.family_id, RefreshToken.used_at > row.used_at)
    gone_on = now - row.used_at > _GRACE or await session.scalar(select(later))
    return ErrorCode.TOKEN_REUSED if gone_on else None


async def change_password(db: Database, user_id: UUID, current: str, new: str, *, request_id: str) -> None:
    """Raises LoginRefused INVALID_CREDENTIALS. Every session of the user ends."""
    async with db.read() as reading:
        known = await reading.get(User, user_id)
    if known is None or not await passwords.verify(known.password_hash, current):
        raise LoginRefused(ErrorCode.INVALID_CREDENTIALS)
    new_hash = await passwords.hashed(new)
    async with db.write() as session:
        user = await session.get_one(User, user_id, with_for_update=True)
        due = user.must_change_password
        user.password_hash, user.must_change_password, user.version = new_hash, False, user.version + 1
        await _revoke(session, RefreshToken.user_id == user_id)
        # Neither word nor hash is told, only that there is another.
        before, after = {"password": "old", "must_change_password": due}, {"password": "new", "must_change_password": False}
        _audit(session, user, "password.changed", request_id, before=before, after=after)


async def logout(db: Database, user_id: UUID, family_id: UUID, *, request_id: str) -> None:
    """End a session everywhere."""
    async with db.write() as session:
        await end_family(session, family_id)
        record(session, "logout", "user", user_id, actor_id=user_id, request_id=request_id)


async def end_family(session: AsyncSession, family_id: UUID) -> None:
    await _revoke(session, RefreshToken.family_id == family_id)


async def _revoke(session: AsyncSession, which: ColumnElement[bool]) -> None:
    ended = update(RefreshToken).where(which, RefreshToken.revoked_at.is_(None))
    await session.execute(ended.values(revoked_at=datetime.now(UTC)))


def _start(session: AsyncSession, user: User, *, family_id: UUID, client: str, keep: timedelta) -> Started:
    token, now = secrets.token_urlsafe(32), datetime.now(UTC)
    session.add(
        RefreshToken(
            family_id=family_id,
            user_id=user.id,
            token_hash=_digest(token),
            issued_at=now,
            expires_at=now + keep,
            client=client[:200],
        )
    )
    return Started(user, family_id, token)


def _audit(
    session: WriteSession, user: User, action: str, request_id: str, *, before: Change = None, after: Change = None
) -> None:
    record(session, action, "user", user.id, actor_id=user.id, request_id=request_id, before=before, after=after)


def _by_token(token: str) -> Select[RefreshToken]:
    return select(RefreshToken).where(RefreshToken.token_hash == _digest(token))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
