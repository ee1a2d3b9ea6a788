from datetime import datetime

from sqlalchemy import CheckConstraint, Float, Identity, text
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import NOW, Base, enum
from workflows.domain.supervision import SourceKind, SourceState


class SupervisedSource(Base):
    """A part of the system that has promised to be heard (panels have their leases instead).

    `number` stands for it in events. `since`: when `state` began; it changes in the transaction of the signal that tells so.
    """

    __tablename__ = "supervised_sources"
    __table_args__ = (CheckConstraint("promised_seconds > 0", name="promises"),)

    kind: Mapped[SourceKind] = mapped_column(enum(SourceKind, "kind"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    promised_seconds: Mapped[float] = mapped_column(Float)
    last_seen_at: Mapped[datetime] = mapped_column(server_default=NOW)
    state: Mapped[SourceState] = mapped_column(
        enum(SourceState, "state"), server_default=text("'HEARD'"), default=SourceState.HEARD
    )
    since: Mapped[datetime] = mapped_column(server_default=NOW)
