from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import FALSE, Base, Json, enum
from workflows.domain.alarm import Family, Outcome, SignalSource, Source


class SignalRow(Base):
    """The ledger: everything that was received, and what became of it (R-LEDGER).

    Partitioned by month of `recorded_at`. `outcome` is null only in a row that nobody accounted for: the balance shows it.
    No foreign keys: a ledger row outlives what it speaks of.
    """

    __tablename__ = "signals"
    __table_args__ = (
        Index(None, "recorded_at", postgresql_using="brin"),
        Index("ix_signals_unaccounted", "recorded_at", postgresql_where=text("outcome IS NULL")),  # empty, or we have a bug
        {"postgresql_partition_by": "RANGE (recorded_at)"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    recorded_at: Mapped[datetime] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
    source: Mapped[SignalSource] = mapped_column(enum(SignalSource, "source"))
    family: Mapped[Family] = mapped_column(enum(Family, "family"))
    outcome: Mapped[Outcome | None] = mapped_column(enum(Outcome, "outcome"))
    panel_id: Mapped[UUID | None]
    object_id: Mapped[UUID | None]
    code: Mapped[int]
    restore: Mapped[bool] = mapped_column(server_default=FALSE)
    source_kind: Mapped[Source] = mapped_column(enum(Source, "source_kind"))
    source_number: Mapped[int]
    partition: Mapped[int | None]
    event_id: Mapped[UUID | None]
    event_minute: Mapped[datetime | None]  # the event's partition key
    raw: Mapped[bytes | None]
    detail: Mapped[Json | None]
