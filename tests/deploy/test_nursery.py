"""Processes forked from one that has imported the system: what they are given, how they end, what they must not share."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local import probes, process
from deploy.local.nursery import MODULES, Born, Nursery, NurseryGoneError
from deploy.local.ports import free_port
from deploy.local.process import Command
from tests.support.eventually import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is no nursery elsewhere")


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[Nursery]:
    opened = process.open_nursery(tmp_path / "nursery.log")
    assert opened is not None
    yield opened
    opened.close()


async def simulator(log: Path, nursery: Nursery) -> Born:
    """Something that runs until it is stopped."""
    control = free_port()
    arguments = ("simulate", "panel", "--count", "1", "--base-port", str(free_port()), "--control-port", str(control))
    command = Command(argv=(sys.executable, "-m", "deploy.cli", *arguments), stam=arguments)
    child = process.spawn(command, log, nursery)
    assert isinstance(child, Born)
    await eventually(lambda: probes.accepts_tcp("127.0.0.1", control), within=30)
    return child


async def test_a_command_runs_to_its_end_and_its_code_is_told(nursery: Nursery, tmp_path: Path) -> None:
    env = {**os.environ, "STAM_DATA_DIR": str(tmp_path)}
    good, bad = tmp_path / "good.log", tmp_path / "bad.log"
    key = nursery.spawn(("secrets", "new-key"), good, env=env, cwd=tmp_path, death_signal=signal.SIGTERM)
    wrong = nursery.spawn(("no-such-command",), bad, env=env, cwd=None, death_signal=signal.SIGTERM)
    await eventually(lambda: key.poll() is not None and wrong.poll() is not None, within=30)
    assert (key.returncode, wrong.returncode) == (0, 2)
    assert ":" in good.read_text()
    assert "no-such-command" in bad.read_text()


async def test_a_process_is_in_a_session_of_its_own_and_ends_by_signals(nursery: Nursery, tmp_path: Path) -> None:
    polite, hard = [await simulator(tmp_path / f"{name}.log", nursery) for name in ("polite", "hard")]
    assert os.getsid(polite.pid) == polite.pid
    assert psutil.Process(polite.pid).name() == "stam simulate p"
    assert polite.poll() is None
    hard.kill()
    await eventually(lambda: hard.poll() == -signal.SIGKILL)
    assert await process.ended(polite, within=0) is False
    await process.stop(polite, signal.SIGTERM, within=20)
    assert polite.poll() == 0
    polite.kill()  # of one that has ended: nothing


async def test_when_the_nursery_dies_its_children_end_and_others_are_started_by_themselves(
    nursery: Nursery, tmp_path: Path
) -> None:
    child = await simulator(tmp_path / "child.log", nursery)
    nursery._process.kill()
    nursery._process.wait()
    await eventually(lambda: child.poll() is not None, within=30)
    with pytest.raises(NurseryGoneError):
        nursery.spawn(("secrets", "new-key"), tmp_path / "x.log", env={}, cwd=None, death_signal=signal.SIGTERM)
    arguments = ("secrets", "new-key")
    command = Command(argv=(sys.executable, "-m", "deploy.cli", *arguments), stam=arguments)
    alone = process.spawn(command, tmp_path / "alone.log", nursery)
    assert isinstance(alone, subprocess.Popen)
    assert alone.wait() == 0


def test_nothing_that_a_fork_would_share_has_begun() -> None:
    """After the imports: one thread, no socket, no metric of ours, and random numbers that differ in every child."""
    code = """
import importlib, json, os, random, sys
from prometheus_client import REGISTRY
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
sockets = [fd for fd in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{fd}")
           and os.readlink(f"/proc/self/fd/{fd}").startswith("socket:")]
drawn = []
for _ in range(2):
    read, write = os.pipe()
    if os.fork() == 0:
        from uuid_utils.compat import uuid4, uuid7
        os.write(write, json.dumps([str(uuid7())[14:], str(uuid4()), random.random()]).encode())
        os._exit(0)
    os.wait()
    drawn.append(json.loads(os.read(read, 1000)))
metrics = [metric.name for metric in REGISTRY.collect() if not metric.name.startswith(("python_", "process_"))]
print(json.dumps({"metrics": metrics, "threads": len(os.listdir("/proc/self/task")), "sockets": sockets, "drawn": drawn}))
"""
    arguments = [sys.executable, "-c", code, json.dumps(MODULES)]
    found = json.loads(subprocess.run(arguments, capture_output=True, text=True, check=True).stdout)
    assert (found["threads"], found["sockets"], found["metrics"]) == (1, [], [])
    assert all(one != other for one, other in zip(*found["drawn"], strict=True))
