"""Panels released for programming: who asked, what is open, what was (R-DLOAD)."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities.db.models.panel_release_asks import PanelReleaseAsk
from activities.db.models.panel_releases import PanelRelease
from activities.db.models.panels import Panel
from activities.db.repositories.paging import Key, Order, Rows, page
from activities.db.session import WriteSession
from workflows.domain.panel_release import AskState

_R: Final = PanelRelease.__table__.c
_NEWEST: Final = Order((Key(_R.begun_at, datetime), Key(_R.id, UUID)), descending=True)


def in_force() -> ColumnElement[bool]:
    """What holds for a release because of which nobody holds the panel's line now."""
    return PanelRelease.ended_at.is_(None) & (PanelRelease.until > func.clock_timestamp())


async def ask(
    session: WriteSession, panel_id: UUID, *, user_id: UUID, minutes: int, reason: str, request_id: str
) -> PanelReleaseAsk:
    """A new request. It does nothing before the panel's workflow grants it."""
    asked = PanelReleaseAsk(
        id=uuid7(),
        panel_id=panel_id,
        requested_by=user_id,
        minutes=minutes,
        reason=reason,
        state=AskState.PENDING,
        request_id=request_id or None,
    )
    session.add(asked)
    await session.flush()
    return asked


async def settle(session: WriteSession, ask_id: UUID) -> PanelRelease | None:
    """Nobody waits for the request any more: what it was granted, or None and it never will be."""
    asked = await session.get_one(PanelReleaseAsk, ask_id, with_for_update=True)
    if asked.state is AskState.PENDING:
        asked.state = AskState.WITHDRAWN
    return await session.get(PanelRelease, asked.release_id) if asked.release_id is not None else None


async def find_release(session: AsyncSession, release_id: UUID) -> PanelRelease:
    return await session.get_one(PanelRelease, release_id)


async def open_releases(session: AsyncSession, panel_ids: Collection[UUID]) -> dict[UUID, PanelRelease]:
    """Of those panels that are released now."""
    query = select(PanelRelease).where(PanelRelease.panel_id.in_(list(panel_ids)), in_force())
    return {release.panel_id: release for release in await session.scalars(query)}


async def list_releases(session: AsyncSession, panel_id: UUID, *, cursor: str | None, limit: int) -> Rows[RowMapping]:
    """Newest first. Raises BadCursor."""
    query = select(PanelRelease.__table__).where(_R.panel_id == panel_id)
    return await page(session, query, _NEWEST, cursor=cursor, limit=limit)


async def count_released(session: AsyncSession) -> int:
    """Panels that are wanted and whose line is given up now."""
    query = select(func.count()).select_from(PanelRelease).join(Panel).where(in_force(), Panel.deleted_at.is_(None))
    return (await session.scalar(query)) or 0
