from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, Base, Identified, enum
from workflows.domain.dispatch import CallOutcome, EntryKind, Oddity


class DispatchEntry(Identified, Base):
    """One line of the dispatcher's journal: append-only (R-HISTORY). What was wrong is put right by a new line that `corrects`
    it, once; the one that was corrected no longer counts.

    `contact_id` has no foreign key and `contact_name` is a copy: a contact may go, what was written stays as it is.
    """

    __tablename__ = "dispatch_log"
    __table_args__ = (
        Index(None, "occurred_at", "id"),
        Index(None, "object_id", "occurred_at", "id"),
        Index(None, "bundle_id", "occurred_at", "id"),
        UniqueConstraint("user_id", "idempotency_key"),
    )

    kind: Mapped[EntryKind] = mapped_column(enum(EntryKind, "kind"))
    object_id: Mapped[UUID] = mapped_column(ForeignKey("objects.id"))
    bundle_id: Mapped[UUID | None] = mapped_column(ForeignKey("bundle_alarms.id"))
    contact_id: Mapped[UUID | None]
    contact_name: Mapped[str | None]
    outcome: Mapped[CallOutcome | None] = mapped_column(enum(CallOutcome, "outcome"))
    text: Mapped[str | None]
    oddity: Mapped[Oddity | None] = mapped_column(enum(Oddity, "oddity"))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    corrects: Mapped[UUID | None] = mapped_column(ForeignKey("dispatch_log.id"), unique=True)
    idempotency_key: Mapped[str | None]
    request_id: Mapped[str | None]
