from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, SmallInteger, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, ZERO, Base, Identified, enum
from workflows.domain.auto_arm import RunOutcome, RunStatus


class AutoArmRun(Identified, Base):
    """One firing of a schedule, as its workflow says.

    `target_at` is later than `fire_at` when it was put off. `outcome` of a run that has not ended: what it waits for.
    `zone`: which its time was planned in. `changes`: how many the workflow has made, so that a repetition is known as one.
    """

    __tablename__ = "auto_arm_runs"
    __table_args__ = (
        UniqueConstraint("schedule_id", "fire_at"),
        Index(None, "fire_at", "id"),
        Index(None, "object_id"),
        Index("ix_auto_arm_runs_open", "panel_id", postgresql_where=text("status IN ('PENDING', 'ARMING')")),
    )

    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("auto_arm_schedules.id"))
    panel_id: Mapped[UUID] = mapped_column(ForeignKey("panels.id"))
    object_id: Mapped[UUID] = mapped_column(ForeignKey("objects.id"))
    workflow_id: Mapped[str]
    partitions: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    local_date: Mapped[date]
    zone: Mapped[str | None]
    fire_at: Mapped[datetime]
    target_at: Mapped[datetime]
    deadline_at: Mapped[datetime]
    status: Mapped[RunStatus] = mapped_column(enum(RunStatus, "status"))
    outcome: Mapped[RunOutcome | None] = mapped_column(enum(RunOutcome, "outcome"))
    reason: Mapped[str | None]
    blocking: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), server_default=text("'{}'"), default=list)
    commands: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"), default=list)
    begun_at: Mapped[datetime] = mapped_column(server_default=NOW)
    arming_at: Mapped[datetime | None]  # of two that arm the same, the earlier does
    postponed_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    cancelled_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    verified_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    changes: Mapped[int] = mapped_column(server_default=ZERO, default=0)
