"""A file on its way in: the body as it is, into an unnamed temporary file.

The raw body, not multipart: it can be counted, hashed and written as it comes, there is nothing to parse, and one part is all
there would be. A temporary file, because a ZIP is judged by its end, and because a slow client must hold neither a database
connection nor memory. It has no name: whatever happens, nothing of it stays.
"""

import asyncio
import hashlib
import re
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import IO, Annotated, Any, Final

from fastapi import Query, Request
from pydantic import AfterValidator

from activities.files.blobs import CHUNK, NewFile
from api.problems import Problem
from workflows.domain.errors import ErrorCode

PATIENCE: Final = 300.0  # s for one upload, however slow the line
_BAD_IN_NAMES: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f/\\\u200b-\u200f\u202a-\u202e\u2066-\u2069]"
)  # also: what turns text around


def _safe_name(name: str) -> str:
    stripped = name.strip()
    if not stripped.strip(".") or _BAD_IN_NAMES.search(stripped):
        raise ValueError("a file's name without a folder and without control characters")
    return stripped


FileName = Annotated[
    str, Query(min_length=1, max_length=200, description="What the file is called."), AfterValidator(_safe_name)
]

# What FastAPI cannot see in a route that reads its body itself.
BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@asynccontextmanager
async def received(request: Request, kind_of: Callable[[IO[bytes]], str]) -> AsyncIterator[NewFile]:
    """The file that ``request`` brings, gone after the block. ``kind_of`` judges it, in a thread, and may raise.

    Raises Problem for an empty, slow or broken off one.
    """
    with tempfile.TemporaryFile() as spool:
        try:
            async with asyncio.timeout(PATIENCE):
                size, sha256 = await _spooled(request, spool)
        except TimeoutError:
            raise Problem(ErrorCode.VALIDATION, "The upload took too long.") from None
        if size == 0:
            raise Problem(ErrorCode.VALIDATION, errors=[{"field": "body", "reason": "The file is empty."}])
        kind = await asyncio.to_thread(kind_of, spool)
        yield NewFile(content=spool, size=size, sha256=sha256, media_type=kind)


async def _spooled(request: Request, spool: IO[bytes]) -> tuple[int, bytes]:
    digest, pending, size = hashlib.sha256(), bytearray(), 0

    def flush() -> None:
        digest.update(pending)
        spool.write(pending)
        pending.clear()

    async for piece in request.stream():
        pending += piece
        size += len(piece)
        if len(pending) >= CHUNK:
            await asyncio.to_thread(flush)
    await asyncio.to_thread(flush)
    return size, digest.digest()
