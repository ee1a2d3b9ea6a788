from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import FALSE, NOW, ZERO, Base, BigInt, Json


class OutboxRow(Base):
    """What is to be told to the outside once the transaction that wrote it has committed.

    `sequence_id` is given by the relay as it publishes: gapless, in the order of publication (R-PUSH). `payload` is the
    push message's `data`. A row may be pushed, orchestrated, or both; a row Temporal refuses for good is parked.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_unpushed", "id", postgresql_where=text("push AND sequence_id IS NULL")),
        Index(
            "ix_outbox_unorchestrated",
            "id",
            postgresql_where=text("orchestrate AND orchestrated_at IS NULL AND parked_at IS NULL"),
        ),
        Index("ix_outbox_parked", "parked_at", postgresql_where=text("parked_at IS NOT NULL")),
        Index(None, "created_at", postgresql_using="brin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    type: Mapped[str]
    object_id: Mapped[UUID | None]
    bundle_id: Mapped[UUID | None]
    panel_id: Mapped[UUID | None]
    payload: Mapped[Json]
    push: Mapped[bool] = mapped_column(server_default=FALSE, default=False)
    orchestrate: Mapped[bool] = mapped_column(server_default=FALSE, default=False)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    sequence_id: Mapped[BigInt | None] = mapped_column(unique=True)
    pushed_at: Mapped[datetime | None]
    orchestrated_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=ZERO, default=0)
    parked_at: Mapped[datetime | None]
    parked_reason: Mapped[str | None]
