"""Documents of objects and their versions."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from activities.db.models.file_blobs import FileBlob
from activities.db.models.object_document_versions import ObjectDocumentVersion
from activities.db.models.object_documents import ObjectDocument
from activities.db.models.objects import GuardedObject
from activities.db.repositories.paging import Key, Order, Rows, page
from activities.db.session import WriteSession

_D: Final = ObjectDocument.__table__.c
_V: Final = ObjectDocumentVersion.__table__.c
_B: Final = FileBlob.__table__.c

_NEWEST: Final = Order((Key(_D.id, UUID),), descending=True)
_BY_NUMBER: Final = Order((Key(_V.number, int),), descending=True)
_VERSION: Final = (_V.number, _V.file_name, _V.uploaded_by, _V.uploaded_at, _V.blob_id, _B.media_type, _B.size, _B.sha256)


def _documents() -> Select[Any]:
    """Every living document of a living object with the file that is its latest."""
    return (
        select(_D.id, _D.object_id, _D.title, _D.kind, _D.version, _D.created_at, _D.updated_at, *_VERSION)
        .join_from(ObjectDocument, GuardedObject, _D.object_id == GuardedObject.id)
        .join(ObjectDocumentVersion, (_V.document_id == _D.id) & (_V.number == _D.latest))
        .join(FileBlob, _B.id == _V.blob_id)
        .where(_D.deleted_at.is_(None), GuardedObject.deleted_at.is_(None))
    )


async def list_documents(session: AsyncSession, object_id: UUID, *, cursor: str | None, limit: int) -> Rows[RowMapping]:
    """Newest first. Raises BadCursor."""
    return await page(session, _documents().where(_D.object_id == object_id), _NEWEST, cursor=cursor, limit=limit)


async def find_document(session: AsyncSession, document_id: UUID) -> RowMapping | None:
    """The document with its latest version."""
    found: RowMapping | None = (await session.execute(_documents().where(_D.id == document_id))).mappings().first()
    return found


async def list_versions(session: AsyncSession, document_id: UUID, *, cursor: str | None, limit: int) -> Rows[RowMapping]:
    """Newest first. Raises BadCursor."""
    return await page(session, _versions(document_id), _BY_NUMBER, cursor=cursor, limit=limit)


async def find_version(session: AsyncSession, document_id: UUID, number: int) -> RowMapping | None:
    query = _versions(document_id).where(_V.number == number)
    found: RowMapping | None = (await session.execute(query)).mappings().first()
    return found


def _versions(document_id: UUID) -> Select[Any]:
    versions = select(*_VERSION).join_from(ObjectDocumentVersion, FileBlob, _B.id == _V.blob_id)
    return versions.where(_V.document_id == document_id)


async def stored_bytes(session: WriteSession, object_id: UUID) -> int:
    """Bytes of all versions of the living documents; until the transaction ends nobody else adds any to this object."""
    lock = select(GuardedObject.id).where(GuardedObject.id == object_id).with_for_update(key_share=True)
    await session.execute(lock)
    total = (
        select(func.coalesce(func.sum(_B.size), 0))
        .join_from(ObjectDocument, ObjectDocumentVersion, _V.document_id == _D.id)
        .join(FileBlob, _B.id == _V.blob_id)
        .where(_D.object_id == object_id, _D.deleted_at.is_(None))
    )
    return int(await session.scalar(total) or 0)


async def add_document(session: WriteSession, document: ObjectDocument, version: Mapping[str, Any]) -> None:
    """``document`` with its first version: blob_id, file_name, uploaded_by."""
    session.add(document)
    await session.flush()
    session.add(ObjectDocumentVersion(id=uuid7(), document_id=document.id, number=document.latest, **version))
    await session.flush()


async def add_version(session: WriteSession, document_id: UUID, version: Mapping[str, Any]) -> ObjectDocument | None:
    """The document, whose latest the new version now is; None: there is none (any more)."""
    document = await lock_document(session, document_id)
    if document is None:
        return None
    document.latest += 1
    document.version += 1
    session.add(ObjectDocumentVersion(id=uuid7(), document_id=document_id, number=document.latest, **version))
    await session.flush()
    return document


async def lock_document(session: WriteSession, document_id: UUID) -> ObjectDocument | None:
    """The row until the transaction ends; None: there is none, or it is deleted."""
    document = await session.get(ObjectDocument, document_id, with_for_update=True)
    return None if document is None or document.deleted_at is not None else document
