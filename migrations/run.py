"""Bring a database to the newest schema, make its partitions, give the application its rights.

Usable from synchronous code, with or without a loop.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.db.partitions import create_partitions
from activities.db.roles import grant
from activities.db.session import Database

_LOCK = 0x5741_4D49  # advisory: of several processes started at once, one migrates and the others wait
T = TypeVar("T")


def upgrade(database_url: str) -> None:
    """Migrate to the newest schema in one transaction, as its owner. Does nothing when it is there already."""
    _run(_with_connection(database_url, _upgrade))


def current_is_head(database_url: str) -> bool:
    """Whether the schema is the newest this code knows."""
    return _run(_with_connection(database_url, _is_head))


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    return made


async def _upgrade(connection: AsyncConnection) -> None:
    await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    await connection.run_sync(_alembic_upgrade)
    await create_partitions(connection, datetime.now(UTC))
    await grant(connection)


def _alembic_upgrade(connection: Connection) -> None:
    settings = config()
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")


async def _is_head(connection: AsyncConnection) -> bool:
    heads = set(ScriptDirectory.from_config(config()).get_heads())
    return heads == await connection.run_sync(lambda sync: set(MigrationContext.configure(sync).get_current_heads()))


async def _with_connection(url: str, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    db = Database.connect(url, pool=1)
    try:
        async with db.engine.begin() as connection:
            return await work(connection)
    finally:
        await db.dispose()


def _run(work: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own, because the caller's may already run a loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
