"""The live stream: one WebSocket after another, for ever, as one sequence of messages (R-PUSH).

How a screen stays complete: on `Welcome` load everything by REST (what happens meanwhile arrives as events and is newer or
the same by `version`), then apply events. After a break the stream resumes where it was, by itself; only after
`ReplayOverflow` is everything to be loaded anew. Sequence numbers may have gaps (what the user may not see is left out), but
never repeat or run back.
"""

import asyncio
import json
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from api.client.codec import decode
from api.client.errors import ApiError, BadAnswer, SocketClosed, Unreachable
from api.client.models import AlarmChange, PanelChange, SystemMode
from api.client.transport import Socket

SILENCE: Final = 12.0  # s; the server pings every 5 s: two lost pings are forgiven
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0  # s

# Close codes of the contract
TICKET_BAD, NO_LONGER_ALLOWED, NO_HELLO, SLOW_CLIENT = 4401, 4403, 4408, 4409
_AT_ONCE: Final = frozenset({TICKET_BAD, SLOW_CLIENT})  # the server is well: it only wants a new connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """Connected. `seq` is where the server is; `resumed`: what was missed follows, else load everything now."""

    seq: int
    server_time: datetime
    mode: SystemMode
    resumed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """All that was missed has been told."""

    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`event`: which kind of message it is; the API's description lists them, and unknown ones are ignored."""

    seq: int
    event: str
    data: dict[str, Any]

    def alarm_change(self) -> AlarmChange | None:
        """What an `alarm.*` event says; None for another kind."""
        return decode(self.data, AlarmChange) if self.event.startswith("alarm.") else None

    def panel_change(self) -> PanelChange | None:
        """What a `panel.state.changed` says; None for another kind."""
        return decode(self.data, PanelChange) if self.event == "panel.state.changed" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """A sign of life; all up to `seq` has been told."""

    server_time: datetime
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOverflow:
    """Too much was missed: load everything by REST after the pause; the stream goes on live from `seq`."""

    retry_after_ms: int
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeChanged:
    mode: SystemMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnected:
    """The connection broke or could not be made; the next try is in `retry_in` seconds."""

    reason: str
    retry_in: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconnecting:
    """The pause is over. `attempt` counts from 1 since it last worked."""

    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded:
    """The server no longer knows us: log in again. The last message of a stream."""

    reason: str


Message = Welcome | Live | Event | Ping | ReplayOverflow | ModeChanged | Disconnected | Reconnecting | SessionEnded

Connect = Callable[[], Awaitable[Socket]]  # a new ticket, a new socket


@dataclass(slots=True)
class _Place:
    """How far we are; `pauses` counts connections in a row that did not work."""

    seq: int | None
    pauses: int = 0


async def messages(connect: Connect, last_seq: int | None = None, *, silence: float = SILENCE) -> AsyncGenerator[Message]:
    """Messages until the session ends or the caller stops (`contextlib.aclosing` closes the socket at once)."""
    place = _Place(last_seq)
    while True:
        try:
            socket = await connect()
        except ApiError as error:
            if error.status in (401, 403):
                yield SessionEnded(reason=str(error.code))
                return
            lost: Exception = error
        except (Unreachable, BadAnswer) as error:
            lost = error
        else:
            try:
                async for message in _told(socket, place, silence):
                    yield message
            except (SocketClosed, BadAnswer, TimeoutError) as error:
                lost = error
            finally:
                await socket.close()
        pause = _pause(lost, place)
        yield Disconnected(reason=_reason(lost), retry_in=pause)
        await asyncio.sleep(pause)
        yield Reconnecting(attempt=place.pauses)


async def _told(socket: Socket, place: _Place, silence: float) -> AsyncIterator[Message]:
    """Messages of one connection. Raises SocketClosed, BadAnswer, TimeoutError after ``silence``; never just ends."""
    asked = place.seq
    await socket.send(json.dumps({"type": "hello", "last_seq": asked}))
    while True:
        async with asyncio.timeout(silence):
            frame = _parsed(await socket.receive())
        if frame["type"] == "ping":
            await socket.send('{"type":"pong"}')
        message = _message(frame, resumed=asked is not None)
        if message is not None and _is_new(message, place, asked):
            yield message


def _parsed(text: str) -> dict[str, Any]:
    try:
        frame = json.loads(text)
        return frame if "type" in frame else _nonsense(text)
    except (ValueError, TypeError):
        return _nonsense(text)


def _nonsense(text: str) -> dict[str, Any]:
    raise BadAnswer(f"the server sent no message: {text[:80]!r}")


def _message(frame: dict[str, Any], *, resumed: bool) -> Message | None:
    """None: a type this client does not know."""
    match frame["type"]:
        case "welcome":
            return decode({**frame, "resumed": resumed}, Welcome)
        case "live":
            return decode(frame, Live)
        case "event":
            return Event(seq=frame["seq"], event=frame["event"], data=frame["data"])
        case "ping":
            return decode(frame, Ping)
        case "replay_overflow":
            return decode(frame, ReplayOverflow)
        case "mode":
            return decode(frame, ModeChanged)
        case _:
            return None


def _is_new(message: Message, place: _Place, asked: int | None) -> bool:
    """Moves our place along; False for an event we have already had."""
    match message:
        case Event(seq=seq):
            is_new = place.seq is None or seq > place.seq
            place.seq = seq if is_new else place.seq
            return is_new
        case Welcome(seq=seq):
            place.seq = seq if asked is None else place.seq
        case Live(seq=seq) | Ping(seq=seq):
            place.pauses = 0
            place.seq = max(seq, place.seq or 0)
        case ReplayOverflow(seq=seq):
            place.seq = seq
        case _:
            pass
    return True


def _pause(lost: Exception, place: _Place) -> float:
    """Seconds to wait: doubling with jitter, so that a thousand consoles do not come back in one moment."""
    place.pauses += 1
    if isinstance(lost, SocketClosed) and lost.code in _AT_ONCE and place.pauses == 1:
        return random.uniform(0, 0.1)  # noqa: S311
    longest = min(FIRST_PAUSE * 2 ** (place.pauses - 1), LONGEST_PAUSE)
    return random.uniform(longest / 2, longest)  # noqa: S311


def _reason(lost: Exception) -> str:
    match lost:
        case SocketClosed(code=code):
            return f"closed:{code}"
        case TimeoutError():
            return "silence"
        case ApiError(code=code):
            return str(code)
        case Unreachable():
            return "unreachable"
        case _:
            return "bad_answer"
