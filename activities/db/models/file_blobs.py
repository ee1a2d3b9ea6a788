from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, Base, BigInt, Identified


class FileBlob(Identified, Base):
    """A file as it was uploaded; never changed. Its bytes are in `file_chunks`."""

    __tablename__ = "file_blobs"

    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    sha256: Mapped[bytes]
    size: Mapped[BigInt]
    media_type: Mapped[str]  # by its content, never by what the client said
