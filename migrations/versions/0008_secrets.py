"""Secrets and their reveals; the integration keys of panels are sealed"""

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from alembic import op

from activities.infra.crypto import BadKeys, FieldCipher, Sealed
from activities.infra.settings import Settings

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KINDS = ("CODE_WORD", "PANEL_USER_CODE", "ACCESS_CODE", "KEY_SAFE", "OTHER")
STATES = ("PENDING", "VISIBLE", "HIDDEN", "EXPIRED")
ROLES = ("OPERATOR", "TECHNICIAN", "FIELD_WORKER", "ADMIN", "MASTER", "AUDITOR", "SYSTEM")


def upgrade() -> None:
    _create_secrets()
    _create_reveals()
    op.add_column("panels", sa.Column("integration_key_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("panels", sa.Column("integration_key_key_id", sa.Text(), nullable=True))
    _each_key("SELECT id, integration_key FROM panels WHERE integration_key <> ''", _seal)
    op.create_check_constraint(
        op.f("ck_panels_key_named"), "panels", "(integration_key_sealed IS NULL) = (integration_key_key_id IS NULL)"
    )
    op.drop_column("panels", "integration_key")


def downgrade() -> None:
    op.add_column("panels", sa.Column("integration_key", sa.Text(), nullable=True))
    _each_key(
        "SELECT id, integration_key_sealed, integration_key_key_id FROM panels WHERE integration_key_sealed IS NOT NULL",
        _unseal,
    )
    op.drop_constraint(op.f("ck_panels_key_named"), "panels")
    op.drop_column("panels", "integration_key_key_id")
    op.drop_column("panels", "integration_key_sealed")
    op.drop_table("secret_reveals")
    op.drop_table("secrets")


def _each_key(query: str, convert: Callable[[sa.Connection, FieldCipher, sa.Row[tuple[object, ...]]], None]) -> None:
    """Keys are asked for only where there is something to seal: a new database needs none to be migrated."""
    connection = op.get_bind()
    rows = connection.execute(sa.text(query)).all()
    if not rows:
        return
    settings = Settings()
    if settings.secret_keys is None:
        raise BadKeys(
            f"The integration keys of {len(rows)} panels are to be encrypted. Set STAM_SECRET_KEYS, as all processes will have "
            "it (make a key with: stam secrets new-key), and migrate again."
        )
    cipher = settings.cipher()
    for row in rows:
        convert(connection, cipher, row)


def _seal(connection: sa.Connection, cipher: FieldCipher, row: sa.Row[tuple[object, ...]]) -> None:
    sealed = cipher.seal(row.integration_key, place=_place(row.id))
    query = sa.text("UPDATE panels SET integration_key_sealed = :ciphertext, integration_key_key_id = :key_id WHERE id = :id")
    connection.execute(query, {"id": row.id, "ciphertext": sealed.ciphertext, "key_id": sealed.key_id})


def _unseal(connection: sa.Connection, cipher: FieldCipher, row: sa.Row[tuple[object, ...]]) -> None:
    key = cipher.open(Sealed(row.integration_key_key_id, row.integration_key_sealed), place=_place(row.id))
    connection.execute(sa.text("UPDATE panels SET integration_key = :key WHERE id = :id"), {"id": row.id, "key": key})


def _place(panel_id: object) -> str:
    """As `activities.db.encrypted` has it."""
    return f"panels.integration_key:{panel_id}"


def _create_secrets() -> None:
    op.create_table(
        "secrets",
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("panel_id", sa.Uuid(), nullable=True),
        sa.Column("user_number", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Enum(*KINDS, name="kind", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("(ciphertext IS NULL) = (deleted_at IS NOT NULL)", name=op.f("ck_secrets_wiped_when_deleted")),
        sa.CheckConstraint("(ciphertext IS NULL) = (key_id IS NULL)", name=op.f("ck_secrets_key_named")),
        sa.CheckConstraint("user_number BETWEEN 1 AND 255", name=op.f("ck_secrets_user_number_range")),
        sa.ForeignKeyConstraint(["object_id"], ["objects.id"], name=op.f("fk_secrets_object_id")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["object_contacts.id"], name=op.f("fk_secrets_contact_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["panel_id"], ["panels.id"], name=op.f("fk_secrets_panel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secrets")),
    )
    op.create_index(op.f("ix_secrets_object_id"), "secrets", ["object_id"])
    op.create_index(op.f("ix_secrets_key_id"), "secrets", ["key_id"])


def _create_reveals() -> None:
    times = ("opened_at", "expires_at", "spent_at", "ended_at")
    op.create_table(
        "secret_reveals",
        sa.Column("secret_id", sa.Uuid(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Enum(*ROLES, name="role", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "state", sa.Enum(*STATES, name="state", native_enum=False, create_constraint=True, length=32), nullable=False
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *(sa.Column(time, sa.DateTime(timezone=True), nullable=True) for time in times),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["secret_id"], ["secrets.id"], name=op.f("fk_secret_reveals_secret_id")),
        sa.ForeignKeyConstraint(["object_id"], ["objects.id"], name=op.f("fk_secret_reveals_object_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_secret_reveals_user_id")),
        sa.ForeignKeyConstraint(["ended_by"], ["users.id"], name=op.f("fk_secret_reveals_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secret_reveals")),
    )
    op.create_index(op.f("ix_secret_reveals_user_id_asked_at"), "secret_reveals", ["user_id", "asked_at"])
    op.create_index(op.f("ix_secret_reveals_secret_id"), "secret_reveals", ["secret_id"])
    op.create_index(op.f("ix_secret_reveals_object_id"), "secret_reveals", ["object_id"])
