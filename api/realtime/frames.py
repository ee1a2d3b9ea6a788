"""The frames of the WebSocket: text made once, sent to every socket (R-PUSH)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
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
    names.SYSTEM_MODE: Permission.SYSTEM_VIEW,
}


@dataclass(frozen=True, slots=True)
class EventFrame:
    """One push message, ready to send; `object_id` None: about no object in particular."""

    seq: int
    kind: str
    object_id: UUID | None
    text: str

    def published_at(self) -> datetime | None:
        """The stage's stamp, where the message has one."""
        stamps = orjson.loads(self.text)["data"].get("stamps") or {}
        stamp = stamps.get("published_at")
        return datetime.fromisoformat(stamp) if stamp else None


def from_row(row: PushedRow) -> EventFrame:
    return _event(row.sequence_id, row.type, row.object_id, row.data)


def from_entry(entry_id: bytes, fields: Mapping[bytes, bytes]) -> EventFrame:
    """A stream entry as the relay writes it (`activities.relay_stream`)."""
    object_id = fields[b"object_id"].decode()
    return _event(
        sequence_of(entry_id), fields[b"type"].decode(), UUID(object_id) if object_id else None, fields[b"data"].decode()
    )


def sequence_of(entry_id: bytes) -> int:
    return int(entry_id.split(b"-")[0])


def _event(seq: int, kind: str, object_id: UUID | None, data: str) -> EventFrame:
    return EventFrame(seq, kind, object_id, f'{{"type":"event","seq":{seq},"event":"{kind}","data":{data}}}')


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
