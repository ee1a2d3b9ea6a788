from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, Base, Identified


class ObjectDocumentVersion(Identified, Base):
    """One upload under a document; `number` from 1. Never changed."""

    __tablename__ = "object_document_versions"
    __table_args__ = (UniqueConstraint("document_id", "number"),)

    document_id: Mapped[UUID] = mapped_column(ForeignKey("object_documents.id", ondelete="CASCADE"))
    number: Mapped[int]
    blob_id: Mapped[UUID] = mapped_column(ForeignKey("file_blobs.id"))
    file_name: Mapped[str]
    uploaded_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    uploaded_at: Mapped[datetime] = mapped_column(server_default=NOW)
