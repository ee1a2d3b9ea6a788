"""A line between a browser and the API that can be pulled out, or lose its WebSockets alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_PIECE = 64 * 1024  # bytes
_WEBSOCKET = b"GET /ws"  # a browser opens a connection of its own for each, and begins it so


@dataclass(slots=True, eq=False)
class Wire:
    """``url`` is where the browser goes."""

    host: str
    port: int
    url: str = ""
    _is_out: bool = False
    _websockets_are_out: bool = False
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _websockets: set[asyncio.StreamWriter] = field(default_factory=set)

    def pull_out(self, *, websockets_only: bool = False) -> None:
        """What is open breaks without a word, and whoever comes is turned away. Or only WebSockets: the rest goes through."""
        self._websockets_are_out = True
        self._is_out = not websockets_only
        for browser in self._websockets if websockets_only else self._open:
            browser.transport.abort()

    def plug_in(self) -> None:
        self._is_out = self._websockets_are_out = False

    async def carry(self, asks: asyncio.StreamReader, browser: asyncio.StreamWriter) -> None:
        """One connection, until either end closes it."""
        self._open.add(browser)
        with suppress(OSError):
            first = b"" if self._is_out else await asks.read(_PIECE)
            if first and self._admits(first, browser):
                await self._carry(first, asks, browser)
        self._open.discard(browser)
        self._websockets.discard(browser)
        browser.close()

    def _admits(self, first: bytes, browser: asyncio.StreamWriter) -> bool:
        if first.startswith(_WEBSOCKET):
            self._websockets.add(browser)
            return not self._websockets_are_out
        return not self._is_out

    async def _carry(self, first: bytes, asks: asyncio.StreamReader, browser: asyncio.StreamWriter) -> None:
        answers, server = await asyncio.open_connection(self.host, self.port)
        server.write(first)
        ways = [asyncio.ensure_future(_pass_on(asks, server)), asyncio.ensure_future(_pass_on(answers, browser))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.wait(ways)
            server.close()


async def _pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await source.read(_PIECE):
            target.write(piece)
            await target.drain()


@asynccontextmanager
async def wire_to(url: str, *, port: int = 0) -> AsyncIterator[Wire]:
    """Between a browser, which goes to ``port``, and the server of ``url``."""
    there = urlsplit(url)
    assert there.hostname is not None
    assert there.port is not None
    wire = Wire(there.hostname, there.port)
    server = await asyncio.start_server(wire.carry, there.hostname, port)
    wire.url = f"http://{there.hostname}:{server.sockets[0].getsockname()[1]}"
    try:
        yield wire
    finally:
        server.close()
        wire.pull_out()
        await server.wait_closed()
