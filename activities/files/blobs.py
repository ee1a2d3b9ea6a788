"""Files in PostgreSQL, in chunks: whoever stores or reads one holds a chunk in memory, never the file (ADR-016)."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import IO, Final
from uuid import UUID

from sqlalchemy import delete, insert, select
from uuid_utils.compat import uuid7

from activities.db.models.file_blobs import FileBlob
from activities.db.models.file_chunks import FileChunk
from activities.db.session import Database, WriteSession

CHUNK: Final = 256 * 1024  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file on its way in; `content` is at any position."""

    content: IO[bytes]
    size: int
    sha256: bytes
    media_type: str


async def store(session: WriteSession, file: NewFile) -> UUID:
    """The new blob's id. All of it becomes visible with the transaction, or none."""
    blob_id = uuid7()
    session.add(FileBlob(id=blob_id, sha256=file.sha256, size=file.size, media_type=file.media_type))
    await session.flush()
    for number, data in enumerate(_chunks(file.content)):
        await session.execute(insert(FileChunk.__table__), {"blob_id": blob_id, "number": number, "data": data})  # type: ignore[arg-type]
    return blob_id


def _chunks(content: IO[bytes]) -> Iterator[bytes]:
    content.seek(0)
    while chunk := content.read(CHUNK):
        yield chunk


async def read(db: Database, blob_id: UUID) -> AsyncIterator[bytes]:
    """The bytes. Every chunk is a transaction of its own, so that a slow reader holds no connection."""
    number = 0
    while True:
        query = select(FileChunk.data).where(FileChunk.blob_id == blob_id, FileChunk.number == number)
        async with db.read() as session:
            data: bytes | None = await session.scalar(query)
        if data is None:
            return
        yield data
        number += 1


async def remove(session: WriteSession, blob_id: UUID) -> None:
    await session.execute(delete(FileBlob).where(FileBlob.id == blob_id))
