from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import FALSE, ZERO, Base, Json, enum
from workflows.domain.alarm import AlarmType, Family, Priority, SignalSource, Source


class EventRow(Base):
    """One physical happening, however many signals told of it (R-EDGE). Partitioned by month of `minute` (D4).

    `source` is how it was first seen; `active` while it is what holds its source in alarm (at most one event per panel,
    family and source); `occurrences` counts signals of the first kind with this key, `confirmations` those of the other.
    No foreign keys: panel and object are resolved in the transaction that inserts the row, and are only ever soft-deleted.
    """

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("dedup_key", "minute"),
        Index("ix_events_active", "panel_id", "family", "source_kind", "source_number", postgresql_where=text("active")),
        Index("ix_events_panel", "panel_id", "minute", "id"),
        Index("ix_events_object", "object_id", "minute", "id"),
        Index("ix_events_bundle", "bundle_id", "id", postgresql_where=text("bundle_id IS NOT NULL")),
        Index("ix_events_silent", "object_id", "recorded_at", postgresql_where=text("suppressed")),
        {"postgresql_partition_by": "RANGE (minute)"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    minute: Mapped[datetime] = mapped_column(primary_key=True)
    dedup_key: Mapped[str]
    source: Mapped[SignalSource] = mapped_column(enum(SignalSource, "source"))
    object_id: Mapped[UUID]
    panel_id: Mapped[UUID | None]
    bundle_id: Mapped[UUID | None]
    alarm_type: Mapped[AlarmType | None] = mapped_column(enum(AlarmType, "alarm_type"))
    priority: Mapped[Priority | None] = mapped_column(enum(Priority, "priority"))
    code: Mapped[int]
    family: Mapped[Family] = mapped_column(enum(Family, "family"))
    restore: Mapped[bool] = mapped_column(server_default=FALSE)
    source_kind: Mapped[Source] = mapped_column(enum(Source, "source_kind"))
    source_number: Mapped[int]
    partition: Mapped[int | None]
    user_number: Mapped[int | None]
    occurred_at: Mapped[datetime]  # best known
    panel_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    restored_at: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(server_default=FALSE)
    recovered: Mapped[bool] = mapped_column(server_default=FALSE)
    suppressed: Mapped[bool] = mapped_column(server_default=FALSE)
    occurrences: Mapped[int] = mapped_column(server_default=text("1"))
    confirmations: Mapped[int] = mapped_column(server_default=ZERO)
    last_seen_at: Mapped[datetime]
    raw: Mapped[bytes | None]
    detail: Mapped[Json | None]  # what the code does not say: armed or disarmed, the reason of a gap
