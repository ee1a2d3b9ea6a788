"""Keep what an event's code does not say; find ledger rows without an outcome at once"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("events", sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.create_index("ix_signals_unaccounted", "signals", ["recorded_at"], postgresql_where=sa.text("outcome IS NULL"))


def downgrade() -> None:
    op.drop_index("ix_signals_unaccounted", table_name="signals")
    op.drop_column("events", "detail")
