from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, Base, Identified, Json


class AuditEntry(Identified, Base):
    """Who did what to what; append-only, written in the transaction of the change (R-AUDIT)."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index(None, "at"),
        Index(None, "subject_kind", "subject_id"),
        Index(None, "actor_id", "at"),
        Index(None, "request_id"),
    )

    at: Mapped[datetime] = mapped_column(server_default=NOW)
    actor_id: Mapped[UUID | None]
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID | None]
    detail: Mapped[Json | None]
    request_id: Mapped[str | None]
