from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base, Identified


class RecoveryCode(Identified, Base):
    """Stands in for a second factor once. Renewing them deletes the old ones."""

    __tablename__ = "recovery_codes"
    __table_args__ = (Index(None, "user_id"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    code_hash: Mapped[bytes]  # SHA-256 of user id and code; a code has 80 bits of chance
    used_at: Mapped[datetime | None]
