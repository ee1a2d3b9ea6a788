"""How bytes get to the server: an interface, and an implementation each for Python on a machine and Python in a browser.

The libraries are imported when a transport is made, so that this module loads anywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """`headers` have lower-case names."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Socket(Protocol):
    async def send(self, text: str) -> None:
        """Raises SocketClosed."""

    async def receive(self) -> str:
        """The next text frame. Raises SocketClosed."""

    async def close(self) -> None:
        """Close it, whatever its state."""


class Transport(Protocol):
    @property
    def keeps_cookies(self) -> bool:
        """Whether the refresh token is safe in an HttpOnly cookie (a browser) or must be kept by the client."""

    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None, timeout: float = 10.0
    ) -> Response:
        """One exchange; any status is an answer. ``timeout`` is seconds. Raises Unreachable."""

    async def connect(self, url: str, *, timeout: float = 10.0) -> Socket:
        """Open a WebSocket. Raises Unreachable, also when the server refuses the handshake."""

    async def close(self) -> None:
        """Let go of pooled connections."""


def native_transport() -> Transport:
    """httpx and websockets. Proxies of the environment are not used: the server is on our own network."""
    from api.client.native import NativeTransport

    return NativeTransport()


def browser_transport() -> Transport:
    """fetch and WebSocket of the browser Pyodide runs in."""
    from api.client.browser import BrowserTransport

    return BrowserTransport()
