"""Monthly partitions of `signals` and `events`: made ahead, and on demand for what the default partition caught."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.db.session import Database

PARTITIONED = {"signals": "recorded_at", "events": "minute"}  # table -> partition key
MONTHS_AHEAD = 3
MONTHS_BACK = 3
_LOCK = 0x5741_4D50  # advisory: two workers must not make the same table at once


@dataclass(frozen=True, slots=True)
class Month:
    year: int
    month: int

    @classmethod
    def of(cls, at: datetime) -> "Month":
        utc = at.astimezone(UTC)
        return cls(utc.year, utc.month)

    def plus(self, months: int) -> "Month":
        index = self.year * 12 + self.month - 1 + months
        return Month(index // 12, index % 12 + 1)

    @property
    def begin(self) -> datetime:
        return datetime(self.year, self.month, 1, tzinfo=UTC)


async def ensure_partitions(db: Database, now: datetime) -> tuple[str, ...]:
    """Make the partitions from three months before to three months after ``now``; the names of those it had to make.

    Rows that wait in the default partition for such a month move into it.
    """
    async with db.engine.begin() as connection:
        return await create_partitions(connection, now)


async def create_partitions(connection: AsyncConnection, now: datetime) -> tuple[str, ...]:
    """`ensure_partitions` inside the caller's transaction."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    rows = await connection.execute(text("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'"))
    existing = set(rows.scalars())
    missing = [(table, month) for table in PARTITIONED for month in _months(now) if _name(table, month) not in existing]
    for table, month in missing:
        await _create(connection, table, month)
    return tuple(_name(table, month) for table, month in missing)


async def default_rows(connection: AsyncConnection) -> dict[str, int]:
    """How many rows nobody expected: table -> rows in its default partition (should be none)."""
    return {
        table: (await connection.execute(text(f"SELECT count(*) FROM {table}_default"))).scalar_one()  # noqa: S608
        for table in PARTITIONED
    }


def _months(now: datetime) -> Iterator[Month]:
    return (Month.of(now).plus(step) for step in range(-MONTHS_BACK, MONTHS_AHEAD + 1))


def _name(table: str, month: Month) -> str:
    return f"{table}_y{month.year:04}m{month.month:02}"


async def _create(connection: AsyncConnection, table: str, month: Month) -> None:
    """A partition may only be attached while the default one holds nothing of its range: move that over first."""
    name, key = _name(table, month), PARTITIONED[table]
    begin, end = month.begin.isoformat(), month.plus(1).begin.isoformat()
    within = f"{key} >= '{begin}' AND {key} < '{end}'"
    columns = await _columns(connection, table)
    move = f"""
        WITH moved AS (DELETE FROM {table}_default WHERE {within} RETURNING {columns})
        INSERT INTO {name} ({columns}) SELECT {columns} FROM moved"""  # noqa: S608 - our own names
    for statement in (
        f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
        move,
        f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{begin}') TO ('{end}')",
    ):
        await connection.execute(text(statement.replace(":", r"\:")))


async def _columns(connection: AsyncConnection, table: str) -> str:
    rows = await connection.execute(
        text("SELECT column_name FROM information_schema.columns WHERE table_name = :table ORDER BY ordinal_position"),
        {"table": table},
    )
    return ", ".join(f'"{name}"' for name in rows.scalars())
