"""The console's static files under `/`, as `stam console build` packed them (format: ui_flutter/web/packer.py).

The folder is looked at again when its `console.json` changes, so a new build is served without a restart.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from api.headers import page_policy
from api.problems import Problem, render
from workflows.domain.errors import ErrorCode

MANIFEST: Final = "console.json"
_FORMAT: Final = 1
_METHODS: Final = ("GET", "HEAD")
_OF_A_BODY: Final = frozenset({"Content-Type", "Content-Length", "Content-Encoding"})
_ENCODINGS: Final = ("br", "gzip")  # in the order of preference

_STYLE: Final = """body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:15vh auto;padding:0 1rem;color:#1b1f24}
code{background:#eef1f4;padding:.1em .4em;border-radius:4px}"""
_NOT_BUILT: Final = f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>STAM</title>
<style>{_STYLE}</style>
<h1>The console is not built yet</h1>
<p>The API is running, but it has no console to serve. Build it with</p><p><code>stam console build</code></p>
<p>and start the API with <code>STAM_CONSOLE_DIR</code> set to the folder it names.</p>
<p>The API describes itself at <a href="/api/docs">/api/docs</a>.</p></html>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """`console.json`, read at `stamp`."""

    stamp: tuple[int, int]
    files: Mapping[str, Mapping[str, Any]]
    aliases: Mapping[str, str]
    fallback: str
    no_fallback: tuple[str, ...]

    def entry(self, path: str) -> Mapping[str, Any] | None:
        """The file to answer ``path`` with."""
        if path in self.files:
            return self.files[path]
        for prefix, target in self.aliases.items():
            if path.startswith(prefix):
                return self.files[target]
        return None if path.startswith(self.no_fallback) else self.files[self.fallback]


@dataclass(slots=True)
class Console:
    folder: Path | None
    _manifest: Manifest | None = field(default=None)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: whatever no route of the API has. Below /api there is nothing more; elsewhere GET and HEAD are answered."""
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
            return
        request = Request(scope, receive)
        if scope["method"] in _METHODS or scope["path"].startswith("/api/"):
            answer = self.serve(request)
        else:
            answer = render(Problem(ErrorCode.METHOD_NOT_ALLOWED))
            answer.headers["Allow"] = ", ".join(_METHODS)
        await answer(scope, receive, send)

    def serve(self, request: Request) -> Response:
        manifest = self._current()
        path = request.scope["path"]
        if manifest is None and not path.startswith(("/api/", "/ws")):
            headers = {"Content-Security-Policy": page_policy(_STYLE)}
            return HTMLResponse(_NOT_BUILT, status_code=200 if path == "/" else 404, headers=headers)
        entry = manifest.entry(path) if manifest else None
        if entry is None or self.folder is None:
            return render(Problem(ErrorCode.NOT_FOUND))
        return _answer(self.folder, entry, request)

    def _current(self) -> Manifest | None:
        """None: not built, or not by a packer we understand."""
        if self.folder is None:
            return None
        file = self.folder / MANIFEST
        try:
            stat = file.stat()
            stamp = (stat.st_mtime_ns, stat.st_ino)
            if self._manifest is None or self._manifest.stamp != stamp:
                self._manifest = _read(file, stamp)
        except FileNotFoundError:
            self._manifest = None
        return self._manifest


def _read(file: Path, stamp: tuple[int, int]) -> Manifest | None:
    found = orjson.loads(file.read_bytes())
    if found["format"] != _FORMAT:
        return None
    return Manifest(
        stamp=stamp,
        files=found["files"],
        aliases=found["aliases"],
        fallback=found["fallback"],
        no_fallback=tuple(found["no_fallback"]),
    )


def _answer(folder: Path, entry: Mapping[str, Any], request: Request) -> Response:
    headers, path = dict(entry["headers"]), entry["path"]
    encoding = _encoding(request, entry["variants"])
    if encoding is not None:
        path = entry["variants"][encoding]
        headers["Content-Encoding"] = encoding
        headers["ETag"] = f'{headers["ETag"][:-1]}-{encoding}"'
    if headers["ETag"] in _tags(request.headers.get("if-none-match", "")):
        # A browser takes the headers of a 304 over into the page it keeps: with the API's own policy that page would be dead.
        return Response(status_code=304, headers={name: value for name, value in headers.items() if name not in _OF_A_BODY})
    return FileResponse(folder / path, headers=headers)


def _encoding(request: Request, variants: Mapping[str, str]) -> str | None:
    accepted = {part.split(";")[0].strip() for part in request.headers.get("accept-encoding", "").split(",")}
    return next((name for name in _ENCODINGS if name in variants and name in accepted), None)


def _tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}
