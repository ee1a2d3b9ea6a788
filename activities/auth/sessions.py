"""Sessions: a login starts a family of refresh tokens; each is used once; one used twice ends the family (R-AUTH)."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, exists, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities.auth import passwords
from activities.auth.password_policy import Objection, PasswordRefused
from activities.auth.proof import LoginRefused, Proof, by_id, by_name, proven
from activities.db.audit import record
from activities.db.models.refresh_tokens import RefreshToken
from activities.db.models.users import User
from activities.db.session import Database, WriteSession
from activities.infra.crypto import FieldCipher
from workflows.domain.errors import ErrorCode

_GRACE = timedelta(seconds=30)  # the same token again within this, its successor unused: the answer was lost, not the token


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """How somebody comes: `client` is the user agent, `address` where from, `keep` the life of a refresh token."""

    client: str
    address: str
    keep: timedelta
    request_id: str


class RefreshRefused(LoginRefused):
    """`ended`: the session that ended by this."""

    def __init__(self, code: ErrorCode, ended: UUID | None) -> None:
        super().__init__(code)
        self.ended = ended


@dataclass(frozen=True, slots=True)
class Started:
    """A session that goes on: who it is, its family, and the next refresh token (plain text, given out once)."""

    user: User
    family_id: UUID
    refresh_token: str


async def login(db: Database, cipher: FieldCipher, username: str, proof: Proof, visit: Visit) -> Started:
    """Raises LoginRefused."""
    who = by_name(username)
    async with proven(db, cipher, who, proof, action="login", request_id=visit.request_id) as (session, user):
        user.last_login_at = datetime.now(UTC)
        return _start(session, user, visit, family_id=uuid7(), started_at=user.last_login_at)


async def refresh(db: Database, token: str, visit: Visit) -> Started:
    """Use ``token`` and give the next. Raises LoginRefused; a token used before ends its whole family."""
    async with db.write() as session:
        row = (await session.scalars(_by_token(token).with_for_update())).first()
        if row is None:
            raise LoginRefused(ErrorCode.UNAUTHENTICATED)
        refusal = await _unusable(session, row)
        user = await session.get(User, row.user_id)
        if refusal is ErrorCode.TOKEN_REUSED:
            await end_sessions(session, row.user_id, RefreshToken.family_id == row.family_id)
            record(session, "token.reused", "user", row.user_id, actor_id=row.user_id, request_id=visit.request_id)
        if refusal is None and user is not None and user.active:
            row.used_at = row.used_at or datetime.now(UTC)
            return _start(session, user, visit, family_id=row.family_id, started_at=row.started_at)
        ended = row.family_id if refusal is ErrorCode.TOKEN_REUSED else None
    raise RefreshRefused(refusal or ErrorCode.UNAUTHENTICATED, ended)


async def _unusable(session: AsyncSession, row: RefreshToken) -> ErrorCode | None:
    now = datetime.now(UTC)
    if row.revoked_at is not None or row.expires_at <= now:
        return ErrorCode.TOKEN_EXPIRED
    if row.used_at is None:
        return None
    later = exists().where(RefreshToken.family_id == row.family_id, RefreshToken.used_at > row.used_at)
    gone_on = now - row.used_at > _GRACE or await session.scalar(select(later))
    return ErrorCode.TOKEN_REUSED if gone_on else None


async def change_password(
    db: Database, cipher: FieldCipher, user_id: UUID, current: str, new: str, *, request_id: str
) -> tuple[UUID, ...]:
    """The sessions that ended by it: all of the user's. Raises LoginRefused, PasswordRefused."""
    new_hash = await passwords.hashed(new)
    proof = Proof(password=current, by_password_only=True)
    who = by_id(user_id)
    async with proven(db, cipher, who, proof, action="password.changed", request_id=request_id) as (session, user):
        if current == new:
            raise PasswordRefused(Objection.UNCHANGED)
        user.password_hash, user.must_change_password, user.version = new_hash, False, user.version + 1
        return await end_sessions(session, user_id)


async def session_of(session: AsyncSession, token: str) -> tuple[UUID, UUID] | None:
    """Whose refresh token it is or was, and the session: (user id, family id)."""
    row = (await session.scalars(_by_token(token))).first()
    return (row.user_id, row.family_id) if row is not None else None


async def end_sessions(session: WriteSession, user_id: UUID, *which: ColumnElement[bool]) -> tuple[UUID, ...]:
    """The sessions of the user that ended by this, for `EndedSessions.tell`; all of them without ``which``."""
    alive = RefreshToken.user_id == user_id, RefreshToken.revoked_at.is_(None)
    ended = update(RefreshToken).where(*alive, *which).values(revoked_at=datetime.now(UTC))
    return tuple(set((await session.scalars(ended.returning(RefreshToken.family_id))).all()))


def note_logout(session: WriteSession, user_id: UUID, *, request_id: str) -> None:
    record(session, "logout", "user", user_id, actor_id=user_id, request_id=request_id)


async def list_sessions(session: AsyncSession, user_id: UUID, *, limit: int = 200) -> list[RefreshToken]:
    """The newest link of each session that goes on, the newest session first."""
    alive = RefreshToken.revoked_at.is_(None), RefreshToken.expires_at > datetime.now(UTC)
    newest = (
        select(RefreshToken.family_id, func.max(RefreshToken.issued_at))
        .where(RefreshToken.user_id == user_id, *alive)
        .group_by(RefreshToken.family_id)
    )
    link = tuple_(RefreshToken.family_id, RefreshToken.issued_at)
    query = select(RefreshToken).where(link.in_(newest)).order_by(RefreshToken.started_at.desc()).limit(limit)
    return list((await session.scalars(query)).all())


async def purge(db: Database, now: datetime) -> int:
    """How many refresh tokens are gone: those that could not be used any more whatever happens."""
    async with db.write() as session:
        gone = delete(RefreshToken).where(RefreshToken.expires_at < now).returning(RefreshToken.id)
        return len((await session.scalars(gone)).all())


def origin_of(user_id: UUID, address: str) -> str:
    """Addresses are personal data: this tells one of the user's from another, and 32 bits do not tell which it is."""
    return hashlib.sha256(f"{user_id}:{address}".encode()).hexdigest()[:8]


def _start(session: WriteSession, user: User, visit: Visit, *, family_id: UUID, started_at: datetime) -> Started:
    token, now = secrets.token_urlsafe(32), datetime.now(UTC)
    session.add(
        RefreshToken(
            family_id=family_id,
            user_id=user.id,
            token_hash=_digest(token),
            issued_at=now,
            expires_at=now + visit.keep,
            client=visit.client[:200],
            started_at=started_at,
            origin=origin_of(user.id, visit.address),
        )
    )
    return Started(user, family_id, token)


def _by_token(token: str) -> Select[RefreshToken]:
    return select(RefreshToken).where(RefreshToken.token_hash == _digest(token))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
