from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, Base, Json


class PanelCursor(Base):
    """How far the panel's event log has been read; `cursor` is what ingest handed in, moved with the events."""

    __tablename__ = "panel_cursors"
    __table_args__ = (Index("ix_panel_cursors_outage", "panel_id", postgresql_where=text("cursor -> 'outage' <> 'null'")),)

    panel_id: Mapped[UUID] = mapped_column(ForeignKey("panels.id", ondelete="CASCADE"), primary_key=True)
    cursor: Mapped[Json]
    walked_at: Mapped[datetime] = mapped_column(server_default=NOW)
