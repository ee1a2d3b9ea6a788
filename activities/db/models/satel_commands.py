from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import FALSE, ZERO, Base, Identified, Stamped, enum
from workflows.domain.command import CommandKind, CommandSource, CommandStatus


class SatelCommand(Identified, Stamped, Base):
    """An order to a panel; `status` is what the workflow `command/<id>` says (R-CMD).

    `created_at`: asked; `begun_at`: its workflow took it up; it may be sent until `valid_until`. `sent_at` is committed before
    the first byte goes out, `attempts` counts the sendings. `ended_at`: nothing more will become of it; an ACK ended without
    `confirmed_at` was accepted and never seen. `schedule_id` is of the auto-arm schedule that wanted it.
    """

    __tablename__ = "satel_commands"
    __table_args__ = (
        UniqueConstraint("requested_by", "idempotency_key"),
        CheckConstraint("(idempotency_key IS NULL) = (body_hash IS NULL)", name="key_has_body"),
        CheckConstraint("(kind = 'ARM') = (arm_mode IS NOT NULL)", name="mode_of_arming"),
        CheckConstraint("arm_mode BETWEEN 0 AND 3", name="mode_range"),
        CheckConstraint("(released_by IS NULL) = (released_at IS NULL)", name="release_whole"),
        Index(None, "object_id", "id"),
        Index(None, "panel_id", "id"),
        Index("ix_satel_commands_open", "id", postgresql_where=text("ended_at IS NULL")),
    )

    object_id: Mapped[UUID] = mapped_column(ForeignKey("objects.id"))
    panel_id: Mapped[UUID] = mapped_column(ForeignKey("panels.id"))
    kind: Mapped[CommandKind] = mapped_column(enum(CommandKind, "kind"))
    source: Mapped[CommandSource] = mapped_column(enum(CommandSource, "source"))
    numbers: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    arm_mode: Mapped[int | None]
    forced: Mapped[bool] = mapped_column(server_default=FALSE, default=False)
    priority: Mapped[int]
    two_person: Mapped[bool] = mapped_column(server_default=FALSE, default=False)
    requested_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    schedule_id: Mapped[UUID | None]
    idempotency_key: Mapped[str | None]
    body_hash: Mapped[bytes | None]
    request_id: Mapped[str | None]
    status: Mapped[CommandStatus] = mapped_column(enum(CommandStatus, "status"))
    result_code: Mapped[int | None]
    reason: Mapped[str | None]
    blocking: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=text("'{}'"), default=list)
    attempts: Mapped[int] = mapped_column(server_default=ZERO, default=0)
    released_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    released_at: Mapped[datetime | None]
    begun_at: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
