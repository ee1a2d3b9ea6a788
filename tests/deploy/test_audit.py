"""`stam audit`: says whether the audit log holds, and names the first thing that is wrong (R-AUDIT)."""

import os
import subprocess
import sys
from collections.abc import Callable

import asyncpg
import pytest

from activities.db.audit import record
from activities.db.session import Database
from deploy.local.postgres import Postgres
from tests.support.stack import run_apart

Stam = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def stam(database_url: str) -> Stam:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "deploy.cli", "audit", *arguments]
        environment = {**os.environ, "STAM_DATABASE_URL": database_url, "STAM_DATA_DIR": "/nonexistent"}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    return run


@pytest.fixture
def three(database_url: str) -> None:
    """Three audited transactions."""

    async def fill() -> None:
        db = Database.connect(database_url, pool=1)
        for _ in range(3):
            async with db.write() as session:
                record(session, "thing.done", "thing", None, actor_id=None)
        await db.dispose()

    run_apart(fill())


async def _tamper(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    for table in ("audit_log", "audit_chain"):
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    await connection.execute("ALTER TABLE audit_chain DROP CONSTRAINT fk_audit_chain_entry_id")
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


def test_a_whole_chain_holds_and_its_head_is_an_anchor(stam: Stam, three: None) -> None:
    result = stam("verify")
    assert (result.returncode, result.stdout) == (0, "The chain holds: 3 links, 3 entries.\n")
    anchor = stam("head").stdout.strip()
    assert anchor.startswith("3:")
    result = stam("verify", "--from-anchor", anchor)
    assert result.returncode == 0
    assert "goes through link 3 as noted" in result.stdout


def test_a_changed_entry_is_named_and_the_exit_code_is_1(stam: Stam, three: None, owner_url: str) -> None:
    change = "UPDATE audit_log SET action = 'x' WHERE id = (SELECT entry_id FROM audit_chain WHERE seq = 2)"
    run_apart(_tamper(owner_url, change))
    result = stam("verify")
    assert result.returncode == 1
    assert "Broken at link 2, entry " in result.stdout
    assert "not what its link was made of" in result.stdout


def test_a_cut_off_end_is_found_by_the_anchor(stam: Stam, three: None, owner_url: str) -> None:
    anchor = stam("head").stdout.strip()
    cut = """WITH gone AS (DELETE FROM audit_chain WHERE seq = 3 RETURNING entry_id)
             DELETE FROM audit_log WHERE id IN (SELECT entry_id FROM gone)"""
    run_apart(_tamper(owner_url, cut))
    assert stam("verify").returncode == 0
    result = stam("verify", "--from-anchor", anchor)
    assert (result.returncode, result.stdout) == (
        1,
        "Broken at link 3: the chain ends before the anchor: its end was cut off.\n",
    )


def test_what_is_no_anchor_is_one_paragraph(stam: Stam) -> None:
    result = stam("verify", "--from-anchor", "yesterday")
    assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)


def test_an_empty_log_has_no_head_but_holds(stam: Stam) -> None:
    assert stam("head").returncode == 1
    assert stam("verify").returncode == 0


def test_a_database_that_is_away_is_one_paragraph(postgres: Postgres) -> None:
    command = [sys.executable, "-m", "deploy.cli", "audit", "verify"]
    away = postgres.url.replace(f":{postgres.port}/", ":1/")
    environment = {**os.environ, "STAM_DATABASE_URL": away, "STAM_DATA_DIR": "/nonexistent"}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)
    assert "STAM_DATABASE_URL" in result.stderr
    assert postgres.app_password not in result.stderr
