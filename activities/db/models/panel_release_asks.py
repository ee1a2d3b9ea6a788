from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, Base, Identified, enum
from workflows.domain.panel_release import AskState


class PanelReleaseAsk(Identified, Base):
    """Somebody asks for a panel's line for programming, or for more time with it (R-DLOAD). What they wrote stays in this table
    and in the release's: the workflow carries the id.
    """

    __tablename__ = "panel_release_asks"
    __table_args__ = (Index(None, "panel_id", "asked_at"),)

    panel_id: Mapped[UUID] = mapped_column(ForeignKey("panels.id"))
    requested_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    minutes: Mapped[int]
    reason: Mapped[str]
    state: Mapped[AskState] = mapped_column(enum(AskState, "state"), default=AskState.PENDING)
    release_id: Mapped[UUID | None] = mapped_column(ForeignKey("panel_releases.id"))  # of GRANTED
    asked_at: Mapped[datetime] = mapped_column(server_default=NOW)
    request_id: Mapped[str | None]
