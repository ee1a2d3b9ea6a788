"""An alarm that somebody holds can be taken over"""

from collections.abc import Sequence

from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BEFORE = ["claim", "start", "release", "ack", "resolve", "close", "add_note", "expire_claim", "auto_close", "mark_stale"]
_ACTION = "ck_bundle_actions_action"


def upgrade() -> None:
    _allow([*BEFORE, "take_over"])


def downgrade() -> None:
    op.execute("DELETE FROM bundle_actions WHERE action = 'take_over'")
    _allow(BEFORE)


def _allow(actions: Sequence[str]) -> None:
    listed = ", ".join(f"'{action}'" for action in actions)
    op.drop_constraint(op.f(_ACTION), "bundle_actions", type_="check")
    op.create_check_constraint(op.f(_ACTION), "bundle_actions", f"action IN ({listed})")
