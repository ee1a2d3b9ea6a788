"""Supervision: the class of each panel, when its line was heard last, other sources that promised to be heard, and two words"""

import re
from collections.abc import Collection, Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

CLASSES = ("SP6", "SP5", "SP4", "SP3", "SP2")
KINDS = ("RELAY", "WORKER", "MODEM", "PROBE")
STATES = ("HEARD", "SILENT", "RELEASED")
_ALARM_TYPES, _FAMILIES = ("events", "bundle_alarms", "zones"), ("events", "signals")


def upgrade() -> None:
    op.add_column(
        "panels", sa.Column("supervision_class", _enum("supervision_class", CLASSES), server_default="SP5", nullable=False)
    )
    op.add_column("panel_leases", sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_panel_cursors_outage", "panel_cursors", ["panel_id"], postgresql_where=sa.text("cursor -> 'outage' <> 'null'")
    )
    op.create_table(
        "supervised_sources",
        sa.Column("kind", _enum("kind", KINDS), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("promised_seconds", sa.Float(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("state", _enum("state", STATES), server_default="HEARD", nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("promised_seconds > 0", name=op.f("ck_supervised_sources_promises")),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_supervised_sources")),
        sa.UniqueConstraint("number", name=op.f("uq_supervised_sources_number")),
    )
    for table in _ALARM_TYPES:
        _allow(table, "alarm_type", add=("CLOCK_DRIFT",))
    for table in _FAMILIES:
        _allow(table, "family", add=("CLOCK",))


def downgrade() -> None:
    for table in _FAMILIES:
        _allow(table, "family", remove=("CLOCK",))
    for table in _ALARM_TYPES:
        _allow(table, "alarm_type", remove=("CLOCK_DRIFT",))
    op.drop_table("supervised_sources")
    op.drop_index("ix_panel_cursors_outage", table_name="panel_cursors")
    op.drop_column("panel_leases", "heard_at")
    op.drop_column("panels", "supervision_class")


def _enum(name: str, values: Sequence[str]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _allow(table: str, column: str, *, add: Collection[str] = (), remove: Collection[str] = ()) -> None:
    """Change what a column of words may hold, whatever else it may hold by now."""
    found = op.get_bind().execute(
        sa.text(
            """SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint
               WHERE conrelid = CAST(:table AS regclass) AND contype = 'c' AND conname LIKE :name"""
        ),
        {"table": table, "name": f"%{column}"},
    )
    name, definition = found.one()
    words = [word for word in re.findall(r"'([A-Z_]+)'", definition) if word not in remove]
    listed = ", ".join(f"'{word}'" for word in dict.fromkeys([*words, *add]))
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IN ({listed}))")
