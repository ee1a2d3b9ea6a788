"""List alarms of every status by urgency without sorting them all"""

from collections.abc import Sequence

from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("ix_bundle_alarms_urgency", "bundle_alarms", ["priority_rank", "opened_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_bundle_alarms_urgency", table_name="bundle_alarms")
