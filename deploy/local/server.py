"""What the three embedded servers have in common: a folder, a port, a child process, and good answers to trouble."""

import abc
import asyncio
import errno
import json
import os
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import psutil

from deploy.local import ports, process
from deploy.local.errors import StartupError
from deploy.local.process import Command, Process

START_WITHIN = 30.0  # s; a crashed PostgreSQL may have to replay its log first
_LEFTOVER_WITHIN = 10.0  # s; a server whose parent was killed is shutting down by itself (launch.py)
_SPACE_WANTED = 256 * 1024 * 1024  # bytes; PostgreSQL alone writes 40 MB at its first start


@dataclass(frozen=True, slots=True)
class Symptom:
    """A pattern in a server's log and the paragraph it means; ``{folder}`` and ``{log}`` are filled in."""

    pattern: str
    paragraph: str


class Server(abc.ABC):
    """One embedded server. ``start`` … ``restart`` for tests; the supervisor drives the smaller steps itself.

    ``root`` is the stack's folder; the server keeps its data in ``root/<name>``, its log in ``root/log/<name>.log``.
    ``durable=False`` trades safety against a power cut for speed; only for tests.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    setting: ClassVar[str]
    symptoms: ClassVar[tuple[Symptom, ...]] = ()

    def __init__(self, root: Path, *, port: int, durable: bool = True) -> None:
        self.root = root.resolve()
        self.port = port
        self.durable = durable
        self.folder = self.root / self.name
        self.log = self.root / "log" / f"{self.name}.log"
        self.process: Process | None = None

    @property
    @abc.abstractmethod
    def url(self) -> str: ...

    @abc.abstractmethod
    def command(self) -> Command: ...

    @abc.abstractmethod
    async def ready(self) -> bool: ...

    def initialise(self) -> None:  # noqa: B027 - not every server needs it
        """Make what the server needs before its first start. Blocking."""

    async def settle(self) -> None:  # noqa: B027
        """Make what can only be made once the server answers."""

    def extra_ports(self) -> Mapping[int, str]:
        """Ports besides ``port`` -> the setting that moves them."""
        return {}

    # -- the steps of a start

    async def prepare(self) -> None:
        """Everything before the process starts. Raises StartupError."""
        await self._wait_for_leftover()
        await asyncio.to_thread(self._prepare)

    def spawned(self, child: Process) -> None:
        """Remember ``child``, also on disk: the next start must know whether it is still there."""
        self.process = child
        began = psutil.Process(child.pid).create_time()
        self._pid_file.write_text(json.dumps({"pid": child.pid, "began": began}))

    def explain(self) -> StartupError:
        """Why the process ended before it was ready, from its log."""
        last = process.tail(self.log)
        for symptom in (*_COMMON_SYMPTOMS, *self.symptoms):
            if re.search(symptom.pattern, last):
                return StartupError(self._fill(symptom.paragraph))
        lines = " | ".join(last.splitlines()[-3:])
        return StartupError(f"{self.title} ended while starting. The end of its log ({self.log}) says: {lines}")

    def _fill(self, paragraph: str) -> str:
        return paragraph.format(title=self.title, folder=self.folder, log=self.log, setting=self.setting)

    def _prepare(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._pid_file.parent.mkdir(exist_ok=True)
            self._require_space()
            for port, setting in {self.port: self.setting, **self.extra_ports()}.items():
                ports.require_free(port, purpose=self.title, setting=setting)
            self.initialise()
        except PermissionError as error:
            raise StartupError(
                f"""The folder {error.filename} cannot be written by this user. Give it to the user who runs stam
                (chown -R), or choose another folder with --data-dir."""
            ) from error
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise StartupError(self._fill(_DISK_FULL)) from error

    def _require_space(self) -> None:
        free = shutil.disk_usage(self.folder).free
        if free < _SPACE_WANTED:
            raise StartupError(
                f"""The disk of {self.root} has {free // 2**20} MB left; {self.title} wants at least
                {_SPACE_WANTED // 2**20} MB. Free some space, or choose another folder with --data-dir."""
            )

    @property
    def _pid_file(self) -> Path:
        return self.root / "run" / f"{self.name}.pid"

    async def _wait_for_leftover(self) -> None:
        leftover = self._leftover()
        if leftover is None:
            return
        deadline = time.monotonic() + _LEFTOVER_WITHIN
        while leftover.is_running() and leftover.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() >= deadline:
                raise StartupError(
                    f"""{self.title} of an earlier start is still running on {self.folder} (process {leftover.pid}).
                    Stop it with: kill {leftover.pid}"""
                )
            await asyncio.sleep(0.05)

    def _leftover(self) -> psutil.Process | None:
        try:
            noted = json.loads(self._pid_file.read_text())
            found = psutil.Process(noted["pid"])
        except (FileNotFoundError, ValueError, KeyError, psutil.NoSuchProcess):
            return None
        same = abs(found.create_time() - noted["began"]) < 1.0  # a pid may have been given to another since
        return found if same and found.pid != os.getpid() else None

    # -- for tests: the whole life in four calls

    async def start(self, *, within: float = START_WITHIN) -> None:
        """Start and return when it serves. Raises StartupError."""
        await self.prepare()
        child = process.spawn(self.command(), self.log)
        self.spawned(child)
        try:
            await self._until_ready(child, within)
            await self.settle()
        except BaseException:
            await process.kill(child)
            raise

    async def _until_ready(self, child: Process, within: float) -> None:
        deadline = time.monotonic() + within
        while not await self.ready():
            if child.poll() is not None:
                raise self.explain()
            if time.monotonic() >= deadline:
                raise StartupError(f"{self.title} did not answer within {within:.0f} s. Its log: {self.log}")
            await asyncio.sleep(0.02)

    async def stop(self, *, within: float = 15.0) -> None:
        """A clean end: everything accepted is on disk."""
        if self.process is not None:
            await process.stop(self.process, self.command().stop_signal, within=within)

    async def kill(self) -> None:
        """kill -9, with all it started."""
        if self.process is not None:
            await process.kill(self.process)

    async def restart(self, *, within: float = START_WITHIN) -> None:
        """Start again on the same port and data, after ``stop`` or ``kill`` (or stop it first)."""
        await self.stop()
        await self.start(within=within)


_DISK_FULL = """The disk of {folder} is full, so {title} cannot write. Free some space and start again; nothing that was
    confirmed is lost."""

_COMMON_SYMPTOMS = (
    Symptom(r"No space left on device|database or disk is full", _DISK_FULL),
    Symptom(
        r"Address already in use|address already in use|could not bind",
        """A port of {title} was taken by another process in the moment of the start. Start again, or choose another
        port by setting {setting}. The log: {log}""",
    ),
)
