"""Documents of objects, files, imports"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _enum(name: str, values: str) -> sa.Enum:
    return sa.Enum(*values.split(), name=name, native_enum=False, create_constraint=True, length=32)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    default = None if nullable else sa.text("now()")
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=nullable)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)


def _findings(name: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False)


def upgrade() -> None:
    _files()
    _documents()
    _imports()


def _files() -> None:
    op.create_table(
        "file_blobs",
        _time("created_at"),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_file_blobs"),
    )
    op.create_table(
        "file_chunks",
        sa.Column("blob_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["file_blobs.id"], name="fk_file_chunks_blob_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("blob_id", "number", name="pk_file_chunks"),
    )
    op.execute("ALTER TABLE file_chunks ALTER COLUMN data SET STORAGE EXTERNAL")


def _documents() -> None:
    op.create_table(
        "object_documents",
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", _enum("kind", "PLAN PHOTO FILE"), nullable=False),
        sa.Column("latest", sa.Integer(), nullable=False),
        _time("deleted_at", nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        _time("created_at"),
        _time("updated_at"),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(["object_id"], ["objects.id"], name="fk_object_documents_object_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_object_documents"),
    )
    op.create_index("ix_object_documents_object_id_id", "object_documents", ["object_id", "id"])
    op.create_table(
        "object_document_versions",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("blob_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        _time("uploaded_at"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["object_documents.id"], name="fk_object_document_versions_document_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["blob_id"], ["file_blobs.id"], name="fk_object_document_versions_blob_id"),
        sa.ForeignKeyConstraint(["uploaded_by"], ["users.id"], name="fk_object_document_versions_uploaded_by"),
        sa.PrimaryKeyConstraint("id", name="pk_object_document_versions"),
        sa.UniqueConstraint("document_id", "number", name="uq_object_document_versions_document_id_number"),
    )


def _imports() -> None:
    op.create_table(
        "import_log",
        sa.Column(
            "status", _enum("status", "CHECKING REFUSED READY APPLYING APPLIED CANCELLED EXPIRED FAILED"), nullable=False
        ),
        sa.Column("open", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("blob_id", sa.Uuid(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("file_size", sa.BigInteger(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("planned", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        *(_count(name) for name in ("total", "done", "created", "changed", "unchanged", "failed", "error_count")),
        _findings("errors"),
        _findings("warnings"),
        _time("checked_at", nullable=True),
        _time("finished_at", nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        _time("created_at"),
        _time("updated_at"),
        sa.ForeignKeyConstraint(["blob_id"], ["file_blobs.id"], name="fk_import_log_blob_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["uploaded_by"], ["users.id"], name="fk_import_log_uploaded_by"),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name="fk_import_log_decided_by"),
        sa.PrimaryKeyConstraint("id", name="pk_import_log"),
    )
    op.create_index("uq_import_log_open", "import_log", ["open"], unique=True, postgresql_where=sa.text("open"))
    op.create_table(
        "import_rows",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("external_number", sa.Text(), nullable=False),
        sa.Column("outcome", _enum("outcome", "CREATED CHANGED UNCHANGED FAILED"), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["import_log.id"], name="fk_import_rows_import_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("import_id", "number", name="pk_import_rows"),
    )


def downgrade() -> None:
    for table in ("import_rows", "import_log", "object_document_versions", "object_documents", "file_chunks", "file_blobs"):
        op.drop_table(table)
