"""Starts services in the order of their dependencies, keeps them running, stops them in the reverse order.

A `Service` is started once everything it depends on is ready; independent ones start side by side. A service that
dies later is started again after a pause that doubles from 0.5 s to 30 s and begins anew after a minute of health.
"""

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from deploy.local import folder, process
from deploy.local.errors import StartupError
from deploy.local.nursery import Nursery
from deploy.local.ports import LOOPBACK
from deploy.local.process import Command, Process
from deploy.local.server import START_WITHIN, Server

_WATCH = 0.2  # s
_HEALTHY_AFTER = 60.0  # s
_BACK_OFF = (0.5, 30.0)  # s, first and last
_ROTATE_EVERY = 10.0  # s
_HURRIED = 2.0  # s a service gets after the second Ctrl-C


async def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Birth:
    """Which process is asked about: its pid, and when it was started."""

    pid: int
    at: datetime


async def _always(_: Birth) -> bool:
    return True


def _forget(_: Process) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One child process. ``command`` is asked anew for every start.

    ``once``: a job; ready when it ended with 0. ``essential=False``: the stack is of use without it.
    ``afterwards``: a job that nobody waits for; it begins when all else is ready.
    ``ready`` observes from outside and is told which process it is about. ``note`` is shown on its line.
    """

    name: str
    command: Callable[[], Command]
    log: Path
    ready: Callable[[Birth], Awaitable[bool]] = _always
    prepare: Callable[[], Awaitable[None]] = _nothing
    settle: Callable[[], Awaitable[None]] = _nothing
    spawned: Callable[[Process], None] = _forget
    explain: Callable[[], StartupError] | None = None
    depends_on: tuple[str, ...] = ()
    once: bool = False
    essential: bool = True
    afterwards: bool = False
    probe_every: float = 0.2  # s
    start_within: float = START_WITHIN
    stop_within: float = 35.0  # s; services finish in-flight work within 30 (R-MODES)
    note: str = ""

    @classmethod
    def of(cls, server: Server, *, note: str = "") -> "Service":
        return cls(
            name=server.name,
            command=server.command,
            log=server.log,
            ready=lambda _: server.ready(),
            prepare=server.prepare,
            settle=server.settle,
            spawned=server.spawned,
            explain=server.explain,
            probe_every=0.03,
            stop_within=15.0,
            note=note or f"{LOOPBACK}:{server.port}",  # not the URL: it holds the password
        )


class Reporter(Protocol):
    """Told what happens, in the words of the terminal or of a test."""

    def ready(self, service: Service, seconds: float) -> None: ...
    def failed(self, service: Service, error: StartupError) -> None: ...
    def died(self, service: Service, code: int, again_in: float) -> None: ...
    def back(self, service: Service, seconds: float) -> None: ...
    def stopped(self, service: Service) -> None: ...


@dataclass(slots=True)
class _Running:
    service: Service
    settled: asyncio.Event = field(default_factory=asyncio.Event)  # ready, or failed without being essential
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    command: Command | None = None
    process: Process | None = None
    watcher: asyncio.Task[None] | None = None


class Supervisor:
    """``async with Supervisor(services, reporter) as stack:`` everything runs inside the block, and nothing after it."""

    def __init__(self, services: Sequence[Service], reporter: Reporter, *, nursery_log: Path | None = None) -> None:
        """``nursery_log``: where the process that others are forked from writes; None: each is started by itself."""
        self._running = {service.name: _Running(service) for service in services}
        self._reporter = reporter
        self._hurry = asyncio.Event()
        self._nursery_log = nursery_log
        self._nursery: Nursery | None = None
        unknown = {name for service in services for name in service.depends_on} - self._running.keys()
        assert not unknown, f"nothing provides {unknown}"

    async def __aenter__(self) -> "Supervisor":
        try:
            if self._nursery_log is not None:
                self._nursery = process.open_nursery(self._nursery_log)
            await self._start_all()
        except BaseException:
            await self._stop_all()
            raise
        self._rotation = asyncio.create_task(self._rotate())
        for running in self._running.values():
            if running.service.afterwards:
                running.watcher = asyncio.create_task(self._bring_up(running))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._rotation.cancel()
        await self._stop_all()

    def hurry(self) -> None:
        """Give nobody more than a moment any longer."""
        self._hurry.set()

    def pid(self, name: str) -> int | None:
        child = self._running[name].process
        return child.pid if child else None

    # -- start

    async def _start_all(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for running in self._running.values():
                    if not running.service.afterwards:
                        group.create_task(self._bring_up(running))
        except* StartupError as several:
            raise _first(several) from None

    async def _bring_up(self, running: _Running) -> None:
        for name in running.service.depends_on:
            await self._running[name].settled.wait()
        began = time.monotonic()
        try:
            await self._start(running)
        except StartupError as error:
            if running.service.essential:
                raise
            self._reporter.failed(running.service, error)
        else:
            self._reporter.ready(running.service, time.monotonic() - began)
            if not running.service.once:
                running.watcher = asyncio.create_task(self._watch(running))
        running.settled.set()

    async def _start(self, running: _Running) -> None:
        """Raises StartupError, whatever it was that failed: a server that is away, a full disk, a bug of ours."""
        try:
            await self._try_to_start(running)
        except StartupError:
            raise
        except Exception as error:
            service = running.service
            raise StartupError(
                f"{service.name} could not be started: {type(error).__name__}: {error}. Its log: {service.log}"
            ) from error

    async def _try_to_start(self, running: _Running) -> None:
        service = running.service
        await service.prepare()
        running.command = service.command()
        at = datetime.now(UTC)  # before: a forked process may be connected before we hear of it
        running.process = child = await self._spawn(running.command, service.log)
        service.spawned(child)
        try:
            await (self._finished(service, child) if service.once else self._until_ready(service, child, at))
            await service.settle()
        except BaseException:
            await process.kill(child)
            raise

    async def _spawn(self, command: Command, log: Path) -> Process:
        """In a thread, for the nursery may be busy importing. Who is cancelled meanwhile leaves no process behind."""
        spawning = asyncio.ensure_future(asyncio.to_thread(process.spawn, command, log, self._nursery))
        try:
            return await asyncio.shield(spawning)
        except asyncio.CancelledError:
            await process.kill(await spawning)
            raise

    async def _finished(self, service: Service, child: Process) -> None:
        if not await process.ended(child, within=service.start_within):
            raise StartupError(f"{service.name} did not finish in {service.start_within:.0f} s. Its log: {service.log}")
        if child.returncode != 0:
            raise _explain(service)

    async def _until_ready(self, service: Service, child: Process, at: datetime) -> None:
        birth, deadline = Birth(pid=child.pid, at=at), time.monotonic() + service.start_within
        while not await service.ready(birth):
            if child.poll() is not None:
                raise _explain(service)
            if time.monotonic() >= deadline:
                raise StartupError(f"{service.name} was not ready in {service.start_within:.0f} s. Its log: {service.log}")
            await asyncio.sleep(service.probe_every)

    # -- keep running

    async def _watch(self, running: _Running) -> None:
        pause = _BACK_OFF[0]
        while True:
            began = time.monotonic()
            code = await self._end_of(running)
            if time.monotonic() - began > _HEALTHY_AFTER:
                pause = _BACK_OFF[0]
            self._reporter.died(running.service, code, pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _BACK_OFF[1])
            await self._start_again(running)

    async def _end_of(self, running: _Running) -> int:
        assert running.process is not None
        while (code := running.process.poll()) is None:  # noqa: ASYNC110 - waitpid of our own child
            await asyncio.sleep(_WATCH)
        return code

    async def _start_again(self, running: _Running) -> None:
        began = time.monotonic()
        try:
            await self._start(running)
        except StartupError as error:
            self._reporter.failed(running.service, error)
        else:
            self._reporter.back(running.service, time.monotonic() - began)

    async def _rotate(self) -> None:
        folders = {running.service.log.parent for running in self._running.values()}
        while True:
            await asyncio.sleep(_ROTATE_EVERY)
            for logs in folders:
                await asyncio.to_thread(folder.rotate_logs, logs)

    # -- stop

    async def _stop_all(self) -> None:
        await asyncio.gather(*(self._take_down(running) for running in self._running.values()))
        if self._nursery is not None:
            self._nursery.close()

    async def _take_down(self, running: _Running) -> None:
        """After everything that depends on it."""
        for dependent in self._dependents(running.service.name):
            await dependent.gone.wait()
        if running.watcher is not None:
            running.watcher.cancel()
            await asyncio.wait([running.watcher])
        if running.process is not None and running.command is not None:
            await self._stop(running.process, running.command.stop_signal, running.service.stop_within)
            if not running.service.once:
                self._reporter.stopped(running.service)
        running.gone.set()

    def _dependents(self, name: str) -> Iterator[_Running]:
        return (running for running in self._running.values() if name in running.service.depends_on)

    async def _stop(self, child: Process, stop_signal: signal.Signals, within: float) -> None:
        polite = asyncio.create_task(process.stop(child, stop_signal, within=within))
        hurried = asyncio.create_task(self._hurry.wait())
        await asyncio.wait([polite, hurried], return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        if not polite.done() and not await process.ended(child, within=_HURRIED):
            await process.kill(child)
        await polite


def _first(group: ExceptionGroup[StartupError]) -> StartupError:
    error = group.exceptions[0]
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _explain(service: Service) -> StartupError:
    if service.explain is not None:
        return service.explain()
    lines = " | ".join(process.tail(service.log).splitlines()[-5:])
    return StartupError(f"{service.name} ended while starting. The end of its log ({service.log}) says: {lines}")


async def supervise(supervisor: Supervisor, announce: Callable[[], None]) -> None:
    """Run the stack until SIGINT, SIGTERM or SIGHUP; a second signal hurries. ``announce`` is called when all is ready.

    Raises StartupError when an essential service does not start.
    """
    life = asyncio.create_task(_live(supervisor, announce))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, _end, life, supervisor)
    with contextlib.suppress(asyncio.CancelledError):
        await life


async def _live(supervisor: Supervisor, announce: Callable[[], None]) -> None:
    async with supervisor:
        announce()
        await asyncio.Event().wait()


def _end(life: asyncio.Task[None], supervisor: Supervisor) -> None:
    if life.cancelling():
        supervisor.hurry()
    else:
        life.cancel()
