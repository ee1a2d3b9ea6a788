"""A user's second factor: the sealed TOTP secret, and the recovery codes that stand in for it (R-AUTH)."""

import base64
import hashlib
import os
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select, update

from activities.auth import totp
from activities.db.encrypted import TOTP_SECRET
from activities.db.models.recovery_codes import RecoveryCode
from activities.db.models.users import User
from activities.db.session import ReadSession, WriteSession
from activities.infra.crypto import FieldCipher

RECOVERY_CODES: Final = 10
_CODE_BYTES: Final = 10  # 80 bits: no slow hash is needed
_GROUP: Final = 4  # characters between hyphens


def in_force(user: User) -> bool:
    return user.totp_confirmed_at is not None


def offer(user: User, cipher: FieldCipher) -> str:
    """A new secret, in force once a code of it has been given (`confirm`). In plain text, given out once."""
    secret = totp.new_secret()
    TOTP_SECRET.put(user, cipher, secret)
    user.totp_confirmed_at = user.totp_last_step = None
    return secret


def confirm(user: User, code: str, cipher: FieldCipher, now: datetime) -> bool:
    """Whether ``code`` is of the offered secret; it is in force from then on."""
    if in_force(user) or not _takes_totp(user, code, cipher, now):
        return False
    user.totp_confirmed_at = now
    return True


async def takes(session: WriteSession, user: User, code: str, cipher: FieldCipher, now: datetime) -> bool:
    """Whether ``code`` is of this time and not used before, or a recovery code. It is used up by that."""
    given = "".join(code.split()).replace("-", "")
    if len(given) == totp.DIGITS:
        return _takes_totp(user, given, cipher, now)
    used = (
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id, RecoveryCode.code_hash == _digest(user.id, given), RecoveryCode.used_at.is_(None)
        )
        .values(used_at=now)
    )
    return bool((await session.scalars(used.returning(RecoveryCode.id))).all())


def _takes_totp(user: User, code: str, cipher: FieldCipher, now: datetime) -> bool:
    secret = TOTP_SECRET.get(user, cipher)
    if secret is None:
        return False
    step = totp.matching_step(secret, code, now, after=user.totp_last_step)
    if step is not None:
        user.totp_last_step = step
    return step is not None


async def renew_recovery_codes(session: WriteSession, user_id: UUID) -> tuple[str, ...]:
    """New ones, in plain text, given out once; the old ones are worth nothing any more."""
    await session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = tuple(base64.b32encode(os.urandom(_CODE_BYTES)).decode() for _ in range(RECOVERY_CODES))
    session.add_all(RecoveryCode(user_id=user_id, code_hash=_digest(user_id, code)) for code in codes)
    return tuple("-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP)) for code in codes)


async def recovery_codes_left(session: ReadSession, user_id: UUID) -> int:
    query = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return int(await session.scalar(query) or 0)


async def remove(session: WriteSession, user: User) -> None:
    user.totp_key_id = user.totp_sealed = user.totp_confirmed_at = user.totp_last_step = None
    await session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))


def _digest(user_id: UUID, code: str) -> bytes:
    return hashlib.sha256(user_id.bytes + code.upper().encode()).digest()
