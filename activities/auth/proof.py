"""Proving who one is, at login and before what an access token alone must not do: every failure counts (R-AUTH)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select

from activities.auth import passwords, second_factor
from activities.db.audit import record
from activities.db.models.users import User
from activities.db.session import Database, WriteSession
from activities.infra.crypto import FieldCipher
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Role

FAILURES: Final = 10
LOCKED: Final = timedelta(minutes=30)


class LoginRefused(Exception):  # noqa: N818 - an answer, not a fault
    """`code` says why: INVALID_CREDENTIALS, ACCOUNT_LOCKED, SECOND_FACTOR_…, TOKEN_… or UNAUTHENTICATED."""

    def __init__(self, code: ErrorCode) -> None:
        super().__init__(code.value)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What somebody brings. `by_password_only`: his second factor is not asked for."""

    password: str = field(repr=False)
    code: str | None = field(default=None, repr=False)
    by_password_only: bool = False


@asynccontextmanager
async def proven(
    db: Database, cipher: FieldCipher, who: ColumnElement[bool], proof: Proof, *, action: str, request_id: str
) -> AsyncIterator[tuple[WriteSession, User]]:
    """A transaction with the user's row locked, once he has proven to be the one. Raises LoginRefused.

    ``who`` picks one user. ``action`` is for the audit row: as it is, or with ".refused".
    """
    async with db.read() as reading:
        known = (await reading.scalars(select(User).where(who))).first()
    correct = await passwords.verify(known.password_hash if known else None, proof.password)
    refusal: ErrorCode = ErrorCode.INVALID_CREDENTIALS
    async with db.write() as session:
        user = await session.get(User, known.id, with_for_update=True) if known else None
        if known is not None and user is not None and user.active:
            same = user.password_hash == known.password_hash
            judged = await _judge(session, user, proof, cipher, correct=correct and same)
            _audit(session, user, action if judged is None else f"{action}.refused", request_id, judged)
            if judged is None:
                yield session, user
                return
            refusal = judged
    raise LoginRefused(refusal)


async def _judge(session: WriteSession, user: User, proof: Proof, cipher: FieldCipher, *, correct: bool) -> ErrorCode | None:
    """Count, lock and unlock. A locked account answers the same to right and wrong passwords."""
    now = datetime.now(UTC)
    if user.locked_until is not None and user.locked_until > now:
        return ErrorCode.ACCOUNT_LOCKED
    if user.role is Role.SYSTEM:  # programmatic: service tokens only
        return ErrorCode.INVALID_CREDENTIALS
    if not correct:
        return failed(user, ErrorCode.INVALID_CREDENTIALS, now)
    if second_factor.in_force(user) and not proof.by_password_only:
        if proof.code is None:  # neither a failure nor a success: the count stays
            return ErrorCode.SECOND_FACTOR_REQUIRED
        if not await second_factor.takes(session, user, proof.code, cipher, now):
            return failed(user, ErrorCode.SECOND_FACTOR_WRONG, now)
    user.failed_logins, user.locked_until = 0, None
    return None


def failed(user: User, code: ErrorCode, now: datetime) -> ErrorCode:
    """One failure more; the last one locks the account."""
    user.failed_logins += 1
    if user.failed_logins >= FAILURES:
        user.locked_until, user.failed_logins = now + LOCKED, 0
    return code


def _audit(session: WriteSession, user: User, action: str, request_id: str, refusal: ErrorCode | None) -> None:
    detail = {"reason": refusal} if refusal is not None else None
    record(session, action, "user", user.id, actor_id=user.id, request_id=request_id, detail=detail)


def by_id(user_id: UUID) -> ColumnElement[bool]:
    return User.id == user_id


def by_name(username: str) -> ColumnElement[bool]:
    return User.username == username.strip().lower()
