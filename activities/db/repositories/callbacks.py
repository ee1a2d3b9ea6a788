"""Call-backs: reading, and the row of a new one; everything later is its workflow's."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, Subquery, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from activities.db.models.callbacks import CallbackRow
from activities.db.models.objects import GuardedObject
from activities.db.models.users import User
from activities.db.outbox import announce_callback
from activities.db.repositories.paging import Key, Order, Rows, page
from activities.db.session import WriteSession
from workflows.domain.callback import CallbackState

_C: Final = CallbackRow.__table__.c
_DUE_FIRST: Final = Order((Key(_C.due_at, datetime), Key(_C.id, UUID)))


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackFilter:
    """What a list shows; None: everything. `only_objects` is the scope of who asks."""

    states: Collection[CallbackState] | None = None
    object_id: UUID | None = None
    bundle_id: UUID | None = None
    due_until: datetime | None = None
    only_objects: Collection[UUID] | None = None


async def list_callbacks(session: AsyncSession, chosen: CallbackFilter, *, cursor: str | None, limit: int) -> Rows[RowMapping]:
    """What is due, the oldest first; then what will be. With the names a person reads. Raises BadCursor."""
    query = select(CallbackRow.__table__).where(*_conditions(chosen))
    return await page(session, query, _DUE_FIRST, cursor=cursor, limit=limit, named=_with_names)


async def find_callback(session: AsyncSession, callback_id: UUID) -> RowMapping | None:
    found = select(CallbackRow.__table__).where(_C.id == callback_id).subquery("page")
    row: RowMapping | None = (await session.execute(_with_names(found))).mappings().first()
    return row


async def set_with(session: AsyncSession, user_id: UUID, key: str) -> UUID | None:
    """The call-back that this user has set with this Idempotency-Key."""
    query = select(_C.id).where(_C.created_by == user_id, _C.idempotency_key == key)
    return (await session.scalars(query)).first()


async def add_callback(session: WriteSession, added: CallbackRow) -> None:
    """Insert, and tell the relay: its workflow starts."""
    session.add(added)
    await session.flush()
    await announce_callback(session, added.id, added.object_id)


def _with_names(rows: Subquery) -> Select[Any]:
    creator, decider = aliased(User), aliased(User)
    return (
        select(
            *rows.c,
            GuardedObject.name.label("object_name"),
            creator.display_name.label("created_by_name"),
            decider.display_name.label("decided_by_name"),
        )
        .join_from(rows, GuardedObject.__table__, GuardedObject.id == rows.c.object_id)
        .join(creator, creator.id == rows.c.created_by)
        .outerjoin(decider, decider.id == rows.c.decided_by)
    )


def _conditions(chosen: CallbackFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if chosen.states is not None:
        found.append(_C.state.in_(list(chosen.states)))
    if chosen.object_id is not None:
        found.append(_C.object_id == chosen.object_id)
    if chosen.bundle_id is not None:
        found.append(_C.bundle_id == chosen.bundle_id)
    if chosen.due_until is not None:
        found.append(_C.due_at < chosen.due_until)
    if chosen.only_objects is not None:
        found.append(_C.object_id.in_(list(chosen.only_objects)))
    return found
