"""A small world to record into: objects with one panel each, in a real database."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from uuid_utils.compat import uuid7

from activities.db.recorder import Batch, Recorded, record_signals
from activities.db.session import Database
from workflows.domain.alarm import Signal


@dataclass(frozen=True, slots=True)
class World:
    db: Database
    objects: tuple[UUID, ...]
    panels: tuple[UUID, ...]

    @classmethod
    async def made(cls, db: Database, count: int = 1) -> "World":
        """``count`` objects, each with a panel of sixteen zones."""
        objects, panels = tuple(uuid7() for _ in range(count)), tuple(uuid7() for _ in range(count))
        async with db.write() as session:
            for number, (object_id, panel_id) in enumerate(zip(objects, panels, strict=True)):
                for statement in _ONE:
                    await session.execute(text(statement), {"o": object_id, "p": panel_id, "n": number, "name": f"O{number}"})
        return cls(db, objects, panels)

    @property
    def panel(self) -> UUID:
        return self.panels[0]

    async def record(self, *signals: Signal, **more: Any) -> Recorded:
        return await record_signals(self.db, Batch(signals=signals, **more))

    async def rows(self, sql: str, **values: Any) -> list[Any]:
        async with self.db.read() as session:
            return list((await session.execute(text(sql), values)).mappings())

    async def value(self, sql: str, **values: Any) -> Any:
        async with self.db.read() as session:
            return (await session.execute(text(sql), values)).scalar()

    async def execute(self, sql: str, **values: Any) -> None:
        async with self.db.write() as session:
            await session.execute(text(sql), values)


_ONE = (
    "INSERT INTO objects (id, name, address, kind, external_number) VALUES (:o, :name, 'ul. Polna 1', 'shop', :name)",
    "INSERT INTO panels (id, object_id, name, host, port) VALUES (:p, :o, :name, '127.0.0.1', 1000 + :n)",
    """INSERT INTO zones (id, panel_id, number, name)
       SELECT gen_random_uuid(), :p, z, 'zone ' || z FROM generate_series(1, 16) AS z""",
)
