"""Released panels, service mode, and objects where a second person must agree"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STATES = ("AWAITING_RELEASE", "ACTIVE", "ENDED", "REFUSED")


def upgrade() -> None:
    op.add_column("object_alarm_config", sa.Column("two_person", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    _create_releases()
    _create_service_modes()


def downgrade() -> None:
    op.drop_table("service_modes")
    op.drop_table("panel_releases")
    op.drop_column("object_alarm_config", "two_person")


def _create_releases() -> None:
    op.create_table(
        "panel_releases",
        sa.Column("panel_id", sa.Uuid(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("until > begun_at", name=op.f("ck_panel_releases_lasts")),
        sa.ForeignKeyConstraint(["panel_id"], ["panels.id"], name=op.f("fk_panel_releases_panel_id")),
        sa.ForeignKeyConstraint(["requested_by"], ["users.id"], name=op.f("fk_panel_releases_requested_by")),
        sa.ForeignKeyConstraint(["ended_by"], ["users.id"], name=op.f("fk_panel_releases_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel_releases")),
    )
    op.create_index(
        "uq_panel_releases_open", "panel_releases", ["panel_id"], unique=True, postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_index(op.f("ix_panel_releases_panel_id_begun_at"), "panel_releases", ["panel_id", "begun_at"])


def _create_service_modes() -> None:
    people = ("requested_by", "released_by", "ended_by")
    op.create_table(
        "service_modes",
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state", sa.Enum(*STATES, name="state", native_enum=False, create_constraint=True, length=32), nullable=False
        ),
        sa.Column("scope", postgresql.JSONB(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("released_by", sa.Uuid(), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("summary", postgresql.JSONB(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("ends_at > begun_at", name=op.f("ck_service_modes_lasts")),
        sa.ForeignKeyConstraint(["object_id"], ["objects.id"], name=op.f("fk_service_modes_object_id")),
        *(sa.ForeignKeyConstraint([one], ["users.id"], name=op.f(f"fk_service_modes_{one}")) for one in people),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_modes")),
    )
    op.create_index(op.f("ix_service_modes_object_id_begun_at"), "service_modes", ["object_id", "begun_at"])
    op.create_index("ix_service_modes_active", "service_modes", ["object_id"], postgresql_where=sa.text("state = 'ACTIVE'"))
