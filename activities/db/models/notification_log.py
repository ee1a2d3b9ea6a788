from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, Base, BigInt, Identified, enum
from workflows.domain.escalation import Channel, DeliveryStatus, Purpose


class NotificationAttempt(Identified, Base):
    """One try to reach somebody, or that a level reached nobody (NOBODY: no channel). Append-only, without any address;
    kept for `notification_log_days`.

    `key` and `attempt` are the idempotency: what is logged is not tried again. `code` is the provider's answer, or why there
    was none. `target_id` is a row of notification_channels or push_devices, perhaps deleted since.
    """

    __tablename__ = "notification_log"
    __table_args__ = (
        Index("uq_notification_log_key_attempt", "key", "attempt", unique=True),
        Index(None, "bundle_id", "at"),
        Index(None, "at", "id"),
    )

    bundle_id: Mapped[UUID | None] = mapped_column(ForeignKey("bundle_alarms.id"))  # None: a test
    object_id: Mapped[UUID | None] = mapped_column(ForeignKey("objects.id"))
    purpose: Mapped[Purpose] = mapped_column(enum(Purpose, "purpose"))
    round: Mapped[int]
    level: Mapped[int]  # 0: no level
    channel: Mapped[Channel | None] = mapped_column(enum(Channel, "channel"))
    target_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    attempt: Mapped[int]
    at: Mapped[datetime] = mapped_column(server_default=NOW)
    status: Mapped[DeliveryStatus] = mapped_column(enum(DeliveryStatus, "status"))
    code: Mapped[str]
    latency_ms: Mapped[BigInt | None]
    key: Mapped[str]
