from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, Base, Identified, enum
from workflows.domain.permissions import ServiceRole


class ServiceToken(Identified, Base):
    """What a program logs in with: a SYSTEM user's, with the permissions of a sub-role."""

    __tablename__ = "service_tokens"
    __table_args__ = (Index(None, "user_id"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    service_role: Mapped[ServiceRole] = mapped_column(enum(ServiceRole, "service_role"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)  # SHA-256 of the token
    created_by: Mapped[UUID | None]  # None: by the command line
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
