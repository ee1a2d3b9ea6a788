"""Imports: reading, and the row of a new one."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.models.import_log import ImportLog
from activities.db.models.import_rows import ImportRow
from activities.db.outbox import announce_import
from activities.db.repositories.paging import Key, Order, Rows, page
from activities.db.session import WriteSession
from workflows.domain.object_import import ImportOutcome

_I: Final = ImportLog.__table__.c
_R: Final = ImportRow.__table__.c

_NEWEST: Final = Order((Key(_I.created_at, datetime), Key(_I.id, UUID)), descending=True)
_BY_NUMBER: Final = Order((Key(_R.number, int),))
_WIDE: Final = frozenset({"errors", "warnings"})  # left out of lists


async def list_imports(session: AsyncSession, *, cursor: str | None, limit: int) -> Rows[RowMapping]:
    """Newest first, without findings. Raises BadCursor."""
    query = select(*(column for column in _I if column.name not in _WIDE))
    return await page(session, query, _NEWEST, cursor=cursor, limit=limit)


async def find_import(session: AsyncSession, import_id: UUID) -> RowMapping | None:
    return (await session.execute(select(ImportLog.__table__).where(_I.id == import_id))).mappings().first()


async def open_import(session: AsyncSession) -> RowMapping | None:
    """The one that has not ended."""
    return (await session.execute(select(ImportLog.__table__).where(_I.open))).mappings().first()


async def add_import(session: WriteSession, added: ImportLog) -> None:
    """Insert, and tell the relay: the import's workflow starts. Raises IntegrityError while another import is open."""
    session.add(added)
    await session.flush()
    await announce_import(session, added.id)


async def list_rows(
    session: AsyncSession, import_id: UUID, *, outcome: ImportOutcome | None, cursor: str | None, limit: int
) -> Rows[RowMapping]:
    """In the order of the file, without what the file says. Raises BadCursor."""
    query = select(_R.number, _R.external_number, _R.outcome, _R.changes).where(_R.import_id == import_id)
    if outcome is not None:
        query = query.where(_R.outcome == outcome)
    return await page(session, query, _BY_NUMBER, cursor=cursor, limit=limit)
