"""HTTP/1.1 as uvicorn reads it, for clients that are in no hurry: a request has a deadline and its head a size (slowloris)."""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD: Final = 32 * 1024  # bytes; our own tokens and cookies are below 2 kB
HEAD_SECONDS: Final = 10.0  # from the first byte, or from the connection, to the end of the headers
BODY_SECONDS: Final = 30 * 60.0  # whatever the application makes of it; its own limits are narrower (api.limits)


class HurriedProtocol(HttpToolsProtocol):
    """Closes what comes too slowly, and answers 400 to a head that is too large."""

    head_seconds: float = HEAD_SECONDS
    _deadline: asyncio.TimerHandle | None = None
    _in_head = True
    _size = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._give(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._give(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before = self._size if self._in_head else 0
        super().data_received(data)
        if self._in_head and self._size == before:  # one header that does not end is told of only at its end
            self._size += len(data)
        if self._in_head and self._size > LARGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("The request's head is too large.")

    def on_message_begin(self) -> None:
        self._in_head, self._size = True, 0
        self._give(self.head_seconds)
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._size += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._size += len(name) + len(value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._size > LARGEST_HEAD:
            raise ValueError("the head is too large")  # the parser stops, and 400 is answered
        self._in_head = False
        self._give(BODY_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._give(None)
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._give(None)
        super().handle_websocket_upgrade()

    def _give(self, seconds: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self._too_slow)

    def _too_slow(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


def hurried(head_seconds: float) -> type[Any]:
    """The protocol with a deadline of its own for the head."""
    return type("HurriedProtocol", (HurriedProtocol,), {"head_seconds": head_seconds})
