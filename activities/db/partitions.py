"""Monthly partitions of `signals` and `events`: made ahead, and on demand for what the default partition caught.

The database does it (`stam_make_partitions`, migration 0004), because the application's role may make no tables.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.db.session import Database

PARTITIONED = ("signals", "events")


async def ensure_partitions(db: Database, now: datetime) -> tuple[str, ...]:
    """Make the partitions from three months before to three months after ``now``; the names of those it had to make.

    Rows that wait in the default partition for such a month move into it. ``now`` is within ten years of the database's.
    """
    async with db.engine.begin() as connection:
        return await create_partitions(connection, now)


async def create_partitions(connection: AsyncConnection, now: datetime) -> tuple[str, ...]:
    """`ensure_partitions` inside the caller's transaction."""
    made = await connection.scalar(text("SELECT stam_make_partitions(:around)"), {"around": now})
    return tuple(made or ())


async def default_rows(connection: AsyncConnection) -> dict[str, int]:
    """How many rows nobody expected: table -> rows in its default partition (should be none)."""
    return {
        table: (await connection.execute(text(f"SELECT count(*) FROM {table}_default"))).scalar_one()  # noqa: S608
        for table in PARTITIONED
    }
