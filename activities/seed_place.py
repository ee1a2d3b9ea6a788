"""A place of the demo: what its ids and its size follow from."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert

from activities import seed_data as words
from activities.db.models.base import Base
from activities.db.session import WriteSession

OBJECTS: Final = 60
ZONES_SIMULATED, PARTITIONS_SIMULATED, ZONES_PER_PARTITION = 16, 2, 8
_NAMESPACE: Final = UUID("5f0c2f3e-7a52-5d0e-9a51-2c1f6d1b7a10")
_AT_ONCE: Final = 1_000  # rows of a statement


@dataclass(frozen=True, slots=True)
class Place:
    """One object of the demo with its panel; `index` from 0 is also the panel's place in the fleet."""

    index: int

    @property
    def site(self) -> str:
        return words.SITES[self.index % len(words.SITES)]

    @property
    def street(self) -> str:
        return words.STREETS[self.index // len(words.SITES) % len(words.STREETS)]

    @property
    def name(self) -> str:
        return f"{self.site} {self.street}"

    @property
    def zones(self) -> int:
        """Simulated panels have 16; the size of a place shows in the others."""
        return ZONES_SIMULATED if self.index < OBJECTS // 2 else 8 + 8 * (self.index % 4)

    @property
    def object_id(self) -> UUID:
        return id_of("object", self.index)

    @property
    def panel_id(self) -> UUID:
        return id_of("panel", self.index)


def id_of(kind: str, *of: object) -> UUID:
    """The same for the same thing, so that a second run finds the first one's rows."""
    return uuid5(_NAMESPACE, ":".join([kind, *map(str, of)]))


async def add(session: WriteSession, model: type[Base], rows: Iterable[dict[str, Any]]) -> None:
    """Insert what is not there yet."""
    table, listed = model.__table__, list(rows)
    assert isinstance(table, Table)
    connection = await session.connection()
    for first in range(0, len(listed), _AT_ONCE):
        await connection.execute(insert(table).on_conflict_do_nothing(), listed[first : first + _AT_ONCE])
