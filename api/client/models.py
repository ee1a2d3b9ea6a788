"""What the API speaks of, as frozen dataclasses; field by field the JSON of the contract (`/api/docs`).

Ids are UUIDs, times aware datetimes in UTC. A member the server has and this client does not know is ignored.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from api.client.notification import Notification
from workflows.domain.alarm import AlarmType, Family, Outcome, Priority, SignalSource, Source
from workflows.domain.bundle import Action, BundleStatus
from workflows.domain.dispatch import CallOutcome, EntryKind, Oddity
from workflows.domain.panel import LinkStatus, PartitionState
from workflows.domain.permissions import Permission, Role, Scope
from workflows.domain.supervision import SupervisionClass

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Part of a list; the next part is asked for with `next_cursor`, None at the end."""

    items: tuple[T, ...]
    next_cursor: str | None = None


PASSWORD_LEAST: Final = 12  # characters of a new password


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    id: UUID
    username: str
    display_name: str
    role: Role
    locale: str
    permissions: dict[Permission, Scope]
    must_change_password: bool = False
    second_factor: bool = False
    must_set_up_second_factor: bool = False

    def may(self, permission: Permission) -> bool:
        """Whether the user may, in any scope: what the console shows or hides by it."""
        return self.permissions.get(permission, Scope.NONE) is not Scope.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """`expires_in` is seconds; `refresh_token` is None where the server keeps it in a cookie."""

    access_token: str
    expires_in: int
    user: User
    refresh_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    ticket: str
    expires_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A key that access tokens are verified with; the names are RFC 7517's."""

    kid: str
    kty: str
    use: str
    alg: str
    n: str
    e: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySet:
    keys: tuple[PublicKey, ...]


class ObjectStatus(StrEnum):
    """SERVICE: service mode is in force, of the whole object or of a part of it (`service_until`)."""

    ACTIVE = "ACTIVE"
    SERVICE = "SERVICE"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """A guarded place."""

    id: UUID
    name: str
    address: str
    kind: str
    external_number: str
    status: ObjectStatus
    version: int
    created_at: datetime
    lat: float | None = None
    lon: float | None = None
    service_until: datetime | None = None
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRelease:
    """The panel's line is given up for programming. `freed_at` None: it is still being closed."""

    id: UUID
    requested_by: UUID
    reason: str
    begun_at: datetime
    until: datetime
    freed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """`encrypted`: an integration key is set; `commandable`: a code for commands is. Neither is ever told."""

    id: UUID
    object_id: UUID
    name: str
    host: str
    port: int
    encrypted: bool
    commandable: bool
    enabled: bool
    version: int
    config_version: int
    description_version: int
    created_at: datetime
    supervision_class: SupervisionClass = SupervisionClass.SP5
    time_zone: str | None = None
    module: str | None = None
    model: str | None = None
    firmware: str | None = None
    release: OpenRelease | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkState:
    """`until`: when a RELEASED line is taken back at the latest."""

    status: LinkStatus = LinkStatus.UNKNOWN
    since: datetime | None = None
    until: datetime | None = None
    last_frame_at: datetime | None = None
    model: str | None = None
    firmware: str | None = None
    clock_offset_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionLive:
    number: int
    state: PartitionState
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneLive:
    """The flags are None while the state is unknown. `bypassed`: until the next disarming; `isolated`: until somebody takes it
    back."""

    number: int
    name: str | None = None
    partition: int | None = None
    violated: bool | None = None
    tamper: bool | None = None
    alarm: bool | None = None
    alarm_memory: bool | None = None
    bypassed: bool | None = None
    isolated: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    kind: str
    source: str | int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelState:
    """The live picture. `stale`: nobody has told us lately; what is then shown is UNKNOWN. None: that part is not known."""

    panel_id: UUID
    link: LinkState
    partitions: tuple[PartitionLive, ...]
    zones: tuple[ZoneLive, ...]
    stale: bool
    outputs_on: tuple[int, ...] | None = None
    troubles: tuple[Trouble, ...] | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChange:
    """One line of a panel's history; `partition` None: the link."""

    id: UUID
    panel_id: UUID
    state: str
    at: datetime
    partition: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    id: UUID
    panel_id: UUID
    number: int
    name: str
    version: int
    partition: int | None = None
    reaction: int | None = None
    alarm_type: AlarmType | None = None
    priority_override: dict[str, Priority] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What happened, for people."""

    en: str
    pl: str

    def in_locale(self, locale: str) -> str:
        return self.pl if locale == "pl" else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What an alarm is named after: its first event, or its worst."""

    code: int
    source_kind: Source
    source_number: int
    partition: int | None = None
    panel_id: UUID | None = None
    recovered: bool = False
    source_name: str | None = None  # not in push messages
    text: Text | None = None  # not in push messages


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSummary:
    """A line of the alarm list. `event_count` counts alarms, `active_count` those not restored yet. `cause`: of lines that
    were lost together (ADR-038), the address they share, or `*` where no address explains them; else empty."""

    id: UUID
    object_id: UUID
    object_name: str
    alarm_type: AlarmType
    priority: Priority
    status: BundleStatus
    version: int
    event_count: int
    active_count: int
    opened_at: datetime
    first_event_at: datetime
    last_event_at: datetime
    last_activity_at: datetime
    status_changed_at: datetime
    headline: Headline
    suppressed: bool = False
    requires_note: bool = False
    stale: bool = False
    claimed_by: UUID | None = None
    claimed_by_name: str | None = None
    claimed_at: datetime | None = None
    claim_expires_at: datetime | None = None
    auto_close_at: datetime | None = None
    result_code: str | None = None
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One physical happening, however many signals told of it."""

    id: UUID
    object_id: UUID
    code: int
    text: Text
    family: Family
    source_kind: Source
    source_number: int
    occurred_at: datetime
    received_at: datetime
    recorded_at: datetime
    occurrences: int
    bundle_id: UUID | None = None
    panel_id: UUID | None = None
    alarm_type: AlarmType | None = None
    priority: Priority | None = None
    restore: bool = False
    source_name: str | None = None
    partition: int | None = None
    user_number: int | None = None
    panel_at: datetime | None = None
    confirmed_at: datetime | None = None
    restored_at: datetime | None = None
    recovered: bool = False
    suppressed: bool = False
    detail: dict[str, Any] | None = None  # what the code does not say: armed or disarmed, the reason of a gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    id: UUID
    author_id: UUID
    author_name: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmDetail(AlarmSummary):
    """`allowed_actions`: what this user may do with the alarm as it is now. `events`: the newest 100, newest first."""

    object: Object
    workflow_id: str
    temporal_url: str
    events: tuple[Event, ...] = ()
    notes: tuple[Note, ...] = ()
    allowed_actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchEntry:
    """A line of the dispatcher's journal. `oddity`: why it was taken with a warning. `corrects` names the line that was wrong,
    `corrected_by` the one that puts this one right; what was corrected no longer counts."""

    id: UUID
    kind: EntryKind
    object_id: UUID
    occurred_at: datetime
    recorded_at: datetime
    user_id: UUID
    user_name: str
    bundle_id: UUID | None = None
    contact_id: UUID | None = None
    contact_name: str | None = None
    outcome: CallOutcome | None = None
    text: str | None = None
    oddity: Oddity | None = None
    corrects: UUID | None = None
    corrected_by: UUID | None = None


class TimelineKind(StrEnum):
    EVENT = "event"
    ACTION = "action"
    TIMER = "timer"
    NOTE = "note"
    NOTIFICATION = "notification"
    DISPATCH = "dispatch"
    SCHEDULED = "scheduled"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineItem:
    """EVENT: `event`. ACTION, TIMER: `action` … `version`. NOTE: `note`. NOTIFICATION: `notification`.
    DISPATCH: `dispatch`. SCHEDULED: `action` is due at `due_at` (= `at`)."""

    at: datetime
    kind: TimelineKind
    event: Event | None = None
    note: Note | None = None
    dispatch: DispatchEntry | None = None
    action: Action | None = None
    actor_id: UUID | None = None
    actor_name: str | None = None
    from_status: BundleStatus | None = None
    to_status: BundleStatus | None = None
    version: int | None = None
    due_at: datetime | None = None
    notification: Notification | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Oldest first; what is scheduled comes last."""

    items: tuple[TimelineItem, ...]
    workflow_id: str
    temporal_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerBalance:
    """Everything received between the two times, and what became of it."""

    since: datetime
    until: datetime
    received: int
    accounted: int
    balanced: bool
    by_outcome: dict[Outcome, int]
    by_source: dict[SignalSource, int]


class SystemMode(StrEnum):
    NORMAL = "NORMAL"
    DEGRADED = "DEGRADED"  # alarms arrive, but something that helps with them is away
    MAINTENANCE = "MAINTENANCE"


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelCounts:
    total: int
    connected: int | None = None  # None: not known, Redis is away


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemStatus:
    """`database`, `redis`, `temporal`, `relay`: whether each works as far as this API process can tell."""

    mode: SystemMode
    database: bool
    redis: bool
    temporal: bool
    relay: bool
    panels: PanelCounts
    sequence_id: int
    server_time: datetime
    version: str


# -- push messages: ids, codes and times only ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedAlarm:
    """The alarm as the transaction left it. Names are looked up by REST."""

    id: UUID
    object_id: UUID
    alarm_type: AlarmType
    priority: Priority
    status: BundleStatus
    version: int
    event_count: int
    active_count: int
    opened_at: datetime
    first_event_at: datetime
    last_event_at: datetime
    last_activity_at: datetime
    status_changed_at: datetime
    headline: Headline
    suppressed: bool = False
    requires_note: bool = False
    stale: bool = False
    claimed_by: UUID | None = None
    claimed_at: datetime | None = None
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedEvent:
    id: UUID
    code: int
    family: Family
    source_kind: Source
    source_number: int
    occurred_at: datetime
    partition: int | None = None
    panel_id: UUID | None = None
    restore: bool = False
    recovered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamps:
    """When the alarm passed each stage on its way."""

    panel_at: datetime | None = None
    received_at: datetime | None = None
    recorded_at: datetime | None = None
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmChange:
    """Data of `alarm.new` and `alarm.updated`; `events` are those that joined, none for an operator's action."""

    alarm: PushedAlarm
    events: tuple[PushedEvent, ...] = ()
    stamps: Stamps = field(default_factory=Stamps)


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelChange:
    """Data of `panel.state.changed`; `partition` None: the link."""

    panel_id: UUID
    object_id: UUID
    state: str
    at: datetime
    partition: int | None = None


Json = dict[str, Any]
