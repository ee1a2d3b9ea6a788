"""Access tokens: JWT, RS256, `kid` in the header (ADR-010). Keys live in `signing_keys` or come as a setting (`keys.py`)."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from activities.auth import keys
from activities.auth.keys import KeyPair
from activities.db.session import Database, DatabaseUnavailable
from activities.infra.crypto import FieldCipher
from activities.infra.settings import Settings
from workflows.domain.permissions import Role

ALGORITHM = "RS256"
_ISSUER = "stam"
CLOCK_SKEW = timedelta(seconds=5)  # between API replicas
READ_EVERY = 60.0  # s; much less than a new key is published before it signs (`workflows.domain.keys`)
_LOOK_AGAIN = 1.0  # s; for a key that signs at once: the first, or one made in an emergency


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
    issued_at: datetime
    expires_at: datetime
    must_change_password: bool = False


@dataclass(frozen=True, slots=True)
class Keys:
    """The key that signs, and all that are accepted, by `kid`. `good_until`: when one of them ends or begins to sign."""

    signing: KeyPair
    public_pems: Mapping[str, str]
    good_until: datetime

    def issue(self, claims: AccessClaims) -> str:
        body = {
            "iss": _ISSUER,
            "sub": str(claims.user_id),
            "role": claims.role.value,
            "fam": str(claims.family_id),
            "pwd": claims.must_change_password,
            "iat": claims.issued_at,
            "exp": claims.expires_at,
            "jti": str(uuid4()),
        }
        return jwt.encode(body, _private(self.signing.private_pem), algorithm=ALGORITHM, headers={"kid": self.signing.kid})

    def verify(self, token: str) -> AccessClaims:
        """Raises TokenError."""
        try:
            body = jwt.decode(
                token,
                _public(self.public_pems[kid_of(token)]),
                algorithms=[ALGORITHM],
                issuer=_ISSUER,
                leeway=CLOCK_SKEW,
                options={"require": ["exp", "iat", "sub", "role", "fam"]},
            )
            return AccessClaims(
                user_id=UUID(body["sub"]),
                role=Role(body["role"]),
                family_id=UUID(body["fam"]),
                issued_at=datetime.fromtimestamp(body["iat"], UTC),
                expires_at=datetime.fromtimestamp(body["exp"], UTC),
                must_change_password=bool(body.get("pwd", False)),
            )
        except jwt.ExpiredSignatureError as error:
            raise TokenError("the token has expired", expired=True) from error
        except (jwt.InvalidTokenError, TokenError, KeyError, ValueError) as error:
            raise TokenError("the token is not valid") from error


# Reading and checking a private key takes 15 ms, in which the event loop would stand still: not with every token. Only the one
# that signs is kept: a retired key does not stay in memory.
@lru_cache(maxsize=1)
def _private(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


@lru_cache(maxsize=16)
def _public(pem: str) -> rsa.RSAPublicKey:
    key = serialization.load_pem_public_key(pem.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    return key


def kid_of(token: str) -> str:
    """The key a token says it was signed with. Raises TokenError."""
    try:
        return str(jwt.get_unverified_header(token)["kid"])
    except (jwt.InvalidTokenError, KeyError) as error:
        raise TokenError("the token is not valid") from error


class KeyRing:
    """The keys as one process knows them: read at first use, every minute, when one of them ends, and when a token names one
    it has not seen."""

    def __init__(self, db: Database, settings: Settings, cipher: FieldCipher) -> None:
        self._db, self._settings, self._cipher = db, settings, cipher
        self._keys: Keys | None = None
        self._read_at = 0.0
        self._reading = asyncio.Lock()

    async def issue(self, claims: AccessClaims) -> str:
        """Raises DatabaseUnavailable while there are no keys yet."""
        return (await self.known()).issue(claims)

    async def verify(self, token: str) -> AccessClaims:
        """Raises TokenError, DatabaseUnavailable."""
        known = await self.known()
        if kid_of(token) not in known.public_pems:
            known = await self._read(older_than=_LOOK_AGAIN)
        return known.verify(token)

    async def known(self) -> Keys:
        """The present keys. While the database is away those of before go on, as long as they are good."""
        if self._keys is None:
            return await self._read(older_than=0.0)
        if datetime.now(UTC) >= self._keys.good_until:
            return await self._read(older_than=0.0)
        if time.monotonic() - self._read_at > READ_EVERY:
            with contextlib.suppress(DatabaseUnavailable):
                return await self._read(older_than=READ_EVERY)
        return self._keys

    async def _read(self, *, older_than: float) -> Keys:
        """Once for all who ask at the same time."""
        asked = time.monotonic()
        async with self._reading:
            if self._keys is None or (self._read_at < asked and asked - self._read_at > older_than):
                self._keys = await load_keys(self._db, self._settings, self._cipher)
                self._read_at = time.monotonic()
            return self._keys


async def load_keys(db: Database, settings: Settings, cipher: FieldCipher) -> Keys:
    """The present keys; the first is made where there is none.

    Raises DatabaseUnavailable, Unreadable when a key is sealed under a lost one, ValueError for a bad setting.
    """
    given = keys.given_pair(settings.jwt_private_key.get_secret_value()) if settings.jwt_private_key is not None else None
    found = await _load(db, cipher, given)
    if found is None:
        await keys.ensure_one(db, cipher)
        found = await _load(db, cipher, given)
    assert found is not None
    return found


async def _load(db: Database, cipher: FieldCipher, given: KeyPair | None) -> Keys | None:
    """None: no key signs yet."""
    now = datetime.now(UTC)
    async with db.read() as session:
        rows = await keys.accepted(session, now)
    public = {row.kid: row.public_pem for row in rows}
    changes = [row.not_after for row in rows if row.not_after] + [row.signs_at for row in rows if row.signs_at > now]
    good_until = min(changes, default=datetime.max.replace(tzinfo=UTC))
    if given is not None:
        return Keys(given, public | {given.kid: given.public_pem}, good_until)
    signing = next((row for row in rows if row.signs_at <= now), None)
    return Keys(keys.opened(signing, cipher), public, good_until) if signing is not None else None
