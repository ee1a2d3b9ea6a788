from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import FALSE, Base, Json, Stamped, Versioned


class ObjectAlarmConfig(Stamped, Versioned, Base):
    """What differs from the defaults for one object; two JSON columns are keyed by alarm type.

    `priorities`: {"INTRUSION": "LOW"}; `requires_note`: {"INTRUSION": true}. Service mode may last `service_max_minutes` and
    does not silence the types of `never_silenced`, beside those it never does. `two_person`: `workflows.domain.two_person`.
    """

    __tablename__ = "object_alarm_config"
    __table_args__ = (
        CheckConstraint("join_window_seconds > 0", name="join_window_positive"),
        CheckConstraint("service_max_minutes > 0", name="service_max_positive"),
    )

    object_id: Mapped[UUID] = mapped_column(ForeignKey("objects.id", ondelete="CASCADE"), primary_key=True)
    join_window_seconds: Mapped[int | None]
    priorities: Mapped[Json | None]
    requires_note: Mapped[Json | None]
    service_max_minutes: Mapped[int | None]
    never_silenced: Mapped[list[str] | None]
    two_person: Mapped[bool] = mapped_column(default=False, server_default=FALSE)
