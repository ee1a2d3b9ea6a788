"""Offline consoles: what became of queued intents, and which objects have changed for whom"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OUTCOMES = ("APPLIED", "EXPIRED", "REJECTED")

# The number of the changing transaction, not a number of our own: whoever reads knows by its snapshot below which number
# everything has ended, so nothing that commits late is skipped (docs/adr/0039).
_NOTE = """
    CREATE FUNCTION public.stam_object_changed(changed uuid, whose uuid) RETURNS void LANGUAGE sql AS $$
        INSERT INTO object_changes AS known (object_id, user_id, changed_in)
        VALUES (changed, whose, pg_current_xact_id()::text::bigint)
        ON CONFLICT (object_id, user_id) DO UPDATE SET changed_in = excluded.changed_in
        WHERE known.changed_in <> excluded.changed_in
    $$
"""
_OF_OBJECT = """
    CREATE FUNCTION public.stam_note_object() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'UPDATE' OR NEW IS DISTINCT FROM OLD THEN
            PERFORM stam_object_changed(NEW.id, NULL);
        END IF;
        RETURN NULL;
    END $$
"""
_OF_PART = """
    CREATE FUNCTION public.stam_note_part_of_object() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        changed uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.object_id ELSE NEW.object_id END;
    BEGIN
        IF (TG_OP <> 'UPDATE' OR NEW IS DISTINCT FROM OLD) AND EXISTS (SELECT FROM objects WHERE id = changed) THEN
            PERFORM stam_object_changed(changed, NULL);
        END IF;
        RETURN NULL;
    END $$
"""
_OF_ASSIGNMENT = """
    CREATE FUNCTION public.stam_note_assignment() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        whose uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.user_id ELSE NEW.user_id END;
        what uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.object_id ELSE NEW.object_id END;
    BEGIN
        IF EXISTS (SELECT FROM objects WHERE id = what) AND EXISTS (SELECT FROM users WHERE id = whose) THEN
            PERFORM stam_object_changed(what, whose);
        END IF;
        RETURN NULL;
    END $$
"""
_PARTS = ("object_contacts", "object_procedures", "service_modes")


def upgrade() -> None:
    op.create_table(
        "intents",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(*OUTCOMES, name="outcome", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("result_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_intents_user_id")),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_intents")),
    )
    op.create_table(
        "object_changes",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("changed_in", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["object_id"], ["objects.id"], name=op.f("fk_object_changes_object_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_object_changes_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_object_changes")),
        sa.UniqueConstraint(
            "object_id", "user_id", name=op.f("uq_object_changes_object_id_user_id"), postgresql_nulls_not_distinct=True
        ),
    )
    op.create_index(op.f("ix_object_changes_changed_in_number"), "object_changes", ["changed_in", "number"])
    for function in (_NOTE, _OF_OBJECT, _OF_PART, _OF_ASSIGNMENT):
        op.execute(function)
    op.execute("SELECT stam_object_changed(id, NULL) FROM objects")
    op.execute(_trigger("objects", "stam_note_object", "INSERT OR UPDATE"))
    op.execute(_trigger("user_object_assignments", "stam_note_assignment", "INSERT OR DELETE"))
    for table in _PARTS:
        op.execute(_trigger(table, "stam_note_part_of_object", "INSERT OR UPDATE OR DELETE"))


def downgrade() -> None:
    for table in ("objects", "user_object_assignments", *_PARTS):
        op.execute(f"DROP TRIGGER {table}_changed ON {table}")
    for function in ("stam_note_object", "stam_note_part_of_object", "stam_note_assignment"):
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DROP FUNCTION stam_object_changed(uuid, uuid)")
    op.drop_table("object_changes")
    op.drop_table("intents")


def _trigger(table: str, function: str, events: str) -> str:
    return f"CREATE TRIGGER {table}_changed AFTER {events} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()"
