"""R-AUDIT: the audit log is append-only, chained, and whoever rewrites it is found (ADR-021)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from structlog.testing import capture_logs
from uuid_utils.compat import uuid7

from activities.db import audit_chain
from activities.db.audit import record
from activities.db.audit_chain import Broken, Fault, Head, Position
from activities.db.roles import could_tamper
from activities.db.session import Database
from activities.housekeeping import log_anchor, measure_audit


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    yield connection
    await connection.close()


@pytest.fixture
async def owner(owner_url: str) -> AsyncIterator[asyncpg.Connection]:
    """An attacker who has the schema's owner's password: no trigger and no foreign key stops him."""
    connection = await asyncpg.connect(owner_url.replace("+asyncpg", ""))
    await connection.execute("ALTER TABLE audit_log DISABLE TRIGGER USER; ALTER TABLE audit_chain DISABLE TRIGGER USER")
    await connection.execute("ALTER TABLE audit_chain DROP CONSTRAINT fk_audit_chain_entry_id")
    yield connection
    await connection.close()


async def audited(db: Database, count: int, *, action: str = "thing.done") -> None:
    """``count`` transactions of one entry each."""
    for number in range(count):
        async with db.write() as session:
            record(session, action, "thing", uuid7(), actor_id=None, detail={"number": number, "text": "zażółć"})


async def first_broken(db: Database, *, size: int = 3) -> Broken | None:
    return [page async for page in audit_chain.walk(db, size=size)][-1].broken


async def entry_of(connection: asyncpg.Connection, seq: int) -> Any:
    return await connection.fetchval("SELECT entry_id FROM audit_chain WHERE seq = $1", seq)


# -- the chain grows


async def test_each_committed_entry_is_one_link_and_all_of_it_holds(db: Database) -> None:
    await audited(db, 7)
    pages = [page async for page in audit_chain.walk(db, size=3)]
    assert pages[-1].broken is None
    assert (sum(page.links for page in pages), sum(page.entries for page in pages)) == (7, 7)


async def test_an_empty_log_holds_and_has_no_head(db: Database) -> None:
    assert await first_broken(db) is None
    async with db.read() as session:
        assert await audit_chain.head(session) is None


async def test_what_is_rolled_back_leaves_no_link_and_no_gap(db: Database, app: asyncpg.Connection) -> None:
    await audited(db, 1)
    with pytest.raises(ZeroDivisionError):
        await _record_and_fail(db)
    await audited(db, 1)
    assert [row["seq"] for row in await app.fetch("SELECT seq FROM audit_chain ORDER BY seq")] == [1, 2]
    assert await first_broken(db) is None


async def _record_and_fail(db: Database) -> None:
    async with db.write() as session:
        record(session, "thing.done", "thing", None, actor_id=None)
        await session.flush()
        _ = 1 // 0


@hypothesis_settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writers=st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=4), min_size=2, max_size=8))
def test_writers_at_once_make_one_whole_chain_without_deadlock(database_url: str, writers: list[list[int]]) -> None:
    """Each writer: transactions of so many entries each."""

    async def scenario() -> None:
        db = Database.connect(database_url, pool=8)
        try:
            before = await _chain_length(db)
            await asyncio.gather(*(_write(db, number, amounts) for number, amounts in enumerate(writers)))
            assert await _chain_length(db) == before + sum(map(sum, writers))
            assert await first_broken(db, size=50) is None
        finally:
            await db.dispose()

    asyncio.run(scenario())


async def _write(db: Database, number: int, amounts: list[int]) -> None:
    for amount in amounts:
        async with db.write() as session:
            for entry in range(amount):
                record(session, "thing.done", "thing", None, actor_id=None, detail={"writer": number, "entry": entry})
                await session.flush()
                await asyncio.sleep(0)


async def _chain_length(db: Database) -> int:
    async with db.read() as session:
        links, entries = await audit_chain.length(session)
    assert links == entries
    return links


# -- each way to tamper, by somebody whom nothing stops, is found at its first place


_REMAKE = """
    UPDATE audit_chain c SET hash = audit_hash(p.hash, c.seq, e) FROM audit_chain p, audit_log e
    WHERE p.seq = c.seq - 1 AND e.id = c.entry_id AND c.seq = $1
"""
_WAYS: dict[str, tuple[str, Fault, int]] = {
    "an entry is changed": (
        "UPDATE audit_log SET detail = '{}' WHERE id = (SELECT entry_id FROM audit_chain WHERE seq = 4)",
        Fault.ENTRY_CHANGED,
        4,
    ),
    "an entry is given to somebody else": (
        "UPDATE audit_log SET actor_id = gen_random_uuid() WHERE id = (SELECT entry_id FROM audit_chain WHERE seq = 1)",
        Fault.ENTRY_CHANGED,
        1,
    ),
    "an entry is dated back by a microsecond": (
        """UPDATE audit_log SET at = at - interval '1 microsecond'
           WHERE id = (SELECT entry_id FROM audit_chain WHERE seq = 2)""",
        Fault.ENTRY_CHANGED,
        2,
    ),
    "an entry is deleted": (
        "DELETE FROM audit_log WHERE id = (SELECT entry_id FROM audit_chain WHERE seq = 4)",
        Fault.ENTRY_MISSING,
        4,
    ),
    "an entry is deleted with its link": (
        """WITH gone AS (DELETE FROM audit_chain WHERE seq = 4 RETURNING entry_id)
           DELETE FROM audit_log WHERE id IN (SELECT entry_id FROM gone)""",
        Fault.LINK_MISSING,
        5,
    ),
    "the first link is deleted with its entry": (
        """WITH gone AS (DELETE FROM audit_chain WHERE seq = 1 RETURNING entry_id)
           DELETE FROM audit_log WHERE id IN (SELECT entry_id FROM gone)""",
        Fault.LINK_MISSING,
        2,
    ),
    "a hash is overwritten": ("UPDATE audit_chain SET hash = sha256('x') WHERE seq = 4", Fault.HASH_WRONG, 4),
}


@pytest.fixture
async def seven(db: Database) -> None:
    """Seven entries, made before anybody came."""
    await audited(db, 7)


@pytest.mark.parametrize("way", _WAYS)
async def test_tampering_is_found_at_its_first_place(seven: None, owner: asyncpg.Connection, db: Database, way: str) -> None:
    statement, fault, seq = _WAYS[way]
    assert await first_broken(db) is None
    await owner.execute(statement)
    found = await first_broken(db)
    assert found is not None
    assert (found.fault, found.seq) == (fault, seq)


async def test_no_size_of_page_hides_a_break(seven: None, owner: asyncpg.Connection, db: Database) -> None:
    sizes = (1, 2, 3, 4, 6, 7, 8, 100)
    assert {await first_broken(db, size=size) for size in sizes} == {None}
    entry = await entry_of(owner, 4)
    await owner.execute("UPDATE audit_log SET action = 'nothing.happened' WHERE id = $1", entry)
    broken = Broken(fault=Fault.ENTRY_CHANGED, seq=4, entry_id=entry)
    assert {await first_broken(db, size=size) for size in sizes} == {broken}


async def test_two_entries_that_change_places_are_found(seven: None, owner: asyncpg.Connection, db: Database) -> None:
    third, fourth = await entry_of(owner, 3), await entry_of(owner, 4)
    async with owner.transaction():
        await owner.execute("ALTER TABLE audit_chain DROP CONSTRAINT uq_audit_chain_entry_id")
        await owner.execute("UPDATE audit_chain SET entry_id = $1 WHERE seq = 3", fourth)
        await owner.execute("UPDATE audit_chain SET entry_id = $1 WHERE seq = 4", third)
    assert await first_broken(db) == Broken(fault=Fault.HASH_WRONG, seq=3, entry_id=fourth)


async def test_an_entry_changed_together_with_its_link_breaks_the_next_one(
    seven: None, owner: asyncpg.Connection, db: Database
) -> None:
    await owner.execute("UPDATE audit_log SET action = 'x' WHERE id = $1", await entry_of(owner, 4))
    await owner.execute(_REMAKE, 4)
    found = await first_broken(db)
    assert found is not None
    assert (found.fault, found.seq) == (Fault.ENTRY_CHANGED, 5)


async def test_an_entry_that_came_in_around_the_trigger_is_found(seven: None, owner: asyncpg.Connection, db: Database) -> None:
    smuggled = uuid7()
    await owner.execute("INSERT INTO audit_log (id, action, subject_kind) VALUES ($1, 'login', 'user')", smuggled)
    assert await first_broken(db) == Broken(fault=Fault.ENTRY_WITHOUT_LINK, entry_id=smuggled)


@pytest.mark.parametrize("seq", [0, -1])
async def test_a_link_below_the_first_is_none(seven: None, owner: asyncpg.Connection, db: Database, seq: int) -> None:
    smuggled = uuid7()
    await owner.execute("INSERT INTO audit_log (id, action, subject_kind) VALUES ($1, 'login', 'user')", smuggled)
    await owner.execute("INSERT INTO audit_chain VALUES ($1, $2, sha256('x'))", seq, smuggled)
    assert await first_broken(db) == Broken(fault=Fault.ENTRY_WITHOUT_LINK, entry_id=smuggled)


async def test_a_link_that_is_taken_from_the_end_leaves_its_entry_behind(
    seven: None, owner: asyncpg.Connection, db: Database
) -> None:
    last = await entry_of(owner, 7)
    await owner.execute("DELETE FROM audit_chain WHERE seq = 7")
    assert await first_broken(db) == Broken(fault=Fault.ENTRY_WITHOUT_LINK, entry_id=last)


# -- what only an anchor finds


async def anchor_of(db: Database) -> Head:
    async with db.read() as session:
        found = await audit_chain.head(session)
    assert found is not None
    return Head.parse(str(found))


async def against(db: Database, anchor: Head) -> Broken | None:
    async with db.read() as session:
        return await audit_chain.check_anchor(session, anchor)


async def test_an_end_that_was_cut_off_is_found_by_an_anchor_alone(
    seven: None, owner: asyncpg.Connection, db: Database
) -> None:
    anchor = await anchor_of(db)
    assert await against(db, anchor) is None
    await owner.execute(
        "WITH gone AS (DELETE FROM audit_chain WHERE seq > 5 RETURNING entry_id) "
        "DELETE FROM audit_log WHERE id IN (SELECT entry_id FROM gone)"
    )
    assert await first_broken(db) is None
    assert await against(db, anchor) == Broken(fault=Fault.ANCHOR_MISSING, seq=7)


async def test_a_chain_that_was_made_anew_is_found_by_an_anchor_alone(
    seven: None, owner: asyncpg.Connection, db: Database
) -> None:
    anchor = await anchor_of(db)
    await owner.execute("UPDATE audit_log SET action = 'x' WHERE id = $1", await entry_of(owner, 4))
    for seq in range(4, 8):
        await owner.execute(_REMAKE, seq)
    assert await first_broken(db) is None
    assert await against(db, anchor) == Broken(fault=Fault.ANCHOR_DIFFERS, seq=7, entry_id=await entry_of(owner, 7))


@pytest.mark.parametrize("text", ["", "7", "x:00", "7:00", "0:" + "00" * 32, "7:" + "zz" * 32, f"{2**63}:" + "00" * 32])
def test_an_anchor_is_seq_and_hash(text: str) -> None:
    with pytest.raises(ValueError):
        Head.parse(text)


@pytest.mark.parametrize("position", [Position(), Position(seq=9), Position(seq=9, entry_id=uuid7())])
def test_a_position_survives_being_text(position: Position) -> None:
    assert Position.parse(str(position)) == position


# -- the application's role is refused each way


_REFUSED = (
    "UPDATE audit_log SET action = 'x'",
    "DELETE FROM audit_log",
    "TRUNCATE audit_log CASCADE",
    "UPDATE audit_chain SET hash = ''",
    "DELETE FROM audit_chain",
    "TRUNCATE audit_chain",
    "INSERT INTO audit_chain VALUES (99, (SELECT id FROM audit_log LIMIT 1), '')",
    "ALTER TABLE audit_log DISABLE TRIGGER audit_log_link",
    "ALTER TABLE audit_log DISABLE TRIGGER USER",
    "DROP TRIGGER audit_log_link ON audit_log",
    "DROP TABLE audit_chain",
    "SET session_replication_role = replica",
    "CREATE OR REPLACE FUNCTION audit_link() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "CREATE TABLE mine (n int)",
    "CREATE TRIGGER mine AFTER INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    "SET ROLE stam",
    "UPDATE alembic_version SET version_num = '0001'",
)


async def test_the_application_may_only_add(seven: None, app: asyncpg.Connection, db: Database) -> None:
    for statement in _REFUSED:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(statement)
    await app.execute("GRANT UPDATE ON audit_log TO stam_app")  # PostgreSQL only warns that it granted nothing
    assert not await could_tamper(app)
    assert await first_broken(db) is None


async def test_a_table_of_the_applications_own_does_not_lead_the_trigger_astray(app: asyncpg.Connection, db: Database) -> None:
    await app.execute("CREATE TEMP TABLE audit_chain (seq bigint, entry_id uuid, hash bytea)")
    await app.execute("INSERT INTO audit_log (id, action, subject_kind) VALUES ($1, 'login', 'user')", uuid7())
    assert await first_broken(db) is None
    assert await _chain_length(db) == 1


async def test_the_owner_does_not_rewrite_it_by_mistake(seven: None, owner_url: str) -> None:
    connection = await asyncpg.connect(owner_url.replace("+asyncpg", ""))
    try:
        for statement in ("UPDATE audit_log SET action = 'x'", "DELETE FROM audit_chain", "TRUNCATE audit_chain"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
                await connection.execute(statement)
        assert await could_tamper(connection)
    finally:
        await connection.close()


# -- what the worker tells of it


async def test_the_worker_logs_anchors_and_measures_the_length(db: Database) -> None:
    with capture_logs() as logs:
        await log_anchor(db)
        await audited(db, 3)
        await log_anchor(db)
    assert [line["anchor"] for line in logs if line["event"] == "audit.anchor"] == [str(await anchor_of(db))]
    await measure_audit(db)
    assert REGISTRY.get_sample_value("audit_chain_length") == 3
