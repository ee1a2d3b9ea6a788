"""A simulated panel on a TCP port, with the manners and the bad days of a real ETHM-1 (reference §6).

One event loop carries hundreds of panels: a panel that is left alone owns a listening socket and no task, and every
delay is one timer of the loop.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ingest.satel.encryption import EncryptedChannel
from ingest.satel.errors import RemoteProtocolError
from ingest.satel.frames import Frame, FrameDecoder, encode
from ingest.satel.simulator.blocks import Block
from ingest.satel.simulator.installation import PanelConfig
from ingest.satel.simulator.model import Panel
from ingest.satel.simulator.module import CONTROL_COMMANDS, Answer, Module

# 0x10, "Busy!", CR LF is from the field; of the other eight bytes only their number is known (IP, HA#166222).
BUSY_BANNER = b"\x10Busy!\r\n" + bytes([0xA5] * 8)
GLUE_PATIENCE = 0.2  # s a frame waits for others to be glued to


@dataclass(slots=True, kw_only=True)
class Faults:
    """What goes wrong on the wire from panel to client. May be changed at any time.

    ``segment``: at most so many bytes per TCP segment (1 = byte by byte), ``segment_gap`` seconds apart. ``glue``: so
    many frames leave in one segment. ``garbage``: so many random bytes before each frame. ``loss``: share of frames
    that vanish, 0..1. ``delay``: seconds on top of the latency. ``lost_commands``: so many of the next control commands vanish
    on their way to the panel; ``lost_results``: so many are carried out, and their answer vanishes.
    """

    segment: int = 0
    segment_gap: float = 0.002
    glue: int = 1
    garbage: int = 0
    loss: float = 0.0
    delay: float = 0.0
    lost_commands: int = 0
    lost_results: int = 0


@dataclass(slots=True)
class Statistics:
    """Counted since the start."""

    connections: int = 0
    refused: int = 0
    idle_cuts: int = 0
    requests: int = 0
    dropped: int = 0  # requests that came before the previous answer
    commands: int = 0  # control commands that reached the panel
    frames_sent: int = 0


class Wire:
    """The way of frames to one client, through the faults."""

    def __init__(self, transport: asyncio.Transport, panel: "NetworkPanel") -> None:
        self._transport = transport
        self._panel = panel
        self._channel = panel.new_channel()
        self._glued: list[bytes] = []
        self._segments: list[bytes] = []
        self._timers: set[asyncio.TimerHandle] = set()

    @property
    def channel(self) -> EncryptedChannel | None:
        return self._channel

    def send(self, frames: Sequence[Frame]) -> None:
        """Send frames, one TCP segment for all of them unless faults say otherwise."""
        faults, chance = self._panel.faults, self._panel.chance
        for frame in frames:
            if faults.loss and chance.random() < faults.loss:
                continue
            self._panel.statistics.frames_sent += 1
            self._glued.append(chance.randbytes(faults.garbage) + self._sealed(encode(frame)))
        if len(self._glued) >= faults.glue:
            self._flush()
        elif self._glued:
            self._later(GLUE_PATIENCE, self._flush)

    def garbage(self, data: bytes) -> None:
        """Send bytes that are no frame."""
        self._write(data)

    def close(self) -> None:
        for timer in self._timers:
            timer.cancel()

    def _sealed(self, frame: bytes) -> bytes:
        return self._channel.seal(frame) if self._channel else frame

    def _flush(self) -> None:
        data, self._glued = b"".join(self._glued), []
        if data:
            self._write(data)

    def _write(self, data: bytes) -> None:
        size = self._panel.faults.segment
        if not size and not self._segments:
            self._transport.write(data)
            return
        idle = not self._segments
        self._segments += [data[start : start + (size or len(data))] for start in range(0, len(data), size or len(data))]
        if idle:
            self._next_segment()

    def _next_segment(self) -> None:
        self._transport.write(self._segments.pop(0))
        if self._segments:
            self._later(self._panel.faults.segment_gap, self._next_segment)

    def _later(self, seconds: float, callback: Callable[[], None]) -> None:
        def run() -> None:
            self._timers.discard(handle)
            callback()

        handle = asyncio.get_running_loop().call_later(seconds, run)
        self._timers.add(handle)


class Link(asyncio.Protocol):
    """One TCP connection to the module."""

    def __init__(self, panel: "NetworkPanel") -> None:
        self._panel = panel
        self._decoder = FrameDecoder()
        self._transport: asyncio.Transport | None = None
        self._wire: Wire | None = None
        self._answering: asyncio.TimerHandle | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._heard_at = 0.0
        self._deaf = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if not self._panel.take_slot(self):
            transport.write(self._panel.busy_banner())
            transport.close()
            return
        self._wire = Wire(transport, self._panel)
        self._heard_at = asyncio.get_running_loop().time()
        self._watch_idle()

    def data_received(self, data: bytes) -> None:
        if self._wire is None or self._deaf:
            return
        self._heard_at = asyncio.get_running_loop().time()
        for request in self._decode(data, self._wire.channel):
            self._request(request)

    def eof_received(self) -> bool:
        return self._deaf  # a half-open link stays open for us whatever the client does

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timers()
        self._panel.forget(self)

    def push(self, frames: Sequence[Frame]) -> None:
        """Send frames nobody asked for."""
        if self._wire is not None and not self._deaf and frames:
            self._wire.send(frames)

    def inject(self, data: bytes) -> None:
        if self._wire is not None and not self._deaf:
            self._wire.garbage(data)

    def go_deaf(self) -> None:
        """Half-open: nothing is heard or said any more, and nobody tells the client."""
        self._deaf = True
        if self._answering is not None:
            self._answering.cancel()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _decode(self, data: bytes, channel: EncryptedChannel | None) -> list[Frame]:
        if channel is None:
            return self._decoder.feed(data)
        try:
            return [frame for plain in channel.feed(data) for frame in self._decoder.feed(plain)]
        except RemoteProtocolError:
            self._deaf = True  # the module can make nothing of it, and stays silent until the client gives up
            return []

    def _request(self, request: Frame) -> None:
        panel = self._panel
        panel.statistics.requests += 1
        if self._answering is not None:
            panel.statistics.dropped += 1
            return
        wait = panel.latency + panel.faults.delay
        if wait > 0:
            self._answering = asyncio.get_running_loop().call_later(wait, self._process, request)
        else:
            self._process(request)

    def _process(self, request: Frame) -> None:
        self._answering = None
        faults, control = self._panel.faults, request.command in CONTROL_COMMANDS
        if control and faults.lost_commands > 0:
            faults.lost_commands -= 1
            return
        self._panel.statistics.commands += control
        answer = self._panel.module.handle(request)
        if control and faults.lost_results > 0:
            faults.lost_results -= 1
            return
        if answer is None:
            return
        if answer.after > 0:
            self._answering = asyncio.get_running_loop().call_later(answer.after, self._send, answer)
        else:
            self._send(answer)

    def _send(self, answer: Answer) -> None:
        self._answering = None
        self.push(answer.frames)

    def _watch_idle(self) -> None:
        """Cut the connection after silence; one timer that follows the last byte instead of one per byte."""
        if (idle_cut := self._panel.idle_cut) is None:
            return
        loop = asyncio.get_running_loop()
        left = self._heard_at + idle_cut - loop.time()
        if left > 0:
            self._idle = loop.call_later(left, self._watch_idle)
            return
        self._panel.statistics.idle_cuts += 1
        if self._deaf:
            self._panel.free_slot(self)
        else:
            self.close()

    def _stop_timers(self) -> None:
        for timer in (self._answering, self._idle):
            if timer is not None:
                timer.cancel()
        if self._wire is not None:
            self._wire.close()


class NetworkPanel(Panel):
    """A panel that listens. Everything a ``Panel`` can do, plus what can happen to its link.

    ``latency`` (seconds; 0 answers within the same loop step, and then nothing is ever "before the previous answer"),
    ``faults`` and ``idle_cut`` may be changed while it runs.
    """

    def __init__(self, config: PanelConfig, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__(config, now)
        self.module = Module(self)
        self.host = config.host
        self.port = config.port
        self.latency = config.latency
        self.idle_cut = self.module.profile.idle_cut if config.idle_cut is None else config.idle_cut
        self.faults = Faults()
        self.statistics = Statistics()
        self.chance = random.Random(config.seed)  # noqa: S311 - not for secrets
        self.observer = self._changed
        self._server: asyncio.Server | None = None
        self._client: Link | None = None
        self._links: set[Link] = set()
        self._occupied = False
        self._slot_free_at = 0.0
        self._tick: asyncio.TimerHandle | None = None
        self._announced = 0

    # -- life ---------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen; ``port`` is known afterwards. OSError if the port is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Link(self), self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        self._hang_up()
        if self._tick is not None:
            self._tick.cancel()
            self._tick = None

    def unplug(self) -> None:
        """All power is gone: connections vanish, the port refuses, the log is kept."""
        self.power_off()
        self._hang_up()

    async def plug_in(self, *, scramble_indexes: bool = False) -> None:
        """Power is back, or was gone for a moment only: panel and module restart on the same port, without a client."""
        if self.powered:
            self.unplug()
        self.module = Module(self)
        self.power_on(scramble_indexes=scramble_indexes)
        if self._server is None:
            await self.start()

    # -- the link -----------------------------------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        return self._client is not None

    def drop_link(self) -> None:
        """The connection breaks (reset)."""
        if self._client is not None:
            self._client.abort()

    def cut_line(self) -> None:
        """The network to the module is down: it cannot be reached, and the panel lives on."""
        self._hang_up()

    async def mend_line(self) -> None:
        """The network is back, on the same port."""
        if self._server is None:
            await self.start()

    def half_open(self, *, keep_slot: bool = True) -> None:
        """The network between goes dead without a word. With ``keep_slot`` the module notices only after its idle cut,
        and refuses others until then."""
        if self._client is not None:
            self._client.go_deaf()
            if not keep_slot:
                self.free_slot(self._client)

    def occupy(self, on: bool) -> None:
        """Another client takes the only slot (throwing ours out), or gives it back."""
        self._occupied = on
        if on:
            self.drop_link()

    def inject_garbage(self, size: int = 32) -> None:
        if self._client is not None:
            self._client.inject(self.chance.randbytes(size))

    def send_event_hint(self) -> None:
        """Push an 8C frame with a foreign echo."""
        if self._client is not None:
            self._client.push([self.module.event_hint()])

    # -- for its links ------------------------------------------------------------------------------------------------

    def new_channel(self) -> EncryptedChannel | None:
        return EncryptedChannel(self.config.key, role="module") if self.config.key else None

    def busy_banner(self) -> bytes:
        """What a client too many gets; opaque when encrypted (what exactly is not known)."""
        return self.chance.randbytes(16) if self.config.key else BUSY_BANNER

    def take_slot(self, link: Link) -> bool:
        self._links.add(link)
        waits = asyncio.get_running_loop().time() < self._slot_free_at
        if self._client is not None or self._occupied or waits:
            self.statistics.refused += 1
            return False
        self.statistics.connections += 1
        self._client = link
        return True

    def free_slot(self, link: Link) -> None:
        """The module gives the link up; the slot is free a little later."""
        if self._client is link:
            self._client = None
            self.module.disconnected()
            self._slot_free_at = asyncio.get_running_loop().time() + self.config.slot_release

    def forget(self, link: Link) -> None:
        """The connection is gone."""
        self._links.discard(link)
        self.free_slot(link)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _hang_up(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for link in list(self._links):
            link.abort()

    def _changed(self, changed: frozenset[Block]) -> None:
        pushes = self.module.panel_changed(changed)
        if self._client is not None:
            self._client.push(pushes)
            if self.config.unsolicited_events and self.log.written > self._announced:
                self.send_event_hint()
        self._announced = self.log.written
        self._arm_tick()

    def _arm_tick(self) -> None:
        if self._tick is not None:
            self._tick.cancel()
            self._tick = None
        if (due := self.next_due) is not None:
            wait = (due - self._now()).total_seconds()
            self._tick = asyncio.get_running_loop().call_later(max(wait, 0), self.advance)


@contextlib.asynccontextmanager
async def running_panel(config: PanelConfig, *, now: Callable[[], datetime] | None = None) -> AsyncIterator[NetworkPanel]:
    """A panel that listens for the time of the context: ``.host`` and ``.port``, ``.violate(zone)`` and the rest."""
    panel = NetworkPanel(config, now=now) if now else NetworkPanel(config)
    await panel.start()
    try:
        yield panel
    finally:
        panel.stop()
