"""Requests for released panels, and when their lines were closed"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STATES = ("PENDING", "GRANTED", "WITHDRAWN")


def upgrade() -> None:
    op.add_column("panel_releases", sa.Column("freed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "panel_release_asks",
        sa.Column("panel_id", sa.Uuid(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "state", sa.Enum(*STATES, name="state", native_enum=False, create_constraint=True, length=32), nullable=False
        ),
        sa.Column("release_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["panel_id"], ["panels.id"], name=op.f("fk_panel_release_asks_panel_id")),
        sa.ForeignKeyConstraint(["requested_by"], ["users.id"], name=op.f("fk_panel_release_asks_requested_by")),
        sa.ForeignKeyConstraint(["release_id"], ["panel_releases.id"], name=op.f("fk_panel_release_asks_release_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel_release_asks")),
    )
    op.create_index(op.f("ix_panel_release_asks_panel_id_asked_at"), "panel_release_asks", ["panel_id", "asked_at"])


def downgrade() -> None:
    op.drop_table("panel_release_asks")
    op.drop_column("panel_releases", "freed_at")
