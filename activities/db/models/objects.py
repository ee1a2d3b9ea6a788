from datetime import datetime
from enum import StrEnum

from sqlalchemy import Computed, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import Base, Identified, Stamped, Versioned, enum


class ObjectStatus(StrEnum):
    """What somebody set. Whether service mode is in force `service_modes` says alone; answers tell both as one status."""

    ACTIVE = "ACTIVE"
    CLOSED = "CLOSED"


class GuardedObject(Identified, Stamped, Versioned, Base):
    """A guarded place. `plan_version` is that of its contacts and procedure, which are changed together and apart from the
    rest."""

    __tablename__ = "objects"
    __table_args__ = (
        Index("ix_objects_name", "name", "id"),
        Index("ix_objects_city", "city", "name", "id"),
        Index("ix_objects_search", "search", postgresql_using="gin", postgresql_ops={"search": "gin_trgm_ops"}),
    )

    name: Mapped[str]
    address: Mapped[str]
    kind: Mapped[str]  # the customer's word for it: shop, bank, house …
    external_number: Mapped[str] = mapped_column(unique=True)
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    status: Mapped[ObjectStatus] = mapped_column(
        enum(ObjectStatus, "status"), server_default=text("'ACTIVE'"), default=ObjectStatus.ACTIVE
    )
    search: Mapped[str] = mapped_column(
        Computed("stam_fold(name || ' ' || address || ' ' || external_number)", persisted=True)
    )  # see activities.db.fold
    city: Mapped[str] = mapped_column(
        Computed(
            "btrim(coalesce(substring(address from '[0-9]{2}-[0-9]{3}[[:space:]]+([^,]+)'), "
            "substring(address from ',([^,0-9]+)$'), ''))",
            persisted=True,
        )
    )  # what follows a post code, else the last part of the address if there is no number in it, else nothing
    plan_version: Mapped[int] = mapped_column(server_default=text("1"), default=1)
    deleted_at: Mapped[datetime | None]
