"""Service mode is what `service_modes` says: an object's own columns for it go"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_STATUS = "ck_objects_status"


def upgrade() -> None:
    op.execute("UPDATE objects SET status = 'ACTIVE' WHERE status = 'SERVICE'")
    _status_is_one_of("ACTIVE", "CLOSED")
    op.drop_column("objects", "service_zones")
    op.drop_column("objects", "service_until")
    op.create_index("ix_events_silent", "events", ["object_id", "recorded_at"], postgresql_where=sa.text("suppressed"))


def downgrade() -> None:
    op.drop_index("ix_events_silent", "events")
    op.add_column("objects", sa.Column("service_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("objects", sa.Column("service_zones", postgresql.JSONB(), nullable=True))
    _status_is_one_of("ACTIVE", "SERVICE", "CLOSED")


def _status_is_one_of(*values: str) -> None:
    op.drop_constraint(op.f(_STATUS), "objects", type_="check")
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(op.f(_STATUS), "objects", f"status IN ({listed})")
