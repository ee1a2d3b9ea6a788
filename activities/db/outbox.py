"""Outbox rows that others than the recorder write, always in the transaction of the change they tell of (R-RECORD)."""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import func, insert, select, update

from activities.db.models.outbox import OutboxRow
from activities.db.session import Database, WriteSession
from activities.infra.log import current_request_id
from workflows.contracts import names


async def announce_panel_change(session: WriteSession, *, panel_id: UUID, object_id: UUID, config_version: int) -> None:
    """After a change of a panel's row: its workflow will hear of it, and the process that holds its line at once. Both are
    told on account of which request."""
    request_id = current_request_id()
    row = insert(OutboxRow).values(
        type=names.PANEL_CHANGED,
        object_id=object_id,
        panel_id=panel_id,
        payload={"config_version": config_version, "request_id": request_id},
        orchestrate=True,
    )
    await session.execute(row)
    await wake_relay(session)
    await session.execute(select(func.pg_notify(names.PANEL_CHANNEL, names.panel_news(panel_id, request_id))))


async def wake_relay(session: WriteSession) -> None:
    """When this transaction commits."""
    await session.execute(select(func.pg_notify(names.OUTBOX_CHANNEL, "")))


_PARKED: Final = (OutboxRow.parked_at.is_not(None), OutboxRow.orchestrated_at.is_(None))


async def list_parked(db: Database) -> Sequence[OutboxRow]:
    """What Temporal refused for good, oldest first, each with its `parked_reason` (D10: parked, never dropped)."""
    async with db.read() as session:
        return (await session.scalars(select(OutboxRow).where(*_PARKED).order_by(OutboxRow.id))).all()


async def replay_parked(db: Database, ids: Collection[int] = ()) -> list[int]:
    """Try those of ``ids`` that are parked again, or all when none is named; which those were."""
    wanted = (*_PARKED, OutboxRow.id.in_(ids)) if ids else _PARKED
    freed = update(OutboxRow).where(*wanted).values(parked_at=None, parked_reason=None, attempts=0).returning(OutboxRow.id)
    async with db.write() as session:
        rows = sorted((await session.scalars(freed)).all())
        await wake_relay(session)
    return rows
