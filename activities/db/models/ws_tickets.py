from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base


class WsTicket(Base):
    """A single-use WebSocket ticket; only written while Redis is away."""

    __tablename__ = "ws_tickets"

    ticket_hash: Mapped[bytes] = mapped_column(primary_key=True)  # SHA-256 of the ticket
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime]
