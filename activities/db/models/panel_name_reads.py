from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, ZERO, Base, enum
from workflows.domain.panel_names import ReadFailure, ReadStatus


class PanelNameRead(Base):
    """How far the last reading of a panel's names has come. `read_id` tells one reading from the next."""

    __tablename__ = "panel_name_reads"

    panel_id: Mapped[UUID] = mapped_column(ForeignKey("panels.id", ondelete="CASCADE"), primary_key=True)
    read_id: Mapped[UUID]
    status: Mapped[ReadStatus] = mapped_column(enum(ReadStatus, "status"))
    failure: Mapped[ReadFailure | None] = mapped_column(enum(ReadFailure, "failure"))
    asked: Mapped[int] = mapped_column(server_default=ZERO, default=0)
    total: Mapped[int] = mapped_column(server_default=ZERO, default=0)
    started_at: Mapped[datetime] = mapped_column(server_default=NOW)
    ended_at: Mapped[datetime | None]
