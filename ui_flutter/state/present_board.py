"""From a panel's live picture to its board. Pure.

What is not known is drawn unlike anything known: a picture that nobody has confirmed lately is UNKNOWN, never "disarmed".
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from api.client.commands import Command
from api.client.models import PanelState, PartitionLive, Trouble, ZoneLive
from ui_flutter.i18n.words import Words
from ui_flutter.state import format as formats
from ui_flutter.state import present_commands
from ui_flutter.state.panel_tabs import ZoneShow
from ui_flutter.state.present_panel_words import ALARMED, ARMED, UNDER_WAY, partition_mood, partition_words
from ui_flutter.state.store import Store
from ui_flutter.state.views import FactView, Mood
from workflows.domain.command import PERMISSIONS, CommandKind, CommandReason, CommandStatus
from workflows.domain.flags import Flag
from workflows.domain.panel import LinkStatus, PartitionState

if TYPE_CHECKING:
    from ui_flutter.sections.panels import Panels

OLD_AFTER = timedelta(seconds=12)  # without an answer to our questions: a few of them were lost
OFFSET_WORTH = 60.0  # s by which a panel's clock is off before it is said
_OUTPUTS = (CommandKind.OUTPUTS_ON, CommandKind.OUTPUTS_OFF, CommandKind.OUTPUTS_TOGGLE)


class Face(StrEnum):
    """How a tile is drawn."""

    UNKNOWN = "unknown"
    QUIET = "quiet"  # disarmed; of a zone: nothing
    ARMED = "armed"
    WAITING = "waiting"  # a command is under way, entry or exit time runs
    ALARM = "alarm"
    TAMPER = "tamper"
    VIOLATED = "violated"
    BYPASSED = "bypassed"
    ISOLATED = "isolated"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A partition or a zone."""

    number: int
    name: str
    words: str
    face: Face
    mood: Mood
    chosen: bool = False
    spoken: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Of a command's way: done, being waited for, or not (yet)."""

    label: str
    at: str
    done: bool
    waiting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    id: str
    title: str
    status: str
    mood: Mood
    who: str
    why: str
    steps: tuple[Step, ...]
    can_agree: bool
    can_force: bool
    under_way: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardView:
    """``commands``: what may be ordered now for what is chosen, as (kind, label). ``why_not``: why nothing may."""

    unknown: str  # why the picture cannot be trusted; empty: it can
    facts: tuple[FactView, ...]
    troubles: tuple[str, ...]
    partitions: tuple[Tile, ...]
    zones: tuple[Tile, ...]
    zone_show: ZoneShow
    zones_of: str
    outputs: str
    chosen: str
    commands: tuple[tuple[CommandKind, str], ...]
    panel_commands: tuple[tuple[CommandKind, str], ...]
    why_not: str
    orders: tuple[OrderView, ...]
    order_error: str
    agreeing: bool


def board(section: "Panels", store: Store, now: datetime) -> BoardView:
    words, state = store.words, section.state
    unknown = _unknown(section, words, now)
    known = state is not None and not unknown
    partitions = state.partitions if state else ()
    zones = _shown(section, state.zones if state else (), known=known)
    return BoardView(
        unknown=unknown,
        facts=_facts(state, words, now),
        troubles=_troubles(state, words) if known else (),
        partitions=tuple(_partition(one, words, known=known, chosen=one.number in section.partitions) for one in partitions),
        zones=tuple(_zone(one, words, known=known, chosen=one.number in section.zones) for one in zones),
        zone_show=section.zone_show,
        zones_of=words("board.zones_shown", shown=len(zones), total=len(state.zones) if state else 0),
        outputs=_outputs(state, words) if known else words("board.outputs_unknown"),
        chosen=_chosen(section, words),
        commands=_commands(section, store),
        panel_commands=_panel_commands(section, store),
        why_not=_why_not(section, store),
        orders=tuple(order(one, store, now) for one in section.orders.recent),
        order_error=section.orders.agreeing.error,
        agreeing=section.orders.agreeing.busy,
    )


def zone_face(zone: ZoneLive) -> Face:
    """The one that matters most."""
    if zone.violated is None:
        return Face.UNKNOWN
    order = (
        (zone.alarm, Face.ALARM),
        (zone.tamper, Face.TAMPER),
        (zone.isolated, Face.ISOLATED),
        (zone.bypassed, Face.BYPASSED),
        (zone.violated, Face.VIOLATED),
        (zone.alarm_memory, Face.MEMORY),
    )
    return next((face for flag, face in order if flag), Face.QUIET)


def partition_face(state: PartitionState) -> Face:
    if state is PartitionState.UNKNOWN:
        return Face.UNKNOWN
    if state in ALARMED:
        return Face.ALARM
    if state in UNDER_WAY or state in {PartitionState.ENTRY_TIME, PartitionState.EXIT_TIME}:
        return Face.WAITING
    return Face.ARMED if state in ARMED else Face.QUIET


def order(command: Command, store: Store, now: datetime) -> OrderView:
    """A command with each step of its way."""
    words, user = store.words, store.user
    label, mood = present_commands.status(command, words)
    under_way = command.ended_at is None and command.status not in {CommandStatus.NACK, CommandStatus.TIMEOUT}
    may = user is not None and user.may(PERMISSIONS[command.kind])
    waits = command.status is CommandStatus.AWAITING_RELEASE
    return OrderView(
        id=str(command.id),
        title=present_commands.what(command, words),
        status=label,
        mood=mood,
        who=f"{present_commands.who(command, words)} · {formats.moment(command.created_at, now)}",
        why=present_commands.why(command, words),
        steps=_steps(command, words, now, under_way=under_way),
        can_agree=waits and may and user is not None and command.requested_by != user.id,
        can_force=command.reason is CommandReason.ZONES_OPEN and may and not command.forced,
        under_way=under_way,
    )


def _steps(command: Command, words: Words, now: datetime, *, under_way: bool) -> tuple[Step, ...]:
    way: list[tuple[str, datetime | None]] = [("command.created", command.created_at)]
    if command.two_person:
        way.append(("command.released", command.released_at))
    way += [
        ("command.sent", command.sent_at),
        ("command.answered", command.answered_at),
        ("command.seen", command.confirmed_at),
    ]
    last = max((number for number, (_, at) in enumerate(way) if at is not None), default=0)
    return tuple(
        Step(
            label=words(key),
            at=formats.moment(at, now) if at is not None else "",
            done=at is not None,
            waiting=under_way and number == last + 1,
        )
        for number, (key, at) in enumerate(way)
    )


def _unknown(section: "Panels", words: Words, now: datetime) -> str:
    state, panel = section.state, section.panel
    if panel is not None and not panel.enabled:
        return words("board.disabled")
    if state is None or section.seen_at is None:
        return words("board.loading")
    if now - section.seen_at > OLD_AFTER:
        return words("board.old", time=formats.moment(section.seen_at, now))
    if state.link.status is LinkStatus.RELEASED:
        return words("board.released")
    if state.link.status not in {LinkStatus.CONNECTED, LinkStatus.UNKNOWN}:
        return words("board.lost")
    return words("board.stale") if state.stale else ""


def _facts(state: PanelState | None, words: Words, now: datetime) -> tuple[FactView, ...]:
    if state is None:
        return ()
    link, facts = state.link, list[FactView]()
    if link.since is not None:
        facts.append(FactView(label=words("board.since"), value=formats.moment(link.since, now), mono=True))
    if state.as_of is not None:
        facts.append(FactView(label=words("board.as_of"), value=formats.moment(state.as_of, now), mono=True))
    if link.model:
        facts.append(FactView(label=words("panel.model"), value=" ".join(filter(None, (link.model, link.firmware)))))
    offset = link.clock_offset_seconds
    if offset is not None:
        key = "board.clock_off" if abs(offset) >= OFFSET_WORTH else "board.clock_right"
        facts.append(FactView(label=words("board.clock"), value=words(key, seconds=f"{offset:+.0f}")))
    return tuple(facts)


def _troubles(state: PanelState | None, words: Words) -> tuple[str, ...]:
    found = state.troubles if state is not None and state.troubles else ()
    return tuple(
        " — ".join(filter(None, (_trouble_source(one, words), words.get(f"trouble.{one.kind}", one.kind)))) for one in found
    )


def _trouble_source(one: Trouble, words: Words) -> str:
    """`EXPANDER 3` → `moduł 3`; the panel itself needs no name."""
    kind, _, number = str(one.source or "").partition(" ")
    return words.get(f"source.{kind}", str(one.source)).format(n=number) if number else ""


def _partition(one: PartitionLive, words: Words, *, known: bool, chosen: bool) -> Tile:
    state = one.state if known else PartitionState.UNKNOWN
    text = partition_words(state, words)
    name = one.name or words("source.PARTITION", n=one.number).capitalize()
    return Tile(
        number=one.number,
        name=name,
        words=text,
        face=partition_face(state),
        mood=partition_mood(state),
        chosen=chosen,
        spoken=f"{one.number}, {name}: {text}",
    )


def _zone(one: ZoneLive, words: Words, *, known: bool, chosen: bool) -> Tile:
    face = zone_face(one) if known else Face.UNKNOWN
    text, name = words(f"board.zone.{face}"), one.name or words("source.ZONE", n=one.number).capitalize()
    mood = Mood.BAD if face in {Face.ALARM, Face.TAMPER} else Mood.WARN if face is Face.VIOLATED else Mood.QUIET
    return Tile(
        number=one.number, name=name, words=text, face=face, mood=mood, chosen=chosen, spoken=f"{one.number}, {name}: {text}"
    )


def _shown(section: "Panels", zones: tuple[ZoneLive, ...], *, known: bool) -> tuple[ZoneLive, ...]:
    """What is chosen stays visible, whatever the filter says."""
    if section.zone_show is ZoneShow.NOT_QUIET and known:
        return tuple(one for one in zones if zone_face(one) is not Face.QUIET or one.number in section.zones)
    if section.zone_show is ZoneShow.CHOSEN and section.partitions:
        return tuple(one for one in zones if one.partition in section.partitions or one.number in section.zones)
    return zones


def _outputs(state: PanelState | None, words: Words) -> str:
    if state is None or state.outputs_on is None:
        return words("board.outputs_unknown")
    if not state.outputs_on:
        return words("board.outputs_none")
    return words("board.outputs_on", numbers=", ".join(map(str, state.outputs_on)))


def _chosen(section: "Panels", words: Words) -> str:
    if section.partitions:
        return words("board.partitions_chosen", n=len(section.partitions))
    return words("board.zones_chosen", n=len(section.zones)) if section.zones else ""


def _commands(section: "Panels", store: Store) -> tuple[tuple[CommandKind, str], ...]:
    if section.partitions:
        kinds: tuple[CommandKind, ...] = (CommandKind.ARM, CommandKind.DISARM, CommandKind.CLEAR_ALARM)
    else:
        kinds = (CommandKind.BYPASS, CommandKind.UNBYPASS, CommandKind.ISOLATE) if section.zones else ()
    return _allowed(section, store, kinds)


def _panel_commands(section: "Panels", store: Store) -> tuple[tuple[CommandKind, str], ...]:
    return _allowed(section, store, (*_OUTPUTS, CommandKind.SET_CLOCK))


def _allowed(section: "Panels", store: Store, kinds: tuple[CommandKind, ...]) -> tuple[tuple[CommandKind, str], ...]:
    user, words = store.user, store.words
    if user is None or _why_not(section, store):
        return ()
    return tuple((kind, words(f"command.kind.{kind}")) for kind in kinds if user.may(PERMISSIONS[kind]))


def _why_not(section: "Panels", store: Store) -> str:
    words, user, panel = store.words, store.user, section.panel
    if user is None or not any(user.may(permission) for permission in PERMISSIONS.values()):
        return words("board.read_only")
    if not section.flags.get(Flag.COMMANDS, True):
        return words("board.commands_off")
    if panel is not None and not panel.commandable:
        return words("board.no_code")
    return ""
