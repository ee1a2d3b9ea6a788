"""The keys that sign access tokens, at rest: made, sealed, rotated and removed here (R-AUTH)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from sqlalchemy import delete, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.audit import record
from activities.db.encrypted import PRIVATE_KEY
from activities.db.models.signing_keys import SigningKey
from activities.db.session import Database, WriteSession
from activities.infra.crypto import FieldCipher, Sealed
from workflows.domain.keys import Rotation, due, emergency, planned

KEY_BITS = 2048
_ONE_MAKER = 0x5741_4D01  # advisory lock: two API processes at their first start make one key


@dataclass(frozen=True, slots=True)
class KeyPair:
    kid: str
    private_pem: str
    public_pem: str

    def __repr__(self) -> str:
        return f"KeyPair({self.kid})"


def pair_of(key: rsa.RSAPrivateKey) -> KeyPair:
    """`kid` is the thumbprint of the public key (RFC 7638): it follows from the key, whoever configures it where."""
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return KeyPair(thumbprint(public.decode()), private.decode(), public.decode())


def given_pair(pem: str) -> KeyPair:
    """The key of the setting. Raises ValueError."""
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < KEY_BITS:
        raise ValueError(f"STAM_JWT_PRIVATE_KEY must be the PEM of an RSA key of at least {KEY_BITS} bits.")
    return pair_of(key)


def public_jwk(public_pem: str) -> dict[str, str]:
    """Members `kty`, `n` and `e` (RFC 7517)."""
    key = serialization.load_pem_public_key(public_pem.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    made = RSAAlgorithm.to_jwk(key, as_dict=True)
    return {name: str(made[name]) for name in ("kty", "n", "e")}


def thumbprint(public_pem: str) -> str:
    members = public_jwk(public_pem)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(f'{{"e":"{members["e"]}","kty":"{members["kty"]}","n":"{members["n"]}"}}'.encode())
    return jwt.utils.base64url_encode(digest.finalize()).decode()


async def accepted(session: AsyncSession, now: datetime) -> list[SigningKey]:
    """Those whose tokens are taken, the newest first."""
    query = select(SigningKey).where(or_(SigningKey.not_after.is_(None), SigningKey.not_after > now))
    return list((await session.scalars(query.order_by(SigningKey.signs_at.desc()))).all())


@asynccontextmanager
async def locked(db: Database) -> AsyncIterator[WriteSession]:
    """A transaction in which nobody else makes a key."""
    async with db.write() as session:
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_MAKER})
        yield session


async def ensure_one(db: Database, cipher: FieldCipher) -> None:
    """Make the first key where none signs."""
    async with locked(db) as session:
        now = datetime.now(UTC)
        if not any(row.signs_at <= now for row in await accepted(session, now)):
            session.add(await _new_row(cipher, signs_at=now))


async def rotate_if_due(db: Database, cipher: FieldCipher, now: datetime) -> str | None:
    """The new key's `kid`; None: the present one is young enough. To repeat it is safe."""
    async with locked(db) as session:
        rows = await accepted(session, now)
        if not due(rows[0].signs_at if rows else None, now):
            return None
        return await _rotate(session, cipher, rows, planned(now))


async def rotate_now(db: Database, cipher: FieldCipher, *, revoke_old: bool) -> str:
    """In an emergency. The new key's `kid`."""
    async with locked(db) as session:
        now = datetime.now(UTC)
        return await _rotate(session, cipher, await accepted(session, now), emergency(now, revoke_old=revoke_old))


async def _rotate(session: WriteSession, cipher: FieldCipher, old: list[SigningKey], rotation: Rotation) -> str:
    for row in old:
        row.not_after = min(row.not_after or rotation.not_after, rotation.not_after)
    new = await _new_row(cipher, signs_at=rotation.signs_at)
    session.add(new)
    detail = {"kid": new.kid, "signs_at": rotation.signs_at, "old_until": rotation.not_after}
    record(session, "signing_key.rotated", "signing_key", None, actor_id=None, detail=detail)
    return new.kid


async def next_removal(db: Database) -> datetime | None:
    """When the next key that was replaced is to go; None: there is none."""
    async with db.read() as session:
        return await session.scalar(select(func.min(SigningKey.not_after)))


async def remove_retired(db: Database, now: datetime) -> int:
    """How many keys are gone for good, the private ones with them."""
    async with db.write() as session:
        gone = await session.scalars(delete(SigningKey).where(SigningKey.not_after <= now).returning(SigningKey.kid))
        return len(gone.all())


def opened(row: SigningKey, cipher: FieldCipher) -> KeyPair:
    """Raises Unreadable."""
    private = PRIVATE_KEY.open(cipher, row.kid, Sealed(row.private_key_id, row.private_sealed))
    return KeyPair(row.kid, private, row.public_pem)


async def _new_row(cipher: FieldCipher, *, signs_at: datetime) -> SigningKey:
    pair = await asyncio.to_thread(_generated)
    row = SigningKey(kid=pair.kid, public_pem=pair.public_pem, signs_at=signs_at)
    PRIVATE_KEY.put(row, cipher, pair.private_pem)
    return row


def _generated() -> KeyPair:
    return pair_of(rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS))
