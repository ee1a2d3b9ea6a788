"""Outbox rows that others than the recorder write, always in the transaction of the change they tell of (R-RECORD)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Text, func, insert, literal, select, update

from activities.db.models.outbox import OutboxRow
from activities.db.session import Database, WriteSession
from workflows.contracts import names


async def announce_panel_change(session: WriteSession, *, panel_id: UUID, object_id: UUID, config_version: int) -> None:
    """After a change of a panel's row: its workflow will hear of it, and the process that holds its line at once."""
    await announce_panel_changes(session, [(panel_id, object_id, config_version)])


async def announce_panel_changes(session: WriteSession, changes: Sequence[tuple[UUID, UUID, int]]) -> None:
    """The same for many: panel, its object, its config_version."""
    if not changes:
        return
    rows = [
        {
            "type": names.PANEL_CHANGED,
            "object_id": object_id,
            "panel_id": panel_id,
            "payload": {"config_version": config_version},
            "orchestrate": True,
        }
        for panel_id, object_id, config_version in changes
    ]
    await session.execute(insert(OutboxRow), rows)
    await wake_relay(session)
    panels = func.unnest(literal([str(panel_id) for panel_id, _, _ in changes], ARRAY(Text))).column_valued("panel")
    await session.execute(select(func.pg_notify(names.PANEL_CHANNEL, panels)))


async def announce_import(session: WriteSession, import_id: UUID) -> None:
    """After the upload: the import's workflow will start."""
    row = {"type": names.IMPORT_UPLOADED, "payload": {"import_id": str(import_id)}, "orchestrate": True}
    await session.execute(insert(OutboxRow).values(row))
    await wake_relay(session)


async def announce_mode(session: WriteSession, mode: str) -> None:
    """Tell every client of a change of `system.mode`."""
    await session.execute(insert(OutboxRow).values(type=names.SYSTEM_MODE, payload={"mode": mode}, push=True))
    await wake_relay(session)


async def wake_relay(session: WriteSession) -> None:
    """When this transaction commits."""
    await session.execute(select(func.pg_notify(names.OUTBOX_CHANNEL, "")))


async def replay_parked(db: Database) -> int:
    """Try again whatever Temporal refused (D10: parked, never dropped); how many rows."""
    parked = update(OutboxRow).where(OutboxRow.parked_at.is_not(None), OutboxRow.orchestrated_at.is_(None))
    freed = parked.values(parked_at=None, parked_reason=None, attempts=0).returning(OutboxRow.id)
    async with db.write() as session:
        rows = (await session.execute(freed)).all()
        await wake_relay(session)
    return len(rows)
