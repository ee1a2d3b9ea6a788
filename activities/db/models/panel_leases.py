from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, Base, BigInt


class PanelLease(Base):
    """Who holds the panel's only line. A batch with an older `lease_number` is refused by the recorder.

    `renewed_at` is the holder's last sign of life, `heard_at` the last one with which the line was up and caught up with.
    """

    __tablename__ = "panel_leases"

    panel_id: Mapped[UUID] = mapped_column(ForeignKey("panels.id", ondelete="CASCADE"), primary_key=True)
    lease_number: Mapped[BigInt]
    holder: Mapped[str]  # host id of the ingest process
    acquired_at: Mapped[datetime] = mapped_column(server_default=NOW)
    renewed_at: Mapped[datetime] = mapped_column(server_default=NOW)
    heard_at: Mapped[datetime | None]
