"""The audit log: who did what, and whether the record of it still holds."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from api.client.models import Page
from api.client.session import Session, with_query

_EXPORT_PATIENCE = 600.0  # s


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """`actor_id` None: the system itself. `detail`: `before` and `after` of an edit (secrets masked), ids and codes.

    `seq` is its place in the chain; None is a finding: the entry has no link.
    """

    id: UUID
    at: datetime
    action: str
    subject_kind: str
    seq: int | None = None
    actor_id: UUID | None = None
    actor_name: str | None = None
    actor_username: str | None = None
    subject_id: UUID | None = None
    detail: dict[str, Any] | None = None
    request_id: str | None = None


class AuditFault(StrEnum):
    """What can be wrong with the chain; ADR-021 says what each tells of."""

    ENTRY_CHANGED = "ENTRY_CHANGED"
    ENTRY_MISSING = "ENTRY_MISSING"
    ENTRY_WITHOUT_LINK = "ENTRY_WITHOUT_LINK"
    LINK_MISSING = "LINK_MISSING"
    HASH_WRONG = "HASH_WRONG"
    ANCHOR_MISSING = "ANCHOR_MISSING"
    ANCHOR_DIFFERS = "ANCHOR_DIFFERS"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditBreak:
    fault: AuditFault
    seq: int | None = None
    entry_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCheck:
    """One step of a check: `next` goes into the next one, None when all was seen or something is broken.

    `checked`: links and entries looked at in this step. `head`: the chain's newest link as ``seq:hash``, an anchor to note.
    """

    checked: int
    broken: AuditBreak | None = None
    next: str | None = None
    head: str | None = None


class Audit:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def entries(self, *, cursor: str | None = None, limit: int = 50, **filters: Any) -> Page[AuditEntry]:
        """Newest first. ``filters``: actor_id, actor (part of a name), action (its beginning), subject_kind, subject_id,
        request_id, from_, to."""
        return await self._session.get("/api/audit", Page[AuditEntry], cursor=cursor, limit=limit, **_named(filters))

    async def export(self, *, from_: datetime, to: datetime, **filters: Any) -> bytes:
        """The entries of a time as CSV (UTF-8 with BOM, RFC 4180), newest first."""
        path = with_query("/api/audit/export", to=to, **_named({"from_": from_, **filters}))
        return (await self._session.call("GET", path, timeout=_EXPORT_PATIENCE)).body

    async def verify(self, *, position: str | None = None, anchor: str | None = None) -> AuditCheck:
        """One bounded step of a check of the whole chain; start without ``position``, go on with `next`."""
        return await self._session.get("/api/audit/verify", AuditCheck, position=position, anchor=anchor)


def _named(filters: dict[str, Any]) -> dict[str, Any]:
    return {"from" if name == "from_" else name: value for name, value in filters.items()}
