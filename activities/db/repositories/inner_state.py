"""What an administrator asks of the system's inside: what the outbox holds back, and who holds the panels' lines."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.models.outbox import OutboxRow
from activities.db.models.panel_leases import PanelLease
from activities.db.models.panels import Panel

_O: Final = OutboxRow.__table__.c
COUNTED: Final = 10_000  # rows; a longer queue is no worse news, and counting it would be


async def outbox_waiting(session: AsyncSession) -> dict[str, int]:
    """`unpublished`, `unstarted` and `parked` rows, each up to `COUNTED`."""
    rows: dict[str, tuple[ColumnElement[bool], ...]] = {
        "unpublished": (_O.push, _O.sequence_id.is_(None)),
        "unstarted": (_O.orchestrate, _O.orchestrated_at.is_(None), _O.parked_at.is_(None)),
        "parked": (_O.parked_at.is_not(None),),
    }
    return {name: await _counted(session, conditions) for name, conditions in rows.items()}


async def _counted(session: AsyncSession, conditions: tuple[ColumnElement[bool], ...]) -> int:
    some = select(_O.id).where(*conditions).limit(COUNTED).subquery()
    return await session.scalar(select(func.count()).select_from(some)) or 0


async def holders(session: AsyncSession) -> Sequence[RowMapping]:
    """Who holds lines of panels that are wanted: `host`, `panels`, `heard`, `last_seen_at`."""
    is_up = PanelLease.heard_at >= PanelLease.renewed_at  # one statement writes both
    query = (
        select(
            PanelLease.holder.label("host"),
            func.count().label("panels"),
            func.count().filter(is_up).label("heard"),
            func.max(PanelLease.renewed_at).label("last_seen_at"),
        )
        .join(Panel, Panel.id == PanelLease.panel_id)
        .where(Panel.enabled, Panel.deleted_at.is_(None))
        .group_by(PanelLease.holder)
        .order_by(PanelLease.holder)
    )
    return (await session.execute(query)).mappings().all()
