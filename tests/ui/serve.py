"""A server of a packed console by the rules of `console.json` alone: what the API must do, in its shortest form."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class ConsoleApp:
    """ASGI app over the folder; `answered` counts what was asked for, `missing` lists what was not there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest: dict[str, Any] = json.loads((folder / "console.json").read_text())
        self.answered: list[str] = []
        self.missing: list[str] = []

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        path = scope["path"]
        entry = self.find(path)
        if entry is None:
            self.missing.append(path)
            await _answer(send, 404, {"Content-Type": "text/plain"}, b"not found")
            return
        self.answered.append(path)
        accepted = next((value.decode() for name, value in scope["headers"] if name == b"accept-encoding"), "")
        file, headers = entry["path"], dict(entry["headers"])
        for encoding in ("br", "gzip"):
            if encoding in accepted and encoding in entry["variants"]:
                file, headers["Content-Encoding"] = entry["variants"][encoding], encoding
                break
        await _answer(send, 200, headers, (self.folder / file).read_bytes())

    def find(self, path: str) -> dict[str, Any] | None:
        """The manifest's entry for a URL path; None: 404."""
        files: dict[str, dict[str, Any]] = self.manifest["files"]
        aliases: dict[str, str] = self.manifest["aliases"]
        if path in files:
            return files[path]
        alias = next((target for prefix, target in aliases.items() if path.startswith(prefix)), None)
        if alias is not None:
            return files[alias]
        reserved = path.startswith(tuple(self.manifest["no_fallback"]))
        return None if reserved else files[self.manifest["fallback"]]


async def _answer(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def serving(app: Any, *, port: int = 0) -> AsyncIterator[str]:
    """Serve an ASGI app on an ephemeral port, or on one it had before; yields its base URL."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        listener.close()


class OneOrigin:
    """The API under /api and /ws, the console everywhere else, as the real server does it."""

    def __init__(self, api: Any, console: ConsoleApp) -> None:
        self.api, self.console = api, console

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        is_api = scope["path"].startswith(("/api/", "/ws"))
        await (self.api if is_api else self.console)(scope, receive, send)
