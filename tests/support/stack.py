"""Real servers for tests: the same embedded PostgreSQL, Valkey and Temporal that `stam up` starts."""

import asyncio
import contextlib
import importlib
import inspect
import os
import shutil
import uuid
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import asyncpg
import redis

from deploy.local.folder import scratch_folder
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.postgres import OWNER, Postgres
from deploy.local.temporal import Temporal
from deploy.local.valkey import Valkey

T = TypeVar("T")
_TEMPLATE = "stam_template"
_MEMORY: Final = Path("/dev/shm")
_PLENTY: Final = 4 * 1024**3  # bytes


def folder_in_memory() -> AbstractContextManager[Path]:
    """A scratch folder in memory, if there is plenty of it: a database is some 400 files, and disks are slow at making them."""
    roomy = os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _PLENTY
    return scratch_folder(_MEMORY if roomy else None)


def run_apart(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run ``coroutine`` to its end in a thread and a loop of its own, so that any synchronous fixture may call it."""
    with ThreadPoolExecutor(max_workers=1) as apart:
        return apart.submit(asyncio.run, coroutine).result()


class Stack:
    """Three servers in one folder. Each can be stopped, killed (-9) and restarted on the same port and data:
    ``await stack.postgres.kill()``, ``await stack.postgres.restart()``; see `deploy.local.server.Server`."""

    def __init__(self, root: Path, *, durable: bool = True) -> None:
        self.postgres = Postgres(root, port=free_port(), durable=durable)
        self.valkey = Valkey(root, port=free_port(), durable=durable)
        self.temporal = Temporal(root, port=free_port(), http_port=free_port(), durable=durable)

    def environment(self, database: str = "stam") -> dict[str, str]:
        """The settings that point a process of the system at these servers."""
        return {
            "STAM_DATABASE_URL": self.postgres.url_of(database),
            "STAM_MIGRATION_DATABASE_URL": self.postgres.owner_url_of(database),
            "STAM_REDIS_URL": self.valkey.url,
            "STAM_TEMPORAL_ADDRESS": self.temporal.url,
        }

    async def __aenter__(self) -> Self:
        try:
            await asyncio.gather(self.postgres.start(), self.valkey.start(), self.temporal.start())
        except BaseException:
            await self.kill()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

    async def kill(self) -> None:
        for server in (self.temporal, self.valkey, self.postgres):
            await server.kill()


class Databases:
    """Fresh databases on one PostgreSQL, cloned from a template that the migrations made once."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._template_made = False

    @contextlib.contextmanager
    def fresh(self) -> Iterator[str]:
        """The name of a migrated database of its own, dropped afterwards."""
        if not self._template_made:
            self._make_template()
            self._template_made = True
        name = f"test_{uuid.uuid4().hex[:12]}"
        self._execute(f"create database {name} template {_TEMPLATE} owner {OWNER} strategy file_copy")
        try:
            yield name
        finally:
            self._execute(f"drop database {name} with (force)")

    def _make_template(self) -> None:
        self._execute(f"create database {_TEMPLATE} owner {OWNER}")
        with contextlib.suppress(_NoMigrationsError):
            _upgrade(self._postgres.owner_url_of(_TEMPLATE))

    def _execute(self, statement: str) -> None:
        run_apart(_execute(self._postgres, statement))


class _NoMigrationsError(Exception):
    pass


def _upgrade(url: str) -> None:
    try:
        migrations = importlib.import_module("migrations.run")
    except ModuleNotFoundError as error:
        if error.name != "migrations.run":
            raise
        raise _NoMigrationsError from error
    with ThreadPoolExecutor(max_workers=1) as apart:
        result = apart.submit(migrations.upgrade, url).result()
    if inspect.iscoroutine(result):
        run_apart(result)


async def _execute(server: Postgres, statement: str) -> None:
    """As superuser: to drop a database is to end the sessions of every role in it."""
    connection = await asyncpg.connect(
        host=LOOPBACK, port=server.port, user="postgres", password=server.password, database="postgres"
    )
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def flush(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        client.flushall()
