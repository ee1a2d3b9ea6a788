"""Second factors, service tokens, where a session is from, signing keys sealed"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _users_and_sessions()
    _tables()
    _signing_keys()


def _users_and_sessions() -> None:
    op.alter_column("users", "password_hash", existing_type=sa.Text(), nullable=True)
    op.add_column("users", sa.Column("totp_key_id", sa.Text(), nullable=True))
    op.add_column("users", sa.Column("totp_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("users", sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("users", sa.Column("totp_last_step", sa.BigInteger(), nullable=True))
    started = sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
    op.add_column("refresh_tokens", started)
    op.add_column("refresh_tokens", sa.Column("origin", sa.Text(), nullable=True))


def _tables() -> None:
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_recovery_codes_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_codes"),
    )
    op.create_index("ix_recovery_codes_user_id", "recovery_codes", ["user_id"])
    roles = sa.Enum("WORKER", "SMS", "RELAY", name="service_role", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "service_tokens",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("service_role", roles, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_service_tokens_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_service_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_service_tokens_token_hash"),
    )
    op.create_index("ix_service_tokens_user_id", "service_tokens", ["user_id"])


def _signing_keys() -> None:
    """Keys that lay in the clear are not sealed but dropped: sessions renew their access token under a new one."""
    op.execute("DELETE FROM signing_keys")
    op.drop_column("signing_keys", "private_pem")
    op.drop_column("signing_keys", "active")
    op.add_column("signing_keys", sa.Column("private_key_id", sa.Text(), nullable=False))
    op.add_column("signing_keys", sa.Column("private_sealed", sa.LargeBinary(), nullable=False))
    op.add_column("signing_keys", sa.Column("signs_at", sa.DateTime(timezone=True), nullable=False))


def downgrade() -> None:
    op.execute("DELETE FROM signing_keys")
    for name in ("signs_at", "private_sealed", "private_key_id"):
        op.drop_column("signing_keys", name)
    op.add_column("signing_keys", sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    op.add_column("signing_keys", sa.Column("private_pem", sa.Text(), nullable=False))
    op.drop_table("service_tokens")
    op.drop_table("recovery_codes")
    for name in ("origin", "started_at"):
        op.drop_column("refresh_tokens", name)
    for name in ("totp_last_step", "totp_confirmed_at", "totp_sealed", "totp_key_id"):
        op.drop_column("users", name)
    op.execute("DELETE FROM users WHERE password_hash IS NULL")
    op.alter_column("users", "password_hash", existing_type=sa.Text(), nullable=False)
