from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, Base, Identified, Versioned


class ProcedureRun(Identified, Versioned, Base):
    """The procedure of an object as it is worked through for one alarm; `plan_version`: of the plan it was copied from."""

    __tablename__ = "procedure_runs"

    bundle_id: Mapped[UUID] = mapped_column(ForeignKey("bundle_alarms.id"), unique=True)
    object_id: Mapped[UUID] = mapped_column(ForeignKey("objects.id"))
    plan_version: Mapped[int]
    started_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    started_at: Mapped[datetime] = mapped_column(server_default=NOW)
    completed_at: Mapped[datetime | None]
    request_id: Mapped[str | None]
