"""The dispatcher's journal, procedures as they are worked through, and call-backs"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ENTRY_KINDS = ("PATROL_SENT", "PATROL_ON_SITE", "PATROL_LEFT", "CALL", "NOTE")
OUTCOMES = ("ANSWERED_OK", "ANSWERED_WRONG_CODE_WORD", "ANSWERED_NO_CODE_WORD", "NO_ANSWER", "BUSY", "UNREACHABLE")
ODDITIES = ("SENT_ANOTHER", "NOT_SENT", "NOT_ON_SITE")
STEP_KINDS = ("CALL", "CHECK", "DISPATCH", "TEXT")
STEP_STATES = ("PENDING", "DONE", "SKIPPED")
FINDINGS = ("AS_EXPECTED", "DIFFERENT")
CALLBACK_STATES = ("PENDING", "DUE", "DONE", "CANCELLED")


def upgrade() -> None:
    _create_journal()
    _create_runs()
    _create_callbacks()


def downgrade() -> None:
    op.drop_table("callbacks")
    op.drop_table("procedure_run_steps")
    op.drop_table("procedure_runs")
    op.drop_table("dispatch_log")


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _time(name: str, *, nullable: bool = False, now: bool = False) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=nullable)


def _refers(table: str, column: str, to: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete)


def _create_journal() -> None:
    op.create_table(
        "dispatch_log",
        sa.Column("kind", _enum("kind", *ENTRY_KINDS), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("bundle_id", sa.Uuid(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("contact_name", sa.Text(), nullable=True),
        sa.Column("outcome", _enum("outcome", *OUTCOMES), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("oddity", _enum("oddity", *ODDITIES), nullable=True),
        _time("occurred_at"),
        _time("recorded_at", now=True),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("corrects", sa.Uuid(), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        _refers("dispatch_log", "object_id", "objects"),
        _refers("dispatch_log", "bundle_id", "bundle_alarms"),
        _refers("dispatch_log", "user_id", "users"),
        _refers("dispatch_log", "corrects", "dispatch_log"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch_log")),
        sa.UniqueConstraint("corrects", name=op.f("uq_dispatch_log_corrects")),
        sa.UniqueConstraint("user_id", "idempotency_key", name=op.f("uq_dispatch_log_user_id_idempotency_key")),
    )
    for columns in (["occurred_at", "id"], ["object_id", "occurred_at", "id"], ["bundle_id", "occurred_at", "id"]):
        op.create_index(op.f(f"ix_dispatch_log_{'_'.join(columns)}"), "dispatch_log", columns)
    op.execute(
        """CREATE TRIGGER dispatch_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON dispatch_log
           FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse()"""
    )


def _create_runs() -> None:
    op.create_table(
        "procedure_runs",
        sa.Column("bundle_id", sa.Uuid(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=False),
        _time("started_at", now=True),
        _time("completed_at", nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        _refers("procedure_runs", "bundle_id", "bundle_alarms"),
        _refers("procedure_runs", "object_id", "objects"),
        _refers("procedure_runs", "started_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure_runs")),
        sa.UniqueConstraint("bundle_id", name=op.f("uq_procedure_runs_bundle_id")),
    )
    op.create_table(
        "procedure_run_steps",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", _enum("kind", *STEP_KINDS), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("contact_name", sa.Text(), nullable=True),
        sa.Column("contact_phone", sa.Text(), nullable=True),
        sa.Column("state", _enum("state", *STEP_STATES), server_default=sa.text("'PENDING'"), nullable=False),
        sa.Column("outcome", _enum("outcome", *OUTCOMES), nullable=True),
        sa.Column("finding", _enum("finding", *FINDINGS), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        _time("decided_at", nullable=True),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        _refers("procedure_run_steps", "run_id", "procedure_runs", "CASCADE"),
        _refers("procedure_run_steps", "decided_by", "users"),
        _refers("procedure_run_steps", "entry_id", "dispatch_log"),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_procedure_run_steps")),
    )


def _create_callbacks() -> None:
    op.create_table(
        "callbacks",
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("bundle_id", sa.Uuid(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("contact_name", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", _enum("state", *CALLBACK_STATES), server_default=sa.text("'PENDING'"), nullable=False),
        _time("due_at"),
        sa.Column("rings", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _time("rang_at", nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        _time("created_at", now=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        _time("decided_at", nullable=True),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        _refers("callbacks", "object_id", "objects"),
        _refers("callbacks", "bundle_id", "bundle_alarms"),
        _refers("callbacks", "contact_id", "object_contacts", "SET NULL"),
        _refers("callbacks", "created_by", "users"),
        _refers("callbacks", "decided_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callbacks")),
        sa.UniqueConstraint("created_by", "idempotency_key", name=op.f("uq_callbacks_created_by_idempotency_key")),
    )
    for columns in (["due_at", "id"], ["object_id", "due_at"], ["bundle_id", "due_at"]):
        op.create_index(op.f(f"ix_callbacks_{'_'.join(columns)}"), "callbacks", columns)
    op.create_index("ix_callbacks_open", "callbacks", ["due_at", "id"], postgresql_where=sa.text("state IN ('PENDING', 'DUE')"))
