from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base, Identified, Stamped, Versioned, enum
from workflows.domain.document import DocumentKind


class ObjectDocument(Identified, Stamped, Versioned, Base):
    """A document of an object; its files are `object_document_versions`, the newest of them number `latest`."""

    __tablename__ = "object_documents"
    __table_args__ = (Index(None, "object_id", "id"),)

    object_id: Mapped[UUID] = mapped_column(ForeignKey("objects.id", ondelete="CASCADE"))
    title: Mapped[str]
    kind: Mapped[DocumentKind] = mapped_column(enum(DocumentKind, "kind"))
    latest: Mapped[int]
    deleted_at: Mapped[datetime | None]
