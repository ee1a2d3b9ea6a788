"""What a batch of received signals does to events and bundles (R-RECORD, R-EDGE, R-BUNDLE), pure.

`Recording` is given the facts of the database that matter (configuration, events that may be meant, bundles that may be
joined), takes the signals one after the other, and then knows every row to write. It has neither a clock nor I/O, and the
same input gives the same rows.

How a signal relates to an event of the same place, family and source (`relate`):

- STATE (an edge or an initial state) and LOG (a record of the panel's log) are two ways of seeing one happening. The
  first to come makes the event, the second confirms it when their times lie within 90 s, first in, first out. An initial
  state was true since we do not know when, so any older log record may be what it means.
- Seen the same way again within the same minute, it is a repetition: `occurrences` goes up (D4). But an alarm that repeats one
  whose bundle is RESOLVED or CLOSED is a new event: those who finished with it must hear of it again (R-BUNDLE).
- What is noticed while it is known to last (an initial state, a lost link) is that same happening.
- Everything else is a new event. At most one event of a track is *active*: the one that holds its source in alarm.

A line lost together with many others (`supervision.lost_together`) is an event of its object, in the one bundle of them all: at
the monitoring centre, and of one cause. What has no panel (a part of the system) lasts like a panel's; its place is the object.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from workflows.domain.alarm import (
    DEFAULT_PRIORITY,
    NEVER_SUPPRESSED,
    NOTE_REQUIRED,
    AlarmType,
    Family,
    Outcome,
    Priority,
    Signal,
    SignalSource,
    Source,
    most_urgent,
)
from workflows.domain.bundle import JOIN_WINDOW, JOINABLE, BundleStatus, joins
from workflows.domain.service import Period, Place, silences
from workflows.domain.supervision import MONITORING_CENTRE

MATCH_WITHIN: Final = timedelta(seconds=90)  # R-EDGE: between an edge and its log record
LOG_RESOLUTION: Final = timedelta(minutes=1)  # a log record's time has no seconds

# Families whose end a state bit tells, so that an event of theirs can last.
LASTING: Final = frozenset(Family) - {Family.OTHER, Family.ARMED}
# Families in which one source can have several troubles at once: there the code tells them apart.
_BY_CODE: Final = frozenset({Family.TROUBLE, Family.OTHER, Family.ARMED})
_BY_STATE: Final = frozenset({SignalSource.EDGE, SignalSource.INITIAL, SignalSource.SYSTEM})


# -- facts ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectFacts:
    """How an object wants its alarms. `service`: the periods of service mode in force now."""

    object_id: UUID
    service: tuple[Period, ...] = ()
    join_window: timedelta = JOIN_WINDOW
    priorities: Mapping[str, str] = field(default_factory=dict)
    requires_note: frozenset[str] = frozenset()
    never_silenced: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneFacts:
    alarm_type: AlarmType | None = None
    priority_override: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Configuration: the object of each known panel, the known objects, and the zones by (panel, number); and `together`, of
    the panels whose lines are lost with others, the cause."""

    panels: Mapping[UUID, UUID] = field(default_factory=dict)
    objects: Mapping[UUID, ObjectFacts] = field(default_factory=dict)
    zones: Mapping[tuple[UUID, int], ZoneFacts] = field(default_factory=dict)
    together: Mapping[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Track:
    """What an edge and a log record must have in common to mean one happening. `place` is the panel, or an object."""

    place: UUID
    family: Family
    source_kind: Source
    source_number: int
    code: int  # 0 where the source alone says it
    restore: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A row of `events`; the fields are its columns."""

    id: UUID
    minute: datetime
    dedup_key: str
    source: SignalSource
    object_id: UUID
    panel_id: UUID | None
    bundle_id: UUID | None
    alarm_type: AlarmType | None
    priority: Priority | None
    code: int
    family: Family
    restore: bool
    source_kind: Source
    source_number: int
    partition: int | None
    user_number: int | None
    occurred_at: datetime
    panel_at: datetime | None
    received_at: datetime
    recorded_at: datetime
    confirmed_at: datetime | None
    restored_at: datetime | None
    active: bool
    recovered: bool
    suppressed: bool
    occurrences: int
    confirmations: int
    last_seen_at: datetime
    raw: bytes | None
    detail: Mapping[str, str | int | bool] | None = None

    @property
    def track(self) -> Track | None:
        return _track(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What a list shows of a bundle: its most urgent event, the first of them."""

    code: int
    source_kind: Source
    source_number: int
    partition: int | None
    panel_id: UUID | None
    recovered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Those columns of `bundle_alarms` that recording reads or writes. `cause`: that of lines lost together, else empty."""

    id: UUID
    object_id: UUID
    alarm_type: AlarmType
    cause: str
    status: BundleStatus
    priority: Priority
    version: int
    joinable: bool
    requires_note: bool
    suppressed: bool
    event_count: int
    active_count: int
    opened_at: datetime
    first_event_at: datetime
    last_event_at: datetime
    last_activity_at: datetime
    status_changed_at: datetime
    headline: Headline
    claimed_by: UUID | None = None
    claimed_at: datetime | None = None
    stale: bool = False


# -- decisions ------------------------------------------------------------------------------------------------------------


class Relation(StrEnum):
    NEW = "NEW"
    REPEATS = "REPEATS"  # the same way again: one more occurrence
    CONFIRMS = "CONFIRMS"  # the other way for the first time
    KNOWN = "KNOWN"  # nothing the event does not say already


def track_of(signal: Signal) -> Track | None:
    """None for a signal that nothing could confirm or end: one without a panel, unless its family lasts."""
    return _track(signal)


def _track(what: Signal | Event) -> Track | None:
    place = what.panel_id or (what.object_id if what.family in LASTING else None)
    if place is None:
        return None
    code = what.code if what.family in _BY_CODE else 0
    return Track(place, what.family, what.source_kind, what.source_number, code, what.restore)


def moment_of(signal: Signal) -> datetime:
    """When it happened, as far as this signal knows: the panel's time of a log record, else when we received it."""
    if signal.source is SignalSource.LOG and signal.panel_at is not None:
        return signal.panel_at
    return signal.received_at


def minute_of(signal: Signal) -> datetime:
    return moment_of(signal).replace(second=0, microsecond=0)


def dedup_key(signal: Signal) -> str:
    """D4: place, code, source and minute. A restore is another happening than the alarm, and what people do in the same
    minute is told apart by partition, user and detail (armed or disarmed)."""
    code = f"{signal.code}R" if signal.restore else str(signal.code)
    source = f"{signal.source_kind[0]}{signal.source_number}"
    if signal.family not in LASTING:
        source += "".join(f"/{number}" for number in (signal.partition, signal.user) if number is not None)
        source += "".join(f"/{name}={value}" for name, value in sorted((signal.detail or {}).items()))
    return f"{signal.panel_id or signal.object_id}:{code}:{source}:{minute_of(signal).isoformat(timespec='minutes')}"


def numbered_key(key: str, number: int) -> str:
    """The key of the ``number``th event of one minute; the first has the plain one."""
    return key if number == 1 else f"{key}#{number}"


def parse_key(numbered: str) -> tuple[str, int]:
    """The plain key, and which of its minute's events it is."""
    key, _, number = numbered.partition("#")
    return key, int(number or 1)


def relate(
    signal: Signal, candidates: Iterable[Event], same_key: Event | None = None, *, over: Collection[UUID] = ()
) -> tuple[Relation, Event | None]:
    """What ``signal`` is to the events of its track, given in the order they happened; ``same_key`` has its dedup key.

    ``over``: alarms whose bundle was worked off. What is told live is none of these again; only a walk may read one again, and
    the log may tell late of what an edge has told.
    """
    known = list(candidates)
    read_again = signal.recovered or signal.confirms_only
    present = [event for event in known if read_again or event.id not in over]
    awaiting = present if signal.source is SignalSource.EDGE else known
    unmatched = next((event for event in awaiting if _awaits(event, signal) and _near(event, signal)), None)
    if unmatched is not None:
        return Relation.CONFIRMS, unmatched
    if signal.source in (SignalSource.INITIAL, SignalSource.SYSTEM):
        lasting = next((event for event in known if event.active), None)
        if lasting is not None:
            return Relation.KNOWN, lasting
    same_record = next((event for event in reversed(present) if _is_confirmed_by(event, signal)), None)
    if same_record is not None:
        return Relation.REPEATS, same_record
    if same_key is not None and (read_again or same_key.id not in over):
        return Relation.REPEATS, same_key
    if signal.confirms_only:
        told = next((event for event in known if _near(event, signal)), None)
        if told is not None:
            return Relation.KNOWN, told
    return Relation.NEW, None


def _awaits(event: Event, signal: Signal) -> bool:
    """Whether the event was seen the other way only, more often than it was confirmed."""
    return (event.source in _BY_STATE) != (signal.source in _BY_STATE) and event.confirmations < event.occurrences


def _is_confirmed_by(event: Event, signal: Signal) -> bool:
    """Whether a log record that cannot be told from this one has confirmed the event."""
    if signal.source is not SignalSource.LOG or signal.panel_at is None or event.source not in _BY_STATE:
        return False
    same_place = signal.partition in (None, event.partition)
    return same_place and (event.panel_at, event.code) == (signal.panel_at, signal.code)


def _near(event: Event, signal: Signal) -> bool:
    moment, first, last = moment_of(signal), event.occurred_at, max(event.occurred_at, _last_moment(event))
    if SignalSource.INITIAL in (event.source, signal.source) and not signal.restore:
        began_before = moment <= last + MATCH_WITHIN if event.source is SignalSource.INITIAL else first <= moment + MATCH_WITHIN
        return event.active and began_before
    return first - MATCH_WITHIN <= moment <= last + MATCH_WITHIN


def _last_moment(event: Event) -> datetime:
    """Repetitions lie in the same minute, so a log event's times never differ, and an edge's are those of receipt."""
    return event.occurred_at if event.source is SignalSource.LOG else event.last_seen_at


def effective_type(signal: Signal, zone: ZoneFacts | None) -> AlarmType | None:
    """What an intrusion is in this zone, if somebody said so; a more exact code of the panel stands."""
    if signal.alarm_type is AlarmType.INTRUSION and zone is not None and zone.alarm_type is not None:
        return zone.alarm_type
    return signal.alarm_type


def priority_of(alarm_type: AlarmType, zone: ZoneFacts | None, config: ObjectFacts) -> Priority:
    """Zone before object before default; a hold-up is never lowered (R-SERVICE)."""
    default = DEFAULT_PRIORITY[alarm_type]
    override = zone.priority_override if zone is not None else {}
    chosen = override.get(alarm_type) or override.get("priority") or config.priorities.get(alarm_type) or default
    priority = Priority(chosen) if chosen in Priority.__members__ else default
    return most_urgent(priority, default) if alarm_type in NEVER_SUPPRESSED else priority


def is_suppressed(alarm_type: AlarmType | None, signal: Signal, config: ObjectFacts) -> bool:
    """Whether service mode silences what ``signal`` tells, an alarm of this type."""
    if alarm_type is None or signal.restore or not config.service:
        return False
    return silences(
        config.service,
        alarm_type,
        Place(panel_id=signal.panel_id, source_kind=signal.source_kind, source_number=signal.source_number),
        moment_of(signal),
        never_silenced=config.never_silenced,
        by_log=signal.source is SignalSource.LOG,
    )


def needs_note(alarm_type: AlarmType, config: ObjectFacts) -> bool:
    return alarm_type in NOTE_REQUIRED or alarm_type in config.requires_note


# -- the batch ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a signal, for its ledger row."""

    outcome: Outcome
    object_id: UUID | None = None
    event: Event | None = None


class Recording:
    """See the module. After the last `take`, `events` and `bundles` are the rows to write, new and changed ones."""

    def __init__(
        self,
        facts: Facts,
        *,
        now: datetime,
        new_id: Callable[[], UUID],
        events: Iterable[Event] = (),
        bundles: Iterable[Bundle] = (),
    ) -> None:
        self._facts, self._now, self._new_id = facts, now, new_id
        self._events: dict[UUID, Event] = {}
        self._by_track: dict[Track, list[UUID]] = defaultdict(list)
        self._by_key: dict[str, UUID] = {}
        for event in sorted(events, key=lambda event: (event.occurred_at, event.id)):
            self._remember(event)
        self._bundles = {bundle.id: bundle for bundle in bundles}
        self._changed_events: dict[UUID, None] = {}
        self._changed_bundles: dict[UUID, None] = {}
        self.opened: set[UUID] = set()
        self.joined: dict[UUID, list[UUID]] = defaultdict(list)
        self.touched_by: dict[UUID, Signal] = {}  # the first signal that changed what others see of a bundle

    @property
    def events(self) -> list[Event]:
        return [self._events[event_id] for event_id in self._changed_events]

    @property
    def bundles(self) -> list[Bundle]:
        """In such an order that one gives up being joinable before another takes its place."""
        changed = [self._bundles[key] for key in self._changed_bundles]
        changed.sort(key=lambda bundle: (bundle.joinable, bundle.id in self.opened))
        seen = self.touched_by.keys() - self.opened
        return [replace(bundle, version=bundle.version + 1) if bundle.id in seen else bundle for bundle in changed]

    def events_of(self, bundle_id: UUID) -> list[Event]:
        """Those that joined the bundle in this batch."""
        return [self._events[event_id] for event_id in self.joined.get(bundle_id, ())]

    def take(self, signal: Signal) -> Verdict:
        """Account for one signal."""
        object_id = self._object_of(signal)
        if object_id is None or object_id not in self._facts.objects:
            return Verdict(Outcome.QUARANTINED)
        if signal.source is SignalSource.PROBE:
            return Verdict(Outcome.TEST, object_id)
        relation, event = (Relation.NEW, None) if signal.rings_again else self._relate(signal, object_id)
        if event is None:
            return self._new(signal, object_id)
        if relation is Relation.REPEATS:
            return Verdict(Outcome.DUPLICATE, object_id, self._repeat(event, signal))
        if relation is Relation.CONFIRMS:
            return Verdict(Outcome.CONFIRMATION, object_id, self._confirm(event, signal))
        seen = self._change(replace(event, last_seen_at=max(event.last_seen_at, signal.received_at)))
        return Verdict(Outcome.CONFIRMATION, object_id, seen)

    def is_moot(self, signal: Signal) -> bool:
        """Whether what should ring again, now that service mode has ended, has ended itself or is silenced again: no ledger row
        tells of it, for nothing was received."""
        if not signal.rings_again:
            return False
        object_id = self._object_of(signal)
        config = self._facts.objects.get(object_id) if object_id is not None else None
        if config is None or is_suppressed(signal.alarm_type, signal, config):
            return True
        return not any(event.active and event.suppressed for event in self._on(track_of(signal)))

    def _object_of(self, signal: Signal) -> UUID | None:
        return self._facts.panels.get(signal.panel_id) if signal.panel_id is not None else signal.object_id

    # -- events

    def _relate(self, signal: Signal, object_id: UUID) -> tuple[Relation, Event | None]:
        track = track_of(signal)
        candidates = [self._events[event_id] for event_id in self._by_track[track]] if track is not None else []
        same_key = self._newest_of_key(dedup_key(signal))
        known = candidates if same_key is None else [*candidates, same_key]
        rings = self._rings(signal, object_id)
        over = {event.id for event in known if self._is_over(event) or (rings and event.suppressed)}
        return relate(signal, candidates, same_key, over=over)

    def _rings(self, signal: Signal, object_id: UUID) -> bool:
        """Whether it is an alarm that no service mode silences now."""
        alarm_type = effective_type(signal, self._zone(signal))
        is_alarm = alarm_type is not None and not signal.restore
        return is_alarm and not is_suppressed(alarm_type, signal, self._facts.objects[object_id])

    def _newest_of_key(self, key: str) -> Event | None:
        event_id = self._by_key.get(key)
        return self._events[event_id] if event_id is not None else None

    def _is_over(self, event: Event) -> bool:
        """Whether it is an alarm whose bundle was worked off."""
        bundle = self._bundles.get(event.bundle_id) if event.bundle_id is not None else None
        is_alarm = event.alarm_type is not None and not event.restore
        return is_alarm and bundle is not None and bundle.status not in JOINABLE

    def _key_for(self, signal: Signal) -> str:
        """A dedup key that no event has yet."""
        key = dedup_key(signal)
        newest = self._newest_of_key(key)
        return key if newest is None else numbered_key(key, parse_key(newest.dedup_key)[1] + 1)

    def _new(self, signal: Signal, object_id: UUID) -> Verdict:
        config, zone = self._facts.objects[object_id], self._zone(signal)
        alarm_type = effective_type(signal, zone)
        suppressed = is_suppressed(alarm_type, signal, config)
        event = replace(_event(signal, self._new_id(), object_id, alarm_type, self._now), dedup_key=self._key_for(signal))
        if alarm_type is not None:
            priority = Priority.LOW if suppressed else priority_of(alarm_type, zone, config)
            event = replace(event, priority=priority, suppressed=suppressed)
        self._remember(event)
        self._change(event)
        if signal.restore:
            self._attach_restore(event, self._end(event, signal), signal)
        else:
            self._begin(event, signal)
            if alarm_type is not None:
                self._join(self._events[event.id], signal)
        return Verdict(Outcome.SUPPRESSED if suppressed else Outcome.EVENT, object_id, self._events[event.id])

    def _repeat(self, event: Event, signal: Signal) -> Event:
        same_way = (event.source in _BY_STATE) == (signal.source in _BY_STATE)
        event = self._change(
            replace(
                event,
                occurrences=event.occurrences + 1,
                # Seen the other way once more than the first way told: both counts stay in step.
                confirmations=event.confirmations + (0 if same_way else 1),
                last_seen_at=max(event.last_seen_at, signal.received_at),
            )
        )
        if event.restore:
            self._end(event, signal)
        elif not event.active and event.family in LASTING:
            self._resume(event, signal)
        return self._events[event.id]

    def _confirm(self, event: Event, signal: Signal) -> Event:
        confirmed = replace(
            event,
            confirmations=event.confirmations + 1,
            confirmed_at=event.confirmed_at or self._now,
            last_seen_at=max(event.last_seen_at, signal.received_at),
        )
        if signal.source is SignalSource.LOG:
            return self._refine(event, _with_log(confirmed, signal), signal)
        return self._change(confirmed)

    def _refine(self, before: Event, event: Event, signal: Signal) -> Event:
        """The log tells the exact code, and with it perhaps another type of alarm."""
        self._change(event)
        exact = effective_type(signal, self._zone(signal))
        if exact is None or event.restore:
            return event
        if exact is not before.alarm_type:
            return self._retype(before, event, exact, signal)
        if event.bundle_id in self._bundles and before.code != event.code:
            self._rename(self._bundles[event.bundle_id], before, event, signal)
        return event

    def _retype(self, before: Event, event: Event, exact: AlarmType, signal: Signal) -> Event:
        config, zone = self._facts.objects[event.object_id], self._zone(signal)
        suppressed = event.suppressed and is_suppressed(exact, signal, config)
        priority = Priority.LOW if suppressed else priority_of(exact, zone, config)
        event = self._change(replace(event, alarm_type=exact, priority=priority, suppressed=suppressed))
        bundle = self._bundles.get(event.bundle_id) if event.bundle_id is not None else None
        if bundle is None:
            return self._join(event, signal) if event.bundle_id is None else event
        if bundle.suppressed and not suppressed and (bundle.event_count > 1 or bundle.status is not BundleStatus.NEW):
            return self._leave(bundle, event, signal)
        assert event.priority is not None
        if bundle.event_count == 1 and (not bundle.joinable or self._joinable(bundle.object_id, exact, bundle.cause) is None):
            bundle = replace(bundle, alarm_type=exact, priority=event.priority, requires_note=needs_note(exact, config))
            self._changed_bundles.pop(bundle.id, None)  # written after whoever left this type before
        bundle = replace(
            bundle,
            priority=most_urgent(bundle.priority, event.priority),
            suppressed=bundle.suppressed and event.suppressed,
        )
        self._rename(bundle, before, event, signal)
        return event

    def _leave(self, silent: Bundle, event: Event, signal: Signal) -> Event:
        """What turns out to ring leaves a silent bundle that others are in, or that somebody has dealt with as silent."""
        count, active = silent.event_count - 1, silent.active_count - int(event.active)
        self._touch(replace(silent, event_count=max(0, count), active_count=max(0, active)), signal)
        return self._join(replace(event, bundle_id=None), signal)

    def _rename(self, bundle: Bundle, before: Event, event: Event, signal: Signal) -> None:
        headline = _headline(event) if bundle.headline == _headline(before) else bundle.headline
        self._touch(replace(bundle, headline=headline), signal)

    # -- what lasts and what ends

    def _begin(self, event: Event, signal: Signal) -> None:
        """A new happening on a track ends the former; one that turns out to be older lasts no longer itself."""
        if not event.active:
            return
        for other in self._others(event):
            if other.active and other.occurred_at > event.occurred_at:
                self._change(replace(event, active=False))
                return
        for other in self._others(event):
            if other.active:
                self._deactivate(replace(other, active=False), signal)

    def _resume(self, event: Event, signal: Signal) -> None:
        """The same again after its end, in the same minute: it lasts once more."""
        if any(other.active for other in self._others(event)):
            return
        self._change(replace(event, active=True, restored_at=None))
        bundle = self._bundles.get(event.bundle_id) if event.bundle_id is not None else None
        if bundle is not None:
            self._touch(replace(bundle, active_count=bundle.active_count + 1), signal)

    def _end(self, restore: Event, signal: Signal) -> Event | None:
        """End what lasts on the track of ``restore``; the event that ended, the newest if there were several."""
        if restore.family not in LASTING:
            return None
        at = moment_of(signal)
        # A state bit is off now, whatever the panel's clock said when it went on; a log record speaks of its own minute.
        limit = at + LOG_RESOLUTION if signal.source is SignalSource.LOG else datetime.max.replace(tzinfo=at.tzinfo)
        track = _alarm_track(restore)
        begun = [event for event in self._on(track) if event.occurred_at < limit and event.restored_at is None]
        for event in begun:
            if event.active:
                self._deactivate(replace(event, active=False, restored_at=at), signal)
        if begun and not begun[-1].active:
            self._change(replace(begun[-1], restored_at=at))
        return self._events[begun[-1].id] if begun else None

    def _deactivate(self, event: Event, signal: Signal) -> None:
        self._change(event)
        bundle = self._bundles.get(event.bundle_id) if event.bundle_id is not None else None
        if bundle is not None:
            self._touch(replace(bundle, active_count=max(0, bundle.active_count - 1)), signal)

    def _attach_restore(self, event: Event, ended: Event | None, signal: Signal) -> None:
        """A restore goes with what it ends; one that ends nothing we know joins the bundle that is open, if any."""
        bundle_id = ended.bundle_id if ended is not None else None
        if bundle_id is None and event.alarm_type is not None:
            current = self._joinable(event.object_id, event.alarm_type)
            bundle_id = current.id if current is not None else None
        if bundle_id is None:
            return
        self._change(replace(event, bundle_id=bundle_id))
        if bundle_id in self._bundles:
            self.joined[bundle_id].append(event.id)
            self._touch(self._bundles[bundle_id], signal)

    # -- bundles

    def _join(self, event: Event, signal: Signal) -> Event:
        """Put an alarm into the bundle it belongs to, or open one."""
        assert event.alarm_type is not None
        place, cause = self._place_of(event)
        bundle = self._fitting(event, place, cause)
        if bundle is None:
            bundle = self._open(event, place, cause, signal)
        else:
            self._touch(_with_event(bundle, event), signal)
        self.joined[bundle.id].append(event.id)
        return self._change(replace(event, bundle_id=bundle.id))

    def _place_of(self, event: Event) -> tuple[ObjectFacts, str]:
        """Whose bundle it belongs to: its object's, or the monitoring centre's if its line is lost with many others; and their
        cause."""
        cause = self._facts.together.get(event.panel_id, "") if event.family is Family.LINK and event.panel_id else ""
        centre = self._facts.objects.get(MONITORING_CENTRE) if cause else None
        return (centre, cause) if centre is not None else (self._facts.objects[event.object_id], "")

    def _fitting(self, event: Event, place: ObjectFacts, cause: str) -> Bundle | None:
        """The joinable bundle if the event lies in its window, else an open one of those that ceased to be joinable.

        What rings never joins what service mode silenced: it would be hidden in it, or be taken for what was dealt with there.
        """
        wanted = (place.object_id, event.alarm_type, cause)
        same = [b for b in self._bundles.values() if (b.object_id, b.alarm_type, b.cause) == wanted]
        may = [bundle for bundle in same if event.suppressed or not bundle.suppressed]
        may.sort(key=lambda bundle: (bundle.suppressed != event.suppressed, *_newest_joinable(bundle)))
        return next((bundle for bundle in may if _fits(bundle, event, place)), None)

    def _open(self, event: Event, place: ObjectFacts, cause: str, signal: Signal) -> Bundle:
        """A new bundle. It takes the place of the joinable one, unless the event is an old one that we heard of late."""
        assert event.alarm_type is not None
        assert event.priority is not None
        shared = place.object_id != event.object_id
        current = self._joinable(place.object_id, event.alarm_type, cause)
        late = current is not None and _is_late(current, event)
        if current is not None and not late:
            self._write(replace(current, joinable=False))
        bundle = Bundle(
            id=self._new_id(),
            object_id=place.object_id,
            alarm_type=event.alarm_type,
            cause=cause,
            status=BundleStatus.NEW,
            priority=most_urgent(event.priority, priority_of(event.alarm_type, None, place)) if shared else event.priority,
            version=1,
            joinable=not late,
            requires_note=needs_note(event.alarm_type, place),
            suppressed=event.suppressed,
            event_count=1,
            active_count=int(event.active),
            opened_at=self._now,
            first_event_at=event.occurred_at,
            last_event_at=event.occurred_at,
            last_activity_at=self._now,
            status_changed_at=self._now,
            headline=_headline(event),
        )
        self.opened.add(bundle.id)
        self._touch(bundle, signal)
        return bundle

    def _joinable(self, object_id: UUID, alarm_type: AlarmType, cause: str = "") -> Bundle | None:
        mine = (b for b in self._bundles.values() if b.joinable)
        return next((b for b in mine if (b.object_id, b.alarm_type, b.cause) == (object_id, alarm_type, cause)), None)

    # -- bookkeeping

    def _zone(self, signal: Signal) -> ZoneFacts | None:
        if signal.panel_id is None or signal.source_kind is not Source.ZONE:
            return None
        return self._facts.zones.get((signal.panel_id, signal.source_number))

    def _on(self, track: Track | None) -> list[Event]:
        ids = self._by_track.get(track, []) if track is not None else []
        return sorted((self._events[event_id] for event_id in ids), key=lambda event: event.occurred_at)

    def _others(self, event: Event) -> list[Event]:
        return [other for other in self._on(event.track) if other.id != event.id]

    def _remember(self, event: Event) -> None:
        self._events[event.id] = event
        key, number = parse_key(event.dedup_key)
        newest = self._newest_of_key(key)
        if newest is None or number > parse_key(newest.dedup_key)[1]:
            self._by_key[key] = event.id
        track = event.track
        if track is not None:
            self._by_track[track].append(event.id)

    def _change(self, event: Event) -> Event:
        self._events[event.id] = event
        self._changed_events[event.id] = None
        return event

    def _write(self, bundle: Bundle) -> None:
        """A change that nobody outside can see."""
        self._bundles[bundle.id] = bundle
        self._changed_bundles[bundle.id] = None

    def _touch(self, bundle: Bundle, signal: Signal) -> None:
        """A change that raises the version and is told."""
        self._write(replace(bundle, last_activity_at=max(bundle.last_activity_at, self._now)))
        self.touched_by.setdefault(bundle.id, signal)


def _is_late(current: Bundle, event: Event) -> bool:
    """The event happened before everything in the current bundle: it is no reason to end that one."""
    return event.occurred_at < current.first_event_at and current.status in JOINABLE


def _newest_joinable(bundle: Bundle) -> tuple[bool, float]:
    return (not bundle.joinable, -bundle.last_event_at.timestamp())


def _fits(bundle: Bundle, event: Event, config: ObjectFacts) -> bool:
    return joins(
        status=bundle.status,
        first_event_at=bundle.first_event_at,
        last_event_at=bundle.last_event_at,
        event_at=event.occurred_at,
        window=config.join_window,
    )


def _with_event(bundle: Bundle, event: Event) -> Bundle:
    assert event.priority is not None
    urgent = event.priority.rank < bundle.priority.rank
    return replace(
        bundle,
        priority=most_urgent(bundle.priority, event.priority),
        headline=_headline(event) if urgent else bundle.headline,
        event_count=bundle.event_count + 1,
        active_count=bundle.active_count + int(event.active),
        first_event_at=min(bundle.first_event_at, event.occurred_at),
        last_event_at=max(bundle.last_event_at, event.occurred_at),
    )


def _headline(event: Event) -> Headline:
    return Headline(
        code=event.code,
        source_kind=event.source_kind,
        source_number=event.source_number,
        partition=event.partition,
        panel_id=event.panel_id,
        recovered=event.recovered,
    )


def _alarm_track(restore: Event) -> Track | None:
    track = restore.track
    return replace(track, restore=False) if track is not None else None


def _with_log(event: Event, signal: Signal) -> Event:
    """What a log record knows better. An initial state was true since the record's time; an edge's own time is finer."""
    began = moment_of(signal) if event.source is SignalSource.INITIAL else event.occurred_at
    return replace(
        event,
        code=signal.code,
        user_number=signal.user if signal.user is not None else event.user_number,
        partition=signal.partition if signal.partition is not None else event.partition,
        panel_at=signal.panel_at,
        occurred_at=min(event.occurred_at, began),
        detail={**(event.detail or {}), **signal.detail} if signal.detail else event.detail,
    )


def _event(signal: Signal, event_id: UUID, object_id: UUID, alarm_type: AlarmType | None, now: datetime) -> Event:
    return Event(
        id=event_id,
        minute=minute_of(signal),
        dedup_key=dedup_key(signal),
        source=signal.source,
        object_id=object_id,
        panel_id=signal.panel_id,
        bundle_id=None,
        alarm_type=alarm_type,
        priority=None,
        code=signal.code,
        family=signal.family,
        restore=signal.restore,
        source_kind=signal.source_kind,
        source_number=signal.source_number,
        partition=signal.partition,
        user_number=signal.user,
        occurred_at=moment_of(signal),
        panel_at=signal.panel_at,
        received_at=signal.received_at,
        recorded_at=now,
        confirmed_at=None,
        restored_at=None,
        active=not signal.restore and signal.family in LASTING,
        recovered=signal.recovered,
        suppressed=False,
        occurrences=1,
        confirmations=0,
        last_seen_at=signal.received_at,
        raw=signal.raw or None,
        detail=signal.detail,
    )
