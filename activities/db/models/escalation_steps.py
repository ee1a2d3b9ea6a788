from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base, Identified, enum
from workflows.domain.escalation import Channel, TargetKind


class EscalationStep(Identified, Base):
    """Whom one level rings, and by what. Steps of one level have the same `after_seconds`."""

    __tablename__ = "escalation_steps"
    __table_args__ = (
        CheckConstraint("level > 0 AND after_seconds >= 0", name="in_order"),
        CheckConstraint(
            "(target = 'USER') = (user_id IS NOT NULL) AND (target = 'ROTA') = (rota_id IS NOT NULL) "
            "AND (target = 'ADDRESS') = (address_id IS NOT NULL)",
            name="one_target",
        ),
        Index(None, "policy_id", "level", "position"),
    )

    policy_id: Mapped[UUID] = mapped_column(ForeignKey("escalation_policies.id", ondelete="CASCADE"))
    level: Mapped[int]  # from 1
    position: Mapped[int]  # within the level
    after_seconds: Mapped[int]
    channel: Mapped[Channel] = mapped_column(enum(Channel, "channel"))
    target: Mapped[TargetKind] = mapped_column(enum(TargetKind, "target"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    rota_id: Mapped[UUID | None] = mapped_column(ForeignKey("on_call_rotas.id"))
    address_id: Mapped[UUID | None] = mapped_column(ForeignKey("notification_channels.id"))
