from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base, enum
from workflows.domain.panel_names import NameKind


class PanelName(Base):
    """What the panel itself calls a part of it, as last read. `function`: zone reaction, output function, partition type."""

    __tablename__ = "panel_names"

    panel_id: Mapped[UUID] = mapped_column(ForeignKey("panels.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[NameKind] = mapped_column(enum(NameKind, "kind"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    partition: Mapped[int | None]
    function: Mapped[int | None]
    read_at: Mapped[datetime]
