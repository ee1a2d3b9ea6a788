from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import TRUE, Base, Identified, Stamped, Versioned, enum
from workflows.domain.supervision import SupervisionClass


class Panel(Identified, Stamped, Versioned, Base):
    """An alarm panel and how to reach its ETHM module.

    The integration key is sealed (`activities.db.encrypted`); None: a plain line. So is the code of the panel's user that
    commands are given with; None: no commands. `config_version` grows when anything changes
    that the line depends on, `description_version` when what its zones, partitions, outputs or users are called changes.
    """

    __tablename__ = "panels"
    __table_args__ = (
        CheckConstraint("port BETWEEN 1 AND 65535", name="port_range"),
        CheckConstraint("(integration_key_sealed IS NULL) = (integration_key_key_id IS NULL)", name="key_named"),
        CheckConstraint("(command_code_sealed IS NULL) = (command_code_key_id IS NULL)", name="command_code_named"),
        Index(None, "object_id"),
        Index("uq_panels_host_port", "host", "port", unique=True, postgresql_where=text("deleted_at IS NULL")),
    )

    object_id: Mapped[UUID] = mapped_column(ForeignKey("objects.id"))
    name: Mapped[str]
    host: Mapped[str]
    port: Mapped[int] = mapped_column(server_default=text("7094"), default=7094)
    integration_key_sealed: Mapped[bytes | None]
    integration_key_key_id: Mapped[str | None]
    command_code_sealed: Mapped[bytes | None]
    command_code_key_id: Mapped[str | None]
    time_zone: Mapped[str | None]  # IANA name; None: the setting's
    enabled: Mapped[bool] = mapped_column(server_default=TRUE, default=True)
    supervision_class: Mapped[SupervisionClass] = mapped_column(
        enum(SupervisionClass, "supervision_class"), server_default=text("'SP5'"), default=SupervisionClass.SP5
    )
    module: Mapped[str | None]  # "ETHM-1 Plus" …, as the module says itself
    model: Mapped[str | None]
    firmware: Mapped[str | None]
    config_version: Mapped[int] = mapped_column(server_default=text("1"), default=1)
    description_version: Mapped[int] = mapped_column(server_default=text("1"), default=1)
    deleted_at: Mapped[datetime | None]
