from datetime import date, time
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base


class AutoArmException(Base):
    """One day on which a schedule fires at another time, or (`at` None) not at all, whatever else would be so."""

    __tablename__ = "auto_arm_exceptions"

    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("auto_arm_schedules.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[time | None]
