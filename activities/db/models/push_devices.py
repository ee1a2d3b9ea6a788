from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, TRUE, Base, Identified, enum
from workflows.domain.escalation import Platform


class PushDevice(Identified, Base):
    """An app that can be woken. Its token is sealed, because who has it can send to it; `token_hash` (SHA-256) finds it again:
    an app that somebody else logs in to changes hands."""

    __tablename__ = "push_devices"
    __table_args__ = (
        CheckConstraint("(token_sealed IS NULL) = (token_key_id IS NULL)", name="key_named"),
        Index(None, "user_id"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    platform: Mapped[Platform] = mapped_column(enum(Platform, "platform"))
    label: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    token_key_id: Mapped[str | None]
    token_sealed: Mapped[bytes | None]
    in_background: Mapped[bool] = mapped_column(server_default=TRUE, default=True)
    last_seen_at: Mapped[datetime] = mapped_column(server_default=NOW)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
