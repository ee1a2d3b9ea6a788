from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base, enum
from workflows.domain.bundle import Action, BundleStatus


class BundleAction(Base):
    """One accepted action on a bundle: append-only, the timeline, and the idempotency of transitions (`id` = action_id)."""

    __tablename__ = "bundle_actions"
    __table_args__ = (Index(None, "bundle_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    bundle_id: Mapped[UUID] = mapped_column(ForeignKey("bundle_alarms.id"))
    action: Mapped[Action] = mapped_column(enum(Action, "action"))
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))  # None: a timer
    at: Mapped[datetime]
    from_status: Mapped[BundleStatus] = mapped_column(enum(BundleStatus, "from_status"))
    to_status: Mapped[BundleStatus] = mapped_column(enum(BundleStatus, "to_status"))
    version: Mapped[int]  # of the bundle after the action
    note_id: Mapped[UUID | None] = mapped_column(ForeignKey("bundle_notes.id"))
    request_id: Mapped[str | None]
