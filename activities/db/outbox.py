"""Outbox rows that others than the recorder write, always in the transaction of the change they tell of (R-RECORD)."""

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Text, func, insert, literal, select, update

from activities.db.models.outbox import OutboxRow
from activities.db.models.service_modes import ServiceMode
from activities.db.push import plain
from activities.db.session import Database, WriteSession
from activities.infra.log import current_request_id
from workflows.contracts import names


async def announce_panel_change(session: WriteSession, *, panel_id: UUID, object_id: UUID, config_version: int) -> None:
    """After a change of a panel's row: its workflow will hear of it, and the process that holds its line at once. Both are
    told on account of which request."""
    await announce_panel_changes(session, [(panel_id, object_id, config_version)])


async def announce_panel_changes(session: WriteSession, changes: Sequence[tuple[UUID, UUID, int]]) -> None:
    """The same for many: panel, its object, its config_version."""
    if not changes:
        return
    request_id = current_request_id()
    rows = [
        {
            "type": names.PANEL_CHANGED,
            "object_id": object_id,
            "panel_id": panel_id,
            "payload": {"config_version": config_version, "request_id": request_id},
            "orchestrate": True,
        }
        for panel_id, object_id, config_version in changes
    ]
    await session.execute(insert(OutboxRow), rows)
    await wake_relay(session)
    await wake_holders(session, [panel_id for panel_id, _, _ in changes])


async def announce_description(session: WriteSession, *, panel_id: UUID, object_id: UUID, description_version: int) -> None:
    """After a change of what is known of a panel's parts: whoever sees the panel is told, and who holds its line."""
    payload = {"panel_id": str(panel_id), "object_id": str(object_id), "description_version": description_version}
    row = {"type": names.PANEL_DESCRIBED, "object_id": object_id, "panel_id": panel_id, "payload": payload, "push": True}
    await session.execute(insert(OutboxRow).values(row))
    await wake_relay(session)
    await wake_holders(session, [panel_id])


async def announce_import(session: WriteSession, import_id: UUID) -> None:
    """After the upload: the import's workflow will start."""
    row = {"type": names.IMPORT_UPLOADED, "payload": {"import_id": str(import_id)}, "orchestrate": True}
    await session.execute(insert(OutboxRow).values(row))
    await wake_relay(session)


async def announce_auto_arm(session: WriteSession, schedule_ids: Collection[UUID]) -> None:
    """After changes of these schedules or of what they depend on: those at Temporal will follow."""
    rows = [
        {"type": names.AUTO_ARM_CHANGED, "payload": {"schedule_id": str(schedule_id)}, "orchestrate": True}
        for schedule_id in schedule_ids
    ]
    if rows:
        await session.execute(insert(OutboxRow), rows)
        await wake_relay(session)


async def announce_service(session: WriteSession, row: ServiceMode, **more: Any) -> None:
    """After a change of a period of service mode: whoever sees the object is told."""
    members = ("object_id", "state", "version", "begun_at", "ends_at", "ended_at")
    payload = {"service_id": str(row.id)} | {name: plain(getattr(row, name)) for name in members} | more
    push = insert(OutboxRow).values(type=names.SERVICE_CHANGED, object_id=row.object_id, payload=payload, push=True)
    await session.execute(push)
    await wake_relay(session)


async def announce_callback(session: WriteSession, callback_id: UUID, object_id: UUID) -> None:
    """After a call-back was set: its workflow will start, and dispatchers are told."""
    payload = {"callback_id": str(callback_id)}
    row = {"type": names.CALLBACK_SET, "object_id": object_id, "payload": payload, "orchestrate": True, "push": True}
    await session.execute(insert(OutboxRow).values(row))
    await wake_relay(session)


async def wake_holders(session: WriteSession, panel_ids: Sequence[UUID]) -> None:
    """Whoever holds the lines of these looks at their rows at once, and knows on account of which request."""
    if panel_ids:
        told = [names.panel_news(panel_id, current_request_id()) for panel_id in panel_ids]
        news = func.unnest(literal(told, ARRAY(Text))).column_valued("news")
        await session.execute(select(func.pg_notify(names.PANEL_CHANNEL, news)))


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
