from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, Base, Identified


class BundleNote(Identified, Base):
    """What somebody wrote about a bundle. Its text stays in this table: histories and pushes carry the id."""

    __tablename__ = "bundle_notes"
    __table_args__ = (Index(None, "bundle_id", "at"),)

    bundle_id: Mapped[UUID] = mapped_column(ForeignKey("bundle_alarms.id"))
    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=NOW)
