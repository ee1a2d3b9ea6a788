from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, Base, Identified


class OnCallOverride(Identified, Base):
    """Somebody stands in from `since` to `until`. Of two that overlap the one made later wins."""

    __tablename__ = "on_call_overrides"
    __table_args__ = (CheckConstraint("until > since", name="lasts"), Index(None, "rota_id", "until"))

    rota_id: Mapped[UUID] = mapped_column(ForeignKey("on_call_rotas.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    since: Mapped[datetime]
    until: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
