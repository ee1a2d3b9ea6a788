"""The browser transport: fetch and WebSocket of the page, through Pyodide. Runs nowhere else."""

import asyncio
from collections.abc import Mapping
from typing import Any

import js  # type: ignore[import-not-found]  # made by Pyodide
from pyodide.ffi import JsException, create_proxy  # type: ignore[import-not-found]
from pyodide.http import pyfetch  # type: ignore[import-not-found]

from api.client.errors import Unreachable
from api.client.transport import Response, Socket, SocketClosed


class BrowserTransport:
    async def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None) -> Response:
        options: dict[str, Any] = {"method": method, "headers": dict(headers), "credentials": "same-origin"}
        if body is not None:
            options["body"] = body.decode()
        try:
            answer = await pyfetch(url, **options)
            return Response(
                answer.status, {name.lower(): value for name, value in answer.headers.items()}, await answer.bytes()
            )
        except (OSError, JsException) as error:
            raise Unreachable(f"{method} {url}: {error}") from error

    async def connect(self, url: str) -> Socket:
        socket = _BrowserSocket(js.WebSocket.new(url))
        await socket.opened()
        return socket

    async def close(self) -> None:
        return None


class _BrowserSocket:
    """Turns the page's callbacks into a queue. None in the queue: closed."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._frames: asyncio.Queue[str | None] = asyncio.Queue()
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._end = SocketClosed(1006)
        self._proxies = {
            "open": create_proxy(lambda _: self._on_open()),
            "message": create_proxy(lambda event: self._frames.put_nowait(str(event.data))),
            "close": create_proxy(lambda event: self._on_close(int(event.code), str(event.reason))),
        }
        for name, proxy in self._proxies.items():
            socket.addEventListener(name, proxy)

    async def opened(self) -> None:
        await self._opened

    async def send(self, text: str) -> None:
        if self._socket.readyState != js.WebSocket.OPEN:
            raise self._end
        self._socket.send(text)

    async def receive(self) -> str:
        frame = await self._frames.get()
        if frame is None:
            self._frames.put_nowait(None)  # whoever asks again is told again
            raise self._end
        return frame

    async def close(self) -> None:
        self._socket.close()

    def _on_open(self) -> None:
        if not self._opened.done():
            self._opened.set_result(None)

    def _on_close(self, code: int, reason: str) -> None:
        self._end = SocketClosed(code, reason)
        if not self._opened.done():
            self._opened.set_exception(Unreachable(f"the WebSocket did not open: {code} {reason}".rstrip()))
        self._frames.put_nowait(None)
        for name, proxy in self._proxies.items():
            self._socket.removeEventListener(name, proxy)
