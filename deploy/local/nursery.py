"""One Python that has imported most of the system once; processes are forked from it instead of importing it again.

Ten processes that each import for two to four seconds of processor are most of what a start costs on two cores. `Nursery`
is the supervisor's end; ``python -m deploy.local.nursery <fd>`` is the other. Messages are JSON, one a packet:

    to it      {"argv": […], "env": {…}, "cwd": …, "log": …, "death_signal": n}     answered by  {"born": pid}
    from it    {"died": pid, "code": n}                                              (-n: by signal n)

It forks before anything has started a thread, opened a connection or drawn a random number (a test looks). What it has not
imported yet when asked, the child imports itself. When the supervisor is gone the kernel ends it, and with it its children.
"""

import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

# What most processes need, in the order in which a start needs it. No module that makes metrics: a process tells those of
# what it has imported, and would tell another's, all zero (a test looks).
MODULES: Final = (
    *("deploy.cli", "alembic.command", "activities.db.schema", "redis.asyncio", "temporalio.worker", "workflows.registry"),
    *("fastapi", "uvicorn", "argon2", "openpyxl", "holidays", "aiosmtplib", "api.client.client", "api.schemas.requests"),
)
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15  # <linux/prctl.h>
_PACKET: Final = 1 << 18  # bytes; an environment is the largest thing in it
_POLL: Final = 0.02  # s


class NurseryGoneError(Exception):
    """It cannot be asked any more; whoever wants a process starts one of his own."""


class Born:
    """A process of the nursery, with what the supervisor needs of `subprocess.Popen`."""

    def __init__(self, nursery: "Nursery", pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._nursery = nursery
        with suppress(ProcessLookupError):  # it has died already
            self._pidfd: int | None = os.pidfd_open(pid)

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._nursery.code_of(self.pid)
            if self.returncode is not None and self._pidfd is not None:
                os.close(self._pidfd)
                self._pidfd = None
        return self.returncode

    def wait(self) -> int:
        while (code := self.poll()) is None:
            time.sleep(_POLL)
        return code

    def send_signal(self, number: int) -> None:
        """By the descriptor, which never means another process that got the same pid."""
        if self.poll() is None and self._pidfd is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Nursery:
    """The supervisor's end. ``spawn`` may be called from any thread."""

    def __init__(self, control: socket.socket, process: "subprocess.Popen[bytes]") -> None:
        self._control, self._process = control, process
        self._lock = threading.Lock()
        self._died: dict[int, int] = {}
        self._gone = False

    def spawn(self, arguments: tuple[str, ...], log: Path, *, env: dict[str, str], cwd: Path | None, death_signal: int) -> Born:
        """Run `stam` with ``arguments``. Waits for the import that is under way. Raises NurseryGoneError."""
        order = {"argv": arguments, "env": env, "cwd": str(cwd) if cwd else None, "log": str(log), "death_signal": death_signal}
        with self._lock:
            try:
                self._control.sendall(json.dumps(order).encode())
                while "born" not in (message := self._receive(wait=True)):
                    self._note(message)
            except OSError as error:
                self._gone = True
                raise NurseryGoneError(str(error)) from error
            return Born(self, message["born"])

    def code_of(self, pid: int) -> int | None:
        """How it ended; None while it runs. Its end is as good as known when the nursery itself is gone."""
        with self._lock:
            while not self._gone and pid not in self._died:
                try:
                    self._note(self._receive(wait=False))
                except BlockingIOError:
                    return None
                except OSError:
                    self._gone = True
            if pid in self._died:
                return self._died.pop(pid)
        return None if _runs(pid) else -signal.SIGTERM

    def close(self) -> None:
        """When its children have ended: they would not outlive it."""
        self._control.close()
        self._process.kill()
        self._process.wait()

    def _note(self, message: dict[str, Any]) -> None:
        self._died[message["died"]] = message["code"]

    def _receive(self, *, wait: bool) -> dict[str, Any]:
        packet = self._control.recv(_PACKET, 0 if wait else socket.MSG_DONTWAIT)
        if not packet:
            raise ConnectionResetError("the nursery has ended")
        message: dict[str, Any] = json.loads(packet)
        return message


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# -- its own process


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    wake, waker = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(waker, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    order = _serve(control, wake)
    if order is not None:  # we are a child
        control.close()
        os.close(wake)
        os.close(waker)
        from deploy import cli

        cli.main()


def _serve(control: socket.socket, wake: int) -> dict[str, Any] | None:
    """Until the supervisor is gone. Returns an order in the child that carries it out, None in the nursery itself."""
    waiting = list(MODULES)
    while True:
        ready = select.select([control.fileno(), wake], [], [], 0 if waiting else None)[0]
        if wake in ready:
            with suppress(BlockingIOError):
                os.read(wake, 4096)
            _reap(control)
        if control.fileno() in ready:
            packet = control.recv(_PACKET)
            if not packet:
                return None
            order: dict[str, Any] = json.loads(packet)
            if _forked(order, control):
                return order
        elif waiting:
            importlib.import_module(waiting.pop(0))
            if not waiting:
                gc.collect()
                gc.freeze()  # the children share these pages as long as nobody writes to them


def _reap(control: socket.socket) -> None:
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            control.send(json.dumps({"died": pid, "code": os.waitstatus_to_exitcode(status)}).encode())


def _forked(order: dict[str, Any], control: socket.socket) -> bool:
    """True in the child."""
    nursery = os.getpid()
    pid = os.fork()
    if pid:
        control.send(json.dumps({"born": pid}).encode())
        return False
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, order["death_signal"], 0, 0, 0)
    libc.prctl(_PR_SET_NAME, " ".join(["stam", *order["argv"]]).encode(), 0, 0, 0)  # for top; cut to 15 bytes by the kernel
    if os.getppid() != nursery:
        sys.exit("the nursery is gone")
    _take_up(order)
    return True


def _take_up(order: dict[str, Any]) -> None:
    """Become the process that was asked for: its output, environment, folder, arguments."""
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.close(log)
    os.environ.clear()
    os.environ.update(order["env"])
    time.tzset()
    if order["cwd"] is not None:
        os.chdir(order["cwd"])
    sys.argv = ["stam", *order["argv"]]
    gc.unfreeze()


if __name__ == "__main__":
    main()
