from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, Base, Identified, enum
from workflows.domain.permissions import Role
from workflows.domain.reveal import RevealState


class SecretReveal(Identified, Base):
    """Somebody asked to see a secret. `state` is what the workflow `reveal/<id>` says; visible means VISIBLE and, by the
    clock of the database, before `expires_at`.

    `family_id` is the session that asked, the only one that is shown it; `spent_at` when it was.
    """

    __tablename__ = "secret_reveals"
    __table_args__ = (Index(None, "user_id", "asked_at"), Index(None, "secret_id"), Index(None, "object_id"))

    secret_id: Mapped[UUID] = mapped_column(ForeignKey("secrets.id"))
    object_id: Mapped[UUID] = mapped_column(ForeignKey("objects.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    family_id: Mapped[UUID]
    role: Mapped[Role] = mapped_column(enum(Role, "role"))  # at that time
    reason: Mapped[str]
    state: Mapped[RevealState] = mapped_column(enum(RevealState, "state"), default=RevealState.PENDING)
    asked_at: Mapped[datetime] = mapped_column(server_default=NOW)
    opened_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    spent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))  # None: time
    request_id: Mapped[str | None]
