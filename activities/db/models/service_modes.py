from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, Base, Identified, Json, Versioned, enum
from workflows.domain.service import ServiceState


class ServiceMode(Identified, Versioned, Base):
    """A period in which alarms of an object are recorded and not rung (R-SERVICE): ACTIVE, and before `ends_at` by the clock
    of the database, whether or not its workflow has come to say so.

    `scope` names what it covers: {"zones": {panel id: [numbers]}, "alarm_types": [...]}; None: the whole object. `summary`
    is what was silenced and what stood open at its end; `settled_at`: when what still stood in alarm had been put before the
    dispatcher.
    """

    __tablename__ = "service_modes"
    __table_args__ = (
        CheckConstraint("ends_at > begun_at", name="lasts"),
        Index(None, "object_id", "begun_at"),
        Index("ix_service_modes_active", "object_id", postgresql_where=text("state = 'ACTIVE'")),
    )

    object_id: Mapped[UUID] = mapped_column(ForeignKey("objects.id"))
    state: Mapped[ServiceState] = mapped_column(enum(ServiceState, "state"))
    scope: Mapped[Json | None]
    reason: Mapped[str]
    requested_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    released_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))  # the second person
    begun_at: Mapped[datetime] = mapped_column(server_default=NOW)
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))  # None: time
    summary: Mapped[Json | None]
    settled_at: Mapped[datetime | None]
    request_id: Mapped[str | None]
