"""What was wanted while there was no connection (R-OFFLINE), sent when there is one again."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from api.client.codec import plain
from api.client.session import Session
from workflows.domain.dispatch import CallOutcome, EntryKind
from workflows.domain.intent import IntentOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedEntry:
    """A line of the journal; it happened when the intent was made."""

    kind: EntryKind
    contact_id: UUID | None = None
    outcome: CallOutcome | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedCallback:
    due_at: datetime
    text: str
    contact_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """For an alarm or for an object, an entry or a call-back. `id` is the idempotency key; times are the server's, as far as
    the client knows it. `version`: of the alarm; when that has changed by then, the intent no longer holds."""

    id: UUID
    made_at: datetime
    expires_at: datetime
    bundle_id: UUID | None = None
    object_id: UUID | None = None
    version: int | None = None
    entry: QueuedEntry | None = None
    callback: QueuedCallback | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentAnswer:
    """`result_id`: of the line or the call-back that it became. `code` (of the error registry) and `reason`: why not."""

    id: UUID
    outcome: IntentOutcome
    settled_at: datetime
    result_id: UUID | None = None
    code: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentAnswers:
    """In the order of what was sent."""

    items: tuple[IntentAnswer, ...]


class Intents:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def sync(self, intents: Sequence[Intent]) -> tuple[IntentAnswer, ...]:
        """What became of each, in their order; sent again, they are answered the same again."""
        body = {"intents": [as_json(intent) for intent in intents]}
        return (await self._session.send("POST", "/api/intents/sync", IntentAnswers, body=body)).items


def as_json(value: Any) -> dict[str, Any]:
    """``value`` as a body has it; what is None is left out."""
    members = {member.name: getattr(value, member.name) for member in fields(value)}
    return {name: _json(member) for name, member in members.items() if member is not None}


def _json(value: Any) -> Any:
    if isinstance(value, QueuedEntry | QueuedCallback):
        return as_json(value)
    return value if isinstance(value, int) else plain(value)
