"""The way to the server, in two implementations: native (httpx, websockets) and browser (fetch, WebSocket through Pyodide).

Both are imported when asked for, so that neither environment needs the other's packages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes


class SocketClosed(Exception):  # noqa: N818 - what happened, not a fault
    """The WebSocket ended. `code` is 1006 when it broke without a goodbye."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"closed with {code} {reason}".rstrip())
        self.code = code
        self.reason = reason


class Socket(Protocol):
    async def send(self, text: str) -> None:
        """Raises SocketClosed."""

    async def receive(self) -> str:
        """The next text frame. Raises SocketClosed."""

    async def close(self) -> None: ...


class Transport(Protocol):
    async def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None) -> Response:
        """Raises `errors.Unreachable` when there is no answer."""

    async def connect(self, url: str) -> Socket:
        """Open a WebSocket. Raises `errors.Unreachable` or SocketClosed."""

    async def close(self) -> None: ...


def native_transport(*, timeout: float = 15.0) -> Transport:
    """For scripts, services and desktop packages. ``timeout``: seconds for one answer."""
    from api.client.native import NativeTransport

    return NativeTransport(timeout=timeout)


def browser_transport() -> Transport:
    """For Python that runs in a browser page (Pyodide)."""
    from api.client.browser import BrowserTransport

    return BrowserTransport()
