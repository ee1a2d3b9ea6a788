"""What every answer carries, and how much a request may bring and how slowly."""

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from activities.infra.settings import Settings
from api.headers import SAFETY, strict_transport
from api.problems import Problem, render
from workflows.domain.errors import ErrorCode

MAX_BODY = 256 * 1024  # bytes; nothing here is larger than a note (files come by routes of their own)
SLOWEST: Final = 16 * 1024  # bytes/s; what a body must bring after its first seconds (`STAM_BODY_SECONDS`)


@dataclass(frozen=True, slots=True)
class Upload:
    """A route that takes a file: ``path`` with `{}` for every segment that varies. All others keep `MAX_BODY`."""

    method: str
    path: str
    limit: int  # bytes

    def takes(self, scope: Scope) -> bool:
        pattern = "[^/]+".join(map(re.escape, self.path.split("{}")))
        return bool(scope["method"] == self.method and re.fullmatch(pattern, scope["path"]))


class LimitsMiddleware:
    def __init__(self, app: ASGIApp, settings: Settings, uploads: Sequence[Upload] = ()) -> None:
        self._app = app
        self._settings = settings
        self._uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._make_safe(MutableHeaders(scope=message), scope)
            await send(message)

        limit = next((upload.limit for upload in self._uploads if upload.takes(scope)), MAX_BODY)
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdigit() or int(length) > limit:
            await render(Problem(ErrorCode.TOO_LARGE))(scope, receive, send_safely)
            return
        await self._app(scope, _bounded(receive, limit, self._settings.body_seconds), send_safely)

    def _make_safe(self, headers: MutableHeaders, scope: Scope) -> None:
        for name, value in SAFETY.items():
            headers.setdefault(name, value)
        if scope["path"].startswith("/api/"):
            headers.setdefault("Cache-Control", "no-store")
        if scope["scheme"] == "https" and self._settings.hsts_seconds:
            headers.setdefault("Strict-Transport-Security", strict_transport(self._settings.hsts_seconds))


def _bounded(receive: Receive, limit: int, patience: float, clock: Callable[[], float] = time.monotonic) -> Receive:
    """A body without a length (chunked) is counted as it comes, and one that only trickles is given up."""
    seen, began, more = 0, clock(), True

    async def counted() -> Message:
        nonlocal seen, more
        if not more:  # the body is complete: what is waited for now is the client's going
            return await receive()
        try:
            async with asyncio.timeout(max(began + patience + seen / SLOWEST - clock(), 0)):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408) from None
        seen += len(message.get("body", b""))
        more = message.get("more_body", False)
        if seen > limit:
            raise HTTPException(413)  # FastAPI lets it through while it reads a body; problems.py renders it
        return message

    return counted
