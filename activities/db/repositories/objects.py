"""Objects, panels and zones: reading them, and what happens to objects and panels as a whole."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.encrypted import COMMAND_CODE, INTEGRATION_KEY
from activities.db.fold import words
from activities.db.models.bundle_alarms import BundleAlarm
from activities.db.models.objects import GuardedObject, ObjectStatus
from activities.db.models.panel_releases import PanelRelease
from activities.db.models.panel_state_history import PanelStateHistory
from activities.db.models.panels import Panel
from activities.db.models.partitions import Partition
from activities.db.models.user_object_assignments import UserObjectAssignment
from activities.db.models.zones import Zone
from activities.db.outbox import announce_description, announce_panel_change
from activities.db.repositories import auto_arm
from activities.db.repositories.paging import Key, Order, Rows, page
from activities.db.repositories.panel_releases import in_force
from activities.db.repositories.service_modes import until_of_object
from activities.db.session import WriteSession
from activities.infra.crypto import FieldCipher, Unreadable
from workflows.domain.bundle import BundleStatus

_O: Final = GuardedObject.__table__.c
_P: Final = Panel.__table__.c
_Z: Final = Zone.__table__.c
_H: Final = PanelStateHistory.__table__.c

_BY_NAME: Final = Order((Key(_O.name, str), Key(_O.id, UUID)))
_PANELS: Final = Order((Key(_P.id, UUID),))
_BY_NUMBER: Final = Order((Key(_Z.number, int), Key(_Z.id, UUID)))
_NEWEST: Final = Order((Key(_H.at, datetime), Key(_H.id, UUID)), descending=True)

_SEALED: Final = {column.name: column for column in (INTEGRATION_KEY, COMMAND_CODE)}
# What the line to the panel depends on: a change of these is told to who holds it.
_LINE: Final = frozenset({"host", "port", "integration_key", "time_zone", "enabled"})
# What whoever holds the line has to know, without letting go of it.
_DESCRIPTION: Final = frozenset({"supervision_class"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which objects. ``text``: all its words, anywhere in name, address or external number. None: whatever."""

    text: str | None = None
    status: ObjectStatus | None = None
    in_service: bool | None = None
    kind: str | None = None
    city: str | None = None
    located: bool | None = None
    assigned_to: UUID | None = None
    deleted: bool = False
    only_objects: Collection[UUID] | None = None


async def list_objects(session: AsyncSession, wanted: Wanted, *, cursor: str | None, limit: int) -> Rows[RowMapping]:
    """By name. Raises BadCursor."""
    query = select(GuardedObject.__table__, until_of_object().label("service_until")).where(*_conditions(wanted))
    return await page(session, query, _BY_NAME, cursor=cursor, limit=limit)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found = [_O.deleted_at.is_not(None) if wanted.deleted else _O.deleted_at.is_(None), *objects_like(wanted.text or "")]
    if wanted.status is not None:
        found.append(_O.status == wanted.status)
    if wanted.in_service is not None:
        until = until_of_object()
        found.append(until.is_not(None) if wanted.in_service else until.is_(None))
    if wanted.kind is not None:
        found.append(_O.kind == wanted.kind)
    if wanted.city is not None:
        found.append(_O.city == wanted.city)
    if wanted.located is not None:
        found.append(_O.lat.is_not(None) if wanted.located else _O.lat.is_(None))
    if wanted.assigned_to is not None:
        mine = select(UserObjectAssignment.object_id).where(UserObjectAssignment.user_id == wanted.assigned_to)
        found.append(_O.id.in_(mine))
    if wanted.only_objects is not None:
        found.append(_O.id.in_(list(wanted.only_objects)))
    return found


def objects_like(text: str) -> list[ColumnElement[bool]]:
    """What holds for an object in which every word of ``text`` is found; letters count without their marks."""
    return [_O.search.contains(word, autoescape=True) for word in words(text)]


async def find_object(session: AsyncSession, object_id: UUID) -> GuardedObject | None:
    found = await session.get(GuardedObject, object_id)
    return None if found is None or found.deleted_at is not None else found


async def lock_object(session: WriteSession, object_id: UUID) -> GuardedObject | None:
    """The row, deleted or not, until the transaction ends. No bundle can be opened for the object meanwhile: its foreign
    key waits for this lock."""
    return await session.get(GuardedObject, object_id, with_for_update=True)


async def open_alarms(session: AsyncSession, object_id: UUID) -> int:
    """How many bundles of the object are not closed."""
    query = select(func.count()).where(BundleAlarm.object_id == object_id, BundleAlarm.status != BundleStatus.CLOSED)
    return (await session.scalar(query)) or 0


async def delete_object(session: WriteSession, found: GuardedObject) -> list[UUID]:
    """Mark the locked object and its panels as deleted at one moment, and have the panels' lines let go. The panels' ids."""
    found.deleted_at = datetime.now(UTC)
    found.version += 1
    panels = await _panels_of(session, found.id, None)
    for panel in panels:
        await delete_panel(session, panel, at=found.deleted_at)
    return [panel.id for panel in panels]


async def restore_object(session: WriteSession, found: GuardedObject) -> list[UUID]:
    """Undo `delete_object`; the panels' ids. Raises IntegrityError when another panel has taken the place of one."""
    panels = await _panels_of(session, found.id, found.deleted_at)
    found.deleted_at = None
    found.version += 1
    for panel in panels:
        panel.deleted_at = None
        await _changed_line(session, panel)
    await session.flush()
    return [panel.id for panel in panels]


async def _panels_of(session: WriteSession, object_id: UUID, deleted_at: datetime | None) -> Sequence[Panel]:
    query = select(Panel).where(Panel.object_id == object_id, Panel.deleted_at.is_not_distinct_from(deleted_at))
    return (await session.scalars(query.order_by(Panel.id).with_for_update())).all()


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


async def find_panel(session: AsyncSession, panel_id: UUID, *, lock: bool = False) -> Panel | None:
    """``lock``: nobody else changes it until the transaction ends."""
    found = await session.get(Panel, panel_id, with_for_update=lock)
    return None if found is None or found.deleted_at is not None else found


async def add_panel(session: WriteSession, panel: Panel) -> None:
    """Insert, and tell the relay: the panel's workflow starts. Raises IntegrityError when host and port are taken."""
    session.add(panel)
    await session.flush()
    await _announce(session, panel)


async def lock_panel(session: WriteSession, panel_id: UUID) -> Panel | None:
    """The row until the transaction ends; None: there is none, or it is deleted."""
    found = await session.get(Panel, panel_id, with_for_update=True)
    return None if found is None or found.deleted_at is not None else found


async def change_panel(session: WriteSession, panel: Panel, changes: Mapping[str, Any], cipher: FieldCipher) -> None:
    """Change the locked panel. ``changes`` has sealed values as they are typed. Raises IntegrityError."""
    changed = {name for name, value in changes.items() if not _has(panel, name, value, cipher)}
    for name in changed:
        _set(panel, name, changes[name], cipher)
    panel.version += 1
    if changed & _LINE:
        panel.config_version += 1
        await _announce(session, panel)
    elif changed & _DESCRIPTION:
        await describe_anew(session, panel)
    if "time_zone" in changed:
        await auto_arm.zones_changed(session, [panel.id])
    await session.flush()


async def delete_panel(session: WriteSession, panel: Panel, *, at: datetime) -> None:
    """Mark the locked panel as deleted: whoever holds its line lets go."""
    panel.deleted_at = at
    await _changed_line(session, panel)


async def describe_anew(session: WriteSession, panel: Panel) -> None:
    """Note that the locked panel's zones, partitions, outputs or users have changed: whoever holds its line reads them anew
    and goes on, and consoles ask for the names of their alarms."""
    panel.description_version += 1
    await session.flush()
    await announce_description(
        session, panel_id=panel.id, object_id=panel.object_id, description_version=panel.description_version
    )


async def _changed_line(session: WriteSession, panel: Panel) -> None:
    panel.version += 1
    panel.config_version += 1
    await session.flush()
    await _announce(session, panel)


async def _announce(session: WriteSession, panel: Panel) -> None:
    await announce_panel_change(session, panel_id=panel.id, object_id=panel.object_id, config_version=panel.config_version)


def _has(panel: Panel, name: str, value: Any, cipher: FieldCipher) -> bool:
    """Whether that is how it is. A key that cannot be read is none that anybody typed."""
    if name not in _SEALED:
        return bool(getattr(panel, name) == value)
    try:
        return _SEALED[name].get(panel, cipher) == (value or None)
    except Unreadable:
        return False


def _set(panel: Panel, name: str, value: Any, cipher: FieldCipher) -> None:
    if name in _SEALED:
        _SEALED[name].put(panel, cipher, value)
    else:
        setattr(panel, name, value)


async def expected_panels(session: AsyncSession) -> list[UUID]:
    """The panels that should be connected: not those whose line somebody has for programming."""
    released = select(PanelRelease.id).where(PanelRelease.panel_id == Panel.id, in_force()).exists()
    query = select(Panel.id).where(Panel.deleted_at.is_(None), Panel.enabled, ~released)
    return list((await session.scalars(query)).all())


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
