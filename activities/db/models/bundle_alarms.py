from datetime import datetime
from uuid import UUID

from sqlalchemy import Computed, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import FALSE, TRUE, ZERO, Base, Identified, Json, Stamped, Versioned, enum
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import BundleStatus

_RANK = "CASE priority WHEN 'CRITICAL' THEN 1 WHEN 'HIGH' THEN 2 WHEN 'MEDIUM' THEN 3 ELSE 4 END"


class BundleAlarm(Identified, Stamped, Versioned, Base):
    """What a dispatcher works on: the alarms of one object and type within a sliding window (R-BUNDLE).

    `event_count` counts its alarms (not restores), `active_count` those still in alarm. `version` grows with every change.
    `headline` is what the list shows: code, source_kind, source_number, partition, panel_id, recovered. `cause`: of lines that
    were lost together, what tells this loss from others (ADR-038); empty for everything else.
    """

    __tablename__ = "bundle_alarms"
    __table_args__ = (
        Index("uq_bundle_alarms_joinable", "object_id", "alarm_type", "cause", unique=True, postgresql_where=text("joinable")),
        Index("ix_bundle_alarms_list", "status", "priority_rank", "opened_at", "id"),
        Index("ix_bundle_alarms_urgency", "priority_rank", "opened_at", "id"),
        Index("ix_bundle_alarms_newest", "opened_at", "id"),
        Index("ix_bundle_alarms_open", "object_id", "id", postgresql_where=text("status <> 'CLOSED'")),
        Index("ix_bundle_alarms_object", "object_id", "opened_at", "id"),
    )

    object_id: Mapped[UUID] = mapped_column(ForeignKey("objects.id"))
    alarm_type: Mapped[AlarmType] = mapped_column(enum(AlarmType, "alarm_type"))
    cause: Mapped[str] = mapped_column(server_default=text("''"), default="")
    status: Mapped[BundleStatus] = mapped_column(enum(BundleStatus, "status"), server_default=text("'NEW'"))
    priority: Mapped[Priority] = mapped_column(enum(Priority, "priority"))
    priority_rank: Mapped[int] = mapped_column(SmallInteger, Computed(_RANK, persisted=True))  # 1 … 4, to sort by
    joinable: Mapped[bool] = mapped_column(server_default=TRUE, default=True)
    requires_note: Mapped[bool] = mapped_column(server_default=FALSE, default=False)
    suppressed: Mapped[bool] = mapped_column(server_default=FALSE, default=False)
    event_count: Mapped[int] = mapped_column(server_default=ZERO, default=0)
    active_count: Mapped[int] = mapped_column(server_default=ZERO, default=0)
    opened_at: Mapped[datetime]
    first_event_at: Mapped[datetime]
    last_event_at: Mapped[datetime]
    last_activity_at: Mapped[datetime]  # last event, action or note
    status_changed_at: Mapped[datetime]
    claimed_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    claimed_at: Mapped[datetime | None]
    acked_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    stale: Mapped[bool] = mapped_column(server_default=FALSE, default=False)
    result_code: Mapped[str | None]
    headline: Mapped[Json]
