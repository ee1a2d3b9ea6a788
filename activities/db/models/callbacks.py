from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, ZERO, Base, Identified, Versioned, enum
from workflows.domain.callback import CallbackState


class CallbackRow(Identified, Versioned, Base):
    """Somebody is to be called back at `due_at`, by whoever is on shift then (R-HISTORY); changed by its workflow alone.

    `decision_id` is what made the present version: the idempotency of decisions.
    """

    __tablename__ = "callbacks"
    __table_args__ = (
        Index(None, "due_at", "id"),
        Index("ix_callbacks_open", "due_at", "id", postgresql_where=text("state IN ('PENDING', 'DUE')")),
        Index(None, "object_id", "due_at"),
        Index(None, "bundle_id", "due_at"),
        UniqueConstraint("created_by", "idempotency_key"),
    )

    object_id: Mapped[UUID] = mapped_column(ForeignKey("objects.id"))
    bundle_id: Mapped[UUID | None] = mapped_column(ForeignKey("bundle_alarms.id"))
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("object_contacts.id", ondelete="SET NULL"))
    contact_name: Mapped[str | None]  # a copy, for when the contact has gone
    state: Mapped[CallbackState] = mapped_column(
        enum(CallbackState, "state"), server_default=text("'PENDING'"), default=CallbackState.PENDING
    )
    text: Mapped[str]
    due_at: Mapped[datetime]
    rings: Mapped[int] = mapped_column(server_default=ZERO, default=0)
    rang_at: Mapped[datetime | None]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    decision_id: Mapped[UUID | None]
    idempotency_key: Mapped[str | None]
    request_id: Mapped[str | None]
