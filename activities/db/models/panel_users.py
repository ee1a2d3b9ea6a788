from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base, Identified, Stamped


class PanelUser(Identified, Stamped, Base):
    """Somebody who has a code at a panel, by its number there. Codes are secrets and not here."""

    __tablename__ = "panel_users"
    __table_args__ = (UniqueConstraint("panel_id", "number"),)

    panel_id: Mapped[UUID] = mapped_column(ForeignKey("panels.id", ondelete="CASCADE"))
    number: Mapped[int]
    name: Mapped[str]
