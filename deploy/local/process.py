"""Child processes: started through `launch.py`, logging to a file, stopped politely and then for good."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from deploy.local.nursery import Born, Nursery, NurseryGoneError

_LAUNCHER = Path(__file__).with_name("launch.py")
_POLL = 0.02  # s
_LAST = 19  # the highest niceness
_AUTOGROUP = Path("/proc/self/autogroup")

# The kernel sends the death signal when the *thread* that forked ends, so one thread that lives as long as the
# process does all the forking.
_forker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="forker")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The user a child runs as. ``reach``: it may pass folders that are closed to that user."""

    uid: int
    gid: int
    reach: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to run. ``env`` is added to ours; ``stop_signal`` asks politely, ``death_signal`` comes when we are gone."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGTERM
    identity: Identity | None = None
    stam: tuple[str, ...] | None = None  # the same as arguments of `stam`: a nursery can run it


Process = subprocess.Popen[bytes] | Born


def open_nursery(log: Path) -> Nursery | None:
    """None where processes cannot be forked from one that has started: there every one is started by itself."""
    return _forker.submit(_open_nursery, log).result() if sys.platform == "linux" else None


def _open_nursery(log: Path) -> Nursery:
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = Command(argv=(sys.executable, "-m", "deploy.local.nursery", str(its.fileno())))
    with its:
        return Nursery(ours, _started(command, log, pass_fds=(its.fileno(),)))


def spawn(command: Command, log: Path, nursery: Nursery | None = None) -> Process:
    """Start ``command`` in a session of its own (a Ctrl-C in the terminal is ours alone), output appended to ``log``."""
    if nursery is not None and command.stam is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        env = {**os.environ, **command.env}
        with contextlib.suppress(NurseryGoneError):
            return nursery.spawn(command.stam, log, env=env, cwd=command.cwd, death_signal=command.death_signal)
    return _forker.submit(_started, command, log).result()


def _started(command: Command, log: Path, *, pass_fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - our own argument lists, no shell
            _launched(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=command.cwd,
            env={**os.environ, **command.env},
            start_new_session=True,
            pass_fds=pass_fds,
        )


def run(command: Command) -> subprocess.CompletedProcess[str]:
    """Run ``command`` to its end, in the same way, with its output as text."""
    return _forker.submit(_run, command).result()


def _run(command: Command) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - as above
        _launched(command), cwd=command.cwd, env={**os.environ, **command.env}, capture_output=True, text=True
    )


def _launched(command: Command) -> list[str]:
    return [sys.executable, "-I", "-S", str(_LAUNCHER), _plan(command), *command.argv]


def _plan(command: Command) -> str:
    who = command.identity
    return json.dumps(
        {
            "parent": os.getpid(),
            "death_signal": int(command.death_signal),
            "uid": who.uid if who else None,
            "gid": who.gid if who else None,
            "reach": who.reach if who else False,
        }
    )


async def ended(process: Process, *, within: float) -> bool:
    """Whether ``process`` ended before ``within`` seconds were over."""
    deadline = time.monotonic() + within
    while process.poll() is None:
        if time.monotonic() >= deadline:
            return False
        await asyncio.sleep(_POLL)
    return True


async def stop(process: Process, stop_signal: signal.Signals, *, within: float) -> None:
    """Ask with ``stop_signal``; whoever is still there after ``within`` seconds is killed with all it started."""
    family = descendants(process.pid)
    if process.poll() is None:
        process.send_signal(stop_signal)
    if not await ended(process, within=within):
        family = descendants(process.pid) or family
        process.kill()
        process.wait()
    await sweep(family)


async def kill(process: Process) -> None:
    """kill -9 of the process and of all it started: as a power cut would."""
    family = descendants(process.pid)
    if process.poll() is None:
        process.kill()
    process.wait()
    await sweep(family)


def descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


async def sweep(family: list[psutil.Process]) -> None:
    """kill -9 them and wait until they are gone; a zombie, whose parent is slow, counts as gone.

    psutil remembers when a process began, so a reused pid is never hit.
    """
    for member in family:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            continue
    while any(_alive(member) for member in family):  # noqa: ASYNC110 - another's child: nothing tells us of its end
        await asyncio.sleep(_POLL)


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def go_last() -> None:
    """Let everybody else have the processor first, now and as long as we run."""
    os.nice(_LAST)
    # Between sessions Linux weighs only the sessions (sched(7), autogroups). Ours may be lowered when it is our own, as it is
    # under `stam up`; a terminal's is its user's.
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            _AUTOGROUP.write_text(str(_LAST))


def tail(log: Path, size: int = 4_000) -> str:
    """The last ``size`` bytes of a log as text; empty when there is none."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - size))
            return stream.read().decode(errors="replace").strip()
    except FileNotFoundError:
        return ""
