"""What the console knows without its server: the copy of objects, the age of the picture, what is queued. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from api.client.intents import Intent, IntentAnswer, QueuedCallback, QueuedEntry
from api.client.models import User
from api.client.object_sync import SyncedObject
from workflows.domain.intent import LONGEST
from workflows.domain.permissions import Permission

KEPT_FOR: Final = timedelta(days=7)  # as long as a session can be taken up again
ENTRY_HOLDS: Final = LONGEST  # a line tells what happened, also later
CALLBACK_HOLDS: Final = timedelta(hours=8)  # a shift
# What the last picture may be used for: looking, and writing down what is sent later.
_WITHOUT_SERVER: Final = frozenset(
    {Permission.ALARM_VIEW, Permission.EVENT_VIEW, Permission.OBJECT_VIEW, Permission.DISPATCH_WRITE}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """`answer` None: not sent, or not answered yet."""

    intent: Intent
    object_name: str
    answer: IntentAnswer | None = None


@dataclass(slots=True, kw_only=True)
class Offline:
    """`restored_at`: when the picture on the screen was kept; None: it is the server's. `synced_at`: of the copy of objects."""

    restored_at: datetime | None = None
    synced_at: datetime | None = None
    objects: dict[UUID, SyncedObject] = field(default_factory=dict)
    queue: tuple[Queued, ...] = ()

    @property
    def unsent(self) -> tuple[Queued, ...]:
        return tuple(one for one in self.queue if one.answer is None)

    def add(self, queued: Queued) -> None:
        """The same again is the same."""
        if all(one.intent.id != queued.intent.id for one in self.queue):
            self.queue = (*self.queue, queued)

    def answered(self, answers: Iterable[IntentAnswer]) -> None:
        found = {answer.id: answer for answer in answers}
        self.queue = tuple(replace(one, answer=found.get(one.intent.id, one.answer)) for one in self.queue)

    def dismiss(self, intent_id: UUID) -> None:
        """Seen; what has no answer yet stays."""
        self.queue = tuple(one for one in self.queue if one.intent.id != intent_id or one.answer is None)

    def withdraw(self, intent_id: UUID) -> None:
        """Not wanted any more, and not sent yet."""
        self.queue = tuple(one for one in self.queue if one.intent.id != intent_id)


def may_be_shown(kept_at: datetime, now: datetime) -> bool:
    """Whether a picture of then is still to be shown to whoever starts the console."""
    return timedelta() <= now - kept_at < KEPT_FOR


def without_server(user: User) -> User:
    """The user as the last picture shows it to him: nothing that decides about an alarm or a panel is offered."""
    permissions = {one: scope for one, scope in user.permissions.items() if one in _WITHOUT_SERVER}
    return replace(user, permissions=permissions)


def entry_intent(intent_id: UUID, alarm_id: UUID, entry: QueuedEntry, now: datetime) -> Intent:
    return Intent(id=intent_id, made_at=now, expires_at=now + ENTRY_HOLDS, bundle_id=alarm_id, entry=entry)


def callback_intent(intent_id: UUID, alarm_id: UUID, callback: QueuedCallback, now: datetime) -> Intent:
    return Intent(id=intent_id, made_at=now, expires_at=now + CALLBACK_HOLDS, bundle_id=alarm_id, callback=callback)
