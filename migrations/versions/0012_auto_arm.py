"""Auto-arm: schedules, their exceptions, holidays of our own, and what became of each firing"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TYPES = (
    *("HOLDUP", "FIRE", "MEDICAL", "INTRUSION", "TAMPER", "TECHNICAL", "TEMPERATURE", "POWER", "TROUBLE", "COMM_LOSS"),
    "LOG_GAP",
)
_NEW_TYPE = "AUTO_ARM_FAILURE"
_TYPED = ("bundle_alarms", "events", "zones")  # tables with a column `alarm_type`
_NEWEST = "ix_panel_state_history_panel_id_partition_at_id"
OUTCOMES = (
    *("ARMED", "ALREADY_ARMED", "DUPLICATE", "HOLIDAY", "EXCEPTION", "SERVICE_MODE", "CANCELLED", "ZONES_OPEN", "IN_ALARM"),
    *("PANEL_RELEASED", "NOT_CONNECTED", "REFUSED", "NO_ANSWER", "UNVERIFIED", "MISSED", "WITHDRAWN"),
)


def upgrade() -> None:
    _allow([*_TYPES, _NEW_TYPE])
    _create_schedules()
    op.create_table(
        "auto_arm_exceptions",
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.Time(), nullable=True),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["auto_arm_schedules.id"],
            name=op.f("fk_auto_arm_exceptions_schedule_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("schedule_id", "day", name=op.f("pk_auto_arm_exceptions")),
    )
    op.create_table(
        "auto_arm_holidays",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_auto_arm_holidays")),
    )
    _create_runs()
    op.create_index(op.f(_NEWEST), "panel_state_history", ["panel_id", "partition", "at", "id"])


def downgrade() -> None:
    op.drop_index(op.f(_NEWEST), "panel_state_history")
    for table in ("auto_arm_runs", "auto_arm_holidays", "auto_arm_exceptions", "auto_arm_schedules"):
        op.drop_table(table)
    _allow(_TYPES)


def _allow(types: Sequence[str]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in types)
    for table in _TYPED:
        op.drop_constraint(op.f(f"ck_{table}_alarm_type"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_alarm_type"), table, f"alarm_type IN ({listed})")


def _enum(name: str, *values: str) -> sa.Enum:
    """Text with a CHECK named for the column."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _time(name: str, **more: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), **more)


def _create_schedules() -> None:
    table = "auto_arm_schedules"
    minutes = {"warn": "15", "postpone": "60", "deadline": "30"}
    op.create_table(
        table,
        sa.Column("panel_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("partitions", sa.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("weekdays", sa.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("at", sa.Time(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.Column("arm_mode", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("forced", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        *(
            sa.Column(f"{name}_minutes", sa.Integer(), server_default=sa.text(usual), nullable=False)
            for name, usual in minutes.items()
        ),
        sa.Column(
            "open_zones",
            _enum("open_zones", "WAIT", "BYPASS", "ALERT"),
            server_default=sa.text("'WAIT'"),
            nullable=False,
        ),
        sa.Column("holidays", _enum("holidays", "USUAL", "SKIP", "ONLY"), server_default=sa.text("'USUAL'"), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        _time("deleted_at", nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        _time("created_at", server_default=sa.text("now()"), nullable=False),
        _time("updated_at", server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("cardinality(partitions) > 0", name=op.f(f"ck_{table}_arms_something")),
        *(sa.CheckConstraint(f"{name}_minutes BETWEEN 0 AND 720", name=op.f(f"ck_{table}_{name}_range")) for name in minutes),
        sa.CheckConstraint("arm_mode BETWEEN 0 AND 3", name=op.f(f"ck_{table}_arm_mode_range")),
        sa.CheckConstraint("valid_until >= valid_from", name=op.f(f"ck_{table}_valid_order")),
        sa.ForeignKeyConstraint(["panel_id"], ["panels.id"], name=op.f(f"fk_{table}_panel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index("ix_auto_arm_schedules_panel", table, ["panel_id"], postgresql_where=sa.text("deleted_at IS NULL"))


def _create_runs() -> None:
    table = "auto_arm_runs"
    owners = {
        "schedule_id": "auto_arm_schedules",
        "panel_id": "panels",
        "object_id": "objects",
        "postponed_by": "users",
        "cancelled_by": "users",
    }
    op.create_table(
        table,
        *(sa.Column(name, sa.Uuid(), nullable=name.endswith("_by")) for name in owners),
        sa.Column("workflow_id", sa.Text(), nullable=False),
        sa.Column("partitions", sa.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        *(_time(name, nullable=False) for name in ("fire_at", "target_at", "deadline_at")),
        sa.Column("status", _enum("status", "PENDING", "ARMING", "DONE", "SKIPPED", "CANCELLED", "FAILED"), nullable=False),
        sa.Column("outcome", _enum("outcome", *OUTCOMES), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("blocking", sa.ARRAY(sa.SmallInteger()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("commands", sa.ARRAY(sa.Uuid()), server_default=sa.text("'{}'"), nullable=False),
        _time("begun_at", server_default=sa.text("now()"), nullable=False),
        _time("arming_at", nullable=True),
        _time("verified_at", nullable=True),
        _time("ended_at", nullable=True),
        sa.Column("changes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.ForeignKeyConstraint([name], [f"{owner}.id"], name=op.f(f"fk_{table}_{name}")) for name, owner in owners.items()),
        sa.UniqueConstraint("schedule_id", "fire_at", name=op.f(f"uq_{table}_schedule_id_fire_at")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_fire_at_id"), table, ["fire_at", "id"])
    op.create_index(op.f(f"ix_{table}_object_id"), table, ["object_id"])
    op.create_index(f"ix_{table}_open", table, ["panel_id"], postgresql_where=sa.text("status IN ('PENDING', 'ARMING')"))
