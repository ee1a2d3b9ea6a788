"""The outbox as its readers see it: published rows in the one global order (R-PUSH)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.models.outbox import OutboxRow


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedRow:
    """`data` is the payload as JSON text."""

    sequence_id: int
    type: str
    object_id: UUID | None
    data: str
    pushed_at: datetime | None


async def newest_sequence(session: AsyncSession) -> int:
    """0 while nothing was ever published."""
    return (await session.scalar(select(func.max(OutboxRow.sequence_id)))) or 0


async def pushed_after(session: AsyncSession, sequence_id: int, *, up_to: int, limit: int) -> Sequence[PushedRow]:
    """The rows with ``sequence_id < their id <= up_to``, oldest first."""
    query = (
        select(OutboxRow.sequence_id, OutboxRow.type, OutboxRow.object_id, cast(OutboxRow.payload, Text), OutboxRow.pushed_at)
        .where(OutboxRow.sequence_id > sequence_id, OutboxRow.sequence_id <= up_to)
        .order_by(OutboxRow.sequence_id)
        .limit(limit)
    )
    return [
        PushedRow(sequence_id=number or 0, type=kind, object_id=object_id, data=data, pushed_at=pushed_at)
        for number, kind, object_id, data, pushed_at in (await session.execute(query)).all()
    ]


async def published_at(session: AsyncSession, sequence_id: int) -> datetime | None:
    """When that row was published; None: it is not there."""
    return await session.scalar(select(OutboxRow.pushed_at).where(OutboxRow.sequence_id == sequence_id))


async def oldest_waiting(session: AsyncSession) -> datetime | None:
    """Since when the oldest unpublished row waits; None: nothing waits."""
    query = select(func.min(OutboxRow.created_at)).where(OutboxRow.push, OutboxRow.sequence_id.is_(None))
    return await session.scalar(query)
