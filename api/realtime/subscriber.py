"""One socket as the hub sees it: what it may see, what waits to be sent, and why it ends."""

import asyncio
from dataclasses import dataclass
from typing import Final

from api.callers import Caller
from api.realtime import metrics
from api.realtime.frames import PERMISSION_FOR, EventFrame

QUEUE: Final = 2_000  # frames; the burst of requirements §5 four times over
PONGS_MISSED: Final = 3

# Close codes of the contract
TICKET_BAD, NO_LONGER_ALLOWED, NO_HELLO, SLOW_CLIENT = 4401, 4403, 4408, 4409


@dataclass(frozen=True, slots=True)
class Ending:
    code: int
    reason: str


class Subscriber:
    """Made when a socket says hello. Frames up to ``after`` are none of its business: it has them, or reads them itself."""

    def __init__(self, caller: Caller, *, after: int, queue: int = QUEUE) -> None:
        self.caller = caller
        self.after = after
        self.is_live = False
        self.ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self.waiting: asyncio.Queue[EventFrame | str] = asyncio.Queue(queue)
        self._unanswered = 0

    def may_see(self, frame: EventFrame) -> bool:
        permission = PERMISSION_FOR.get(frame.kind)
        return permission is not None and self.caller.may(permission, frame.object_id)

    def offer(self, frame: EventFrame) -> None:
        """Queue a frame that is new to it and that it may see. A full queue ends it: the others do not wait for one."""
        if frame.seq > self.after and self.may_see(frame):
            self.push(frame)

    def push(self, message: EventFrame | str) -> None:
        try:
            self.waiting.put_nowait(message)
        except asyncio.QueueFull:
            metrics.SLOW_CLIENTS.inc()
            self.end(SLOW_CLIENT, "too slow; resume with hello(last_seq)")

    def ping(self, text: str) -> None:
        self._unanswered += 1
        if self._unanswered > PONGS_MISSED:
            self.end(SLOW_CLIENT, "no pong; resume with hello(last_seq)")
        else:
            self.push(text)

    def pong(self) -> None:
        self._unanswered = 0

    def end(self, code: int, reason: str) -> None:
        if not self.ended.done():
            self.ended.set_result(Ending(code, reason))
