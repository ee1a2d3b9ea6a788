"""Which time zone an auto-arm schedule and its runs were planned in; when a service mode was settled"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("auto_arm_schedules", sa.Column("default_zone", sa.Text(), nullable=True))
    op.add_column("auto_arm_runs", sa.Column("zone", sa.Text(), nullable=True))
    op.add_column("service_modes", sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE service_modes SET settled_at = clock_timestamp() WHERE summary IS NOT NULL")


def downgrade() -> None:
    op.drop_column("service_modes", "settled_at")
    op.drop_column("auto_arm_runs", "zone")
    op.drop_column("auto_arm_schedules", "default_zone")
