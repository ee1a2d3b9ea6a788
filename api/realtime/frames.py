"""The frames of the WebSocket: text made once, sent to every socket (R-PUSH)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self
from uuid import UUID

import orjson

from activities.db.repositories.pushed import PushedRow
from workflows.contracts import names
from workflows.domain.permissions import Permission

# What one must be allowed to see each kind of message; a kind that is not listed is told to nobody.
PERMISSION_FOR: Final[Mapping[str, Permission]] = {
    names.ALARM_NEW: Permission.ALARM_VIEW,
    names.ALARM_UPDATED: Permission.ALARM_VIEW,
    names.PANEL_STATE_CHANGED: Permission.PANEL_VIEW,
    names.PANEL_RELEASE_CHANGED: Permission.PANEL_VIEW,
    names.PANEL_DESCRIBED: Permission.PANEL_VIEW,
    names.COMMAND_UPDATED: Permission.PANEL_VIEW,
    names.SERVICE_CHANGED: Permission.OBJECT_VIEW,
    names.SYSTEM_MODE: Permission.SYSTEM_VIEW,
    names.REVEAL_EXPIRED: Permission.SECRET_REVEAL,
    names.DISPATCH_ADDED: Permission.ALARM_VIEW,
    names.CALLBACK_SET: Permission.DISPATCH_WRITE,
    names.CALLBACK_DUE: Permission.DISPATCH_WRITE,
    names.ESCALATION_UPDATED: Permission.ESCALATION_VIEW,
    names.SCHEDULE_FIRING: Permission.PANEL_VIEW,
}
# Told to one user alone, whose id is in the data as `user_id`; without it to nobody.
PERSONAL: Final = frozenset({names.REVEAL_EXPIRED})
_NOBODY: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class EventFrame:
    """One push message, ready to send; `object_id` None: about no object in particular; `user_id` None: for more than one."""

    seq: int
    kind: str
    object_id: UUID | None
    text: str
    published_at: datetime | None
    user_id: UUID | None = None

    @classmethod
    def of_row(cls, row: PushedRow) -> Self:
        user_id = _user(row.type, orjson.loads(row.data)) if row.type in PERSONAL else None
        text = _event(row.sequence_id, row.type, row.data)
        return cls(row.sequence_id, row.type, row.object_id, text, row.pushed_at, user_id)

    @classmethod
    def of_entry(cls, entry_id: bytes, fields: Mapping[bytes, bytes]) -> Self:
        """A stream entry as the relay writes it (`activities.relay_stream`). Raises ValueError or KeyError for another."""
        seq, kind, data = sequence_of(entry_id), fields[b"type"].decode(), fields[b"data"]
        object_id = UUID(fields[b"object_id"].decode()) if fields[b"object_id"] else None
        parsed = orjson.loads(data)
        return cls(seq, kind, object_id, _event(seq, kind, data), _published_at(parsed), _user(kind, parsed))

    @property
    def permission(self) -> Permission | None:
        return PERMISSION_FOR.get(self.kind)


def _user(kind: str, data: Any) -> UUID | None:
    """Whom alone it is for. A message that does not say so must hold up no others, and is for nobody."""
    if kind not in PERSONAL:
        return None
    try:
        return UUID(data["user_id"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return _NOBODY


def sequence_of(entry_id: bytes) -> int:
    return int(entry_id.split(b"-")[0])


def _event(seq: int, kind: str, data: str | bytes) -> str:
    """``data`` is JSON already: it goes in as it is."""
    return orjson.dumps({"type": "event", "seq": seq, "event": kind, "data": orjson.Fragment(data)}).decode()


def _published_at(data: Any) -> datetime | None:
    stamps = data.get("stamps") if isinstance(data, dict) else None
    stamp = stamps.get("published_at") if isinstance(stamps, dict) else None
    return datetime.fromisoformat(stamp) if isinstance(stamp, str) else None


def welcome(seq: int, mode: str) -> str:
    return _text(type="welcome", seq=seq, server_time=_now(), mode=mode)


def live(seq: int) -> str:
    return _text(type="live", seq=seq)


def ping(seq: int) -> str:
    return _text(type="ping", seq=seq, server_time=_now())


def replay_overflow(seq: int, retry_after_ms: int) -> str:
    return _text(type="replay_overflow", seq=seq, retry_after_ms=retry_after_ms)


def mode(value: str) -> str:
    return _text(type="mode", mode=value)


def _text(**members: Any) -> str:
    return orjson.dumps(members).decode()


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
