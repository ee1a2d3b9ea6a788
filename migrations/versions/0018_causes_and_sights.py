"""The cause of lines lost together, so that two are two bundles; what a watcher has seen outlives its process"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_JOINABLE = "uq_bundle_alarms_joinable"


def upgrade() -> None:
    op.add_column("bundle_alarms", sa.Column("cause", sa.Text(), server_default=sa.text("''"), nullable=False))
    _one_joinable("object_id", "alarm_type", "cause")
    op.create_table(
        "watcher_sights",
        sa.Column("watcher", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("watcher", name=op.f("pk_watcher_sights")),
    )


def downgrade() -> None:
    op.drop_table("watcher_sights")
    op.execute("UPDATE bundle_alarms SET joinable = false WHERE joinable AND cause <> ''")
    _one_joinable("object_id", "alarm_type")
    op.drop_column("bundle_alarms", "cause")


def _one_joinable(*columns: str) -> None:
    op.drop_index(_JOINABLE, table_name="bundle_alarms")
    op.create_index(_JOINABLE, "bundle_alarms", list(columns), unique=True, postgresql_where=sa.text("joinable"))
