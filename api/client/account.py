"""One's own account: sessions and second factor."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.client.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginSession:
    """A login that goes on. `origin` tells one address from another, not which it is; `client` is the user agent."""

    id: UUID
    started_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bool
    client: str | None = None
    origin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorOffer:
    """A secret to be put into an authenticator app: as text, and as what a QR code holds. Told once."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodes:
    """Each stands in for a code of the app once. Told once."""

    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    """`required`: by the role; it cannot be gone without."""

    enabled: bool
    required: bool
    recovery_codes_left: int


class Account:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def sessions(self) -> tuple[LoginSession, ...]:
        """Newest first."""
        return await self._session.get("/api/auth/sessions", tuple[LoginSession, ...])

    async def end_session(self, session_id: UUID) -> None:
        await self._session.send("DELETE", f"/api/auth/sessions/{session_id}", type(None))

    async def end_other_sessions(self) -> None:
        """All but this one."""
        await self._session.send("DELETE", "/api/auth/sessions", type(None))

    async def second_factor(self) -> SecondFactor:
        return await self._session.get("/api/auth/second-factor", SecondFactor)

    async def offer_second_factor(self, password: str) -> SecondFactorOffer:
        """In force once `confirm_second_factor` was given a code of it."""
        return await self._session.send("POST", "/api/auth/second-factor", SecondFactorOffer, {"password": password})

    async def confirm_second_factor(self, code: str) -> RecoveryCodes:
        return await self._session.send("POST", "/api/auth/second-factor/confirm", RecoveryCodes, {"code": code})

    async def renew_recovery_codes(self, password: str, code: str) -> RecoveryCodes:
        """The old ones are worth nothing any more."""
        body = {"password": password, "code": code}
        return await self._session.send("POST", "/api/auth/second-factor/recovery-codes", RecoveryCodes, body)

    async def mute(self, seconds: int) -> None:
        """This console is quiet for so long, but for P1; 0: it sounds again. The audit log knows of it."""
        await self._session.send("POST", "/api/account/mute", type(None), {"seconds": seconds})

    async def disable_second_factor(self, password: str, code: str) -> None:
        body = {"password": password, "code": code}
        await self._session.send("POST", "/api/auth/second-factor/disable", type(None), body)
