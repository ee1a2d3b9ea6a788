"""Escalation: policies, rotas, channels, push devices and the log of what was delivered"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

PRIORITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW")
CHANNELS = ("EMAIL", "SMS", "PUSH", "PAGERDUTY", "WEBHOOK")
TARGETS = ("USER", "ROTA", "ADDRESS")
STATUSES = ("SENT", "FAILED", "REFUSED", "NOBODY")
PURPOSES = ("RING", "RESOLVE", "TEST")


def upgrade() -> None:
    _create_rotas()
    _create_channels()
    _create_policies()
    _create_steps()
    _create_log()


def downgrade() -> None:
    for table in (
        *("notification_log", "escalation_steps", "escalation_policy_objects", "escalation_policies"),
        *("push_devices", "notification_channels", "on_call_overrides", "on_call_members", "on_call_rotas"),
    ):
        op.drop_table(table)


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.Uuid(), nullable=False)


def _time(name: str, *, now: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()") if now else None, nullable=False)


def _version() -> sa.Column[object]:
    return sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False)


def _text(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _uuid(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _enum(name: str, members: Sequence[str], *, nullable: bool = False) -> sa.Column[object]:
    kind = sa.Enum(*members, name=name, native_enum=False, create_constraint=True, length=32)
    return sa.Column(name, kind, nullable=nullable)


def _key(table: str, column: str, target: str, *, cascade: bool = False) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [target], name=name, ondelete="CASCADE" if cascade else None)


def _create_rotas() -> None:
    op.create_table(
        "on_call_rotas",
        _text("name"),
        _text("time_zone"),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("handover_at", sa.Time(), nullable=False),
        _id(),
        _time("created_at"),
        _time("updated_at"),
        _version(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_on_call_rotas")),
        sa.UniqueConstraint("name", name=op.f("uq_on_call_rotas_name")),
    )
    op.create_table(
        "on_call_members",
        _uuid("rota_id"),
        sa.Column("position", sa.Integer(), nullable=False),
        _uuid("user_id"),
        _key("on_call_members", "rota_id", "on_call_rotas.id", cascade=True),
        _key("on_call_members", "user_id", "users.id"),
        sa.PrimaryKeyConstraint("rota_id", "position", name=op.f("pk_on_call_members")),
    )
    op.create_table(
        "on_call_overrides",
        _uuid("rota_id"),
        _uuid("user_id"),
        _time("since", now=False),
        _time("until", now=False),
        _time("created_at"),
        _id(),
        sa.CheckConstraint("until > since", name=op.f("ck_on_call_overrides_lasts")),
        _key("on_call_overrides", "rota_id", "on_call_rotas.id", cascade=True),
        _key("on_call_overrides", "user_id", "users.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_on_call_overrides")),
    )
    op.create_index(op.f("ix_on_call_overrides_rota_id_until"), "on_call_overrides", ["rota_id", "until"])


def _create_channels() -> None:
    op.create_table(
        "notification_channels",
        _uuid("user_id", nullable=True),
        _enum("kind", CHANNELS),
        _text("label"),
        _text("address"),
        _text("secret_key_id", nullable=True),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        _id(),
        _time("created_at"),
        _time("updated_at"),
        _version(),
        sa.CheckConstraint(
            "(secret_sealed IS NULL) = (secret_key_id IS NULL)", name=op.f("ck_notification_channels_key_named")
        ),
        _key("notification_channels", "user_id", "users.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_channels")),
    )
    op.create_index(op.f("ix_notification_channels_user_id_kind"), "notification_channels", ["user_id", "kind"])
    op.create_index(
        "uq_notification_channels_push",
        "notification_channels",
        ["kind"],
        unique=True,
        postgresql_where=sa.text("kind = 'PUSH'"),
    )
    op.create_table(
        "push_devices",
        _uuid("user_id"),
        _enum("platform", ("ANDROID",)),
        _text("label"),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        _text("token_key_id", nullable=True),
        sa.Column("token_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("in_background", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        _time("last_seen_at"),
        _time("created_at"),
        _id(),
        sa.CheckConstraint("(token_sealed IS NULL) = (token_key_id IS NULL)", name=op.f("ck_push_devices_key_named")),
        _key("push_devices", "user_id", "users.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_devices")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_push_devices_token_hash")),
    )
    op.create_index(op.f("ix_push_devices_user_id"), "push_devices", ["user_id"])


def _create_policies() -> None:
    op.create_table(
        "escalation_policies",
        _text("name"),
        _enum("priority", PRIORITIES),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("left_after_seconds", sa.Integer(), nullable=True),
        sa.Column("repeat_after_seconds", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("4"), nullable=False),
        sa.Column("retry_after_seconds", sa.Integer(), server_default=sa.text("5"), nullable=False),
        _id(),
        _time("created_at"),
        _time("updated_at"),
        _version(),
        sa.CheckConstraint("left_after_seconds > 0", name=op.f("ck_escalation_policies_left_after_positive")),
        sa.CheckConstraint("repeat_after_seconds > 0", name=op.f("ck_escalation_policies_repeat_after_positive")),
        sa.CheckConstraint("attempts > 0 AND retry_after_seconds > 0", name=op.f("ck_escalation_policies_tries")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_policies")),
        sa.UniqueConstraint("name", name=op.f("uq_escalation_policies_name")),
    )
    op.create_index(
        "uq_escalation_policies_default",
        "escalation_policies",
        ["priority"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "escalation_policy_objects",
        _uuid("object_id"),
        _enum("priority", PRIORITIES),
        _uuid("policy_id"),
        _key("escalation_policy_objects", "object_id", "objects.id", cascade=True),
        _key("escalation_policy_objects", "policy_id", "escalation_policies.id", cascade=True),
        sa.PrimaryKeyConstraint("object_id", "priority", name=op.f("pk_escalation_policy_objects")),
    )
    op.create_index(op.f("ix_escalation_policy_objects_policy_id"), "escalation_policy_objects", ["policy_id"])


def _create_steps() -> None:
    table = "escalation_steps"
    op.create_table(
        table,
        _uuid("policy_id"),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("after_seconds", sa.Integer(), nullable=False),
        _enum("channel", CHANNELS),
        _enum("target", TARGETS),
        _uuid("user_id", nullable=True),
        _uuid("rota_id", nullable=True),
        _uuid("address_id", nullable=True),
        _id(),
        sa.CheckConstraint("level > 0 AND after_seconds >= 0", name=op.f("ck_escalation_steps_in_order")),
        sa.CheckConstraint(
            "(target = 'USER') = (user_id IS NOT NULL) AND (target = 'ROTA') = (rota_id IS NOT NULL) "
            "AND (target = 'ADDRESS') = (address_id IS NOT NULL)",
            name=op.f("ck_escalation_steps_one_target"),
        ),
        _key(table, "policy_id", "escalation_policies.id", cascade=True),
        _key(table, "user_id", "users.id"),
        _key(table, "rota_id", "on_call_rotas.id"),
        _key(table, "address_id", "notification_channels.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_steps")),
    )
    op.create_index(op.f("ix_escalation_steps_policy_id_level_position"), table, ["policy_id", "level", "position"])


def _create_log() -> None:
    table = "notification_log"
    op.create_table(
        table,
        _uuid("bundle_id", nullable=True),
        _uuid("object_id", nullable=True),
        _enum("purpose", PURPOSES),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        _enum("channel", CHANNELS, nullable=True),
        _uuid("target_id", nullable=True),
        _uuid("user_id", nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        _time("at"),
        _enum("status", STATUSES),
        _text("code"),
        sa.Column("latency_ms", sa.BigInteger(), nullable=True),
        _text("key"),
        _id(),
        _key(table, "bundle_id", "bundle_alarms.id"),
        _key(table, "object_id", "objects.id"),
        _key(table, "user_id", "users.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_log")),
    )
    op.create_index("uq_notification_log_key_attempt", table, ["key", "attempt"], unique=True)
    op.create_index(op.f("ix_notification_log_bundle_id_at"), table, ["bundle_id", "at"])
    op.create_index(op.f("ix_notification_log_at_id"), table, ["at", "id"])
