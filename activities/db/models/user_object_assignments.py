from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, Base


class UserObjectAssignment(Base):
    """The object is assigned to the user (scope ASSIGNED of the permission matrix)."""

    __tablename__ = "user_object_assignments"
    __table_args__ = (Index(None, "object_id"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    object_id: Mapped[UUID] = mapped_column(ForeignKey("objects.id", ondelete="CASCADE"), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
