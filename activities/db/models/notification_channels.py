from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import TRUE, Base, Identified, Stamped, Versioned, enum
from workflows.domain.escalation import Channel


class NotificationChannel(Identified, Stamped, Versioned, Base):
    """Where somebody is reached, or with `user_id` None an address of the installation.

    `address`: e-mail address, phone number or URL. `secret`, sealed: the key that signs a webhook, the routing key of
    PagerDuty, or for PUSH, of which the installation has at most one, the service account that sends for all apps.
    """

    __tablename__ = "notification_channels"
    __table_args__ = (
        CheckConstraint("(secret_sealed IS NULL) = (secret_key_id IS NULL)", name="key_named"),
        Index(None, "user_id", "kind"),
        Index(
            "uq_notification_channels_push",
            "kind",
            unique=True,
            postgresql_where=text("kind = 'PUSH'"),
        ),
    )

    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[Channel] = mapped_column(enum(Channel, "kind"))
    label: Mapped[str]
    address: Mapped[str]
    secret_key_id: Mapped[str | None]
    secret_sealed: Mapped[bytes | None]
    enabled: Mapped[bool] = mapped_column(server_default=TRUE, default=True)
