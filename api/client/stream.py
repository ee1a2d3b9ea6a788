"""The live stream: one WebSocket after another, for ever, told as one sequence of messages.

Each connection has a new ticket and says `hello` with the last sequence number seen, so nothing is missed and nothing told
twice: messages at or below that number are dropped here.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import urlencode

from api.client.calls import Calls
from api.client.decoding import decode
from api.client.errors import ApiError, Unreachable
from api.client.models import (
    AlarmChanged,
    AlarmState,
    Disconnected,
    Live,
    ModeChanged,
    OtherEvent,
    PanelChanged,
    Ping,
    PushedEvent,
    ReplayOverflow,
    Stamps,
    StreamMessage,
    Welcome,
)
from api.client.transport import Socket, SocketClosed

_FIRST_RETRY, _LAST_RETRY = 0.5, 10.0  # s, before jitter
_SILENCE = 12.0  # s; the server pings every 5: two missed are a dead line
_ALARM_EVENTS: Final = {"alarm.new", "alarm.updated"}


class Stream:
    """``async for message in Stream(calls, last_seq=None)``. `last_seq` None: everything was just loaded by REST."""

    def __init__(self, calls: Calls, *, last_seq: int | None) -> None:
        self._calls = calls
        self._last_seq = last_seq
        self._failures = 0

    async def __aiter__(self) -> AsyncIterator[StreamMessage]:
        """Ends only when the session has ended for good (ApiError 401 is raised)."""
        while True:
            try:
                async for message in self._connection():
                    yield message
            except (SocketClosed, Unreachable, TimeoutError, ApiError) as error:
                if isinstance(error, ApiError) and error.status in {401, 403}:
                    raise
                pause = self._pause()
                yield Disconnected(reason=str(error) or "the line went silent", retry_in=pause)
                await asyncio.sleep(pause)

    def _pause(self) -> float:
        self._failures += 1
        full: float = min(_FIRST_RETRY * 2.0 ** (self._failures - 1), _LAST_RETRY)
        return random.uniform(0.5, 1.0) * full  # noqa: S311 - spreads reconnects, guards nothing

    async def _connection(self) -> AsyncIterator[StreamMessage]:
        ticket = (await self._calls.call("POST", "/api/auth/ws-ticket"))["ticket"]
        socket = await self._calls.transport.connect(_ws_url(self._calls.base_url, ticket))
        try:
            await socket.send(json.dumps({"type": "hello", "last_seq": self._last_seq}))
            while True:
                message = await self._next(socket)
                if message is not None:
                    yield message
        finally:
            await socket.close()

    async def _next(self, socket: Socket) -> StreamMessage | None:
        frame = json.loads(await asyncio.wait_for(socket.receive(), _SILENCE))
        if frame["type"] == "ping":
            await socket.send('{"type":"pong"}')
        message = parse(frame)
        if isinstance(message, AlarmChanged | PanelChanged | OtherEvent) and self._seen(message.seq):
            return None
        if isinstance(message, Live | ReplayOverflow):
            self._failures = 0
            self._last_seq = max(message.seq, self._last_seq or 0)
        return message

    def _seen(self, seq: int) -> bool:
        if self._last_seq is not None and seq <= self._last_seq:
            return True
        self._last_seq = seq
        return False


def _ws_url(base_url: str, ticket: str) -> str:
    return f"ws{base_url.removeprefix('http')}/ws?{urlencode({'ticket': ticket})}"


def parse(frame: dict[str, Any]) -> StreamMessage:
    """One server frame. Raises KeyError or ValueError when it is none of the contract's."""
    match frame["type"]:
        case "event":
            return _event(frame["seq"], frame["event"], frame["data"])
        case "ping":
            return decode(frame, Ping)
        case "welcome":
            return decode(frame, Welcome)
        case "live":
            return decode(frame, Live)
        case "replay_overflow":
            return decode(frame, ReplayOverflow)
        case "mode":
            return decode(frame, ModeChanged)
        case unknown:
            raise ValueError(f"the server sent a message of unknown type {unknown!r}")


def _event(seq: int, event: str, data: dict[str, Any]) -> StreamMessage:
    if event in _ALARM_EVENTS:
        return AlarmChanged(
            seq=seq,
            opened=event == "alarm.new",
            alarm=decode(data["alarm"], AlarmState),
            events=decode(data.get("events", []), list[PushedEvent]),
            stamps=decode(data.get("stamps", {}), Stamps),
        )
    if event == "panel.state.changed":
        return decode({"seq": seq, **data}, PanelChanged)
    return OtherEvent(seq=seq, event=event)
