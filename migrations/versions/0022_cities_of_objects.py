"""Objects know their city, for finding them by it"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# What follows a Polish post code, else the last part of the address if there is no number in it, else nothing.
CITY = (
    "btrim(coalesce(substring(address from '[0-9]{2}-[0-9]{3}[[:space:]]+([^,]+)'), "
    "substring(address from ',([^,0-9]+)$'), ''))"
)


def upgrade() -> None:
    op.add_column("objects", sa.Column("city", sa.Text(), sa.Computed(CITY, persisted=True), nullable=False))
    op.create_index(op.f("ix_objects_city"), "objects", ["city", "name", "id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_objects_city"), table_name="objects")
    op.drop_column("objects", "city")
