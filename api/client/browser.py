"""The transport of a Python that runs in a browser (Pyodide, in a worker or on the page).

`js` and `pyodide` exist only there; they are typed `Any`.
"""

import asyncio
import importlib
from collections.abc import Mapping
from typing import Any

from api.client.errors import SocketClosed, Unreachable
from api.client.transport import Response, Socket

_NORMAL = 1000


class BrowserTransport:
    keeps_cookies = True

    def __init__(self) -> None:
        self._http: Any = importlib.import_module("pyodide.http")
        self._ffi: Any = importlib.import_module("pyodide.ffi")

    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None, timeout: float = 10.0
    ) -> Response:
        options: dict[str, Any] = {
            "method": method,
            "headers": dict(headers),
            "credentials": "same-origin",
            "cache": "no-store",
        }
        if body is not None:
            options["body"] = self._ffi.to_js(body)  # a Uint8Array: files are no text
        try:
            async with asyncio.timeout(timeout):
                answer = await self._http.pyfetch(url, **options)
                content: bytes = await answer.bytes()
        except OSError as error:  # AbortError and JsException of fetch are OSErrors; so is TimeoutError
            raise Unreachable(str(error) or type(error).__name__) from error
        return Response(
            status=int(answer.status), body=content, headers={name.lower(): value for name, value in answer.headers.items()}
        )

    async def connect(self, url: str, *, timeout: float = 10.0) -> Socket:
        socket = _BrowserSocket(url)
        try:
            async with asyncio.timeout(timeout):
                await socket.opened()
        except (SocketClosed, TimeoutError) as error:
            await socket.close()
            raise Unreachable(str(error) or "time-out") from error
        return socket

    async def close(self) -> None:
        return None


class _BrowserSocket:
    """JavaScript's WebSocket: its four callbacks fill one queue, of which `receive` reads."""

    def __init__(self, url: str) -> None:
        js: Any = importlib.import_module("js")
        ffi: Any = importlib.import_module("pyodide.ffi")
        self._arrived: asyncio.Queue[str | SocketClosed] = asyncio.Queue()
        self._is_open = asyncio.Event()
        self._ended: SocketClosed | None = None
        self._proxies = [
            ffi.create_proxy(callback) for callback in (self._on_open, self._on_message, self._on_close, self._on_error)
        ]
        self._socket: Any = js.WebSocket.new(url)
        self._socket.onopen, self._socket.onmessage, self._socket.onclose, self._socket.onerror = self._proxies

    async def opened(self) -> None:
        """Wait until it is open. Raises SocketClosed when it never will be."""
        await self._is_open.wait()
        if self._ended is not None:
            raise self._ended

    async def send(self, text: str) -> None:
        if self._ended is not None:
            raise self._ended
        self._socket.send(text)

    async def receive(self) -> str:
        if self._ended is not None and self._arrived.empty():
            raise self._ended
        message = await self._arrived.get()
        if isinstance(message, SocketClosed):
            raise message
        return message

    async def close(self) -> None:
        """Also frees the callbacks, which JavaScript would keep alive."""
        self._socket.onopen = self._socket.onmessage = self._socket.onclose = self._socket.onerror = None
        if self._ended is None:
            self._ended = SocketClosed(_NORMAL, "closed by us")
            self._socket.close(_NORMAL)
        for proxy in self._proxies:
            proxy.destroy()
        self._proxies.clear()

    def _on_open(self, _: Any) -> None:
        self._is_open.set()

    def _on_message(self, event: Any) -> None:
        self._arrived.put_nowait(str(event.data))

    def _on_close(self, event: Any) -> None:
        self._ended = SocketClosed(int(event.code), str(event.reason))
        self._arrived.put_nowait(self._ended)
        self._is_open.set()

    def _on_error(self, _: Any) -> None:
        """Says nothing that the close event after it does not say better."""
