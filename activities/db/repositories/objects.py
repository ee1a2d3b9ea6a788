"""Objects, panels and zones: reading, and the few writes of this phase."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.encrypted import INTEGRATION_KEY
from activities.db.models.objects import GuardedObject, ObjectStatus
from activities.db.models.panel_state_history import PanelStateHistory
from activities.db.models.panels import Panel
from activities.db.models.partitions import Partition
from activities.db.models.zones import Zone
from activities.db.outbox import announce_panel_change
from activities.db.repositories.paging import Key, Order, Rows, page
from activities.db.session import WriteSession
from activities.infra.crypto import FieldCipher, Unreadable

_O: Final = GuardedObject.__table__.c
_P: Final = Panel.__table__.c
_Z: Final = Zone.__table__.c
_H: Final = PanelStateHistory.__table__.c

_BY_NAME: Final = Order((Key(_O.name, str), Key(_O.id, UUID)))
_PANELS: Final = Order((Key(_P.id, UUID),))
_BY_NUMBER: Final = Order((Key(_Z.number, int), Key(_Z.id, UUID)))
_NEWEST: Final = Order((Key(_H.at, datetime), Key(_H.id, UUID)), descending=True)

# What the line to the panel depends on: a change of these is told to who holds it.
_LINE: Final = frozenset({"host", "port", "integration_key", "time_zone", "enabled"})


class Stale(Exception):  # noqa: N818 - says what is the case
    """Somebody else has changed the row since."""


async def list_objects(
    session: AsyncSession,
    *,
    text: str | None,
    status: ObjectStatus | None,
    only_objects: Collection[UUID] | None,
    cursor: str | None,
    limit: int,
) -> Rows[RowMapping]:
    """By name. Raises BadCursor."""
    query = select(GuardedObject.__table__).where(_O.deleted_at.is_(None))
    if text:
        query = query.where(_O.search.contains(text.lower(), autoescape=True))
    if status is not None:
        query = query.where(_O.status == status)
    if only_objects is not None:
        query = query.where(_O.id.in_(list(only_objects)))
    return await page(session, query, _BY_NAME, cursor=cursor, limit=limit)


async def find_object(session: AsyncSession, object_id: UUID) -> GuardedObject | None:
    found = await session.get(GuardedObject, object_id)
    return None if found is None or found.deleted_at is not None else found


async def list_panels(
    session: AsyncSession, *, object_id: UUID | None, only_objects: Collection[UUID] | None, cursor: str | None, limit: int
) -> Rows[RowMapping]:
    """Oldest first. Raises BadCursor."""
    query = select(Panel.__table__).where(_P.deleted_at.is_(None))
    if object_id is not None:
        query = query.where(_P.object_id == object_id)
    if only_objects is not None:
        query = query.where(_P.object_id.in_(list(only_objects)))
    return await page(session, query, _PANELS, cursor=cursor, limit=limit)


async def find_panel(session: AsyncSession, panel_id: UUID) -> Panel | None:
    found = await session.get(Panel, panel_id)
    return None if found is None or found.deleted_at is not None else found


async def add_panel(session: WriteSession, panel: Panel) -> None:
    """Insert, and tell the relay: the panel's workflow starts. Raises IntegrityError when host and port are taken."""
    session.add(panel)
    await session.flush()
    await announce_panel_change(session, panel_id=panel.id, object_id=panel.object_id, config_version=panel.config_version)


async def change_panel(
    session: WriteSession, panel_id: UUID, *, version: int, changes: Mapping[str, Any], cipher: FieldCipher
) -> Panel | None:
    """The panel as changed; None: there is none. ``changes`` has the integration key as it is typed.

    Raises Stale, IntegrityError.
    """
    panel = await session.get(Panel, panel_id, with_for_update=True)
    if panel is None or panel.deleted_at is not None:
        return None
    if panel.version != version:
        raise Stale
    changed = {name for name, value in changes.items() if not _has(panel, name, value, cipher)}
    for name in changed:
        _set(panel, name, changes[name], cipher)
    panel.version += 1
    if changed & _LINE:
        panel.config_version += 1
        await announce_panel_change(session, panel_id=panel.id, object_id=panel.object_id, config_version=panel.config_version)
    await session.flush()
    return panel


def _has(panel: Panel, name: str, value: Any, cipher: FieldCipher) -> bool:
    """Whether that is how it is. A key that cannot be read is none that anybody typed."""
    if name != INTEGRATION_KEY.name:
        return bool(getattr(panel, name) == value)
    try:
        return INTEGRATION_KEY.get(panel, cipher) == (value or None)
    except Unreadable:
        return False


def _set(panel: Panel, name: str, value: Any, cipher: FieldCipher) -> None:
    if name == INTEGRATION_KEY.name:
        INTEGRATION_KEY.put(panel, cipher, value)
    else:
        setattr(panel, name, value)


async def expected_panels(session: AsyncSession) -> list[UUID]:
    """The panels that should be connected."""
    return list((await session.scalars(select(Panel.id).where(Panel.deleted_at.is_(None), Panel.enabled))).all())


async def partition_names(session: AsyncSession, panel_id: UUID) -> dict[int, str]:
    rows = await session.execute(select(Partition.number, Partition.name).where(Partition.panel_id == panel_id))
    return {row.number: row.name for row in rows}


async def list_zones(session: AsyncSession, panel_id: UUID, *, cursor: str | None, limit: int) -> Rows[RowMapping]:
    """By number. Raises BadCursor."""
    query = select(Zone.__table__).where(_Z.panel_id == panel_id)
    return await page(session, query, _BY_NUMBER, cursor=cursor, limit=limit)


async def all_zones(session: AsyncSession, panel_id: UUID) -> list[Zone]:
    """By number; a panel has at most 256."""
    return list((await session.scalars(select(Zone).where(Zone.panel_id == panel_id).order_by(Zone.number))).all())


async def list_history(
    session: AsyncSession,
    panel_id: UUID,
    *,
    since: datetime | None,
    until: datetime | None,
    partition: int | None,
    cursor: str | None,
    limit: int,
) -> Rows[RowMapping]:
    """Changes of state, newest first; ``partition`` 0 is the link. Raises BadCursor."""
    query = select(PanelStateHistory.__table__).where(_H.panel_id == panel_id)
    if since is not None:
        query = query.where(_H.at >= since)
    if until is not None:
        query = query.where(_H.at < until)
    if partition is not None:
        query = query.where(_H.partition.is_(None) if partition == 0 else _H.partition == partition)
    return await page(session, query, _NEWEST, cursor=cursor, limit=limit)
