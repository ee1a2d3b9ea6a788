from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base, Json, Stamped


class ObjectAlarmConfig(Stamped, Base):
    """What differs from the defaults for one object; both JSON columns are keyed by alarm type.

    `priorities`: {"INTRUSION": "LOW"}; `requires_note`: {"INTRUSION": true}.
    """

    __tablename__ = "object_alarm_config"
    __table_args__ = (CheckConstraint("join_window_seconds > 0", name="join_window_positive"),)

    object_id: Mapped[UUID] = mapped_column(ForeignKey("objects.id", ondelete="CASCADE"), primary_key=True)
    join_window_seconds: Mapped[int | None]
    priorities: Mapped[Json | None]
    requires_note: Mapped[Json | None]
