"""What the API answers, as dataclasses: the SDK's vocabulary, free of pydantic so that it runs in the browser."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from workflows.domain.alarm import AlarmType, Family, Outcome, Priority, SignalSource, Source
from workflows.domain.bundle import Action, BundleStatus
from workflows.domain.panel import LinkStatus, PartitionState
from workflows.domain.permissions import Permission, Role, Scope

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One page of a list; `next_cursor` None: this was the last."""

    items: list[T]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    id: UUID
    username: str
    display_name: str
    role: Role
    locale: str
    permissions: dict[Permission, Scope]
    must_change_password: bool = False

    def may(self, permission: Permission) -> bool:
        """In any scope."""
        return self.permissions.get(permission, Scope.NONE) is not Scope.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The answer of login and refresh. `refresh_token` only when asked for in the body."""

    access_token: str
    expires_in: int  # s
    user: User
    refresh_token: str | None = None
    token_type: str = "Bearer"  # noqa: S105 - the scheme's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    id: UUID
    name: str
    address: str
    kind: str
    external_number: str | None
    lat: float | None
    lon: float | None
    status: str
    service_until: datetime | None
    version: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    id: UUID
    object_id: UUID
    name: str
    host: str
    port: int
    encrypted: bool
    time_zone: str | None
    enabled: bool
    model: str | None
    firmware: str | None
    config_version: int
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    id: UUID
    panel_id: UUID
    number: int
    name: str
    partition: int | None
    reaction: int | None
    alarm_type: AlarmType | None
    priority_override: dict[str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What a bundle is about, in codes; names come with REST only."""

    code: int | None = None
    source_kind: Source | None = None
    source_number: int | None = None
    source_name: str | None = None
    partition: int | None = None
    panel_id: UUID | None = None
    recovered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmState:
    """A bundle as the WebSocket tells of it: ids, codes and times."""

    id: UUID
    object_id: UUID
    alarm_type: AlarmType
    priority: Priority
    status: BundleStatus
    version: int
    event_count: int
    active_count: int
    suppressed: bool
    requires_note: bool
    stale: bool
    opened_at: datetime
    first_event_at: datetime
    last_event_at: datetime
    last_activity_at: datetime
    status_changed_at: datetime
    claimed_by: UUID | None
    headline: Headline


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSummary(AlarmState):
    """A bundle as REST tells of it: with names, and with what its timers will do."""

    object_name: str
    claimed_by_name: str | None = None
    claim_expires_at: datetime | None = None
    auto_close_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventText:
    en: str
    pl: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    id: UUID
    bundle_id: UUID | None
    object_id: UUID
    panel_id: UUID | None
    alarm_type: AlarmType | None
    priority: Priority
    code: int
    text: EventText
    restore: bool
    source_kind: Source
    source_number: int
    source_name: str | None
    partition: int | None
    user_number: int | None
    occurred_at: datetime
    panel_at: datetime | None
    received_at: datetime
    recorded_at: datetime
    confirmed_at: datetime | None
    restored_at: datetime | None
    recovered: bool
    occurrences: int
    suppressed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    id: UUID
    author_id: UUID
    author_name: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmDetail(AlarmSummary):
    object: Object
    workflow_id: str
    temporal_url: str
    events: list[Event] = field(default_factory=list)  # newest 100
    notes: list[Note] = field(default_factory=list)
    allowed_actions: list[Action] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineItem:
    """One line of a bundle's story; which fields are set depends on `kind`."""

    at: datetime
    kind: str  # event | action | timer | note | notification | scheduled
    event: Event | None = None
    action: Action | None = None
    actor_name: str | None = None
    from_status: BundleStatus | None = None
    to_status: BundleStatus | None = None
    version: int | None = None
    note: Note | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Oldest first."""

    items: list[TimelineItem]
    workflow_id: str
    temporal_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkState:
    status: LinkStatus
    since: datetime | None = None
    last_frame_at: datetime | None = None
    model: str | None = None
    firmware: str | None = None
    clock_offset_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionLive:
    number: int
    name: str
    state: PartitionState


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneLive:
    """None everywhere: not known now."""

    number: int
    name: str
    partition: int | None
    violated: bool | None = None
    tamper: bool | None = None
    alarm: bool | None = None
    alarm_memory: bool | None = None
    bypassed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubleLive:
    kind: str
    source: str | int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelState:
    """`stale`: nobody has told us lately, everything is UNKNOWN."""

    panel_id: UUID
    link: LinkState
    partitions: list[PartitionLive]
    zones: list[ZoneLive]
    stale: bool
    outputs_on: list[int] | None = None
    troubles: list[TroubleLive] | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChange:
    """A line of a panel's history; `partition` None: the link."""

    id: UUID
    panel_id: UUID
    partition: int | None
    state: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerBalance:
    """R-LEDGER: everything received has become exactly one of the outcomes."""

    received: int
    accounted: int
    balanced: bool
    by_outcome: dict[Outcome, int]
    by_source: dict[SignalSource, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelCounts:
    total: int
    connected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemStatus:
    mode: str  # NORMAL | DEGRADED | MAINTENANCE
    database: bool
    redis: bool
    temporal: bool
    relay: bool
    panels: PanelCounts
    sequence_id: int
    server_time: datetime
    version: str


# -- the stream


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedEvent:
    """An event that joined a bundle in the transaction the message tells of."""

    id: UUID
    code: int
    family: Family
    source_kind: Source
    source_number: int
    partition: int | None
    panel_id: UUID | None
    restore: bool
    recovered: bool
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamps:
    """When each stage had it; the panel's time is corrected by its measured clock offset."""

    panel_at: datetime | None = None
    received_at: datetime | None = None
    recorded_at: datetime | None = None
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """The server has our hello. Catch-up follows, then `Live`."""

    seq: int
    server_time: datetime
    mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The catch-up is complete up to `seq`; from here on messages are news."""

    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmChanged:
    """`alarm.new` (`opened`) or `alarm.updated`."""

    seq: int
    opened: bool
    alarm: AlarmState
    events: list[PushedEvent]
    stamps: Stamps


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelChanged:
    seq: int
    panel_id: UUID
    object_id: UUID
    partition: int | None
    state: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherEvent:
    """A type this SDK does not know: newer server."""

    seq: int
    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """The heartbeat; the stream has answered it already."""

    server_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOverflow:
    """Too much was missed: reload by REST after `retry_after_ms`; the stream goes on from `seq`."""

    retry_after_ms: int
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeChanged:
    mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnected:
    """The line broke; the stream tries again in `retry_in` seconds."""

    reason: str
    retry_in: float


StreamMessage = Welcome | Live | AlarmChanged | PanelChanged | OtherEvent | Ping | ReplayOverflow | ModeChanged | Disconnected
