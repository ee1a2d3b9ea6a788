from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, Base, Identified


class RefreshToken(Identified, Base):
    """One link in a chain (`family_id`) of rotated tokens. `used_at` set and seen again: the family is revoked."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index(None, "family_id"), Index(None, "user_id"), Index(None, "expires_at"))

    family_id: Mapped[UUID]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)  # SHA-256 of the token
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    client: Mapped[str | None]  # user agent, shortened
    started_at: Mapped[datetime] = mapped_column(server_default=NOW)  # of the session, handed on from link to link
    origin: Mapped[str | None]  # tells one address of the user's from another, not which (`sessions.origin_of`)
