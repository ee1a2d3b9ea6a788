"""A bare protocol client over the real codec, a clock the test moves, and small panels."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

from ingest.satel.encryption import EncryptedChannel
from ingest.satel.frames import Frame, FrameDecoder, encode
from ingest.satel.simulator.examples import USERS
from ingest.satel.simulator.installation import (
    OutputConfig,
    OutputFunction,
    PanelConfig,
    PartitionConfig,
    Right,
    UserConfig,
    ZoneConfig,
    ZoneReaction,
)
from ingest.satel.simulator.model import Panel
from ingest.satel.simulator.server import NetworkPanel

CODE = bytes.fromhex("1234FFFFFFFFFFFF")
WRONG_CODE = bytes.fromhex("4321FFFFFFFFFFFF")
POOR_CODE = bytes.fromhex("7777FFFFFFFFFFFF")  # may do nothing
FIRST = bytes((1, 0, 0, 0))  # partition mask
KEY = "Klucz2026abc"

R = ZoneReaction
_REACTIONS = (
    R.ENTRY_EXIT,
    R.INTERIOR,
    R.INSTANT,
    R.PERIMETER,
    R.SMOKE,
    R.PANIC_SILENT,
    R.FLOOD,
    R.TEMPERATURE_HIGH,
    R.NO_ALARM,
    R.VIBRATION_24H,
)
ENTRY, INTERIOR, INSTANT, PERIMETER, SMOKE, PANIC, FLOOD, TEMPERATURE, GATE, SAFE = range(1, 11)
SIREN, LIGHT, PULSE, STRIKE = range(1, 5)


def small_panel(**changes: Any) -> PanelConfig:
    """Ten zones of all sorts in partition 1, an instant zone 11 in partition 2, four outputs; answers at once."""
    zones = tuple(
        ZoneConfig(
            number=number,
            name=f"Linia {number}",
            reaction=reaction,
            temperature=24.0 if reaction is R.TEMPERATURE_HIGH else None,
        )
        for number, reaction in enumerate(_REACTIONS, 1)
    )
    outputs = (OutputFunction.BURGLARY, OutputFunction.BI, OutputFunction.MONO, OutputFunction.STRIKE)
    config = PanelConfig(
        partitions=(
            PartitionConfig(number=1, name="Sklep", exit_delay=30, entry_delay=20),
            PartitionConfig(number=2, name="Zaplecze żółte", exit_delay=0),
        ),
        zones=(*zones, ZoneConfig(number=11, name="Zaplecze", partition=2)),
        outputs=tuple(OutputConfig(number=n, name=f"Wyj {n}", function=f, pulse=3) for n, f in enumerate(outputs, 1)),
        users=(*USERS, UserConfig(number=5, code="7777", name="Gość", rights=Right(0))),
        latency=0.0,
        slot_release=0.0,
    )
    return replace(config, **changes)


class Clock:
    """Time that stands still until somebody moves it; starts on Monday 2026-01-05 12:00 in Poland."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 11, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Bench:
    """A panel with its clock: ``wait`` lets time pass."""

    def __init__(self, **changes: Any) -> None:
        self.clock = Clock()
        self.panel = Panel(small_panel(**changes), self.clock)

    def wait(self, seconds: float) -> None:
        self.clock.move(seconds)
        self.panel.advance()

    def codes(self) -> list[tuple[int, bool]]:
        """Code and R of every record, oldest first."""
        return [(entry.code, entry.restore) for entry in self.panel.log.entries()]


class Client:
    """One TCP connection that speaks frames, plain or encrypted."""

    def __init__(self, panel: NetworkPanel, key: str | None = None) -> None:
        self._panel = panel
        self._channel = EncryptedChannel(key) if key else None
        self._decoder = FrameDecoder()
        self._frames: list[Frame] = []
        self.segments: list[bytes] = []

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection(self._panel.host, self._panel.port)
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except ConnectionError:
            return

    def send(self, *frames: Frame) -> None:
        """Send frames in one segment without waiting for anything."""
        wire = [encode(frame) for frame in frames]
        self.send_raw(b"".join(self._channel.seal(frame) for frame in wire) if self._channel else b"".join(wire))

    def send_raw(self, data: bytes) -> None:
        self.writer.write(data)

    async def receive(self, within: float = 5.0) -> Frame:
        """The next frame. TimeoutError if none comes, EOFError when the connection is closed."""
        async with asyncio.timeout(within):
            while not self._frames:
                self._frames += self._decode(await self._segment())
        return self._frames.pop(0)

    async def ask(self, command: int, data: bytes = b"") -> Frame:
        """Send one request and take the next frame as its answer."""
        self.send(Frame(command, data))
        return await self.receive()

    async def result(self, command: int, data: bytes) -> int:
        """The code of the EF frame that answers."""
        answer = await self.ask(command, data)
        assert answer.command == 0xEF
        return answer.data[0]

    async def is_silent_on(self, *frames: Frame) -> bool:
        """Whether these get no answer: the version asked right after them is answered first."""
        self.send(*frames)
        return (await self.ask(0x7E)).command == 0x7E

    async def closed(self, within: float = 5.0) -> bool:
        """Wait until the other side closes."""
        try:
            async with asyncio.timeout(within):
                while await self.reader.read(4096):
                    pass
        except ConnectionError:
            return True
        return True

    async def _segment(self) -> bytes:
        data = await self.reader.read(4096)
        if not data:
            raise EOFError
        self.segments.append(data)
        return data

    def _decode(self, data: bytes) -> list[Frame]:
        if self._channel is None:
            return self._decoder.feed(data)
        return [frame for plain in self._channel.feed(data) for frame in self._decoder.feed(plain)]


def bits(data: bytes) -> list[int]:
    """Numbers from 1 of the bits set."""
    return [byte * 8 + bit + 1 for byte, value in enumerate(data) for bit in range(8) if value >> bit & 1]
