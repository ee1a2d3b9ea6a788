"""What the parts of a panel are called: by us, and by the panel itself as last read."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities.db.models.panel_name_reads import PanelNameRead
from activities.db.models.panel_names import PanelName
from activities.db.models.panel_outputs import PanelOutput
from activities.db.models.panel_users import PanelUser
from activities.db.models.partitions import Partition
from activities.db.models.zones import Zone
from activities.db.session import WriteSession
from workflows.domain.command import Target
from workflows.domain.panel_names import Named, NameKind, Names

# Where a part of each kind is kept, and the column that holds what `Named.function` says.
_TABLES: Final[Mapping[NameKind, tuple[Table, str | None]]] = {
    NameKind.ZONE: (Zone.__table__, "reaction"),  # type: ignore[dict-item]
    NameKind.PARTITION: (Partition.__table__, None),  # type: ignore[dict-item]
    NameKind.OUTPUT: (PanelOutput.__table__, "function"),  # type: ignore[dict-item]
    NameKind.USER: (PanelUser.__table__, None),  # type: ignore[dict-item]
}


_TARGETS: Final = {
    Target.PARTITIONS: (Partition.number, Partition.panel_id),
    Target.ZONES: (Zone.number, Zone.panel_id),
    Target.OUTPUTS: (PanelOutput.number, PanelOutput.panel_id),
}


async def known_numbers(session: AsyncSession, panel_id: UUID, target: Target) -> frozenset[int]:
    """The partitions, zones or outputs that somebody has described; none: nobody knows what the panel has."""
    if target is Target.NONE:
        return frozenset()
    number, owner = _TARGETS[target]
    return frozenset((await session.scalars(select(number).where(owner == panel_id))).all())


async def present(session: AsyncSession, panel_id: UUID) -> Names:
    """What we call them."""
    found: dict[tuple[NameKind, int], Named] = {}
    for kind, (table, function) in _TABLES.items():
        rows = (await session.execute(select(table).where(table.c.panel_id == panel_id))).mappings()
        found |= {
            (kind, row["number"]): Named(
                name=row["name"],
                partition=row["partition"] if kind is NameKind.ZONE else None,
                function=row[function] if function else None,
            )
            for row in rows
        }
    return found


async def read(session: AsyncSession, panel_id: UUID) -> Names:
    """What the panel calls them."""
    rows = await session.scalars(select(PanelName).where(PanelName.panel_id == panel_id))
    return {(row.kind, row.number): Named(name=row.name, partition=row.partition, function=row.function) for row in rows.all()}


async def last_read(session: AsyncSession, panel_id: UUID) -> PanelNameRead | None:
    return await session.get(PanelNameRead, panel_id)


async def put(session: WriteSession, panel_id: UUID, parts: Names) -> None:
    """Insert these parts or give them these names; what the database knows beside stays."""
    for (kind, number), part in parts.items():
        table, function = _TABLES[kind]
        values: dict[str, Any] = {"name": part.name}
        if kind is NameKind.ZONE:
            values["partition"] = part.partition
        if function is not None:
            values[function] = part.function
        changed = {**values, **({"version": table.c.version + 1} if kind is NameKind.ZONE else {})}
        row = insert(table).values(id=uuid7(), panel_id=panel_id, number=number, **values)
        await session.execute(row.on_conflict_do_update(index_elements=["panel_id", "number"], set_=changed))


async def put_partitions(session: WriteSession, panel_id: UUID, wanted: Mapping[int, str]) -> None:
    """Exactly these."""
    gone = delete(Partition).where(Partition.panel_id == panel_id, Partition.number.not_in(list(wanted)))
    await session.execute(gone)
    await put(session, panel_id, {(NameKind.PARTITION, number): Named(name=name) for number, name in wanted.items()})
