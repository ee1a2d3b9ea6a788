from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base, BigInt


class ObjectChange(Base):
    """In which transaction an object, its contacts, procedure or service mode changed last (`user_id` None), or its assignment
    to a user. Written by triggers, for nobody may forget it; read by consoles that keep a copy (docs/adr/0039)."""

    __tablename__ = "object_changes"
    __table_args__ = (
        UniqueConstraint("object_id", "user_id", postgresql_nulls_not_distinct=True),
        Index(None, "changed_in", "number"),
    )

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    object_id: Mapped[UUID] = mapped_column(ForeignKey("objects.id", ondelete="CASCADE"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    changed_in: Mapped[BigInt]
