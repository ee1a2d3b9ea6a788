from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base, Identified, Stamped, enum
from workflows.domain.alarm import AlarmType
from workflows.domain.response import StepKind


class ObjectProcedure(Identified, Stamped, Base):
    """One step of what a dispatcher does, in the order of `position` (from 1). `contact_id`: whom a CALL calls; `alarm_type`:
    the one type of alarm it is for, None: each that has no steps of its own."""

    __tablename__ = "object_procedures"
    __table_args__ = (UniqueConstraint("object_id", "position"),)

    object_id: Mapped[UUID] = mapped_column(ForeignKey("objects.id", ondelete="CASCADE"))
    position: Mapped[int]
    kind: Mapped[StepKind] = mapped_column(enum(StepKind, "kind"), server_default=text("'TEXT'"), default=StepKind.TEXT)
    text: Mapped[str]
    alarm_type: Mapped[AlarmType | None] = mapped_column(enum(AlarmType, "alarm_type"))
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("object_contacts.id", ondelete="SET NULL"))
