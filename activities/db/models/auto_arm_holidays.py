from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base


class AutoArmHoliday(Base):
    """A day that counts as a holiday for all schedules, beside the public ones of their regions."""

    __tablename__ = "auto_arm_holidays"

    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str]
