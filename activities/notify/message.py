"""What every channel speaks: a place to reach, what there is to say, and what came of it (R-ESCALATE).

Ids and codes only (principle 5): whoever is rung looks the alarm up, in the console or in the app.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.escalation import DeliveryStatus, Purpose

# Codes of answers that no provider gave
NOT_CONFIGURED: Final = "NOT_CONFIGURED"
TARGET_GONE: Final = "TARGET_GONE"
TIMEOUT: Final = "TIMEOUT"
UNREACHABLE: Final = "UNREACHABLE"
UNREADABLE: Final = "SECRET_UNREADABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where: an address, number, URL or token, and the secret that goes with it. In no repr."""

    address: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`key` is the same for every try. Without a bundle it is a test."""

    key: str
    purpose: Purpose
    at: datetime  # when the alarm opened
    locale: str = "pl"
    round: int = 0
    level: int = 0
    bundle_id: UUID | None = None
    object_id: UUID | None = None
    object_number: str = ""
    alarm_type: AlarmType | None = None
    priority: Priority | None = None

    def facts(self) -> dict[str, str]:
        """As programs are told."""
        named = {
            "purpose": self.purpose,
            "bundle_id": self.bundle_id,
            "object_id": self.object_id,
            "object_number": self.object_number,
            "alarm_type": self.alarm_type,
            "priority": self.priority,
            "round": self.round,
            "level": self.level,
            "opened_at": self.at.isoformat(),
        }
        return {name: str(value) for name, value in named.items() if value not in {None, ""}}


@dataclass(frozen=True, slots=True)
class Answer:
    """`code` is the provider's, or one of ours; never what it was sent. `gone`: the target exists no more, and is removed."""

    status: DeliveryStatus
    code: str
    gone: bool = False


class Sender(Protocol):
    async def send(self, place: Place, message: Message) -> Answer:
        """One try. Raises nothing: what goes wrong is an answer."""
