"""What every answer carries for the browser's safety, and how much a request may bring."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem, render
from workflows.domain.errors import ErrorCode

MAX_BODY = 256 * 1024  # bytes; nothing here is larger than a note (files come by routes of their own)
_SAFETY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


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
    def __init__(self, app: ASGIApp, uploads: Sequence[Upload] = ()) -> None:
        self._app = app
        self._uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SAFETY.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        limit = next((upload.limit for upload in self._uploads if upload.takes(scope)), MAX_BODY)
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdigit() or int(length) > limit:
            await render(Problem(ErrorCode.TOO_LARGE))(scope, receive, send_safely)
            return
        await self._app(scope, _bounded(receive, limit), send_safely)


def _bounded(receive: Receive, limit: int) -> Receive:
    """A body without a length (chunked) is counted as it comes."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise HTTPException(413)  # FastAPI lets it through while it reads a body; problems.py renders it
        return message

    return counted
