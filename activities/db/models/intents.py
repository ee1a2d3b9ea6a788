from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, Base, enum
from workflows.domain.intent import IntentOutcome


class IntentRow(Base):
    """What became of an intent that was queued without a connection; written with its effect, so that it is done once.

    `id` is the client's and says nothing about anybody else's. `code` and `reason`: why it was not applied.
    """

    __tablename__ = "intents"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    settled_at: Mapped[datetime] = mapped_column(server_default=NOW)
    outcome: Mapped[IntentOutcome] = mapped_column(enum(IntentOutcome, "outcome"))
    result_id: Mapped[UUID | None]
    code: Mapped[str | None]
    reason: Mapped[str | None]
