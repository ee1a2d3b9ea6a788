"""Is a port free, who holds it, and which one to take when any will do."""

import errno
import secrets
import socket
from dataclasses import dataclass

import psutil

from deploy.local.errors import StartupError

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A port nobody listens on now, for tests. Below the kernel's ephemeral ports, so that no client's end of a connection
    takes it while a server is being restarted."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        if _bind_error(LOOPBACK, port) is None:
            return port


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Ports side by side, which one setting moves."""

    purpose: str
    setting: str
    first: int
    count: int = 1
    host: str = LOOPBACK

    def __str__(self) -> str:
        return f"{self.first}" if self.count == 1 else f"{self.first}-{self.first + self.count - 1}"

    def require_free(self) -> None:
        """Raise StartupError as `require_free` does, for the first that is taken."""
        for port in range(self.first, self.first + self.count):
            require_free(port, purpose=self.purpose, setting=self.setting, host=self.host)


def require_free(port: int, *, purpose: str, setting: str, host: str = LOOPBACK) -> None:
    """Raise StartupError naming the port, its holder and the setting when ``port`` cannot be listened on."""
    error = _bind_error(host, port)
    if error is None:
        return
    if error.errno == errno.EADDRINUSE:
        raise StartupError(
            f"""Port {port}, wanted for {purpose}, is taken by {_holder(port)}. Stop that process, or choose another
            port by setting {setting} (for example {setting}={_suggestion(port)} stam up)."""
        )
    raise StartupError(
        f"""Port {port}, wanted for {purpose}, cannot be opened on {host}: {error.strerror}. Choose another port by
        setting {setting}; ports below 1024 need root."""
    )


def _bind_error(host: str, port: int) -> OSError | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: closing connections do not count
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


def _suggestion(port: int) -> int:
    return port + 10_000 if port < 50_000 else port - 10_000


def _holder(port: int) -> str:
    """Another user's process is only visible to root."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return "another process"
    pids = (c.pid for c in connections if c.status == psutil.CONN_LISTEN and c.laddr and c.laddr.port == port)
    return next((_describe(pid) for pid in pids if pid), "another process (of another user)")


def _describe(pid: int) -> str:
    try:
        process = psutil.Process(pid)
        return f"process {pid} ({process.name()}: {' '.join(process.cmdline())[:80]})"
    except psutil.Error:
        return f"process {pid}"
