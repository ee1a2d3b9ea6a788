"""From the section of the system to what is drawn. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from api.client.models import LedgerBalance, SystemMode, SystemStatus
from api.client.supervision import SupervisedPanel, SupervisedPart, Supervision
from api.client.system import FlagStates, OutboxState, SigningKeyAge, SystemDetails
from ui_flutter.i18n.words import Words
from ui_flutter.state import format as formats
from ui_flutter.state import present
from ui_flutter.state.spans import Span
from ui_flutter.state.store import Store
from ui_flutter.state.views import Mood
from workflows.domain.alarm import Outcome, SignalSource
from workflows.domain.flags import Flag
from workflows.domain.keys import ROTATED_AFTER
from workflows.domain.supervision import SourceKind, SourceState

LATE = timedelta(seconds=5)  # a row of the outbox that waits longer means that no relay works
LAG_WORTH_TELLING = 50  # messages that this API process is behind
HOST_SILENT = timedelta(seconds=60)
STALE = timedelta(seconds=20)  # of what the page shows
CLOCK_WRONG = timedelta(seconds=30)


class Tab(StrEnum):
    STATE = "state"
    LEDGER = "ledger"
    FLAGS = "flags"


class State(Protocol):
    """What is asked of `sections.system.System`."""

    tab: Tab
    status: SystemStatus | None
    supervision: Supervision | None
    details: SystemDetails | None
    looked_at: datetime | None
    error: str
    span: Span
    ledger: LedgerBalance | None
    ledger_busy: bool
    ledger_error: str
    flags: FlagStates | None
    flags_on: dict[Flag, bool] | None

    @property
    def tabs(self) -> tuple[Tab, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp:
    """A part, its name and how it is in words."""

    key: str
    mood: Mood
    label: str
    value: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelsView:
    """`share` is of those that should be connected; `known` False: Redis is away."""

    known: bool
    share: float
    mood: Mood
    title: str
    silent: tuple[Lamp, ...]
    more: str
    hosts: tuple[Lamp, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StateView:
    loaded: bool
    mode: str
    mood: Mood
    explained: str
    note: str  # what is shown is old, and why
    parts: tuple[Lamp, ...]
    sources: tuple[Lamp, ...]
    panels: PanelsView | None
    queues: tuple[Lamp, ...]
    keys: tuple[Lamp, ...]
    console: tuple[Lamp, ...]
    temporal_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One kind of what was received, and how much of all it is."""

    label: str
    count: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerView:
    span: Span
    span_good: bool
    loaded: bool
    busy: bool
    error: str
    period: str
    received: str
    accounted: str
    balanced: bool
    verdict: str
    outcomes: tuple[Share, ...]
    sources: tuple[Share, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagView:
    name: str
    label: str
    on: bool
    state: str
    origin: str
    elsewhere: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagsView:
    loaded: bool
    environment: str
    flags: tuple[FlagView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemView:
    tab: Tab
    tabs: tuple[tuple[str, str], ...]
    state: StateView | None = None
    ledger: LedgerView | None = None
    flags: FlagsView | None = None


def system(state: State, store: Store, now: datetime) -> SystemView:
    words = store.words
    return SystemView(
        tab=state.tab,
        tabs=tuple((tab.value, words(f"system.tab.{tab}")) for tab in state.tabs),
        state=_state(state, store, now) if state.tab is Tab.STATE else None,
        ledger=ledger(state, words, now) if state.tab is Tab.LEDGER else None,
        flags=flags(state, words) if state.tab is Tab.FLAGS else None,
    )


# -- how it is


def _state(state: State, store: Store, now: datetime) -> StateView:
    words, status, details = store.words, state.status, state.details
    mode = status.mode if status else None
    return StateView(
        loaded=status is not None,
        mode=words(f"system.mode.{mode}") if mode else "",
        mood=Mood.GOOD if mode is SystemMode.NORMAL else Mood.WARN,
        explained=words(f"system.mode.{mode}.explain") if mode else "",
        note=_note(state, words, now),
        parts=_parts(status, words) if status else (),
        sources=_sources(state.supervision, words) if state.supervision else (),
        panels=_panels(state, words) if status else None,
        queues=_queues(details, words) if details else (),
        keys=_keys(details, words) if details else (),
        console=_console(state, store, now),
        temporal_url=details.temporal_url if details else "",
    )


def _note(state: State, words: Words, now: datetime) -> str:
    """An old picture that looks fresh is the worst failure."""
    if state.error and state.looked_at is not None:
        return words("system.old", at=formats.clock(state.looked_at), why=state.error)
    if state.error:
        return state.error
    is_old = state.looked_at is not None and now - state.looked_at > STALE
    return words("system.old", at=formats.clock(state.looked_at), why="") if is_old and state.looked_at else ""


def _parts(status: SystemStatus, words: Words) -> tuple[Lamp, ...]:
    works = {"database": status.database, "redis": status.redis, "temporal": status.temporal, "relay": status.relay}
    return tuple(
        Lamp(
            key=name,
            mood=Mood.GOOD if good else Mood.BAD,
            label=words(f"system.part.{name}"),
            value=words("system.works" if good else "system.away"),
            detail=words(f"system.part.{name}.{'why' if good else 'without'}"),
        )
        for name, good in works.items()
    )


def _sources(found: Supervision, words: Words) -> tuple[Lamp, ...]:
    """The parts that have promised to be heard; of a modem it is told that there is none."""
    lamps = [_source(part, found.server_time, words) for part in found.parts]
    if all(part.kind is not SourceKind.MODEM for part in found.parts):
        label = words(f"system.source.{SourceKind.MODEM}", name="")
        lamps.append(Lamp(key="modem", mood=Mood.QUIET, label=label.strip(), value=words("system.none")))
    return tuple(lamps)


def _source(part: SupervisedPart, now: datetime, words: Words) -> Lamp:
    silent, late = part.state is SourceState.SILENT, (now - part.last_seen_at).total_seconds() > part.promised_seconds
    age = formats.spoken(now - part.last_seen_at, words)
    promised = formats.spoken(timedelta(seconds=part.promised_seconds), words)
    key = words.get(f"system.source.key.{part.key}", part.key)
    return Lamp(
        key=f"{part.kind}-{part.key}".lower(),
        mood=Mood.BAD if silent else Mood.WARN if late else Mood.GOOD,  # who would tell may be silent himself
        label=words(f"system.source.{part.kind}", name=key),
        value=words("system.silent" if silent else "system.ago", age=age),
        detail=words("system.promised", age=promised),
    )


def _panels(state: State, words: Words) -> PanelsView:
    assert state.status is not None
    counts, details = state.status.panels, state.details
    connected = counts.connected
    found = state.supervision
    silent = tuple(_silent(one, found.server_time, words) for one in found.panels.items) if found else ()
    if connected is None:
        mood, title = Mood.WARN, words("system.panels.unknown", n=counts.total)
    else:
        mood = Mood.GOOD if connected == counts.total else Mood.WARN
        title = words("system.panels.online", connected=connected, total=counts.total)
    return PanelsView(
        known=connected is not None,
        share=(connected or 0) / counts.total if counts.total else 1.0,
        mood=mood,
        title=title,
        silent=silent,
        more=words("system.panels.more") if found and found.panels.next_cursor else "",
        hosts=_hosts(details, words) if details else (),
    )


def _silent(panel: SupervisedPanel, now: datetime, words: Words) -> Lamp:
    since = panel.silent_since
    value = words("system.silent", age=formats.spoken(now - since, words)) if since else words("system.away")
    detail = words("system.clock_wrong") if panel.clock_wrong else ""
    return Lamp(key=str(panel.panel_id), mood=Mood.BAD, label=panel.name, value=value, detail=detail)


def _hosts(details: SystemDetails, words: Words) -> tuple[Lamp, ...]:
    lamps = []
    for one in details.hosts:
        age = details.server_time - one.last_seen_at
        all_up = one.heard == one.panels
        mood = Mood.BAD if age > HOST_SILENT else Mood.GOOD if all_up else Mood.WARN
        held = words("system.host.lines", heard=one.heard, panels=one.panels)
        value = words("system.ago", age=formats.spoken(age, words))
        lamps.append(Lamp(key=one.host, mood=mood, label=one.host, value=value, detail=held))
    return tuple(lamps)


def _queues(details: SystemDetails, words: Words) -> tuple[Lamp, ...]:
    outbox = details.outbox
    waits = details.server_time - outbox.oldest_at if outbox.oldest_at else timedelta()
    oldest = words("system.queue.oldest", age=formats.spoken(waits, words)) if outbox.oldest_at else ""
    lag = max(0, details.newest_sequence - details.seen_sequence)
    return (
        Lamp(
            key="unpublished",
            mood=Mood.BAD if waits > LATE else Mood.GOOD,
            label=words("system.queue.unpublished"),
            value=_counted(outbox.unpublished, outbox),
            detail=oldest,
        ),
        Lamp(
            key="unstarted",
            mood=Mood.GOOD if outbox.unstarted < LAG_WORTH_TELLING else Mood.WARN,
            label=words("system.queue.unstarted"),
            value=_counted(outbox.unstarted, outbox),
        ),
        Lamp(
            key="parked",
            mood=Mood.BAD if outbox.parked else Mood.GOOD,
            label=words("system.queue.parked"),
            value=_counted(outbox.parked, outbox),
            detail=words("system.queue.parked.explain") if outbox.parked else "",
        ),
        Lamp(
            key="lag",
            mood=Mood.GOOD if lag < LAG_WORTH_TELLING else Mood.WARN,
            label=words("system.queue.lag"),
            value=str(lag),
            detail=words("system.queue.sequence", newest=details.newest_sequence, seen=details.seen_sequence),
        ),
    )


def _counted(count: int, outbox: OutboxState) -> str:
    return f"≥ {count}" if count >= outbox.most else str(count)


def _keys(details: SystemDetails, words: Words) -> tuple[Lamp, ...]:
    lamps = [_key(key, details.server_time, words) for key in details.keys]
    if details.key_from_setting:
        label, value = words("system.key.setting"), words("system.key.signs")
        lamps.insert(
            0, Lamp(key="setting", mood=Mood.WARN, label=label, value=value, detail=words("system.key.setting.explain"))
        )
    return tuple(lamps)


def _key(key: SigningKeyAge, now: datetime, words: Words) -> Lamp:
    age = now - key.signs_at
    told = formats.spoken(abs(age), words)
    if key.not_after is not None:
        left = formats.spoken(key.not_after - now, words)
        value, mood = words("system.key.accepted", age=left), Mood.QUIET
    elif key.signs:
        value, mood = words("system.key.signs"), Mood.GOOD if age < ROTATED_AFTER * 1.1 else Mood.WARN
    else:
        value, mood = words("system.key.waits"), Mood.QUIET
    detail = words("system.key.age" if age >= timedelta() else "system.key.in", age=told)
    return Lamp(key=key.kid, mood=mood, label=key.kid[:12], value=value, detail=detail)


def _console(state: State, store: Store, now: datetime) -> tuple[Lamp, ...]:
    words, sign = store.words, present.link(store, now)
    offset = store.link.clock_offset
    lamps = [
        Lamp(key="link", mood=sign.mood, label=words("system.console.link"), value=sign.label, detail=sign.detail),
        Lamp(
            key="clock",
            mood=Mood.GOOD if abs(offset) < CLOCK_WRONG else Mood.WARN,
            label=words("system.console.clock"),
            value=formats.spoken(abs(offset), words) if offset else words("system.console.clock.same"),
        ),
    ]
    if state.status is not None:
        lamps.append(Lamp(key="version", mood=Mood.QUIET, label=words("system.console.version"), value=state.status.version))
    if state.details is not None:
        environment = state.details.environment
        lamps.append(Lamp(key="environment", mood=Mood.QUIET, label=words("system.console.environment"), value=environment))
    return tuple(lamps)


# -- the ledger


def ledger(state: State, words: Words, now: datetime) -> LedgerView:
    """Received and accounted for, and whether that is the same."""
    found = state.ledger
    verdict = ""
    if found is not None:
        missing = found.received - found.accounted
        verdict = words("ledger.balanced") if found.balanced else words("ledger.missing", n=abs(missing))
    return LedgerView(
        span=state.span,
        span_good=state.span.is_good(now),
        loaded=found is not None,
        busy=state.ledger_busy,
        error=state.ledger_error,
        period=words("ledger.period", since=_day(found.since), until=_day(found.until)) if found else "",
        received=_number(found.received) if found else "",
        accounted=_number(found.accounted) if found else "",
        balanced=found is not None and found.balanced,
        verdict=verdict,
        outcomes=_shares({words(f"ledger.outcome.{one}"): found.by_outcome.get(one, 0) for one in Outcome}) if found else (),
        sources=_shares({words(f"ledger.source.{one}"): found.by_source.get(one, 0) for one in SignalSource}) if found else (),
    )


def _shares(counts: Mapping[str, int]) -> tuple[Share, ...]:
    whole = sum(counts.values()) or 1
    return tuple(Share(label=label, count=_number(count), share=count / whole) for label, count in counts.items())


def _day(at: datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M")


def _number(count: int) -> str:
    """`12 345`, with narrow spaces that no line breaks at."""
    return f"{count:,}".replace(",", "\u202f")


# -- flags


def flags(state: State, words: Words) -> FlagsView:
    if state.flags is not None:
        shown = tuple(
            FlagView(
                name=one.flag.value,
                label=words(f"flag.{one.flag}"),
                on=one.on,
                state=words("flag.on" if one.on else "flag.off"),
                origin=words(f"flag.origin.{one.origin}", environment=state.flags.environment),
                elsewhere=tuple(one.by_environment.items()),
            )
            for one in state.flags.flags
        )
        return FlagsView(loaded=True, environment=state.flags.environment, flags=shown)
    if state.flags_on is not None:
        known = tuple(
            FlagView(
                name=flag.value,
                label=words(f"flag.{flag}"),
                on=on,
                state=words("flag.on" if on else "flag.off"),
                origin="",
                elsewhere=(),
            )
            for flag, on in state.flags_on.items()
        )
        return FlagsView(loaded=True, environment="", flags=known)
    return FlagsView(loaded=False, environment="", flags=())
