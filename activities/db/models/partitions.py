from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base, Identified, Stamped


class Partition(Identified, Stamped, Base):
    """A partition (set of zones armed together) of a panel."""

    __tablename__ = "partitions"
    __table_args__ = (UniqueConstraint("panel_id", "number"),)

    panel_id: Mapped[UUID] = mapped_column(ForeignKey("panels.id", ondelete="CASCADE"))
    number: Mapped[int]
    name: Mapped[str]
