"""Documents of objects: their shapes, and how they are listed, uploaded and fetched."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.client.models import Page
from api.client.session import Session, with_query
from workflows.domain.document import DocumentKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentVersion:
    """One upload. `sha256` is hexadecimal, `media_type` by the content."""

    number: int
    file_name: str
    media_type: str
    size: int
    sha256: str
    uploaded_by: UUID
    uploaded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """`version` is for optimistic locking; what was uploaded last is `latest`."""

    id: UUID
    object_id: UUID
    title: str
    kind: DocumentKind
    version: int
    latest: DocumentVersion
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A file. `etag` asks again cheaply: `Documents.content(…, unless=etag)`."""

    data: bytes
    media_type: str
    etag: str


@dataclass(frozen=True, slots=True)
class Documents:
    session: Session

    async def list(self, object_id: UUID, *, cursor: str | None = None, limit: int = 50) -> Page[Document]:
        """Newest first."""
        path = f"/api/objects/{object_id}/documents"
        return await self.session.get(path, Page[Document], cursor=cursor, limit=limit)

    async def get(self, document_id: UUID) -> Document:
        return await self.session.get(f"/api/documents/{document_id}", Document)

    async def versions(self, document_id: UUID, *, cursor: str | None = None, limit: int = 50) -> Page[DocumentVersion]:
        """Newest first."""
        path = f"/api/documents/{document_id}/versions"
        return await self.session.get(path, Page[DocumentVersion], cursor=cursor, limit=limit)

    async def add(self, object_id: UUID, content: bytes, *, file_name: str, title: str, kind: DocumentKind) -> Document:
        path = with_query(f"/api/objects/{object_id}/documents", file_name=file_name, title=title, kind=kind)
        return await self.session.upload(path, Document, content)

    async def add_version(self, document_id: UUID, content: bytes, *, file_name: str) -> Document:
        path = with_query(f"/api/documents/{document_id}/versions", file_name=file_name)
        return await self.session.upload(path, Document, content)

    async def content(self, document_id: UUID, *, number: int | None = None, unless: str | None = None) -> Content | None:
        """The newest file, or version ``number``; None: it is still the one ``unless`` names."""
        path = with_query(f"/api/documents/{document_id}/content", number=number)
        answer = await self.session.download(path, **({"If_None_Match": unless} if unless else {}))
        if answer.status == 304:
            return None
        headers = answer.headers
        return Content(data=answer.body, media_type=headers.get("content-type", ""), etag=headers.get("etag", ""))

    async def change(self, document_id: UUID, *, version: int, **members: str) -> Document:
        """title, kind."""
        body = {"version": version, **members}
        return await self.session.send("PATCH", f"/api/documents/{document_id}", Document, body)

    async def delete(self, document_id: UUID, *, version: int) -> None:
        await self.session.call("DELETE", with_query(f"/api/documents/{document_id}", version=version))
