from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base, Identified, Stamped, Versioned, enum
from workflows.domain.reveal import SecretKind


class Secret(Identified, Stamped, Versioned, Base):
    """A code or word of an object, sealed (`activities.db.encrypted`); `label` is no secret. Deleted: nothing is left of it."""

    __tablename__ = "secrets"
    __table_args__ = (
        CheckConstraint("(ciphertext IS NULL) = (deleted_at IS NOT NULL)", name="wiped_when_deleted"),
        CheckConstraint("(ciphertext IS NULL) = (key_id IS NULL)", name="key_named"),
        CheckConstraint("user_number BETWEEN 1 AND 255", name="user_number_range"),
        Index(None, "object_id"),
        Index(None, "key_id"),
    )

    object_id: Mapped[UUID] = mapped_column(ForeignKey("objects.id"))
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("object_contacts.id", ondelete="SET NULL"))
    panel_id: Mapped[UUID | None] = mapped_column(ForeignKey("panels.id"))
    user_number: Mapped[int | None]  # in the panel
    kind: Mapped[SecretKind] = mapped_column(enum(SecretKind, "kind"))
    label: Mapped[str]
    key_id: Mapped[str | None]
    ciphertext: Mapped[bytes | None]
    deleted_at: Mapped[datetime | None]
