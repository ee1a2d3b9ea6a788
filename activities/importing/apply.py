"""Entries against the database: what it has of them, and writing what differs, many objects at once."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from activities.db.audit import record
from activities.db.models.base import Base
from activities.db.outbox import announce_panel_changes, wake_holders
from activities.db.repositories import auto_arm
from activities.db.session import WriteSession
from activities.importing.entry import ObjectEntry
from activities.importing.mapping import CONTACT, OBJECT, PANEL, STEP, TABLES, ZONE, Present
from activities.importing.plan import Address, Known, Plan, addresses, plan
from activities.infra.crypto import FieldCipher
from workflows.domain.object_import import ImportOutcome

_WRITTEN: Final = frozenset({ImportOutcome.CREATED, ImportOutcome.CHANGED})


async def compare(
    session: AsyncSession, entries: Sequence[ObjectEntry], owners: dict[Address, UUID], cipher: FieldCipher
) -> list[Plan]:
    """A plan for every entry, in their order. ``owners`` collects who has which address over several calls."""
    known = await _known(session, [entry.external_number for entry in entries])
    for address, panel_id in (await _owners(session, entries)).items():
        owners.setdefault(address, panel_id)
    return [plan(entry, known.get(entry.external_number), owners, cipher) for entry in entries]


async def apply(
    session: WriteSession,
    entries: Sequence[ObjectEntry],
    cipher: FieldCipher,
    *,
    actor_id: UUID,
    request_id: str,
    import_id: UUID,
) -> list[Plan]:
    """Compare, and write what differs with an audit row for each object. An object whose plan has findings is left as it is."""
    plans = await compare(session, entries, {}, cipher)
    writes = [made.writes for made in plans if made.outcome in _WRITTEN]
    for table in TABLES:
        await _delete(session, table, [row_id for one in writes for row_id in one.deletes[table]])
        await _insert(session, table, [row for one in writes for row in one.inserts[table]])
        await _update(session, table, [row for one in writes for row in one.updates[table]])
    await announce_panel_changes(session, [line for one in writes for line in one.lines])
    await auto_arm.zones_changed(session, [row["id"] for one in writes for row in one.updates[PANEL] if "time_zone" in row])
    await wake_holders(session, [panel_id for one in writes for panel_id in one.described])
    for made in plans:
        if made.outcome in _WRITTEN:
            record(
                session,
                "object.imported",
                "object",
                made.object_id,
                actor_id=actor_id,
                request_id=request_id,
                detail={"import_id": import_id},
                before=None if made.outcome is ImportOutcome.CREATED else made.before,
                after=made.after,
            )
    return plans


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


async def _known(session: AsyncSession, numbers: list[str]) -> dict[str, Known]:
    """By external number. The objects' rows are locked where the session may write; readers and foreign keys do not wait."""
    objects = _table(OBJECT)
    query = select(objects).where(objects.c.external_number.in_(numbers)).order_by(objects.c.id)
    if isinstance(session, WriteSession):
        query = query.with_for_update(key_share=True)
    found = (await session.execute(query)).mappings().all()
    ids = [row["id"] for row in found]
    contacts = await _children(session, CONTACT, "object_id", ids)
    steps = await _children(session, STEP, "object_id", ids)
    panels = await _children(session, PANEL, "object_id", ids)
    living = {of: [one for one in rows if one["deleted_at"] is None] for of, rows in panels.items()}
    zones = await _children(session, ZONE, "panel_id", [one["id"] for rows in living.values() for one in rows])
    return {
        row["external_number"]: Known(
            object=row,
            contacts={one["position"]: one for one in contacts[row["id"]]},
            steps={one["position"]: one for one in steps[row["id"]]},
            panels=tuple(living.get(row["id"], ())),
            zones={panel["id"]: {one["number"]: one for one in zones[panel["id"]]} for panel in living.get(row["id"], ())},
        )
        for row in found
    }


async def _children(session: AsyncSession, model: type[Base], parent: str, ids: list[UUID]) -> dict[UUID, list[Present]]:
    grouped: dict[UUID, list[Present]] = defaultdict(list)
    table = _table(model)
    if ids:
        for row in (await session.execute(select(table).where(table.c[parent].in_(ids)))).mappings():
            grouped[row[parent]].append(row)
    return grouped


async def _owners(session: AsyncSession, entries: Sequence[ObjectEntry]) -> dict[Address, UUID]:
    panels = _table(PANEL)
    query = select(panels.c.host, panels.c.port, panels.c.id)
    query = query.where(panels.c.host.in_(addresses(entries)), panels.c.deleted_at.is_(None))
    return {(row.host, row.port): row.id for row in await session.execute(query)}


async def _insert(session: WriteSession, model: type[Base], rows: list[dict[str, Any]]) -> None:
    if rows:
        await (await session.connection()).execute(insert(_table(model)), rows)


async def _update(session: WriteSession, model: type[Base], rows: list[dict[str, Any]]) -> None:
    """Rows that change the same columns go together."""
    table, alike = _table(model), defaultdict(list)
    for row in rows:
        alike[tuple(sorted(row))].append({f"new_{name}": value for name, value in row.items()})
    for names, group in alike.items():
        changed: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names if name != "id"}
        statement = update(table).where(table.c.id == bindparam("new_id")).values(changed)
        await (await session.connection()).execute(statement, group)


async def _delete(session: WriteSession, model: type[Base], ids: list[UUID]) -> None:
    if ids:
        table = _table(model)
        await session.execute(delete(table).where(table.c.id.in_(ids)))
