"""Tokens of programs (permission `user.manage`)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.client.models import Page
from api.client.session import Session
from workflows.domain.permissions import ServiceRole


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceToken:
    """`user_id` is a user of role SYSTEM, `created_by` who issued it; None: the command line."""

    id: UUID
    user_id: UUID
    name: str
    service_role: ServiceRole
    created_at: datetime
    expires_at: datetime
    created_by: UUID | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedServiceToken:
    """`token` is told once."""

    token: str
    issued: ServiceToken


class ServiceTokens:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def list(self, *, user_id: UUID | None = None, cursor: str | None = None, limit: int = 50) -> Page[ServiceToken]:
        """Newest first."""
        return await self._session.get("/api/service-tokens", Page[ServiceToken], user_id=user_id, cursor=cursor, limit=limit)

    async def issue(
        self, *, user_id: UUID, name: str, service_role: ServiceRole, expires_in_days: int = 90
    ) -> IssuedServiceToken:
        body = {
            "user_id": str(user_id),
            "name": name,
            "service_role": service_role.value,
            "expires_in_days": expires_in_days,
        }
        return await self._session.send("POST", "/api/service-tokens", IssuedServiceToken, body)

    async def revoke(self, token_id: UUID) -> None:
        await self._session.send("DELETE", f"/api/service-tokens/{token_id}", type(None))
