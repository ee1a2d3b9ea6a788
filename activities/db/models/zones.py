from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base, Identified, Json, Stamped, Versioned, enum
from workflows.domain.alarm import AlarmType


class Zone(Identified, Stamped, Versioned, Base):
    """A zone of a panel, as the panel names it and as the customer classifies it.

    `reaction` is the panel's zone-reaction number; `alarm_type` says what an intrusion here really is (a panic button);
    `priority_override` is {"priority": "LOW"} for all types or {"INTRUSION": "LOW"} for one.
    """

    __tablename__ = "zones"
    __table_args__ = (UniqueConstraint("panel_id", "number"),)

    panel_id: Mapped[UUID] = mapped_column(ForeignKey("panels.id", ondelete="CASCADE"))
    number: Mapped[int]
    name: Mapped[str]
    partition: Mapped[int | None]
    reaction: Mapped[int | None]
    alarm_type: Mapped[AlarmType | None] = mapped_column(enum(AlarmType, "alarm_type"))
    priority_override: Mapped[Json | None]
