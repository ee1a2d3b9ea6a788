from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base


class FileChunk(Base):
    """A piece of a blob, in the order of `number` (from 0). Stored uncompressed (EXTERNAL): files are compressed already."""

    __tablename__ = "file_chunks"

    blob_id: Mapped[UUID] = mapped_column(ForeignKey("file_blobs.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[bytes]
