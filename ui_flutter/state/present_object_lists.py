"""The lists on an object's card: alarms, documents, schedules, service mode, the journal. Pure."""

from datetime import datetime
from typing import TYPE_CHECKING

from api.client.auto_arm import AutoArmSchedule, Preview
from api.client.documents import Document
from api.client.models import AlarmSummary, DispatchEntry
from api.client.service_modes import ServiceMode
from ui_flutter.i18n.words import Words
from ui_flutter.state import format as formats
from ui_flutter.state import present, present_desk
from ui_flutter.state.object_tabs import CardTab
from ui_flutter.state.store import Store
from ui_flutter.state.tables import Column, TableCell, TableRow, TableView, table
from ui_flutter.state.views import Mood
from workflows.domain.bundle import BundleStatus
from workflows.domain.service import ServiceState

if TYPE_CHECKING:
    from ui_flutter.sections.object_card import ObjectCard

_SERVICE_MOODS = {ServiceState.AWAITING_RELEASE: Mood.WARN, ServiceState.ACTIVE: Mood.WARN, ServiceState.REFUSED: Mood.BAD}


def of(card: "ObjectCard", store: Store, now: datetime) -> TableView | None:
    """The list of the card's tab; None where it has none."""
    match card.tab:
        case CardTab.ALARMS:
            return _alarms(card, store, now)
        case CardTab.DOCUMENTS:
            return _documents(card, store.words, now)
        case CardTab.SCHEDULES:
            return _schedules(card, store.words, now)
        case CardTab.SERVICE:
            return _services(card, store.words, now)
        case CardTab.JOURNAL:
            return _journal(card, store.words, now)
        case _:
            return None


def _alarms(card: "ObjectCard", store: Store, now: datetime) -> TableView:
    words = store.words
    columns = (
        Column(title=words("object.alarm.class"), width=120),
        Column(title=words("object.alarm.what")),
        Column(title=words("object.alarm.opened"), width=130),
        Column(title=words("object.alarm.owner"), width=170),
        Column(title=words("object.alarm.status"), width=150),
    )
    rows = tuple(_alarm(one, store, now) for one in card.alarms.items)
    empty = words("object.alarm.none_closed" if card.closed_alarms else "object.alarm.none_open")
    return table(card.alarms, columns, rows, empty=empty, footer=words("page.shown", n=len(rows)))


def _alarm(one: AlarmSummary, store: Store, now: datetime) -> TableRow:
    words = store.words
    known = store.book.alarms.get(one.id, one)
    alarm = known if known.version > one.version else one
    mood = Mood.QUIET if alarm.status is BundleStatus.CLOSED else Mood.BAD if alarm.status is BundleStatus.NEW else Mood.WARN
    return TableRow(
        id=str(alarm.id),
        faded=alarm.suppressed,
        cells=(
            TableCell(text=f"P{alarm.priority.rank}", rank=alarm.priority.rank),
            TableCell(text=present.title(alarm, words), detail=words("row.signals", n=alarm.event_count)),
            TableCell(text=formats.moment(alarm.opened_at, now), mono=True),
            TableCell(text=present.owner_name(alarm, store) or "—"),
            TableCell(text=words(f"status.{alarm.status}"), mood=mood),
        ),
    )


def _documents(card: "ObjectCard", words: Words, now: datetime) -> TableView:
    columns = (
        Column(title=words("document.title")),
        Column(title=words("document.kind"), width=130),
        Column(title=words("document.size"), width=110),
        Column(title=words("document.number"), width=90),
        Column(title=words("document.uploaded"), width=140),
    )
    chosen = card.chosen_document
    rows = tuple(_document(one, words, now, selected=str(one.id) == chosen) for one in card.documents.items)
    return table(card.documents, columns, rows, empty=words("document.empty"), footer=words("page.shown", n=len(rows)))


def _document(one: Document, words: Words, now: datetime, *, selected: bool) -> TableRow:
    return TableRow(
        id=str(one.id),
        selected=selected,
        cells=(
            TableCell(text=one.title, detail=one.latest.file_name),
            TableCell(text=words(f"document.kind.{one.kind}")),
            TableCell(text=size(one.latest.size), mono=True),
            TableCell(text=str(one.latest.number), mono=True),
            TableCell(text=formats.moment(one.latest.uploaded_at, now), mono=True),
        ),
    )


def size(octets: int) -> str:
    """`340 kB`, `1.2 MB`."""
    if octets < 1_000:
        return f"{octets} B"
    return f"{octets / 1_000:.0f} kB" if octets < 1_000_000 else f"{octets / 1_000_000:.1f} MB"


def _schedules(card: "ObjectCard", words: Words, now: datetime) -> TableView:
    columns = (
        Column(title=words("object.schedule.name")),
        Column(title=words("object.schedule.days"), width=180),
        Column(title=words("object.schedule.at"), width=90),
        Column(title=words("object.schedule.next"), width=170),
        Column(title=words("object.schedule.enabled"), width=130),
    )
    rows = tuple(_schedule(one, card.previews.get(one.id), words, now) for one in card.schedules.items)
    return table(card.schedules, columns, rows, empty=words("object.schedule.empty"), footer=words("page.shown", n=len(rows)))


def _schedule(one: AutoArmSchedule, preview: Preview | None, words: Words, now: datetime) -> TableRow:
    firing = next((line for line in preview.lines if line.fire_at is not None), None) if preview else None
    days = (
        words("object.schedule.every_day")
        if len(one.weekdays) == 7
        else " ".join(words(f"object.schedule.day.{n}") for n in one.weekdays)
    )
    what = f"{words(f'command.arm.{one.arm_mode.name}')} — {', '.join(map(str, one.partitions))}"
    return TableRow(
        id=str(one.id),
        faded=not one.enabled,
        cells=(
            TableCell(text=one.name, detail=what),
            TableCell(text=days),
            TableCell(text=one.at, mono=True),
            TableCell(text=formats.moment(firing.fire_at, now) if firing and firing.fire_at else "—", mono=True),
            TableCell(
                text=words("object.schedule.on" if one.enabled else "object.schedule.off"),
                mood=Mood.GOOD if one.enabled else Mood.QUIET,
            ),
        ),
    )


def _services(card: "ObjectCard", words: Words, now: datetime) -> TableView:
    columns = (
        Column(title=words("service.begun_at"), width=130),
        Column(title=words("service.reason")),
        Column(title=words("service.ends_at"), width=140),
        Column(title=words("service.silenced"), width=250),
        Column(title=words("service.state"), width=200),
    )
    rows = tuple(service_row(one, words, now) for one in card.modes.items)
    return table(card.modes, columns, rows, empty=words("service.empty"), footer=words("page.shown", n=len(rows)))


def service_row(one: ServiceMode, words: Words, now: datetime) -> TableRow:
    """With what was silenced by type, and what still stood in alarm at the end."""
    summary = one.summary
    silenced = TableCell(text="—")
    if summary is not None:
        still = [words("service.still", n=summary.active)] if summary.active else []
        types = [f"{words(f'type.{kind}')} {count}" for kind, count in summary.by_type.items()]
        silenced = TableCell(text=words("service.events", n=summary.events), detail=", ".join([*still, *types]))
    return TableRow(
        id=str(one.id),
        cells=(
            TableCell(text=formats.moment(one.begun_at, now), mono=True),
            TableCell(text=one.reason, detail=one.username),
            TableCell(text=formats.moment(one.ended_at or one.ends_at, now), mono=True),
            silenced,
            TableCell(text=words(f"service.state.{one.state}"), mood=_SERVICE_MOODS.get(one.state, Mood.QUIET)),
        ),
    )


def _journal(card: "ObjectCard", words: Words, now: datetime) -> TableView:
    columns = (
        Column(title=words("object.journal.when"), width=130),
        Column(title=words("object.journal.what")),
        Column(title=words("object.journal.who"), width=190),
    )
    rows = tuple(_entry(one, words, now) for one in card.journal.items)
    return table(card.journal, columns, rows, empty=words("journal.empty"), footer=words("page.shown", n=len(rows)))


def _entry(one: DispatchEntry, words: Words, now: datetime) -> TableRow:
    return TableRow(
        id=str(one.id),
        faded=one.corrected_by is not None,
        cells=(
            TableCell(text=formats.moment(one.occurred_at, now), mono=True),
            TableCell(text=present_desk.entry_text(one, words), detail=one.text or ""),
            TableCell(text=one.user_name),
        ),
    )
