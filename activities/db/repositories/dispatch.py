"""The dispatcher's journal: reading, and adding lines; there is nothing else to be done with it (R-HISTORY)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, Subquery, exists, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from activities.db.models.dispatch_log import DispatchEntry
from activities.db.models.outbox import OutboxRow
from activities.db.models.users import User
from activities.db.outbox import wake_relay
from activities.db.push import plain
from activities.db.repositories.paging import Key, Order, Rows, page
from activities.db.session import WriteSession
from workflows.contracts import names
from workflows.domain.dispatch import OLDEST, EntryKind

_D: Final = DispatchEntry.__table__.c
_NEWEST: Final = Order((Key(_D.occurred_at, datetime), Key(_D.id, UUID)), descending=True)
_TURN: Final = 0x4449_5350  # seed of the hash of an advisory lock: the recorder's of the same object has another
_PUSHED: Final = ("id", "kind", "object_id", "bundle_id", "outcome", "oddity", "occurred_at", "user_id", "corrects")


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalFilter:
    """What a list shows; None: everything. `only_objects` is the scope of who asks."""

    object_id: UUID | None = None
    bundle_id: UUID | None = None
    user_id: UUID | None = None
    kinds: Collection[EntryKind] | None = None
    since: datetime | None = None
    until: datetime | None = None
    only_objects: Collection[UUID] | None = None


async def list_entries(session: AsyncSession, chosen: JournalFilter, *, cursor: str | None, limit: int) -> Rows[RowMapping]:
    """The latest first, with the names a person reads, and what corrects each. Raises BadCursor."""
    query = select(DispatchEntry.__table__).where(*_conditions(chosen))
    return await page(session, query, _NEWEST, cursor=cursor, limit=limit, named=_with_names)


async def entries_of(session: AsyncSession, bundle_id: UUID, *, limit: int) -> Sequence[RowMapping]:
    """The latest of a bundle."""
    return (await list_entries(session, JournalFilter(bundle_id=bundle_id), cursor=None, limit=limit)).items


async def find_entry(session: AsyncSession, entry_id: UUID) -> RowMapping | None:
    found = select(DispatchEntry.__table__).where(_D.id == entry_id).subquery("page")
    row: RowMapping | None = (await session.execute(_with_names(found))).mappings().first()
    return row


def _with_names(rows: Subquery) -> Select[Any]:
    correction = aliased(DispatchEntry, name="correction")
    return (
        select(*rows.c, User.display_name.label("user_name"), correction.id.label("corrected_by"))
        .join_from(rows, User, User.id == rows.c.user_id)
        .outerjoin(correction, correction.corrects == rows.c.id)
    )


def _conditions(chosen: JournalFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, value in ((_D.object_id, chosen.object_id), (_D.bundle_id, chosen.bundle_id), (_D.user_id, chosen.user_id)):
        if value is not None:
            found.append(column == value)
    if chosen.kinds is not None:
        found.append(_D.kind.in_(list(chosen.kinds)))
    if chosen.since is not None:
        found.append(_D.occurred_at >= chosen.since)
    if chosen.until is not None:
        found.append(_D.occurred_at < chosen.until)
    if chosen.only_objects is not None:
        found.append(_D.object_id.in_(list(chosen.only_objects)))
    return found


# -- adding


async def take_turn(session: WriteSession, object_id: UUID) -> datetime:
    """The time by the database, from which on nobody else writes into this object's journal until the transaction ends."""
    key = func.hashtextextended(str(object_id), _TURN)
    await session.execute(select(func.pg_advisory_xact_lock(key)))
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return now


async def written_with(session: AsyncSession, user_id: UUID, key: str) -> DispatchEntry | None:
    """What this user has written with this Idempotency-Key."""
    query = select(DispatchEntry).where(DispatchEntry.user_id == user_id, DispatchEntry.idempotency_key == key)
    return (await session.scalars(query)).first()


async def is_corrected(session: AsyncSession, entry_id: UUID) -> bool:
    return bool(await session.scalar(select(exists().where(DispatchEntry.corrects == entry_id))))


async def kinds_before(
    session: AsyncSession, object_id: UUID, at: datetime, *, without: UUID | None = None
) -> Sequence[EntryKind]:
    """What happened at the object up to ``at``, in its order: a patrol belongs to the place, whichever alarm sent it. What was
    corrected does not count, nor does ``without``, nor what nobody ended within `OLDEST`."""
    correction = aliased(DispatchEntry)
    query = (
        select(_D.kind)
        .where(_D.object_id == object_id, _D.occurred_at <= at, _D.occurred_at > at - OLDEST)
        .where(~exists().where(correction.corrects == _D.id))
        .order_by(_D.occurred_at, _D.id)
    )
    if without is not None:
        query = query.where(_D.id != without)
    return (await session.scalars(query)).all()


async def add_entry(session: WriteSession, entry: DispatchEntry) -> None:
    """The line, and the push in ids and codes."""
    session.add(entry)
    await session.flush()
    payload = {"entry": {name: plain(getattr(entry, name)) for name in _PUSHED}}
    push = {"type": names.DISPATCH_ADDED, "object_id": entry.object_id, "payload": payload, "push": True}
    await session.execute(insert(OutboxRow).values(push))
    await wake_relay(session)
