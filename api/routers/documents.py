"""Documents of an object: plans, photos and other files, in versions (R-OBJ)."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import IO, Annotated, Any, Final
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities.db.models.object_documents import ObjectDocument
from activities.db.repositories import documents, objects
from activities.db.session import WriteSession
from activities.files import blobs
from activities.files.blobs import NewFile
from activities.files.kinds import TEXT, UnknownKind, media_type_of
from activities.infra.settings import Settings
from api.audit import audit
from api.client.documents import Document, DocumentVersion
from api.client.models import Page
from api.deps import Access, Served, require
from api.limits import Upload
from api.problems import Problem, expect, problems
from api.schemas import answers
from api.schemas.documents import DocumentChange
from api.schemas.parameters import Cursor, Limit
from api.schemas.requests import Line, Version
from api.services import Services
from api.uploads import BODY, FileName, received
from workflows.domain.document import DocumentKind
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission

router = APIRouter(tags=["Documents"])

Viewer = Annotated[Access, Depends(require(Permission.OBJECT_VIEW))]
Editor = Annotated[Access, Depends(require(Permission.OBJECT_EDIT))]

_UPLOAD: Final = problems(ErrorCode.NOT_FOUND, ErrorCode.TOO_LARGE, ErrorCode.UNSUPPORTED_TYPE)
_CHANGE: Final = problems(ErrorCode.NOT_FOUND, ErrorCode.STALE_VERSION)
_OF_OBJECT, _ONE = "/api/objects/{object_id}/documents", "/api/documents/{document_id}"
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
    304: {"description": "It is still the file that `If-None-Match` names."},
}


def uploads(settings: Settings) -> tuple[Upload, ...]:
    """The routes that take files."""
    limit = settings.document_max_bytes
    return Upload("POST", "/api/objects/{}/documents", limit), Upload("POST", "/api/documents/{}/versions", limit)


@router.get(_OF_OBJECT, responses=problems(ErrorCode.NOT_FOUND), summary="List the documents of an object")
async def list_documents(
    object_id: UUID, access: Viewer, served: Served, cursor: Cursor = None, limit: Limit = 50
) -> Page[Document]:
    """Newest first."""
    access.check(object_id)
    async with served.db.read() as session:
        await _object_is_there(session, object_id)
        rows = await documents.list_documents(session, object_id, cursor=cursor, limit=limit)
    return answers.page_of(rows, map(_document, rows.items))


@router.post(_OF_OBJECT, status_code=201, responses=_UPLOAD, openapi_extra=BODY, summary="Add a document")
async def add_document(
    object_id: UUID,
    request: Request,
    access: Editor,
    served: Served,
    file_name: FileName,
    title: Annotated[Line, Query(description="What people call it.")],
    kind: DocumentKind = DocumentKind.FILE,
) -> Document:
    """The body is the file. PDF, PNG, JPEG, WebP, plain text in UTF-8, .xlsx and .docx, told by content."""
    access.check(object_id)
    async with served.db.read() as session:
        await _object_is_there(session, object_id)
    added = ObjectDocument(id=uuid7(), object_id=object_id, title=title, kind=kind, latest=1)
    async with _stored(request, served, file_name) as (session, file, blob_id):
        await _object_is_there(session, object_id)
        await _within_the_total(session, served, object_id, file)
        await documents.add_document(session, added, _version_of(blob_id, file_name, access))
        audit(session, access, "document.created", "document", added.id, _told(object_id, 1, file))
        return _document(await _found(session, added.id, access))


@router.get(_ONE, responses=problems(ErrorCode.NOT_FOUND), summary="One document")
async def one_document(document_id: UUID, access: Viewer, served: Served) -> Document:
    async with served.db.read() as session:
        return _document(await _found(session, document_id, access))


@router.patch(_ONE, responses=_CHANGE, summary="Change a document's title or kind")
async def change_document(document_id: UUID, body: DocumentChange, access: Editor, served: Served) -> Document:
    """409 STALE_VERSION when `version` is not the newest."""
    changes = body.model_dump(exclude_unset=True, exclude={"version"})
    return await _changed(served, access, document_id, body.version, changes, "document.changed")


@router.delete(_ONE, status_code=204, responses=_CHANGE, summary="Delete a document")
async def delete_document(document_id: UUID, version: Annotated[Version, Query()], access: Editor, served: Served) -> None:
    """It is not shown any more; its files are kept for those who must account for them."""
    await _changed(served, access, document_id, version, {"deleted_at": datetime.now(UTC)}, "document.deleted")


@router.get(f"{_ONE}/versions", responses=problems(ErrorCode.NOT_FOUND), summary="List the versions of a document")
async def list_versions(
    document_id: UUID, access: Viewer, served: Served, cursor: Cursor = None, limit: Limit = 50
) -> Page[DocumentVersion]:
    """Newest first."""
    async with served.db.read() as session:
        await _found(session, document_id, access)
        rows = await documents.list_versions(session, document_id, cursor=cursor, limit=limit)
    return answers.page_of(rows, map(_version, rows.items))


@router.post(f"{_ONE}/versions", status_code=201, responses=_UPLOAD, openapi_extra=BODY, summary="Add a version of a document")
async def add_version(document_id: UUID, request: Request, access: Editor, served: Served, file_name: FileName) -> Document:
    """The body is the file. The versions before stay; two uploads at the same time become two versions."""
    async with served.db.read() as session:
        object_id = (await _found(session, document_id, access))["object_id"]
    async with _stored(request, served, file_name) as (session, file, blob_id):
        await _within_the_total(session, served, object_id, file)
        document = await documents.add_version(session, document_id, _version_of(blob_id, file_name, access))
        if document is None:
            raise Problem(ErrorCode.NOT_FOUND)
        audit(session, access, "document.version_added", "document", document_id, _told(object_id, document.latest, file))
        return _document(await _found(session, document_id, access))


@router.get(
    f"{_ONE}/content",
    response_class=StreamingResponse,
    responses={**problems(ErrorCode.NOT_FOUND), **_FILE},
    summary="Download a document",
)
async def document_content(
    document_id: UUID,
    request: Request,
    access: Viewer,
    served: Served,
    number: Annotated[int | None, Query(ge=1, description="Version; left out: the latest.")] = None,
) -> Response:
    """The file itself, always as an attachment. Ask again with `If-None-Match`."""
    async with served.db.read() as session:
        found: RowMapping | None = await _found(session, document_id, access)
        if number is not None:
            found = await documents.find_version(session, document_id, number)
    if found is None:
        raise Problem(ErrorCode.NOT_FOUND)
    headers = _headers(found)
    if _names(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    kind = f"{TEXT}; charset=utf-8" if found["media_type"] == TEXT else found["media_type"]
    headers["Content-Length"] = str(found["size"])
    return StreamingResponse(blobs.read(served.db, found["blob_id"]), headers=headers, media_type=kind)


def _headers(version: RowMapping) -> dict[str, str]:
    """RFC 6266: the true name for all who know RFC 8187, and one of plain letters for the others."""
    name = version["file_name"]
    plain = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._- ") else "_" for letter in name)
    return {
        "ETag": f'"{version["sha256"].hex()}"',
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }


def _names(if_none_match: str, etag: str) -> bool:
    """RFC 9110 §13.1.2: a list, compared weakly."""
    given = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return etag in given or given == ["*"]


@asynccontextmanager
async def _stored(request: Request, served: Services, file_name: str) -> AsyncIterator[tuple[WriteSession, NewFile, UUID]]:
    """The uploaded file's bytes in a transaction that the block completes; nothing of it stays when the block raises."""
    try:
        async with received(request, partial(_kind, file_name)) as file, served.db.write() as session:
            yield session, file, await blobs.store(session, file)
    except UnknownKind as error:
        raise Problem(ErrorCode.UNSUPPORTED_TYPE, str(error)) from error


def _kind(file_name: str, content: IO[bytes]) -> str:
    return media_type_of(content, file_name)


async def _within_the_total(session: WriteSession, served: Services, object_id: UUID, file: NewFile) -> None:
    """Before the new version is there."""
    most = served.settings.documents_max_bytes
    if await documents.stored_bytes(session, object_id) + file.size > most:
        raise Problem(ErrorCode.TOO_LARGE, f"All documents of an object together may have {most} bytes.")


async def _changed(
    served: Services, access: Access, document_id: UUID, version: int, changes: dict[str, Any], action: str
) -> Document:
    """Audited. The answer is the document afterwards, or as it was when it is gone now."""
    async with served.db.write() as session:
        shown = await _found(session, document_id, access)
        document = await documents.lock_document(session, document_id)
        if document is None:
            raise Problem(ErrorCode.NOT_FOUND)
        expect(version, document.version, _document(shown))
        before = {name: getattr(document, name) for name in changes}
        for name, value in changes.items():
            setattr(document, name, value)
        document.version += 1
        await session.flush()
        audit(session, access, action, "document", document_id, {"object_id": shown["object_id"]}, before=before, after=changes)
        return _document(await documents.find_document(session, document_id) or shown)


def _version_of(blob_id: UUID, file_name: str, access: Access) -> dict[str, Any]:
    return {"blob_id": blob_id, "file_name": file_name, "uploaded_by": access.user_id}


def _told(object_id: UUID, number: int, file: NewFile) -> dict[str, Any]:
    return {
        "object_id": object_id,
        "number": number,
        "sha256": file.sha256.hex(),
        "size": file.size,
        "media_type": file.media_type,
    }


async def _object_is_there(session: AsyncSession, object_id: UUID) -> None:
    if await objects.find_object(session, object_id) is None:
        raise Problem(ErrorCode.NOT_FOUND)


async def _found(session: AsyncSession, document_id: UUID, access: Access) -> RowMapping:
    found = await documents.find_document(session, document_id)
    if found is None:
        raise Problem(ErrorCode.NOT_FOUND)
    access.check(found["object_id"])
    return found


def _document(row: Mapping[Any, Any]) -> Document:
    return answers.same_named(Document, row, latest=_version(row))


def _version(row: Mapping[Any, Any]) -> DocumentVersion:
    return answers.same_named(DocumentVersion, row, sha256=row["sha256"].hex())
