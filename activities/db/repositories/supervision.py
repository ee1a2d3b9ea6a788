"""Reading who is supervised, and who is silent. What is so is written by others: leases, events, releases, the watchers."""

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, ScalarSelect, Select, Subquery, case, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.models.events import EventRow
from activities.db.models.panel_leases import PanelLease
from activities.db.models.panel_releases import PanelRelease
from activities.db.models.panels import Panel
from activities.db.models.supervised_sources import SupervisedSource
from activities.db.repositories.paging import Key, Order, Rows, page
from workflows.domain.alarm import Family
from workflows.domain.supervision import SourceState

_P: Final = Panel.__table__.c
_L: Final = PanelLease.__table__.c
_R: Final = PanelRelease.__table__.c
_E: Final = EventRow.__table__.c

_PANELS: Final = Order((Key(_P.id, UUID),))


async def list_panels(
    session: AsyncSession, *, silent: bool, only_objects: Collection[UUID] | None, cursor: str | None, limit: int
) -> Rows[RowMapping]:
    """The panels that are wanted, oldest first; ``silent``: only those without a line. Raises BadCursor."""
    query = select(_P.id, _P.object_id, _P.name, _P.supervision_class).where(_P.enabled, _P.deleted_at.is_(None))
    if silent:
        query = query.where(exists().where(*_lasting(Family.LINK, _P.id)))
    if only_objects is not None:
        query = query.where(_P.object_id.in_(list(only_objects)))
    return await page(session, query, _PANELS, cursor=cursor, limit=limit, named=_as_seen)


def _as_seen(page: Subquery) -> Select[Any]:
    released = exists().where(_R.panel_id == page.c.id, _R.ended_at.is_(None), _R.until > func.now())
    silent_since = _silent_since(page.c.id)
    state = case((released, SourceState.RELEASED.value), (silent_since.is_not(None), SourceState.SILENT.value))
    return (
        select(
            *page.c,
            _L.heard_at.label("last_seen_at"),
            _L.renewed_at.label("holder_seen_at"),
            silent_since.label("silent_since"),
            func.coalesce(state, SourceState.HEARD.value).label("state"),
            exists().where(*_lasting(Family.CLOCK, page.c.id)).label("clock_wrong"),
        )
        .select_from(page)
        .outerjoin(PanelLease, _L.panel_id == page.c.id)
    )


def _silent_since(panel_id: ColumnElement[UUID]) -> ScalarSelect[Any]:
    return select(func.min(_E.occurred_at)).where(*_lasting(Family.LINK, panel_id)).scalar_subquery()


def _lasting(family: Family, panel_id: ColumnElement[UUID]) -> tuple[ColumnElement[bool], ...]:
    return _E.active, _E.family == family, _E.panel_id == panel_id


async def list_parts(session: AsyncSession) -> Sequence[RowMapping]:
    """The parts of the system that have promised to be heard."""
    query = select(SupervisedSource.__table__).order_by(SupervisedSource.number)
    return (await session.execute(query)).mappings().all()
