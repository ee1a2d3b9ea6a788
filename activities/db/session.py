"""The one way to the database: a read session cannot write, a write session commits once, at the end of its block."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from activities.db import schema as _every_table  # noqa: F401 - a foreign key needs the table it names

CONNECT_TIMEOUT = 5.0  # s
POOL_TIMEOUT = 10.0  # s; longer than any transaction of ours


class DatabaseUnavailable(Exception):  # noqa: N818 - a state of the world, not a mistake
    """The server cannot be reached or cannot do its work now, whatever it is asked: try again later."""


class ReadSession(AsyncSession):
    """A session in a READ ONLY transaction."""


class WriteSession(AsyncSession):
    """A session whose block commits at its end and rolls back on an error."""


_UNAVAILABLE = (
    DatabaseUnavailable,
    OSError,
    PoolTimeout,
    TimeoutError,
    asyncio.TimeoutError,
    asyncpg.PostgresConnectionError,  # class 08
    asyncpg.ReadOnlySQLTransactionError,  # 25006: a standby, in the middle of a failover
    asyncpg.IdleInTransactionSessionTimeoutError,  # 25P03
    asyncpg.TransactionRollbackError,  # class 40: others were in the way, as often as it was tried
    asyncpg.InsufficientResourcesError,  # class 53: disk full, out of memory, too many connections
    asyncpg.LockNotAvailableError,  # 55P03
    asyncpg.OperatorInterventionError,  # class 57: starting up, shutting down, crashed, cancelled
    asyncpg.PostgresSystemError,  # class 58: an I/O error of the server
)


def is_unavailable(error: BaseException) -> bool:
    """Whether ``error`` tells of a server that is away or in trouble: not of a bug, and not of what it was asked."""
    if isinstance(error, _UNAVAILABLE):
        return True
    if isinstance(error, DBAPIError):
        if error.connection_invalidated or isinstance(error, OperationalError):
            return True
        cause = error.orig.__cause__ if error.orig is not None else None
        return (cause is not None and is_unavailable(cause)) or _says_closed(error)
    return isinstance(error, asyncpg.InterfaceError) and _says_closed(error)


def _says_closed(error: BaseException) -> bool:
    """asyncpg has no class for using a connection that has just died, only words."""
    return isinstance(error, InterfaceError | asyncpg.InterfaceError) and "closed" in str(error)


def _says_read_only(error: BaseException) -> bool:
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig is not None else error
    return isinstance(cause, asyncpg.ReadOnlySQLTransactionError)


def plain_dsn(url: str) -> str:
    """An SQLAlchemy URL as the driver itself wants it: without its name, and TLS (`?ssl=verify-full`) in libpq's words."""
    return re.sub(r"([?&])ssl=", r"\1sslmode=", url.replace("+asyncpg", "", 1))


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


@dataclass(frozen=True, slots=True)
class Database:
    """A pool of connections to one server. Making it does not connect."""

    engine: AsyncEngine

    @classmethod
    def connect(cls, url: str, *, pool: int = 10, pre_ping: bool = False) -> "Database":
        """``url`` is an SQLAlchemy URL with driver asyncpg; at most ``pool`` connections are held.

        ``pre_ping``: try each connection before its use and replace a dead one, at the price of a round trip. For those who
        cannot try again by themselves: after the server was restarted every pooled connection is dead.
        """
        engine = create_async_engine(
            url,
            pool_size=pool,
            max_overflow=0,
            pool_timeout=POOL_TIMEOUT,
            pool_use_lifo=True,
            pool_pre_ping=pre_ping,
            hide_parameters=True,  # they hold what people wrote, and errors go to the log
            json_serializer=_dumps,
            json_deserializer=orjson.loads,
            connect_args={"timeout": CONNECT_TIMEOUT, "server_settings": {"timezone": "UTC", "jit": "off"}},
        )
        return cls(engine)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[ReadSession]:
        """A READ ONLY transaction. Raises DatabaseUnavailable."""
        async with self._translated(reading=True), self.engine.connect() as connection:
            await connection.execution_options(postgresql_readonly=True)
            async with ReadSession(connection, expire_on_commit=False) as session:
                yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[WriteSession]:
        """One transaction, committed at the end of the block. Raises DatabaseUnavailable."""
        async with self._translated(), WriteSession(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @asynccontextmanager
    async def fast(self) -> AsyncIterator[asyncpg.Connection]:
        """A write transaction on the driver's own connection, for the few statements that run a thousand times a second:
        half the processor time. JSON goes in as text. Raises DatabaseUnavailable."""
        async with self._translated(), self.engine.connect() as pooled:
            connection = (await pooled.get_raw_connection()).driver_connection
            assert isinstance(connection, asyncpg.Connection)
            try:
                async with connection.transaction():
                    yield connection
            except Exception:
                if connection.is_closed():
                    await pooled.invalidate()
                raise
            except BaseException:
                # Cancelled, maybe within BEGIN itself: nobody can say in which state it is, and the next would find it there.
                await pooled.invalidate()
                raise

    @asynccontextmanager
    async def _translated(self, *, reading: bool = False) -> AsyncIterator[None]:
        """``reading``: the transaction is read-only because we said so, and who writes in it is at fault himself."""
        try:
            yield
        except Exception as error:
            ours = isinstance(error, DatabaseUnavailable) or (reading and _says_read_only(error))
            if not ours and is_unavailable(error):
                raise DatabaseUnavailable(str(error)[:200]) from error
            raise

    async def dispose(self) -> None:
        await self.engine.dispose()
