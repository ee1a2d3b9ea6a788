from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base, Identified, Json


class PanelStateHistory(Identified, Base):
    """A change of a partition's state, or of the link's (`partition` None) (R-HISTORY)."""

    __tablename__ = "panel_state_history"
    __table_args__ = (Index(None, "panel_id", "at", "id"), Index(None, "panel_id", "partition", "at", "id"))

    panel_id: Mapped[UUID] = mapped_column(ForeignKey("panels.id"))
    partition: Mapped[int | None]
    state: Mapped[str]  # a PartitionState or a LinkStatus
    at: Mapped[datetime]
    detail: Mapped[Json | None]
