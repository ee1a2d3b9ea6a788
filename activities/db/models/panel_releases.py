from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, Base, Identified


class PanelRelease(Identified, Base):
    """A panel's line given up on purpose, for programming with another client (R-DLOAD). At most one is open: not `ended_at`.

    `until` is when the line is taken back at the latest, `freed_at` when it was known to be closed; `ended_by` None: by time,
    or because the panel is no longer wanted.
    """

    __tablename__ = "panel_releases"
    __table_args__ = (
        CheckConstraint("until > begun_at", name="lasts"),
        Index("uq_panel_releases_open", "panel_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index(None, "panel_id", "begun_at"),
    )

    panel_id: Mapped[UUID] = mapped_column(ForeignKey("panels.id"))
    requested_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str]
    begun_at: Mapped[datetime] = mapped_column(server_default=NOW)
    until: Mapped[datetime]
    freed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    request_id: Mapped[str | None]
