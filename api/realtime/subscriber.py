"""One socket as the hub sees it: what it may see, what waits to be sent, and why it ends."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NoReturn

from activities.infra.metrics import STAGE_SECONDS, Stage
from api.callers import Caller
from api.realtime import frames
from api.realtime.frames import EventFrame

MOST_FRAMES: Final = 2_000  # waiting; the burst of requirements §5 four times over
MOST_CHARACTERS: Final = 16 * 1024 * 1024
PONGS_MISSED: Final = 3
MESSAGES_PER_PING: Final = 20  # from the client: it has nothing to say but pong

# Close codes of the contract
TICKET_BAD, NO_LONGER_ALLOWED, NO_HELLO, SLOW_CLIENT, TOO_MANY = 4401, 4403, 4408, 4409, 4429
# ... and of RFC 6455
BINARY, POLICY, BUG, TRY_LATER = 1003, 1008, 1011, 1013

_SENT = STAGE_SECONDS.labels(Stage.SENT)


@dataclass(frozen=True, slots=True)
class Ending:
    code: int
    reason: str


class Subscriber:
    """Made when a socket says hello. `heard`: all up to there was sent, waits to be sent, or is not for its eyes.

    Everything that is sent goes through one queue, so a ping's `seq` is true when the client reads it.
    """

    def __init__(self, caller: Caller, *, heard: int) -> None:
        self.caller = caller
        self.heard = heard
        self.is_live = False
        self.is_gone = False  # nobody sends to it any more
        self.ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._waiting: deque[EventFrame | str] = deque()
        self._size = 0
        self._news, self._drained = asyncio.Event(), asyncio.Event()
        self._unanswered = self._messages = 0

    # -- what is to be sent

    def offer(self, messages: Sequence[EventFrame]) -> None:
        """Queue what is new to it and may be seen by it. ``messages`` go on where it is, or before."""
        for message in messages:
            if message.seq > self.heard:
                self.heard = message.seq
                if self._may_see(message):
                    self._push(message, len(message.text))

    def tell(self, text: str) -> None:
        """Queue what is no event."""
        self._push(text, len(text))

    def skip_to(self, seq: int, retry_after_ms: int) -> None:
        """It cannot be told what lies before ``seq``: it loads everything again, and goes on from there."""
        self.heard = seq
        self.tell(frames.replay_overflow(seq, retry_after_ms))

    def _may_see(self, message: EventFrame) -> bool:
        if message.user_id is not None and message.user_id != self.caller.person.id:
            return False
        return message.permission is not None and self.caller.may(message.permission, message.object_id)

    def _push(self, message: EventFrame | str, size: int) -> None:
        """A full queue ends it: the others do not wait for one. Catching up waits by itself (`drained`)."""
        if self.is_gone:
            return
        self._waiting.append(message)
        self._size += size
        self._drained.clear()
        self._news.set()
        if self.is_live and (len(self._waiting) > MOST_FRAMES or self._size > MOST_CHARACTERS):
            self._waiting.clear()
            self.end(SLOW_CLIENT, "too slow; resume with hello(last_seq)")

    async def send_to(self, send: Callable[[str], Awaitable[None]]) -> NoReturn:
        """Send what is queued, until cancelled or the socket breaks; then it `is_gone`, and nobody waits for it."""
        try:
            await self._send_to(send)
        finally:
            self.is_gone = True
            self._waiting.clear()
            self._drained.set()

    async def _send_to(self, send: Callable[[str], Awaitable[None]]) -> NoReturn:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                message = self._waiting.popleft()
                text = message if isinstance(message, str) else message.text
                self._size -= len(text)
                await send(text)
                if self.is_live and isinstance(message, EventFrame) and message.published_at is not None:
                    _SENT.observe(max(0.0, (datetime.now(UTC) - message.published_at).total_seconds()))
            self._size = 0
            self._drained.set()

    async def drained(self) -> None:
        """Until all that was queued has been taken by the network, or never will be."""
        if self._waiting:
            await self._drained.wait()

    # -- whether it is there

    def ping(self) -> None:
        self._unanswered += 1
        self._messages = 0
        if self._unanswered > PONGS_MISSED:
            self.end(POLICY, "no pong; resume with hello(last_seq)")
        else:
            self.tell(frames.ping(self.heard))

    def pong(self) -> None:
        self._unanswered = 0

    def count_message(self) -> None:
        self._messages += 1
        if self._messages > MESSAGES_PER_PING:
            self.end(POLICY, "too many messages")

    def end(self, code: int, reason: str) -> None:
        """The first reason counts."""
        if not self.ended.done():
            self.ended.set_result(Ending(code, reason))
