from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from activities.db.models.base import TRUE, ZERO, Base, BigInt, Identified, Json, Stamped, enum
from workflows.domain.object_import import ImportStatus


class ImportLog(Identified, Stamped, Base):
    """One import of objects: who, when, which file, how far, with what result (R-IMPORT).

    `open` until the status is final, and only one row is: one import at a time. `planned` counts what the dry run found,
    `created` … `failed` what was applied; `done` of `total` objects is the cursor. `errors` and `warnings` are bounded,
    `error_count` is not. The file (`blob_id`) is kept until it was read.
    """

    __tablename__ = "import_log"
    __table_args__ = (Index("uq_import_log_open", "open", unique=True, postgresql_where=text("open")),)

    status: Mapped[ImportStatus] = mapped_column(enum(ImportStatus, "status"))
    open: Mapped[bool] = mapped_column(server_default=TRUE, default=True)
    blob_id: Mapped[UUID | None] = mapped_column(ForeignKey("file_blobs.id", ondelete="SET NULL"))
    file_name: Mapped[str]
    file_sha256: Mapped[bytes]
    file_size: Mapped[BigInt]
    uploaded_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    request_id: Mapped[str | None]
    planned: Mapped[Json | None]
    total: Mapped[int] = mapped_column(server_default=ZERO, default=0)
    done: Mapped[int] = mapped_column(server_default=ZERO, default=0)
    created: Mapped[int] = mapped_column(server_default=ZERO, default=0)
    changed: Mapped[int] = mapped_column(server_default=ZERO, default=0)
    unchanged: Mapped[int] = mapped_column(server_default=ZERO, default=0)
    failed: Mapped[int] = mapped_column(server_default=ZERO, default=0)
    error_count: Mapped[int] = mapped_column(server_default=ZERO, default=0)
    errors: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"), default=list)
    warnings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"), default=list)
    checked_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
