"""The end of an API process: what was begun is finished, new work is refused with a clear answer (R-MODES)."""

import asyncio
import contextlib
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import Problem, render
from workflows.domain.errors import ErrorCode

_STILL_OPEN: Final = frozenset({"/livez", "/metrics"})  # the process is alive until it is not


class Doors:
    """Counts requests on their way. One for each process; the server closes them, `DoorsMiddleware` keeps them."""

    def __init__(self) -> None:
        self.closing = False
        self._inside = 0
        self._empty = asyncio.Event()
        self._empty.set()

    async def close(self, *, within: float) -> None:
        """Refuse new requests from now on; return when the last one inside is answered, at most after ``within`` seconds."""
        self.closing = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._empty.wait()

    def enter(self) -> None:
        self._inside += 1
        self._empty.clear()

    def leave(self) -> None:
        self._inside -= 1
        if self._inside == 0:
            self._empty.set()


class DoorsMiddleware:
    """HTTP alone: a WebSocket has no end of its own, and is sent away when the port is closed."""

    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        self._app, self._doors = app, doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _STILL_OPEN:
            await self._app(scope, receive, send)
            return
        if self._doors.closing:
            answer = render(Problem(ErrorCode.SHUTTING_DOWN, retry_after=1))
            answer.headers["Connection"] = "close"
            await answer(scope, receive, send)
            return
        self._doors.enter()
        try:
            await self._app(scope, receive, send)
        finally:
            self._doors.leave()
