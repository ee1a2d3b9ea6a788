"""A peer that answers as it is told: for what a real module does only on a bad day."""

import asyncio
from collections.abc import Callable, Mapping
from typing import cast

from ingest.satel.encryption import EncryptedChannel
from ingest.satel.errors import RemoteProtocolError
from ingest.satel.frames import Frame, FrameDecoder, encode

PANEL_VERSION = Frame(0x7E, bytes((72,)) + b"12320240115" + bytes((0, 0xFF)))

Answers = Mapping[int, Callable[[Frame], list[Frame]]]


class ScriptedPeer(asyncio.Protocol):
    """Answers requests by command byte; what it has no answer for it swallows. `heard` are the requests."""

    def __init__(self, answers: Answers | None = None, *, greeting: bytes = b"", key: str | None = None) -> None:
        self.answers: dict[int, Callable[[Frame], list[Frame]]] = {0x7E: lambda _: [PANEL_VERSION], **(answers or {})}
        self.heard: list[Frame] = []
        self.transport: asyncio.Transport | None = None
        self._greeting = greeting
        self._decoder = FrameDecoder()
        self._channel = EncryptedChannel(key, role="module") if key else None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if self._greeting:
            self.transport.write(self._greeting)

    def data_received(self, data: bytes) -> None:
        for request in self._decode(data):
            self.heard.append(request)
            if answer := self.answers.get(request.command):
                self.push(*answer(request))

    def push(self, *frames: Frame) -> None:
        assert self.transport is not None
        for frame in frames:
            wire = encode(frame)
            self.transport.write(self._channel.seal(wire) if self._channel else wire)

    def _decode(self, data: bytes) -> list[Frame]:
        if self._channel is None:
            return self._decoder.feed(data)
        try:
            return [frame for opened in self._channel.feed(data) for frame in self._decoder.feed(opened)]
        except RemoteProtocolError:
            return []
