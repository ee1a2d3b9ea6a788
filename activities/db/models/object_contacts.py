from datetime import time
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base, Identified, Stamped


class ObjectContact(Identified, Stamped, Base):
    """Whom to call, in the order of `position` (from 1).

    `call_from` and `call_until` are the hours he may be called, local to the object, both or neither; they may span midnight.
    His code word is a secret and not here.
    """

    __tablename__ = "object_contacts"
    __table_args__ = (UniqueConstraint("object_id", "position"),)

    object_id: Mapped[UUID] = mapped_column(ForeignKey("objects.id", ondelete="CASCADE"))
    position: Mapped[int]
    name: Mapped[str]
    phone: Mapped[str]
    call_from: Mapped[time | None]
    call_until: Mapped[time | None]
    note: Mapped[str | None]
