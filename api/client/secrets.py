"""Secrets of objects and their timed reveals (R-REVEAL)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from api.client.models import Page
from api.client.session import Session, with_query
from workflows.domain.permissions import Role
from workflows.domain.reveal import RevealState, SecretKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """That there is a secret, and what it is for; never what it is. `revealable_by`: roles, some for assigned objects only."""

    id: UUID
    object_id: UUID
    kind: SecretKind
    label: str
    version: int
    created_at: datetime
    updated_at: datetime
    revealable_by: tuple[Role, ...]
    contact_id: UUID | None = None
    panel_id: UUID | None = None
    user_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reveal:
    """Who asked for which secret and why. VISIBLE until `expires_at`; `spent_at`: it has been told, or was taken back."""

    id: UUID
    secret_id: UUID
    kind: SecretKind
    label: str
    object_id: UUID
    object_name: str
    user_id: UUID
    username: str
    reason: str
    state: RevealState
    asked_at: datetime
    expires_at: datetime | None = None
    spent_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevealedSecret:
    """To be shown until `expires_at` and then forgotten. In no repr."""

    reveal_id: UUID
    expires_at: datetime
    value: str = field(repr=False)


class Secrets:
    """Calls of `StamClient.secrets`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # -- keeping them

    async def of_object(self, object_id: UUID, *, cursor: str | None = None, limit: int = 50) -> Page[Secret]:
        """By label."""
        return await self._session.get(_of(object_id), Page[Secret], cursor=cursor, limit=limit)

    async def create(self, object_id: UUID, *, kind: SecretKind, label: str, value: str, **more: Any) -> Secret:
        """``more``: contact_id, panel_id, user_number."""
        body: Mapping[str, Any] = {"kind": kind, "label": label, "value": value, **more}
        return await self._session.send("POST", _of(object_id), Secret, body)

    async def change(self, secret: Secret, **changes: Any) -> Secret:
        """label, value or both. 409 STALE_VERSION when ``secret`` is not the newest."""
        return await self._session.send("PATCH", _one(secret), Secret, {"version": secret.version, **changes})

    async def delete(self, secret: Secret) -> None:
        """For good: nothing is left of its value."""
        await self._session.call("DELETE", with_query(_one(secret), version=secret.version))

    # -- seeing them

    async def reveal(self, secret_id: UUID, reason: str) -> Reveal:
        """Ask to see a secret; it is then visible for a minute, to this session."""
        return await self._session.send("POST", "/api/reveals", Reveal, {"secret_id": secret_id, "reason": reason})

    async def value(self, reveal_id: UUID) -> RevealedSecret:
        """The secret, once. 409 REVEAL_SPENT the second time, 410 REVEAL_OVER when it is not visible (any more)."""
        return await self._session.get(f"/api/reveals/{reveal_id}/secret", RevealedSecret)

    async def hide(self, reveal_id: UUID) -> Reveal:
        """Before its time is over; safe to repeat."""
        return await self._session.send("POST", f"/api/reveals/{reveal_id}/hide", Reveal)

    async def reveals(
        self,
        *,
        user_id: UUID | None = None,
        object_id: UUID | None = None,
        secret_id: UUID | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Reveal]:
        """Newest first: one's own, or with audit.view everybody's."""
        query = {"user_id": user_id, "object_id": object_id, "secret_id": secret_id, "from": since, "to": until}
        return await self._session.get("/api/reveals", Page[Reveal], **query, cursor=cursor, limit=limit)


def _of(object_id: UUID) -> str:
    return f"/api/objects/{object_id}/secrets"


def _one(secret: Secret) -> str:
    return f"{_of(secret.object_id)}/{secret.id}"
