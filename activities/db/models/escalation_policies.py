from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import FALSE, Base, Identified, Stamped, Versioned, enum
from workflows.domain.alarm import Priority


class EscalationPolicy(Identified, Stamped, Versioned, Base):
    """A ladder (`workflows.domain.escalation.Ladder`) for alarms of one priority: that of the objects that name it, and with
    `is_default` of all others. Its steps are replaced as a whole."""

    __tablename__ = "escalation_policies"
    __table_args__ = (
        CheckConstraint("left_after_seconds > 0", name="left_after_positive"),
        CheckConstraint("repeat_after_seconds > 0", name="repeat_after_positive"),
        CheckConstraint("attempts > 0 AND retry_after_seconds > 0", name="tries"),
        Index("uq_escalation_policies_default", "priority", unique=True, postgresql_where=text("is_default")),
    )

    name: Mapped[str] = mapped_column(unique=True)
    priority: Mapped[Priority] = mapped_column(enum(Priority, "priority"))
    is_default: Mapped[bool] = mapped_column(server_default=FALSE, default=False)
    left_after_seconds: Mapped[int | None]
    repeat_after_seconds: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(server_default=text("4"), default=4)
    retry_after_seconds: Mapped[int] = mapped_column(server_default=text("5"), default=5)


class EscalationPolicyObject(Base):
    """An object with a policy of its own; at most one for each priority."""

    __tablename__ = "escalation_policy_objects"

    object_id: Mapped[UUID] = mapped_column(ForeignKey("objects.id", ondelete="CASCADE"), primary_key=True)
    priority: Mapped[Priority] = mapped_column(enum(Priority, "priority"), primary_key=True)
    policy_id: Mapped[UUID] = mapped_column(ForeignKey("escalation_policies.id", ondelete="CASCADE"), index=True)
