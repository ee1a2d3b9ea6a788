"""From the section of panels to what is drawn: head, tabs, lists; the board has a file of its own. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from api.client.models import Event, Panel, StateChange, Zone
from ui_flutter.i18n.words import Words
from ui_flutter.state import format as formats
from ui_flutter.state import present_board, present_card
from ui_flutter.state.forms import FormView
from ui_flutter.state.panel_tabs import PanelTab, tabs_of
from ui_flutter.state.present_board import BoardView
from ui_flutter.state.present_panel_words import history_words, link_words
from ui_flutter.state.store import Store
from ui_flutter.state.tables import Column, TableCell, TableRow, TableView, table
from ui_flutter.state.views import FactView, ListPhase, Mood
from workflows.domain.panel import LinkStatus, PartitionState
from workflows.domain.permissions import Permission

if TYPE_CHECKING:
    from ui_flutter.sections.panels import Panels

_BAD = {
    PartitionState.ALARM.value,
    PartitionState.FIRE_ALARM.value,
    LinkStatus.DISCONNECTED.value,
    LinkStatus.NO_ANSWER.value,
    LinkStatus.BUSY.value,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseView:
    """The line is given up: until when, and what is left of it."""

    title: str
    detail: str
    can_resume: bool
    busy: bool
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelsView:
    """``title`` empty: nothing is known of the panel yet."""

    phase: ListPhase
    error: str = ""
    title: str = ""
    subtitle: str = ""
    link: str = ""
    mood: Mood = Mood.QUIET
    tab: PanelTab = PanelTab.BOARD
    tabs: tuple[tuple[str, str], ...] = ()
    can_edit: bool = False
    can_release: bool = False
    release: ReleaseView | None = None
    board: BoardView | None = None
    table: TableView | None = None
    history_of: str = ""
    history_choices: tuple[tuple[str, str], ...] = ()
    alarms_only: bool = False
    facts: tuple[FactView, ...] = ()
    form: FormView | None = None


def panels(section: "Panels", store: Store, now: datetime) -> PanelsView:
    words, user, panel = store.words, store.user, section.panel
    names = tuple((tab.value, words(f"panel.tab.{tab}")) for tab in tabs_of(user))
    if panel is None or user is None:
        return PanelsView(phase=section.phase, error=section.error, tab=section.tab, tabs=names)
    text, mood = link_words(panel, section.state, words, now)
    return PanelsView(
        phase=ListPhase.READY,
        error=section.error,
        title=panel.name,
        subtitle=section.object_name,
        link=text,
        mood=mood,
        tab=section.tab,
        tabs=names,
        can_edit=user.may(Permission.PANEL_EDIT),
        can_release=user.may(Permission.PANEL_RELEASE) and panel.enabled,
        release=_release(section, panel, store, now),
        board=present_board.board(section, store, now) if section.tab is PanelTab.BOARD else None,
        table=_table(section, words, now),
        history_of="" if section.history_of is None else str(section.history_of),
        history_choices=_history_choices(section, words),
        alarms_only=section.alarms_only,
        facts=_facts(panel, words, now) if section.tab is PanelTab.SETTINGS else (),
        form=section.forms.view(),
    )


def _release(section: "Panels", panel: Panel, store: Store, now: datetime) -> ReleaseView | None:
    """Over when its time is, whatever was loaded last."""
    words, release, here = store.words, panel.release, store.link.server_now(now)
    if release is None or release.until <= here:
        return None
    title = "panel.released_until" if release.freed_at else "panel.releasing"
    left = words("service.left", age=formats.counter(release.until - here, words))
    return ReleaseView(
        title=f"{words(title, time=formats.moment(release.until, now))}  ·  {left}",
        detail=release.reason,
        can_resume=store.user is not None and store.user.may(Permission.PANEL_RELEASE),
        busy=section.resuming.busy,
        error=section.resuming.error,
    )


def _facts(panel: Panel, words: Words, now: datetime) -> tuple[FactView, ...]:
    def yes(on: bool) -> str:
        return words("panel.yes" if on else "panel.no")

    return (
        FactView(label=words("panel.name"), value=panel.name),
        FactView(label=words("panel.host"), value=f"{panel.host}:{panel.port}", mono=True),
        FactView(label=words("panel.module"), value=panel.module or "—"),
        FactView(label=words("panel.model"), value=panel.model or "—"),
        FactView(label=words("panel.firmware"), value=panel.firmware or "—", mono=True),
        FactView(label=words("panel.encrypted"), value=yes(panel.encrypted)),
        FactView(label=words("panel.commandable"), value=yes(panel.commandable)),
        FactView(label=words("panel.time_zone"), value=panel.time_zone or words("panel.usual_zone")),
        FactView(label=words("panel.supervision_class"), value=words(f"panel.class.{panel.supervision_class}")),
        FactView(label=words("panel.enabled"), value=yes(panel.enabled)),
        FactView(label=words("object.since"), value=formats.moment(panel.created_at, now), mono=True),
    )


# -- lists


def _table(section: "Panels", words: Words, now: datetime) -> TableView | None:
    match section.tab:
        case PanelTab.HISTORY:
            return _history(section, words, now)
        case PanelTab.LOG:
            return _log(section, words, now)
        case PanelTab.ZONES:
            return _zones(section, words)
        case _:
            return None


def _history_choices(section: "Panels", words: Words) -> tuple[tuple[str, str], ...]:
    found = section.state.partitions if section.state else ()
    names = tuple((str(one.number), one.name or words("source.PARTITION", n=one.number)) for one in found)
    return (("", words("history.all")), ("0", words("history.link")), *names)


def _history(section: "Panels", words: Words, now: datetime) -> TableView:
    columns = (
        Column(title=words("history.when"), width=150),
        Column(title=words("history.of"), width=260),
        Column(title=words("history.state")),
    )
    names = {one.number: one.name for one in section.state.partitions} if section.state else {}
    rows = tuple(_change(one, names, words, now) for one in section.history.items)
    return table(section.history, columns, rows, empty=words("history.empty"), footer=words("page.shown", n=len(rows)))


def _change(one: StateChange, names: dict[int, str | None], words: Words, now: datetime) -> TableRow:
    number = one.partition
    of = words("history.link") if not number else words("source.PARTITION", n=number)
    mood = Mood.BAD if one.state in _BAD else Mood.GOOD if one.state.startswith(("ARMED", "CONNECTED")) else Mood.QUIET
    return TableRow(
        id=str(one.id),
        cells=(
            TableCell(text=formats.moment(one.at, now), mono=True),
            TableCell(text=names.get(number) or of if number else of, detail=of if number and names.get(number) else ""),
            TableCell(text=history_words(one.state, number, words), mood=mood),
        ),
    )


def _log(section: "Panels", words: Words, now: datetime) -> TableView:
    columns = (
        Column(title=words("log.happened"), width=150),
        Column(title=words("log.what")),
        Column(title=words("log.class"), width=140),
        Column(title=words("log.received"), width=150),
        Column(title=words("log.code"), width=80),
    )
    rows = tuple(_event(one, words, now) for one in section.log.items)
    return table(section.log, columns, rows, empty=words("log.empty"), footer=words("page.shown", n=len(rows)))


def _event(one: Event, words: Words, now: datetime) -> TableRow:
    rank = one.priority.rank if one.priority and not one.restore else 0
    return TableRow(
        id=str(one.id),
        faded=one.suppressed,
        cells=(
            TableCell(text=formats.moment(one.occurred_at, now), mono=True),
            TableCell(text=present_card.event_text(one, words), detail=present_card.event_marks(one, words)),
            TableCell(text=f"P{rank}" if rank else "", rank=rank),
            TableCell(text=formats.moment(one.received_at, now), mono=True),
            TableCell(text=str(one.code), mono=True),
        ),
    )


def _zones(section: "Panels", words: Words) -> TableView:
    columns = (
        Column(title=words("zone.number"), width=80),
        Column(title=words("zone.name")),
        Column(title=words("zone.partition"), width=200),
        Column(title=words("zone.alarm_type"), width=200),
        Column(title=words("zone.priority_override"), width=180),
    )
    known = section.partition_names.partitions if section.partition_names else ()
    names = {one.number: one.name for one in known}
    rows = tuple(_zone(one, names, words) for one in section.zone_rows.items)
    return table(section.zone_rows, columns, rows, empty=words("zone.empty"), footer=words("page.shown", n=len(rows)))


def _zone(one: Zone, names: dict[int, str], words: Words) -> TableRow:
    override = one.priority_override or {}
    parts = [
        (words("zone.all_types") if kind == "priority" else words(f"type.{kind}")) + f": P{level.rank}"
        for kind, level in override.items()
    ]
    partition = names.get(one.partition, str(one.partition)) if one.partition else "—"
    return TableRow(
        id=str(one.id),
        cells=(
            TableCell(text=str(one.number), mono=True),
            TableCell(text=one.name),
            TableCell(text=partition),
            TableCell(text=words(f"type.{one.alarm_type}") if one.alarm_type else words("zone.as_panel")),
            TableCell(text=", ".join(parts) or words("config.usual")),
        ),
    )
