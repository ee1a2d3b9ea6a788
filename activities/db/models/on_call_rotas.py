from datetime import date, time
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base, Identified, Stamped, Versioned


class OnCallRota(Identified, Stamped, Versioned, Base):
    """A weekly rotation (`workflows.domain.on_call.Rota`). `version` covers its members and overrides, too."""

    __tablename__ = "on_call_rotas"

    name: Mapped[str] = mapped_column(unique=True)
    time_zone: Mapped[str]
    first_on: Mapped[date]  # the first handover; all are on this weekday
    handover_at: Mapped[time]


class OnCallMember(Base):
    """`position` is the turn, from 0; somebody may have several."""

    __tablename__ = "on_call_members"

    rota_id: Mapped[UUID] = mapped_column(ForeignKey("on_call_rotas.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
