"""What was delivered: in the log of notifications, and in the story of an alarm."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from workflows.domain.escalation import Channel, DeliveryStatus, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One try to reach somebody, or (NOBODY) that a level reached nobody; `code` says what was answered, or why.
    `target_label`: what the address is called, in the log of notifications, if it is still there."""

    id: UUID
    at: datetime
    status: DeliveryStatus
    code: str
    purpose: Purpose
    round: int
    level: int
    attempt: int
    bundle_id: UUID | None = None
    object_id: UUID | None = None
    channel: Channel | None = None
    target_id: UUID | None = None
    user_id: UUID | None = None
    user_name: str | None = None
    target_label: str | None = None
    latency_ms: int | None = None
