"""Audit rows of what the API changes itself, written in the transaction of the change (R-AUDIT)."""

from typing import Any
from uuid import UUID

from activities.db.models.audit_log import AuditEntry
from activities.db.session import WriteSession
from api.deps import Access
from api.request_id import current_request_id


def audit(
    session: WriteSession,
    access: Access,
    action: str,
    subject_kind: str,
    subject_id: UUID,
    detail: dict[str, Any] | None = None,
) -> None:
    """``detail`` holds names of what changed, never a secret."""
    entry = AuditEntry(
        actor_id=access.user_id,
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        detail=detail,
        request_id=current_request_id() or None,
    )
    session.add(entry)
