from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base


class WatcherSight(Base):
    """How long a watcher has been able to see (`workflows.domain.supervision.Sight`), for the one that comes after it; and
    until when auto-arm's schedules were compared with what became of them, `since` when that is switched on."""

    __tablename__ = "watcher_sights"

    watcher: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    looked_at: Mapped[datetime]
