"""Contacts, procedures and alarm configuration of objects in full; search without marks; names read from panels"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TEXT = "name || ' ' || address || ' ' || external_number"
# As activities/db/fold.py had them when this was written. A new letter is a new migration that makes the column anew.
_MARKED = "ąćęłńóśźżáäčďéěíľňôöřšťúůüýžßĄĆĘŁŃÓŚŹŻÁÄČĎÉĚÍĽŇÔÖŘŠŤÚŮÜÝŽ"
_PLAIN = "acelnoszzaacdeeilnoorstuuuyzsacelnoszzaacdeeilnoorstuuuyz"


def _enum(name: str, values: str) -> sa.Enum:
    """Text with a CHECK named for the column."""
    return sa.Enum(*values.split(), name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    _search_without_marks()
    _response_plans()
    op.add_column("object_alarm_config", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.add_column("object_alarm_config", sa.Column("service_max_minutes", sa.Integer(), nullable=True))
    op.add_column("object_alarm_config", sa.Column("never_silenced", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.create_check_constraint(
        op.f("ck_object_alarm_config_service_max_positive"), "object_alarm_config", "service_max_minutes > 0"
    )
    op.add_column("zones", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.add_column("panels", sa.Column("description_version", sa.Integer(), server_default=sa.text("1"), nullable=False))
    _described("panel_outputs", sa.Column("function", sa.Integer(), nullable=True))
    _described("panel_users")
    _names()


def _search_without_marks() -> None:
    # pg_trgm is a trusted extension (PostgreSQL 13 on): the owner of the database may make it.
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute(
        f"""
        CREATE FUNCTION stam_fold(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN lower(translate($1, '{_MARKED}', '{_PLAIN}'))
        """
    )
    op.drop_column("objects", "search")
    op.add_column("objects", sa.Column("search", sa.Text(), sa.Computed(f"stam_fold({_TEXT})", persisted=True), nullable=False))
    op.create_index(
        "ix_objects_search", "objects", ["search"], postgresql_using="gin", postgresql_ops={"search": "gin_trgm_ops"}
    )


def _response_plans() -> None:
    op.add_column("objects", sa.Column("plan_version", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.add_column("object_contacts", sa.Column("call_from", sa.Time(), nullable=True))
    op.add_column("object_contacts", sa.Column("call_until", sa.Time(), nullable=True))
    op.add_column("object_contacts", sa.Column("note", sa.Text(), nullable=True))
    op.add_column(
        "object_procedures",
        sa.Column("kind", _enum("kind", "CALL CHECK DISPATCH TEXT"), server_default=sa.text("'TEXT'"), nullable=False),
    )
    op.add_column("object_procedures", sa.Column("contact_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_object_procedures_contact_id"),
        "object_procedures",
        "object_contacts",
        ["contact_id"],
        ["id"],
        ondelete="SET NULL",
    )


def _described(table: str, *more: sa.Column[int]) -> None:
    op.create_table(
        table,
        sa.Column("panel_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        *more,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["panel_id"], ["panels.id"], name=op.f(f"fk_{table}_panel_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("panel_id", "number", name=op.f(f"uq_{table}_panel_id_number")),
    )


def _names() -> None:
    op.create_table(
        "panel_names",
        sa.Column("panel_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _enum("kind", "ZONE PARTITION OUTPUT USER"), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=True),
        sa.Column("function", sa.Integer(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["panel_id"], ["panels.id"], name=op.f("fk_panel_names_panel_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("panel_id", "kind", "number", name=op.f("pk_panel_names")),
    )
    op.create_table(
        "panel_name_reads",
        sa.Column("panel_id", sa.Uuid(), nullable=False),
        sa.Column("read_id", sa.Uuid(), nullable=False),
        sa.Column("status", _enum("status", "RUNNING DONE FAILED"), nullable=False),
        sa.Column("failure", _enum("failure", "NO_HOLDER NOT_CONNECTED SILENT GONE INTERRUPTED"), nullable=True),
        sa.Column("asked", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["panel_id"], ["panels.id"], name=op.f("fk_panel_name_reads_panel_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("panel_id", name=op.f("pk_panel_name_reads")),
    )


def downgrade() -> None:
    for table in ("panel_name_reads", "panel_names", "panel_users", "panel_outputs"):
        op.drop_table(table)
    op.drop_column("panels", "description_version")
    op.drop_column("zones", "version")
    for column in ("never_silenced", "service_max_minutes", "version"):
        op.drop_column("object_alarm_config", column)
    for column in ("contact_id", "kind"):
        op.drop_column("object_procedures", column)
    for column in ("note", "call_until", "call_from"):
        op.drop_column("object_contacts", column)
    for column in ("plan_version", "search"):
        op.drop_column("objects", column)
    op.add_column("objects", sa.Column("search", sa.Text(), sa.Computed(f"lower({_TEXT})", persisted=True), nullable=False))
    op.execute("DROP FUNCTION stam_fold(text)")
    op.execute("DROP EXTENSION pg_trgm")
