"""Sessions: a login starts a family of refresh tokens; each is used once; one used twice ends the family (R-AUTH)."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities.auth import passwords
from activities.db.models.audit_log import AuditEntry
from activities.db.models.refresh_tokens import RefreshToken
from activities.db.models.users import User
from activities.db.session import Database
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Role

FAILURES, LOCKED = 10, timedelta(minutes=30)
_GRACE = timedelta(seconds=10)  # the same token again within this: the answer was lost, not the token


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


async def login(db: Database, username: str, password: str, *, client: str, keep: timedelta) -> Started:
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
            _audit(session, user, "login" if started else "login.refused")
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


async def refresh(db: Database, token: str, *, client: str, keep: timedelta) -> Started:
    """Use ``token`` and give the next. Raises LoginRefused; a token used before ends its whole family."""
    refusal: ErrorCode | None = None
    async with db.write() as session:
        row = (await session.scalars(_by_token(token).with_for_update())).first()
        if row is None:
            raise LoginRefused(ErrorCode.UNAUTHENTICATED)
        refusal = _usable(row)
        if refusal is ErrorCode.TOKEN_REUSED:
            await end_family(session, row.family_id)
        user = await session.get(User, row.user_id)
        if refusal is None and user is not None and user.active:
            row.used_at = row.used_at or datetime.now(UTC)
            return _start(session, user, family_id=row.family_id, client=client, keep=keep)
    raise LoginRefused(refusal or ErrorCode.UNAUTHENTICATED)


def _usable(row: RefreshToken) -> ErrorCode | None:
    now = datetime.now(UTC)
    if row.revoked_at is not None or row.expires_at <= now:
        return ErrorCode.TOKEN_EXPIRED
    if row.used_at is not None and now - row.used_at > _GRACE:
        return ErrorCode.TOKEN_REUSED
    return None


async def logout(db: Database, token: str) -> None:
    """End the session of ``token``; an unknown one is nobody's session."""
    async with db.write() as session:
        row = (await session.scalars(_by_token(token))).first()
        if row is not None:
            await end_family(session, row.family_id)


async def end_family(session: AsyncSession, family_id: UUID) -> None:
    ended = update(RefreshToken).where(RefreshToken.family_id == family_id, RefreshToken.revoked_at.is_(None))
    await session.execute(ended.values(revoked_at=datetime.now(UTC)))


async def family_lives(session: AsyncSession, family_id: UUID) -> bool:
    """Whether the session has not been ended (logout, reuse)."""
    query = select(RefreshToken.id).where(RefreshToken.family_id == family_id, RefreshToken.revoked_at.is_(None))
    return (await session.scalars(query.limit(1))).first() is not None


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


def _audit(session: AsyncSession, user: User, action: str) -> None:
    session.add(AuditEntry(actor_id=user.id, action=action, subject_kind="user", subject_id=user.id))


def _by_token(token: str) -> Select[RefreshToken]:
    return select(RefreshToken).where(RefreshToken.token_hash == _digest(token))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
