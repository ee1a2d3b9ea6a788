"""One TCP line to one module: one request in flight, pushed blocks at any time, a line that is dead is dropped.

The module loses a command that comes before the previous answer (reference §6.3), so requests wait in a queue by
priority. A request without an answer in time ends the line, unless the protocol allows silence (7C, 7D): a lost answer and
a dead module look the same, and a new line is read in full anyway. What answers what is `messages.is_answer`.

Bytes come and go through an `asyncio` transport that a `Dial` opens; tests put split, lost or late bytes in between.
"""

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import cast

from ingest.satel import metrics, requests
from ingest.satel.encryption import EncryptedChannel
from ingest.satel.errors import LinkLost, LocalProtocolError, RemoteProtocolError
from ingest.satel.frames import Frame, FrameDecoder, encode, looks_busy
from ingest.satel.messages import COMMANDS, Command, is_answer

MAX_WAITING = 256  # requests; more is a bug in the caller, not a reason to grow

KEY_HINT = "wrong port, integration switched off in the module, or the encryption key differs"

Dial = Callable[[Callable[[], asyncio.Protocol]], Awaitable[asyncio.BaseTransport]]


class PanelBusy(LinkLost):
    """Another client holds the module's only slot."""


class NoAnswer(LinkLost):
    """TCP is up, but nothing of the protocol comes back."""


class Urgency(IntEnum):
    """Which waiting request goes first."""

    COMMAND = 0
    DRIVER = 1
    BACKGROUND = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """All in seconds."""

    connect: float = 10.0
    silence: float = 0.15  # listen this long for the Busy banner before the first byte of ours (reference §1.6)
    probe: float = 5.0  # first answer of a line (reference §6.3)
    answer: float = 3.0  # V19 p. 19; the slow commands of the command table have their own


@dataclass(slots=True, order=True)
class _Request:
    urgency: Urgency
    order: int
    frame: Frame = field(compare=False)
    timeout: float = field(compare=False)
    optional: bool = field(compare=False)
    answer: "asyncio.Future[Frame | None]" = field(compare=False)


def tcp(host: str, port: int) -> Dial:
    """The real way to a module."""

    async def dial(factory: Callable[[], asyncio.Protocol]) -> asyncio.BaseTransport:
        transport, _ = await asyncio.get_running_loop().create_connection(factory, host, port)
        return transport

    return dial


async def open_session(
    dial: Dial,
    *,
    on_frames: Callable[[list[Frame]], None],
    on_lost: Callable[[], None] = lambda: None,
    key: str | None = None,
    timing: Timing | None = None,
) -> tuple["Session", Frame]:
    """Connect, see that the slot is ours, and probe: the session and the answer to 7E.

    ``key`` None means a plain line. ``on_frames`` gets every frame in order, answers too, as many as came together, before
    any ``ask`` returns; ``on_lost`` is called once when the line has ended. Raises `PanelBusy`, `NoAnswer` or `LinkLost`.
    """
    session = Session(on_frames=on_frames, on_lost=on_lost, key=key, timing=timing or Timing())
    try:
        async with asyncio.timeout(session.timing.connect):
            await dial(lambda: session)
    except OSError as error:  # TimeoutError is one
        raise LinkLost(f"cannot connect: {type(error).__name__}") from error
    try:
        return session, await session.probe()
    except BaseException:
        session.close("not opened")
        raise


class Session(asyncio.Protocol):
    """See the module. Made by `open_session`; ends by itself or by `close`, and never comes back."""

    def __init__(
        self,
        *,
        on_frames: Callable[[list[Frame]], None],
        on_lost: Callable[[], None],
        key: str | None,
        timing: Timing,
    ) -> None:
        self.timing = timing
        self.lost: LinkLost | None = None
        self.last_sent = 0.0  # loop time of our last outbound byte
        self.last_received: float | None = None  # loop time of the last good frame
        self._on_frames = on_frames
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._channel = EncryptedChannel(key) if key is not None else None
        self._decoder = FrameDecoder()
        self._ended = self._loop.create_future()
        self._waiting: list[_Request] = []
        self._order = itertools.count()
        self._in_flight: _Request | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._sent_at = 0.0

    # -- asking ---------------------------------------------------------------------------------------------------------

    async def ask(self, frame: Frame, *, urgency: Urgency = Urgency.DRIVER, timeout: float | None = None) -> Frame:
        """Send a request and return its answer. No answer in time ends the line: `LinkLost`."""
        answer = await self._enqueue(frame, urgency, timeout, optional=False)
        return cast(Frame, answer)

    async def ask_maybe(self, frame: Frame, *, urgency: Urgency = Urgency.DRIVER, timeout: float | None = None) -> Frame | None:
        """The same for a request that a module may leave unanswered: None then, and the line stays."""
        return await self._enqueue(frame, urgency, timeout, optional=True)

    async def probe(self) -> Frame:
        """Listen for the Busy banner, then ask 7E: the first answer proves port, slot and key. Returns that answer."""
        await asyncio.wait([self._ended], timeout=self.timing.silence)
        if self.lost is not None:
            raise self.lost
        answer = await self.ask_maybe(requests.read(Command.PANEL_VERSION), timeout=self.timing.probe)
        if answer is None:
            self._end(NoAnswer(f"no answer to 7E in {self.timing.probe:g} s: {KEY_HINT}"))
            raise cast(LinkLost, self.lost)
        return answer

    def close(self, reason: str) -> None:
        """End the line now; requests in progress raise `LinkLost`."""
        self._end(LinkLost(reason))

    def silent_for(self) -> float:
        """Seconds since our last outbound byte: what the module's idle cut counts."""
        return self._loop.time() - self.last_sent

    def _enqueue(
        self, frame: Frame, urgency: Urgency, timeout: float | None, *, optional: bool
    ) -> "asyncio.Future[Frame | None]":
        if self.lost is not None:
            raise LinkLost(str(self.lost))
        if len(self._waiting) >= MAX_WAITING:
            raise LocalProtocolError(f"{MAX_WAITING} requests are waiting for one line")
        answer: asyncio.Future[Frame | None] = self._loop.create_future()
        patience = self._patience(frame) if timeout is None else timeout
        request = _Request(urgency, next(self._order), frame, patience, optional, answer)
        heapq.heappush(self._waiting, request)
        self._send_next()
        return answer

    def _patience(self, frame: Frame) -> float:
        spec = COMMANDS.get(frame.command)
        return spec.answer_timeout if spec is not None and spec.slow else self.timing.answer

    def _send_next(self) -> None:
        while self._in_flight is None and self._waiting and self.lost is None:
            request = heapq.heappop(self._waiting)
            if request.answer.done():  # whoever asked has gone
                continue
            self._in_flight = request
            self._write(request.frame)
            self._deadline = self._loop.call_later(request.timeout, self._unanswered, request)

    def _write(self, frame: Frame) -> None:
        wire = encode(frame)
        self.last_sent = self._sent_at = self._loop.time()
        cast(asyncio.Transport, self._transport).write(self._channel.seal(wire) if self._channel else wire)

    def _unanswered(self, request: _Request) -> None:
        if not request.optional:
            self._end(LinkLost(f"no answer to {request.frame.command:02X} in {request.timeout:g} s"))
            return
        self._in_flight = None
        if not request.answer.done():
            request.answer.set_result(None)
        self._send_next()

    # -- what the transport tells -----------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.last_sent = self._loop.time()

    def data_received(self, data: bytes) -> None:
        if self.lost is not None:
            return
        if self._is_busy_banner(data):
            self._end(PanelBusy("the module serves another client"))
            return
        before = self._decoder.bad_checksum
        try:
            frames = self._decode(data)
        except RemoteProtocolError as error:
            kind = LinkLost if self.last_received is not None else NoAnswer
            self._end(kind(f"{error}"))
            return
        if self._decoder.bad_checksum != before:
            metrics.BAD_CHECKSUMS.inc(self._decoder.bad_checksum - before)
        if frames:
            self._deliver(frames)

    def connection_lost(self, exc: Exception | None) -> None:
        # Closed before we said a word: the answer of an occupied module, too (reference §1.6).
        cause = f": {type(exc).__name__}" if exc else ""
        untouched = self._sent_at == 0.0
        self._end(PanelBusy("closed at once") if untouched and exc is None else LinkLost(f"connection closed{cause}"))

    def _is_busy_banner(self, data: bytes) -> bool:
        """Before the first frame: the banner in clear, or anything at all on an encrypted line we have not spoken on."""
        if self.last_received is not None:
            return False
        return looks_busy(data) if self._channel is None else self._sent_at == 0.0

    def _decode(self, data: bytes) -> list[Frame]:
        if self._channel is None:
            return self._decoder.feed(data)
        return [frame for opened in self._channel.feed(data) for frame in self._decoder.feed(opened)]

    def _deliver(self, frames: list[Frame]) -> None:
        self.last_received = self._loop.time()
        for frame in frames:
            if self._in_flight is not None and is_answer(self._in_flight.frame, frame):
                self._answered(self._in_flight, frame)
        self._on_frames(frames)

    def _answered(self, request: _Request, frame: Frame) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        metrics.ANSWER_SECONDS.observe(self._loop.time() - self._sent_at)
        self._in_flight = None
        if not request.answer.done():
            request.answer.set_result(frame)
        self._send_next()

    # -- the end ----------------------------------------------------------------------------------------------------------

    def _end(self, reason: LinkLost) -> None:
        if self.lost is not None:
            return
        self.lost = reason
        if self._deadline is not None:
            self._deadline.cancel()
        if self._transport is not None:
            self._transport.abort()
        for request in (self._in_flight, *self._waiting):
            if request is not None and not request.answer.done():
                request.answer.set_exception(type(reason)(str(reason)))
        self._in_flight, self._waiting = None, []
        self._ended.set_result(None)
        self._on_lost()
