from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base, BigInt


class AuditLink(Base):
    """One link of the chain over `audit_log`, made by a trigger at the commit and by nobody else (ADR-021)."""

    __tablename__ = "audit_chain"

    seq: Mapped[BigInt] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("audit_log.id"), unique=True)
    hash: Mapped[bytes]  # SHA-256 of the link before, `seq` and the entry
