"""Who did what to what: the one way a row gets into `audit_log`, in the transaction of the change (R-AUDIT)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from uuid_utils.compat import uuid7

from activities.db.models.audit_log import AuditEntry
from activities.db.push import plain
from activities.db.session import WriteSession

MASK: Final = "***"
# Members whose values are never told, only that they were there.
SECRET_MEMBERS: Final = frozenset(
    {
        "password",
        "password_hash",
        "integration_key",
        "integration_key_sealed",
        "command_code",
        "command_code_sealed",
        "secret",
        "ciphertext",
        "totp_secret",
        "code_word",
        "token",
        "recovery_codes",
    }
)


def record(
    session: WriteSession,
    action: str,
    subject_kind: str,
    subject_id: UUID | None,
    *,
    actor_id: UUID | None,
    request_id: str = "",
    at: datetime | None = None,
    detail: Mapping[str, Any] | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """``action`` as "object.changed"; ``actor_id`` None: the system itself. ``at``: left out, the transaction's time.

    ``before`` and ``after`` are the row's members as they were and are; only those that differ are kept, secrets masked.
    ``detail``: what else there is to say, ids and codes, never a secret.
    """
    change = _difference(before, after) if before is not None or after is not None else {}
    content = {**(detail or {}), **change}
    entry = AuditEntry(
        id=uuid7(),
        actor_id=actor_id,
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        detail={name: _told(name, value) for name, value in content.items()} or None,
        request_id=request_id or None,
    )
    if at is not None:
        entry.at = at
    session.add(entry)


def _difference(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> dict[str, Any]:
    if before is None:
        return {"after": dict(after or {})}
    if after is None:
        return {"before": dict(before)}
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {"before": {n: before.get(n) for n in changed}, "after": {n: after.get(n) for n in changed}}


def _told(name: str, value: Any) -> Any:
    """``value`` as JSON, whatever it is made of; secrets masked at any depth."""
    if value is not None and (name in SECRET_MEMBERS or name.endswith("_sealed")):
        return MASK
    if isinstance(value, Mapping):
        return {str(key): _told(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_told(name, inner) for inner in value]
    return plain(value)
