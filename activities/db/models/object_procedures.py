from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base, Identified, Stamped


class ObjectProcedure(Identified, Stamped, Base):
    """One step of what a dispatcher does, in the order of `position` (from 1)."""

    __tablename__ = "object_procedures"
    __table_args__ = (UniqueConstraint("object_id", "position"),)

    object_id: Mapped[UUID] = mapped_column(ForeignKey("objects.id", ondelete="CASCADE"))
    position: Mapped[int]
    text: Mapped[str]
