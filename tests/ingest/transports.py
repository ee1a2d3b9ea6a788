"""Ways between a session and its peer: perfect, byte at a time, late, lossy; and an in-memory wire for scripted peers."""

import asyncio
import random
from collections.abc import Callable, Iterable
from typing import cast

from ingest.satel.session import Dial

Shape = Callable[[bytes], Iterable[tuple[float, bytes]]]
"""What becomes of bytes: pieces, each with the seconds it takes longer than the piece before."""


def perfect(data: bytes) -> Iterable[tuple[float, bytes]]:
    return [(0.0, data)]


def byte_at_a_time(data: bytes) -> Iterable[tuple[float, bytes]]:
    return [(0.0, data[place : place + 1]) for place in range(len(data))]


def delaying(seconds: float, *, seed: int = 1) -> Shape:
    """Everything comes later, not always by the same time, never out of order."""
    chance = random.Random(seed)
    return lambda data: [(chance.uniform(0, seconds), data)]


def lossy(share: float, *, seed: int = 1) -> Shape:
    """A share of the writes never arrives."""
    chance = random.Random(seed)
    return lambda data: [] if chance.random() < share else [(0.0, data)]


def losing(*commands: int) -> Shape:
    """One request of each of these commands never arrives, of a command named twice two (plain lines only)."""
    left = list(commands)

    def shape(data: bytes) -> Iterable[tuple[float, bytes]]:
        command = data[2] if data[:2] == b"\xfe\xfe" else None
        if command not in left:
            return [(0.0, data)]
        left.remove(command)
        return []

    return shape


class _Lane:
    """One direction: hands pieces on in order."""

    def __init__(self, shape: Shape, deliver: Callable[[bytes], None]) -> None:
        self._shape, self._deliver = shape, deliver
        self._free_at = 0.0
        self._closed = False

    def send(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        for wait, piece in self._shape(data):
            self._free_at = max(self._free_at, loop.time()) + wait
            if self._free_at <= loop.time():
                loop.call_soon(self._arrive, piece)
            else:
                loop.call_at(self._free_at, self._arrive, piece)

    def close(self) -> None:
        self._closed = True

    def _arrive(self, piece: bytes) -> None:
        if not self._closed:
            self._deliver(piece)


class _ShapedTransport(asyncio.Transport):
    def __init__(self, inner: asyncio.Transport, shape: Shape, lanes: list[_Lane]) -> None:
        super().__init__()
        self._inner = inner
        self._lane = _Lane(shape, inner.write)
        self._lanes = [*lanes, self._lane]

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._lane.send(bytes(data))

    def abort(self) -> None:
        for lane in self._lanes:
            lane.close()
        self._inner.abort()

    def close(self) -> None:
        self.abort()


class _ShapedProtocol(asyncio.Protocol):
    def __init__(self, inner: asyncio.Protocol, shape: Shape) -> None:
        self._inner, self._shape = inner, shape
        self._lane = _Lane(shape, inner.data_received)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._inner.connection_made(_ShapedTransport(cast(asyncio.Transport, transport), self._shape, [self._lane]))

    def data_received(self, data: bytes) -> None:
        self._lane.send(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._inner.connection_lost(exc)


def shaped(dial: Dial, shape: Shape) -> Dial:
    """The same way with all bytes, in both directions, put through ``shape``."""

    async def through(factory: Callable[[], asyncio.Protocol]) -> asyncio.BaseTransport:
        return await dial(lambda: _ShapedProtocol(factory(), shape))

    return through


class MemoryTransport(asyncio.Transport):
    """One end of a wire without a network."""

    def __init__(self) -> None:
        super().__init__()
        self.peer: MemoryTransport | None = None
        self.protocol: asyncio.Protocol | None = None
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        peer = self.peer
        if not self.closed and peer is not None and peer.protocol is not None:
            asyncio.get_running_loop().call_soon(peer._receive, bytes(data))

    def _receive(self, data: bytes) -> None:
        if not self.closed and self.protocol is not None:
            self.protocol.data_received(data)

    def abort(self) -> None:
        if self.closed:
            return
        self.closed = True
        loop = asyncio.get_running_loop()
        if self.protocol is not None:
            loop.call_soon(self.protocol.connection_lost, None)
        if self.peer is not None:
            loop.call_soon(self.peer.abort)

    def close(self) -> None:
        self.abort()


def memory_dial(peer: Callable[[], asyncio.Protocol]) -> Dial:
    """A way to a peer in this process; every dial meets a new one."""

    async def dial(factory: Callable[[], asyncio.Protocol]) -> asyncio.BaseTransport:
        ours, theirs = MemoryTransport(), MemoryTransport()
        ours.peer, theirs.peer = theirs, ours
        client, server = factory(), peer()
        ours.protocol, theirs.protocol = client, server
        server.connection_made(theirs)
        client.connection_made(ours)
        return ours

    return dial
