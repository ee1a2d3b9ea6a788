"""The schema, its partitions, and the sessions (design §6)."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from alembic import command
from asyncpg.transaction import Transaction
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from activities.db.encrypted import INTEGRATION_KEY
from activities.db.models.panels import Panel
from activities.db.models.users import User
from activities.db.partitions import default_rows, ensure_partitions
from activities.db.session import Database, DatabaseUnavailable, is_unavailable
from activities.infra.crypto import BadKeys
from activities.infra.settings import Settings
from migrations.run import config, current_is_head, upgrade
from tests.activities.recording import World
from tests.support.signals import edge, record
from workflows.domain.permissions import Role


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database.connect(database_url, pool=2)
    yield database
    await database.dispose()


@pytest.fixture
async def owner(owner_url: str) -> AsyncIterator[Database]:
    database = Database.connect(owner_url, pool=1)
    yield database
    await database.dispose()


def test_the_migrations_lead_to_the_models_and_can_be_repeated(database_url: str, owner_url: str) -> None:
    assert current_is_head(database_url)
    upgrade(owner_url)
    assert current_is_head(database_url)


async def test_no_model_differs_from_the_migrated_schema(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    def compare(connection: Connection) -> None:
        settings = config()
        settings.attributes["connection"] = connection
        command.check(settings)  # raises when a migration is missing

    caplog.set_level(logging.WARNING)
    async with db.engine.begin() as connection:
        await connection.run_sync(compare)


async def test_the_schema_can_be_taken_down_and_built_again(owner: Database, owner_url: str) -> None:
    def down(connection: Connection) -> None:
        settings = config()
        settings.attributes["connection"] = connection
        command.downgrade(settings, "base")

    async with owner.engine.begin() as connection:
        await connection.run_sync(down)
    assert not current_is_head(owner_url)
    upgrade(owner_url)
    assert current_is_head(owner_url)


def _to(revision: str) -> Callable[[Connection], None]:
    def go(connection: Connection) -> None:
        settings = config()
        settings.attributes["connection"] = connection
        command.downgrade(settings, revision)

    return go


async def test_keys_of_panels_that_were_stored_in_the_clear_are_sealed(
    db: Database, owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, owner = await World.made(db), Database.connect(owner_url, pool=1)
    async with owner.engine.begin() as connection:
        await connection.run_sync(_to("0008-1"))
        await connection.execute(text("UPDATE panels SET integration_key = 'klucz'"))
    keys = os.environ["STAM_SECRET_KEYS"]
    monkeypatch.delenv("STAM_SECRET_KEYS")
    with pytest.raises(BadKeys, match="integration keys of 1 panels"):
        upgrade(owner_url)
    monkeypatch.setenv("STAM_SECRET_KEYS", keys)
    upgrade(owner_url)
    async with db.read() as session:
        panel = await session.get_one(Panel, world.panel)
    assert INTEGRATION_KEY.get(panel, Settings().cipher()) == "klucz"
    async with owner.engine.begin() as connection:
        await connection.run_sync(_to("0008-1"))
        assert await connection.scalar(text("SELECT integration_key FROM panels")) == "klucz"
    await owner.dispose()


async def test_partitions_are_made_ahead_and_only_once(db: Database) -> None:
    assert await ensure_partitions(db, datetime.now(UTC)) == ()  # the migrations made this month's and its neighbours
    made = await ensure_partitions(db, datetime(2031, 12, 24, tzinfo=UTC))
    assert {"signals_y2031m09", "events_y2031m12", "events_y2032m03"} < set(made)
    assert len(made) == 14


async def test_partitions_are_not_made_for_any_time_somebody_likes(db: Database) -> None:
    with pytest.raises(DBAPIError, match="within ten years"):
        await ensure_partitions(db, datetime(2099, 1, 1, tzinfo=UTC))


async def test_rows_of_the_default_partition_move_into_their_month(db: Database) -> None:
    world, at = await World.made(db), datetime(2031, 12, 24, 18, 0, tzinfo=UTC)
    await world.record(record(world.panel, at=at))
    async with db.engine.connect() as connection:
        assert await default_rows(connection) == {"signals": 0, "events": 1}
    await ensure_partitions(db, at)
    assert await world.value("SELECT count(*) FROM events_y2031m12") == 1
    assert await world.value("SELECT count(*) FROM events_default") == 0
    assert (await world.record(record(world.panel, at=at))).outcomes == ("DUPLICATE",)


async def test_a_month_is_one_of_utc(db: Database) -> None:
    made = await ensure_partitions(db, datetime.fromisoformat("2033-01-01T00:30:00+01:00"))  # December in UTC
    assert {name[-8:] for name in made} == {f"y2032m{month:02}" for month in (9, 10, 11, 12)} | {
        f"y2033m{month:02}" for month in (1, 2, 3)
    }


async def test_a_read_session_cannot_write(db: Database) -> None:
    with pytest.raises(DBAPIError, match="read-only"):
        async with db.read() as session:
            await session.execute(text("DELETE FROM users"))
    async with db.write() as session:  # and leaves nothing behind on its connection
        await session.execute(text("DELETE FROM users"))


async def _add_and_fail(db: Database, user: dict[str, Any]) -> None:
    async with db.write() as session:
        session.add(User(**user))
        await session.flush()
        await session.execute(text("SELECT 1 / 0"))


async def test_a_write_session_commits_once_at_its_end_or_not_at_all(db: Database) -> None:
    user: dict[str, Any] = {"username": "ola", "password_hash": "x", "role": Role.OPERATOR, "display_name": "Ola"}
    with pytest.raises(DBAPIError, match="division by zero"):
        await _add_and_fail(db, user)
    async with db.write() as session:
        session.add(User(**user))
    async with db.read() as session:
        assert (await session.execute(text("SELECT username, role, locale, active FROM users"))).all() == [
            ("ola", "OPERATOR", "pl", True)
        ]


async def test_the_database_refuses_words_that_no_enum_has(db: Database) -> None:
    world = await World.made(db)
    await world.record(edge(world.panel))
    with pytest.raises(DBAPIError, match="ck_bundle_alarms_status"):
        await world.execute("UPDATE bundle_alarms SET status = 'ASLEEP'")


async def test_there_is_one_joinable_bundle_of_an_object_and_type(db: Database) -> None:
    world = await World.made(db)
    await world.record(edge(world.panel))
    copy = """INSERT INTO bundle_alarms (id, object_id, alarm_type, priority, opened_at, first_event_at, last_event_at,
                                         last_activity_at, status_changed_at, headline, joinable)
              SELECT gen_random_uuid(), object_id, alarm_type, priority, opened_at, first_event_at, last_event_at,
                     last_activity_at, status_changed_at, headline, :joinable FROM bundle_alarms LIMIT 1"""
    await world.execute(copy, joinable=False)
    with pytest.raises(DBAPIError, match="uq_bundle_alarms_joinable"):
        await world.execute(copy, joinable=True)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectionRefusedError(), True),
        (TimeoutError(), True),
        (asyncpg.CannotConnectNowError("the database system is starting up"), True),
        (asyncpg.AdminShutdownError("terminating connection"), True),
        (asyncpg.ConnectionDoesNotExistError("closed in the middle"), True),
        (asyncpg.DiskFullError("could not extend file"), True),
        (asyncpg.OutOfMemoryError("out of memory"), True),
        (asyncpg.TooManyConnectionsError("too many clients"), True),
        (asyncpg.PostgresIOError("could not read block"), True),
        (asyncpg.ReadOnlySQLTransactionError("a standby"), True),
        (asyncpg.QueryCanceledError("statement timeout"), True),
        (asyncpg.LockNotAvailableError("lock timeout"), True),
        (asyncpg.SerializationError("could not serialize"), True),
        (asyncpg.DeadlockDetectedError("deadlock"), True),
        (asyncpg.InvalidTextRepresentationError("not a number"), False),
        (asyncpg.UndefinedTableError("a bug"), False),
        (asyncpg.NotNullViolationError("a bug"), False),
        (asyncpg.InterfaceError("connection is closed"), True),
        (asyncpg.InterfaceError("cannot perform operation: another operation is in progress"), False),
        (asyncpg.UniqueViolationError("a bug"), False),
        (ValueError("a bug"), False),
        (DatabaseUnavailable("said already"), True),
    ],
)
def test_an_absent_server_is_told_from_a_bug(error: Exception, expected: bool) -> None:
    assert is_unavailable(error) is expected


async def test_a_server_that_became_read_only_is_away_for_who_writes(db: Database, owner_url: str) -> None:
    """As after a failover; who writes in a read session is at fault himself."""
    owner = Database.connect(owner_url, pool=1)
    async with owner.engine.connect() as connection:
        name = (await connection.execute(text("SELECT current_database()"))).scalar_one()
        await connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
        await connection.commit()
    await owner.dispose()
    await db.engine.dispose()
    with pytest.raises(DatabaseUnavailable):
        async with db.write() as session:
            await session.execute(text("DELETE FROM users"))
    with pytest.raises(DatabaseUnavailable):
        async with db.fast() as fast:
            await fast.execute("DELETE FROM users")


async def test_a_broken_connection_does_not_go_back_to_the_pool(db: Database) -> None:
    with pytest.raises(DatabaseUnavailable):
        async with db.fast() as connection:
            await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    async with db.fast() as connection:
        assert await connection.fetchval("SELECT 1") == 1


@pytest.mark.parametrize("opened_by", ["fast", "write", "read"])
async def test_who_is_cancelled_within_begin_leaves_no_open_transaction_in_the_pool(
    database_url: str, opened_by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server has begun, and nobody has heard of it: what the next user of the connection commits would be a savepoint
    within a transaction that never ends."""
    db = Database.connect(database_url, pool=1)
    opened: Callable[[], Any] = getattr(db, opened_by)

    async def one() -> None:
        async with opened() as connection:
            await connection.execute("SELECT 1" if opened_by == "fast" else text("SELECT 1"))

    begin = Transaction.start

    async def cancelled_at_its_end(transaction: Transaction) -> None:
        await begin(transaction)
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)

    try:
        await one()  # the first connection begins transactions of its own
        with monkeypatch.context() as patch:
            patch.setattr(Transaction, "start", cancelled_at_its_end)
            with pytest.raises(asyncio.CancelledError):
                await asyncio.create_task(one())
        await one()
        async with db.engine.connect() as pooled:
            connection = (await pooled.get_raw_connection()).driver_connection
            assert connection is not None
            assert not connection.is_in_transaction()
    finally:
        await db.dispose()


async def test_dead_connections_are_replaced_before_their_use_where_that_was_asked(database_url: str) -> None:
    """R-MODES: after PostgreSQL was restarted the API answers at once, not after an error for each pooled connection."""
    db, other = Database.connect(database_url, pool=3, pre_ping=True), Database.connect(database_url, pool=1)
    try:
        await asyncio.gather(*(_one(db, pause=0.05) for _ in range(3)))
        async with other.write() as session:
            killed = await session.scalar(text(_TERMINATE_OTHERS))
        assert killed == 3
        assert await asyncio.gather(*(_one(db, pause=0.05) for _ in range(3))) == [1, 1, 1]
    finally:
        await db.dispose()
        await other.dispose()


_TERMINATE_OTHERS = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


async def _one(db: Database, *, pause: float) -> int:
    """Holds its connection for ``pause`` seconds, so that several at once need as many connections."""
    async with db.read() as session:
        return int(await session.scalar(text("SELECT 1 FROM pg_sleep(:pause)"), {"pause": pause}))
