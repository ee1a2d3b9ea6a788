"""The `stam` command: help that reads well, failures that are one paragraph, and it finds a running stack by itself."""

import os
import subprocess
import sys
from pathlib import Path

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
    "secrets rotate",
    "secrets status",
    "doctor",
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


def test_a_second_terminal_finds_the_servers_of_a_running_stack(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_environment(root, {"STAM_REDIS_URL": "redis://:x@127.0.0.1:1/0", "STAM_TEMPORAL_ADDRESS": "127.0.0.1:2"})
    assert (root / "env").stat().st_mode & 0o077 == 0
    monkeypatch.setattr(os, "environ", {**os.environ, "STAM_DATA_DIR": str(root), "STAM_TEMPORAL_ADDRESS": "elsewhere:7233"})
    settings = cli._settings()
    assert settings.redis_url.get_secret_value() == "redis://:x@127.0.0.1:1/0"
    assert settings.temporal_address == "elsewhere:7233", "the environment goes first"


def test_no_stack_no_environment(tmp_path: Path) -> None:
    assert read_environment(tmp_path) == {}


def test_an_api_without_keys_ends_with_one_paragraph() -> None:
    result = stam("secrets", "new-key")
    assert result.returncode == 0
    result = stam("api", STAM_SECRET_KEYS="nonsense", STAM_DATA_DIR="/nonexistent")
    assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)
    assert "STAM_SECRET_KEYS" in result.stderr
    assert "nonsense" not in result.stderr


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
