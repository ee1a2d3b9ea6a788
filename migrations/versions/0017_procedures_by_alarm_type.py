"""The type of alarm a step of a procedure is for"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ALARM_TYPES = (
    *("HOLDUP", "FIRE", "MEDICAL", "INTRUSION", "TAMPER", "TECHNICAL", "TEMPERATURE", "POWER", "TROUBLE", "COMM_LOSS"),
    *("AUTO_ARM_FAILURE", "LOG_GAP", "CLOCK_DRIFT"),
)


def upgrade() -> None:
    kind = sa.Enum(*ALARM_TYPES, name="alarm_type", native_enum=False, create_constraint=True, length=32)
    op.add_column("object_procedures", sa.Column("alarm_type", kind, nullable=True))


def downgrade() -> None:
    op.drop_column("object_procedures", "alarm_type")
