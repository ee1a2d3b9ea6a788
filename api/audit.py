"""Audit rows of what the API changes itself, written in the transaction of the change (R-AUDIT)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from activities.db.audit import record
from activities.db.session import WriteSession
from activities.infra.log import current_request_id
from api.deps import Access


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
