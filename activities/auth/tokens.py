"""Access tokens: JWT, RS256, `kid` in the header (ADR-010). Keys live in `signing_keys` or come as a setting."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.models.signing_keys import SigningKey
from activities.db.session import Database
from activities.infra.settings import Settings
from workflows.domain.permissions import Role

ALGORITHM = "RS256"
_KEY_BITS = 2048
_ISSUER = "stam"
_CLOCK_SKEW = timedelta(seconds=5)  # between API replicas
_ONE_MAKER = 0x5741_4D01  # advisory lock: two API processes at their first start make one key


_LOOK_AGAIN = 10.0  # s; for a key another replica or the rotation has made


class TokenError(Exception):
    """The token is no good. `expired` tells a session that ended from a forgery."""

    def __init__(self, reason: str, *, expired: bool = False) -> None:
        super().__init__(reason)
        self.expired = expired


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessClaims:
    """What an access token says. `family_id` is the session it belongs to."""

    user_id: UUID
    role: Role
    family_id: UUID
    expires_at: datetime
    must_change_password: bool = False


@dataclass(frozen=True, slots=True)
class Keys:
    """The key that signs, and all that are accepted, by `kid`."""

    kid: str
    private_pem: str
    public_pems: Mapping[str, str]

    def issue(self, claims: AccessClaims) -> str:
        body = {
            "iss": _ISSUER,
            "sub": str(claims.user_id),
            "role": claims.role.value,
            "fam": str(claims.family_id),
            "pwd": claims.must_change_password,
            "iat": datetime.now(UTC),
            "exp": claims.expires_at,
            "jti": str(uuid4()),
        }
        return jwt.encode(body, self.private_pem, algorithm=ALGORITHM, headers={"kid": self.kid})

    def verify(self, token: str) -> AccessClaims:
        """Raises TokenError."""
        try:
            pem = self.public_pems[kid_of(token)]
            body = jwt.decode(
                token,
                pem,
                algorithms=[ALGORITHM],
                issuer=_ISSUER,
                leeway=_CLOCK_SKEW,
                options={"require": ["exp", "sub", "role", "fam"]},
            )
            return AccessClaims(
                user_id=UUID(body["sub"]),
                role=Role(body["role"]),
                family_id=UUID(body["fam"]),
                expires_at=datetime.fromtimestamp(body["exp"], UTC),
                must_change_password=bool(body.get("pwd", False)),
            )
        except jwt.ExpiredSignatureError as error:
            raise TokenError("the token has expired", expired=True) from error
        except (jwt.InvalidTokenError, TokenError, KeyError, ValueError) as error:
            raise TokenError("the token is not valid") from error


def kid_of(token: str) -> str:
    """The key a token says it was signed with. Raises TokenError."""
    try:
        return str(jwt.get_unverified_header(token)["kid"])
    except (jwt.InvalidTokenError, KeyError) as error:
        raise TokenError("the token is not valid") from error


class KeyRing:
    """The keys as one process knows them: read at first use, and again when a token names one it has not seen."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db, self._settings = db, settings
        self._keys: Keys | None = None
        self._read_at = 0.0
        self._reading = asyncio.Lock()

    async def issue(self, claims: AccessClaims) -> str:
        """Raises DatabaseUnavailable while there are no keys yet."""
        return (await self._known()).issue(claims)

    async def verify(self, token: str) -> AccessClaims:
        """Raises TokenError, DatabaseUnavailable."""
        keys = await self._known()
        if kid_of(token) not in keys.public_pems and time.monotonic() - self._read_at > _LOOK_AGAIN:
            keys = await self._read()
        return keys.verify(token)

    async def _known(self) -> Keys:
        return self._keys or await self._read()

    async def _read(self) -> Keys:
        async with self._reading:
            if self._keys is None or time.monotonic() - self._read_at > _LOOK_AGAIN:
                self._keys = await load_keys(self._db, self._settings)
                self._read_at = time.monotonic()
            return self._keys


async def load_keys(db: Database, settings: Settings) -> Keys:
    """The present keys; the first is made where there is none. Raises DatabaseUnavailable, ValueError for a bad setting."""
    async with db.write() as session:
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_MAKER})
        rows = await _accepted(session)
        if settings.jwt_private_key is not None:
            return _with_given(settings.jwt_private_key.get_secret_value(), rows)
        if not any(row.active for row in rows):
            rows.insert(0, await asyncio.to_thread(_new_key))
            session.add(rows[0])
        signing = next(row for row in rows if row.active)
        return Keys(signing.kid, signing.private_pem, {row.kid: row.public_pem for row in rows})


async def _accepted(session: AsyncSession) -> list[SigningKey]:
    """Newest first."""
    now = datetime.now(UTC)
    query = select(SigningKey).where(or_(SigningKey.not_after.is_(None), SigningKey.not_after > now))
    return list((await session.scalars(query.order_by(SigningKey.created_at.desc()))).all())


def _new_key() -> SigningKey:
    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return SigningKey(kid=str(uuid4()), private_pem=private, public_pem=_public_pem(key), active=True)


def _with_given(pem: str, rows: list[SigningKey]) -> Keys:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < _KEY_BITS:
        raise ValueError(f"STAM_JWT_PRIVATE_KEY must be the PEM of an RSA key of at least {_KEY_BITS} bits.")
    accepted = {row.kid: row.public_pem for row in rows}
    return Keys("setting", pem, accepted | {"setting": _public_pem(key)})


def _public_pem(key: rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
