"""Administering users (permission `user.manage`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from api.client.account import LoginSession
from api.client.models import Page
from api.client.session import Session
from workflows.domain.permissions import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class UserAccount:
    """A user as an administrator sees him."""

    id: UUID
    username: str
    display_name: str
    role: Role
    locale: str
    active: bool
    must_change_password: bool
    second_factor: bool
    version: int
    created_at: datetime
    locked_until: datetime | None = None
    last_login_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPassword:
    """`temporary_password` was made by the server, and is told once; None: the administrator gave one."""

    user: UserAccount
    temporary_password: str | None = None


class Users:
    """Every change raises ApiError STALE_VERSION when ``version`` is not the present one; `ApiError.current` is how it is."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def list(
        self,
        *,
        q: str | None = None,
        role: Sequence[Role] = (),
        active: bool | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[UserAccount]:
        """By user name."""
        query = {"q": q, "role": role, "active": active, "cursor": cursor, "limit": limit}
        return await self._session.get("/api/users", Page[UserAccount], **query)

    async def one(self, user_id: UUID) -> UserAccount:
        return await self._session.get(f"/api/users/{user_id}", UserAccount)

    async def create(self, **members: Any) -> NewPassword:
        """username, display_name, role; locale, password (left out: the server makes one)."""
        return await self._session.send("POST", "/api/users", NewPassword, members)

    async def change(self, user_id: UUID, *, version: int, **members: Any) -> UserAccount:
        """Only the members given change: display_name, role, locale, active."""
        body = {"version": version, **members}
        return await self._session.send("PATCH", f"/api/users/{user_id}", UserAccount, body)

    async def deactivate(self, user_id: UUID, *, version: int) -> UserAccount:
        return await self._session.send("DELETE", f"/api/users/{user_id}?version={version}", UserAccount)

    async def reset_password(self, user_id: UUID, *, version: int, password: str | None = None) -> NewPassword:
        body = {"version": version, "password": password}
        return await self._session.send("POST", f"/api/users/{user_id}/password", NewPassword, body)

    async def unlock(self, user_id: UUID, *, version: int) -> UserAccount:
        return await self._session.send("POST", f"/api/users/{user_id}/unlock", UserAccount, {"version": version})

    async def reset_second_factor(self, user_id: UUID, *, version: int) -> UserAccount:
        path = f"/api/users/{user_id}/second-factor/reset"
        return await self._session.send("POST", path, UserAccount, {"version": version})

    async def sessions(self, user_id: UUID) -> tuple[LoginSession, ...]:
        """Newest first."""
        return await self._session.get(f"/api/users/{user_id}/sessions", tuple[LoginSession, ...])

    async def end_sessions(self, user_id: UUID) -> None:
        await self._session.send("DELETE", f"/api/users/{user_id}/sessions", type(None))

    async def end_session(self, user_id: UUID, session_id: UUID) -> None:
        await self._session.send("DELETE", f"/api/users/{user_id}/sessions/{session_id}", type(None))
