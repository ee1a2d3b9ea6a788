"""Commands to panels, and the code they are given with"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KINDS = (
    *("ARM", "DISARM", "CLEAR_ALARM", "BYPASS", "UNBYPASS", "ISOLATE"),
    *("OUTPUTS_ON", "OUTPUTS_OFF", "OUTPUTS_TOGGLE", "SET_CLOCK"),
)
SOURCES = ("OPERATOR", "AUTO_ARM", "SYSTEM")
STATUSES = ("AWAITING_RELEASE", "PENDING", "ACK", "NACK", "TIMEOUT")
STAMPS = ("released_at", "begun_at", "valid_until", "sent_at", "answered_at", "confirmed_at", "ended_at")


def upgrade() -> None:
    op.add_column("panels", sa.Column("command_code_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("panels", sa.Column("command_code_key_id", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_panels_command_code_named"), "panels", "(command_code_sealed IS NULL) = (command_code_key_id IS NULL)"
    )
    _create_commands()


def downgrade() -> None:
    op.drop_table("satel_commands")
    op.drop_constraint(op.f("ck_panels_command_code_named"), "panels")
    op.drop_column("panels", "command_code_key_id")
    op.drop_column("panels", "command_code_sealed")


def _create_commands() -> None:
    now = sa.text("now()")
    op.create_table(
        "satel_commands",
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("panel_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _enum(KINDS, "kind"), nullable=False),
        sa.Column("source", _enum(SOURCES, "source"), nullable=False),
        sa.Column("numbers", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("arm_mode", sa.Integer(), nullable=True),
        sa.Column("forced", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("two_person", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("schedule_id", sa.Uuid(), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("body_hash", sa.LargeBinary(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("status", _enum(STATUSES, "status"), nullable=False),
        sa.Column("result_code", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("blocking", postgresql.ARRAY(sa.Integer()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("released_by", sa.Uuid(), nullable=True),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in STAMPS),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.CheckConstraint("(idempotency_key IS NULL) = (body_hash IS NULL)", name=op.f("ck_satel_commands_key_has_body")),
        sa.CheckConstraint("(kind = 'ARM') = (arm_mode IS NOT NULL)", name=op.f("ck_satel_commands_mode_of_arming")),
        sa.CheckConstraint("arm_mode BETWEEN 0 AND 3", name=op.f("ck_satel_commands_mode_range")),
        sa.CheckConstraint("(released_by IS NULL) = (released_at IS NULL)", name=op.f("ck_satel_commands_release_whole")),
        sa.ForeignKeyConstraint(["object_id"], ["objects.id"], name=op.f("fk_satel_commands_object_id")),
        sa.ForeignKeyConstraint(["panel_id"], ["panels.id"], name=op.f("fk_satel_commands_panel_id")),
        sa.ForeignKeyConstraint(["requested_by"], ["users.id"], name=op.f("fk_satel_commands_requested_by")),
        sa.ForeignKeyConstraint(["released_by"], ["users.id"], name=op.f("fk_satel_commands_released_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_satel_commands")),
        sa.UniqueConstraint("requested_by", "idempotency_key", name=op.f("uq_satel_commands_requested_by_idempotency_key")),
    )
    op.create_index(op.f("ix_satel_commands_object_id_id"), "satel_commands", ["object_id", "id"])
    op.create_index(op.f("ix_satel_commands_panel_id_id"), "satel_commands", ["panel_id", "id"])
    op.create_index("ix_satel_commands_open", "satel_commands", ["id"], postgresql_where=sa.text("ended_at IS NULL"))


def _enum(members: Sequence[str], name: str) -> sa.Enum:
    return sa.Enum(*members, name=name, native_enum=False, create_constraint=True, length=32)
