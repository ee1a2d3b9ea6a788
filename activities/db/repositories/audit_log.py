"""Reading the audit log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, Select, Subquery, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.models.audit_chain import AuditLink
from activities.db.models.audit_log import AuditEntry
from activities.db.models.users import User
from activities.db.repositories.paging import Key, Order, Rows, page

_A: Final = AuditEntry.__table__.c
_NEWEST: Final = Order((Key(_A.at, datetime), Key(_A.id, UUID)), descending=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """None: no matter. ``action`` is the beginning of one: "alarm." or "panel.changed"; ``actor`` a part of the user name or
    of the name."""

    actor_id: UUID | None = None
    actor: str | None = None
    action: str | None = None
    subject_kind: str | None = None
    subject_id: UUID | None = None
    request_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def list_entries(session: AsyncSession, wanted: AuditFilter, *, cursor: str | None, limit: int) -> Rows[RowMapping]:
    """Newest first, with `actor_name`, `actor_username` and the chain's `seq`. Raises BadCursor."""
    query = select(AuditEntry.__table__)
    for column in (_A.actor_id, _A.subject_kind, _A.subject_id, _A.request_id):
        value = getattr(wanted, column.key)
        if value is not None:
            query = query.where(column == value)
    if wanted.actor:
        query = query.where(_A.actor_id.in_(_called(wanted.actor)))
    if wanted.action:
        query = query.where(_A.action.startswith(wanted.action, autoescape=True))
    if wanted.since is not None:
        query = query.where(_A.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(_A.at < wanted.until)
    return await page(session, query, _NEWEST, cursor=cursor, limit=limit, named=_named)


def _called(words: str) -> Select[Any]:
    names = (User.username, User.display_name)
    return select(User.id).where(or_(*(name.icontains(words, autoescape=True) for name in names)))


def _named(entries: Subquery) -> Select[Any]:
    """An entry without its link is shown too: it is what an auditor looks for."""
    return (
        select(entries, User.display_name.label("actor_name"), User.username.label("actor_username"), AuditLink.seq)
        .outerjoin(User, User.id == entries.c.actor_id)
        .outerjoin(AuditLink, AuditLink.entry_id == entries.c.id)
    )
