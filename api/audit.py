"""Audit rows of what the API changes itself, written in the transaction of the change (R-AUDIT)."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from activities.db.audit import record
from activities.db.models.base import Base
from activities.db.session import WriteSession
from activities.infra.log import current_request_id
from api.deps import Access

_OWN_AFFAIRS: Final = frozenset({"created_at", "updated_at", "search", "city"})


def audit(
    session: WriteSession,
    access: Access,
    action: str,
    subject_kind: str,
    subject_id: UUID | None,
    detail: Mapping[str, Any] | None = None,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """As `activities.db.audit.record`, by whoever calls."""
    record(
        session,
        action,
        subject_kind,
        subject_id,
        actor_id=access.user_id,
        request_id=current_request_id(),
        detail=detail,
        before=before,
        after=after,
    )


def told(row: Base) -> dict[str, Any]:
    """A row's members as they are now, for ``before`` and ``after``; what only the database keeps for itself left out."""
    return {column.key: getattr(row, column.key) for column in row.__table__.columns if column.key not in _OWN_AFFAIRS}
