from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import FALSE, TRUE, Base, Identified, Stamped, Versioned, enum
from workflows.domain.auto_arm import OpenZones
from workflows.domain.schedule import HolidayPolicy


class AutoArmSchedule(Identified, Stamped, Versioned, Base):
    """When partitions of a panel are armed by themselves (R-AUTOARM). The row is the truth; its Temporal Schedule follows it.

    `weekdays`: ISO, 1 is Monday. `at`: local, in `time_zone`; when that is None in the panel's, or else in the setting's.
    `region`: whose public holidays count, "PL" or "DE-BY"; own dates (`auto_arm_holidays`) always do. `deadline_minutes`: so
    long after its time it is tried. `default_zone`: the setting's as its firings are planned by it; None: not yet.
    """

    __tablename__ = "auto_arm_schedules"
    __table_args__ = (
        CheckConstraint("cardinality(partitions) > 0", name="arms_something"),
        CheckConstraint("warn_minutes BETWEEN 0 AND 720", name="warn_range"),
        CheckConstraint("postpone_minutes BETWEEN 0 AND 720", name="postpone_range"),
        CheckConstraint("deadline_minutes BETWEEN 0 AND 720", name="deadline_range"),
        CheckConstraint("arm_mode BETWEEN 0 AND 3", name="arm_mode_range"),
        CheckConstraint("valid_until >= valid_from", name="valid_order"),
        Index("ix_auto_arm_schedules_panel", "panel_id", postgresql_where=text("deleted_at IS NULL")),
    )

    panel_id: Mapped[UUID] = mapped_column(ForeignKey("panels.id"))
    name: Mapped[str]
    partitions: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    weekdays: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    at: Mapped[time]
    time_zone: Mapped[str | None]
    default_zone: Mapped[str | None]
    arm_mode: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"), default=0)
    forced: Mapped[bool] = mapped_column(server_default=FALSE, default=False)
    warn_minutes: Mapped[int] = mapped_column(server_default=text("15"), default=15)
    postpone_minutes: Mapped[int] = mapped_column(server_default=text("60"), default=60)
    open_zones: Mapped[OpenZones] = mapped_column(
        enum(OpenZones, "open_zones"), server_default=text("'WAIT'"), default=OpenZones.WAIT
    )
    deadline_minutes: Mapped[int] = mapped_column(server_default=text("30"), default=30)
    holidays: Mapped[HolidayPolicy] = mapped_column(
        enum(HolidayPolicy, "holidays"), server_default=text("'USUAL'"), default=HolidayPolicy.USUAL
    )
    region: Mapped[str | None]
    enabled: Mapped[bool] = mapped_column(server_default=TRUE, default=True)
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    deleted_at: Mapped[datetime | None]
