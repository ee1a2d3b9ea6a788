"""Setting up one's second factor and giving it up (R-AUTH)."""

from datetime import UTC, datetime
from uuid import UUID

from activities.auth import second_factor, totp
from activities.auth.proof import LoginRefused, Proof, by_id, failed, proven
from activities.db.audit import record
from activities.db.models.users import User
from activities.db.session import Database
from activities.infra.crypto import FieldCipher
from workflows.domain.errors import ErrorCode


class AlreadySetUp(Exception):  # noqa: N818 - what is the case
    """The second factor is in force; it must be given up before another is set up."""


async def offer(db: Database, cipher: FieldCipher, user_id: UUID, password: str, *, request_id: str) -> tuple[str, str]:
    """A new secret and its URI. Raises LoginRefused, AlreadySetUp."""
    proof = Proof(password=password, by_password_only=True)
    action = "second_factor.offered"
    async with proven(db, cipher, by_id(user_id), proof, action=action, request_id=request_id) as (_, user):
        if second_factor.in_force(user):
            raise AlreadySetUp
        secret = second_factor.offer(user, cipher)
        return secret, totp.uri(secret, user.username)


async def confirm(db: Database, cipher: FieldCipher, user_id: UUID, code: str, *, request_id: str) -> tuple[str, ...]:
    """Recovery codes: the offered secret is in force. Raises LoginRefused (a wrong code counts), AlreadySetUp."""
    now = datetime.now(UTC)
    async with db.write() as session:
        user = await session.get_one(User, user_id, with_for_update=True)
        if second_factor.in_force(user):
            raise AlreadySetUp
        if user.locked_until is not None and user.locked_until > now:
            raise LoginRefused(ErrorCode.ACCOUNT_LOCKED)
        enabled = second_factor.confirm(user, code, cipher, now)
        action = "second_factor.enabled" if enabled else "second_factor.enabled.refused"
        record(session, action, "user", user_id, actor_id=user_id, request_id=request_id)
        if enabled:
            user.version += 1
            return await second_factor.renew_recovery_codes(session, user_id)
        refusal = failed(user, ErrorCode.SECOND_FACTOR_WRONG, now)
    raise LoginRefused(refusal)


async def renew_codes(db: Database, cipher: FieldCipher, user_id: UUID, proof: Proof, *, request_id: str) -> tuple[str, ...]:
    """New recovery codes in place of the old ones. Raises LoginRefused."""
    action = "second_factor.codes_renewed"
    async with proven(db, cipher, by_id(user_id), proof, action=action, request_id=request_id) as (session, user):
        if not second_factor.in_force(user):
            raise LoginRefused(ErrorCode.SECOND_FACTOR_WRONG)
        return await second_factor.renew_recovery_codes(session, user_id)


async def disable(db: Database, cipher: FieldCipher, user_id: UUID, proof: Proof, *, request_id: str) -> None:
    """Raises LoginRefused."""
    action = "second_factor.disabled"
    async with proven(db, cipher, by_id(user_id), proof, action=action, request_id=request_id) as (session, user):
        await second_factor.remove(session, user)
        user.version += 1
