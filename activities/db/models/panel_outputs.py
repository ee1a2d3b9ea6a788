from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base, Identified, Stamped


class PanelOutput(Identified, Stamped, Base):
    """An output of a panel: a siren, a lock, a light. `function` is the panel's output-function number."""

    __tablename__ = "panel_outputs"
    __table_args__ = (UniqueConstraint("panel_id", "number"),)

    panel_id: Mapped[UUID] = mapped_column(ForeignKey("panels.id", ondelete="CASCADE"))
    number: Mapped[int]
    name: Mapped[str]
    function: Mapped[int | None]
