"""The `stam` command: help that reads well, failures that are one paragraph, and it finds a running stack by itself."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner
from uuid_utils.compat import uuid7

from activities.db.encrypted import SECRET_VALUE
from activities.db.models.objects import GuardedObject
from activities.db.models.secrets import Secret
from activities.db.session import Database
from activities.infra.crypto import FieldCipher, new_key
from deploy import cli
from deploy.local.errors import StartupError
from deploy.local.folder import claimed, read_environment, write_environment
from deploy.local.ports import free_port
from tests.support.stack import run_apart
from workflows.domain.reveal import SecretKind

COMMANDS = (
    "up",
    "api",
    "worker",
    "relay",
    "ingest satel",
    "migrate",
    "seed",
    "console build",
    "console compress",
    "console project",
    "audit verify",
    "doctor",
    "outbox parked",
    "outbox replay",
    "secrets rotate",
    "secrets status",
)


def stam(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    result = CliRunner().invoke(cli.app, [*command.split(), "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_the_simulator_keeps_its_own_options() -> None:
    result = stam("simulate", "panel", "--help")
    assert result.returncode == 0
    assert "--base-port" in result.stdout


def test_a_second_stam_up_on_the_same_folder_ends_with_one_paragraph(root: Path) -> None:
    with claimed(root):
        result = stam("up", "--data-dir", str(root))
    assert result.returncode == 1
    assert f"process {os.getpid()}" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (root / "postgres").exists()


def test_stam_up_on_a_taken_port_ends_with_one_paragraph_and_leaves_nothing_running(root: Path) -> None:
    import socket

    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        result = stam("up", "--data-dir", str(root), STAM_VALKEY_PORT=str(port), STAM_POSTGRES_PORT=str(port))
    assert result.returncode == 1
    assert f"Port {port}" in result.stderr
    assert "STAM_" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_part_that_is_not_there_is_named() -> None:
    with pytest.raises(StartupError, match=r"activities\.nowhere"):
        cli._part("activities.nowhere", "run")


def test_a_package_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "needs_something.py").write_text("import a_package_nobody_has\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(StartupError, match="a_package_nobody_has is not installed"):
        cli._part("needs_something", "run")


@pytest.mark.parametrize(
    "command",
    [("up", "--data-dir", "/nonexistent"), ("doctor",), ("worker",), ("secrets", "new-key")],
    ids=lambda words: words[0],
)
def test_every_command_names_the_library_it_lacks(command: tuple[str, ...], tmp_path: Path) -> None:
    for name in ("asyncpg", "cryptography"):
        (tmp_path / f"{name}.py").write_text(f"raise ModuleNotFoundError('No module named {name}', name={name!r})\n")
    path = os.pathsep.join([str(tmp_path), str(Path(cli.__file__).parents[1])])
    result = stam(*command, PYTHONPATH=path, STAM_DATA_DIR="/nonexistent")
    assert result.returncode == 1
    assert "is not installed" in result.stderr
    assert "pip install" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_second_terminal_finds_the_servers_of_a_running_stack(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_environment(root, {"STAM_REDIS_URL": "redis://:x@127.0.0.1:1/0", "STAM_TEMPORAL_ADDRESS": "127.0.0.1:2"})
    assert (root / "env").stat().st_mode & 0o077 == 0
    monkeypatch.setattr(os, "environ", {**os.environ, "STAM_DATA_DIR": str(root), "STAM_TEMPORAL_ADDRESS": "elsewhere:7233"})
    with claimed(root):
        settings = cli._settings()
    assert settings.redis_url.get_secret_value() == "redis://:x@127.0.0.1:1/0"
    assert settings.temporal_address == "elsewhere:7233", "the environment goes first"


def test_what_a_killed_stack_left_behind_is_not_believed(root: Path) -> None:
    with claimed(root):
        write_environment(root, {"STAM_REDIS_URL": "redis://:x@127.0.0.1:1/0"})
        assert read_environment(root) != {}
    assert read_environment(root) == {}
    result = stam("doctor", STAM_DATA_DIR=str(root))
    assert "STAM_REDIS_URL" not in result.stdout
    assert "not started; stam up starts them" in result.stdout


async def test_what_is_parked_is_listed_with_its_reason_and_tried_again_when_told(root: Path, database_url: str) -> None:
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    insert = """INSERT INTO outbox (type, payload, orchestrate, parked_at, parked_reason, attempts)
                VALUES ('alarm.new', '{}', true, now(), $1, 6) RETURNING id"""
    first, second, third = [await connection.fetchval(insert, f"reason {n}") for n in range(3)]

    async def outbox(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"STAM_DATABASE_URL": database_url, "STAM_DATA_DIR": str(root)}
        return await asyncio.to_thread(stam, "outbox", *arguments, **environment)

    async def parked() -> list[int]:
        return [row["id"] for row in await connection.fetch("SELECT id FROM outbox WHERE parked_at IS NOT NULL ORDER BY id")]

    listed = (await outbox("parked")).stdout
    assert all(f"reason {n}" in listed for n in range(3))
    assert (await outbox("replay", str(second))).returncode == 0
    assert await parked() == [first, third]
    again = await outbox("replay", str(second), str(first))
    assert (again.returncode, await parked()) == (1, [third])
    assert f"Not parked: {second}." in again.stderr
    assert "1 will be tried again" in (await outbox("replay")).stdout
    assert await parked() == []
    assert "Nothing is parked" in (await outbox("parked")).stdout
    await connection.close()


def test_the_outbox_of_a_database_that_is_away_is_one_paragraph(root: Path) -> None:
    url = f"postgresql+asyncpg://stam:hidden@127.0.0.1:{free_port()}/stam"
    result = stam("outbox", "parked", STAM_DATABASE_URL=url, STAM_DATA_DIR=str(root))
    assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)
    assert "STAM_DATABASE_URL" in result.stderr
    assert "hidden" not in result.stderr


def test_no_stack_no_environment(tmp_path: Path) -> None:
    assert read_environment(tmp_path) == {}


def test_an_api_without_keys_ends_with_one_paragraph() -> None:
    result = stam("secrets", "new-key")
    assert result.returncode == 0
    result = stam("api", STAM_SECRET_KEYS="nonsense", STAM_DATA_DIR="/nonexistent")
    assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)
    assert "STAM_SECRET_KEYS" in result.stderr
    assert "nonsense" not in result.stderr


def test_flags_that_nobody_knows_end_with_one_paragraph(tmp_path: Path) -> None:
    flags = tmp_path / "flags.yaml"
    flags.write_text("flags:\n  telepathy: true\n")
    result = stam("worker", STAM_FEATURE_FLAGS_FILE=str(flags), STAM_DATA_DIR="/nonexistent")
    assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)
    assert "line 2: flags.telepathy is no flag" in result.stderr


def test_keys_are_rotated_and_counted_from_the_command_line(database_url: str, tmp_path: Path) -> None:
    """An old key goes behind the new one; after the rotation nothing is under it."""
    old, new = new_key(), new_key()
    run_apart(_seal_one(database_url, FieldCipher.parse(old)))
    here = {"STAM_DATABASE_URL": database_url, "STAM_DATA_DIR": str(tmp_path)}
    assert stam("secrets", "status", STAM_SECRET_KEYS=new, **here).returncode == 1
    rotated = stam("secrets", "rotate", STAM_SECRET_KEYS=f"{new},{old}", **here)
    assert (rotated.returncode, rotated.stdout.splitlines()[0].strip()) == (0, "secrets.value: 1 of 1")
    status = stam("secrets", "status", STAM_SECRET_KEYS=f"{new},{old}", **here)
    assert f"Nothing is under {old.partition(':')[0]} any more" in status.stdout
    assert stam("secrets", "status", STAM_SECRET_KEYS=new, **here).returncode == 0
    assert old.partition(":")[2] not in rotated.stdout + status.stdout


async def _seal_one(database_url: str, cipher: FieldCipher) -> None:
    db = Database.connect(database_url, pool=1)
    place = GuardedObject(id=uuid7(), name="Shop", address="Street", kind="shop", external_number="1")
    secret = Secret(id=uuid7(), object_id=place.id, kind=SecretKind.OTHER, label="Gate")
    SECRET_VALUE.put(secret, cipher, "4711")
    async with db.write() as session:
        session.add(place)
        await session.flush()
        session.add(secret)
    await db.dispose()
