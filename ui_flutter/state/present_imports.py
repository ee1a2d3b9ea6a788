"""From the section of imports to what is drawn: the wizard's step, what is wrong, what will change, past imports. Pure."""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from api.client.imports import Import, ImportDetail, ImportedObject, ImportFinding
from ui_flutter.i18n.words import Language, Words
from ui_flutter.state import format as formats
from ui_flutter.state.listing import Listing, Sending
from ui_flutter.state.tables import Column, TableCell, TableRow, TableView, table
from ui_flutter.state.tiles import Tile
from ui_flutter.state.views import FactView, ListPhase, Mood
from workflows.domain.object_import import FINAL, ImportCounts, ImportOutcome, ImportStatus

_MOODS = {
    ImportStatus.CHECKING: Mood.WARN,
    ImportStatus.REFUSED: Mood.BAD,
    ImportStatus.READY: Mood.WARN,
    ImportStatus.APPLYING: Mood.WARN,
    ImportStatus.APPLIED: Mood.GOOD,
    ImportStatus.CANCELLED: Mood.QUIET,
    ImportStatus.EXPIRED: Mood.QUIET,
    ImportStatus.FAILED: Mood.BAD,
}
_OUTCOMES = {
    ImportOutcome.CREATED: Mood.GOOD,
    ImportOutcome.CHANGED: Mood.WARN,
    ImportOutcome.UNCHANGED: Mood.QUIET,
    ImportOutcome.FAILED: Mood.BAD,
}


class State(Protocol):
    """What is asked of `sections.imports.Importing`."""

    past: Listing[Import]
    detail: ImportDetail | None
    objects: Listing[ImportedObject]
    outcome: ImportOutcome | None
    uploading: Sending
    deciding: Sending
    file_name: str
    asks: bool
    chosen: UUID | None
    lost: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """A step of the wizard."""

    name: str
    done: bool
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportView:
    """The import that is open. ``progress``: 0 … 1, None: nobody knows; its words are in ``progress_text``."""

    title: str
    status: str
    mood: Mood
    steps: tuple[StepView, ...]
    facts: tuple[FactView, ...]
    explain: str
    running: bool
    progress: float | None
    progress_text: str
    tiles: tuple[Tile, ...]
    findings: TableView | None
    objects: TableView | None
    outcomes: tuple[tuple[str, str], ...]
    outcome: str
    can_apply: bool
    can_cancel: bool
    can_save: bool
    asks: str
    busy: bool
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartView:
    """Before an import: the template, the file, and the past ones."""

    steps: tuple[StepView, ...]
    uploading: bool
    file_name: str
    error: str
    open: str  # the import that is open: none can be begun beside it
    past: TableView


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportsView:
    start: StartView | None
    one: ImportView | None
    lost: str


def imports(state: State, users: Mapping[UUID, str], words: Words, now: datetime) -> ImportsView:
    one = _import(state, words, now) if state.detail is not None and state.chosen is not None else None
    start = _start(state, users, words, now) if state.chosen is None else None
    return ImportsView(start=start, one=one, lost=state.lost if state.chosen is not None else "")


def _start(state: State, users: Mapping[UUID, str], words: Words, now: datetime) -> StartView:
    columns = (
        Column(title=words("import.when"), width=120),
        Column(title=words("import.file"), leads=True),
        Column(title=words("import.who"), width=170),
        Column(title=words("import.result")),
        Column(title=words("import.state"), width=190),
    )
    rows = tuple(_past(one, users, words, now) for one in state.past.items)
    open_one = next((one for one in state.past.items if one.status not in FINAL), None)
    return StartView(
        steps=steps(None, words),
        uploading=state.uploading.busy,
        file_name=state.file_name,
        error=state.uploading.error,
        open=str(open_one.id) if open_one else "",
        past=table(state.past, columns, rows, empty=words("import.empty"), footer=words("page.shown", n=len(rows))),
    )


def _past(one: Import, users: Mapping[UUID, str], words: Words, now: datetime) -> TableRow:
    wrong = words("import.errors", n=one.error_count) if one.error_count else counted(one.counts, words)
    return TableRow(
        id=str(one.id),
        cells=(
            TableCell(text=formats.moment(one.created_at, now), mono=True),
            TableCell(text=one.file_name, detail=size(one.file_size)),
            TableCell(text=users.get(one.uploaded_by, "—")),
            TableCell(text=wrong or "—"),
            TableCell(text=words(f"import.status.{one.status}"), mood=_MOODS[one.status]),
        ),
    )


def counted(counts: ImportCounts, words: Words) -> str:
    """`3 nowe, 1 zmieniony`; what is none is left out."""
    found = {"created": counts.created, "changed": counts.changed, "unchanged": counts.unchanged, "failed": counts.failed}
    return ", ".join(words(f"import.count.{name}", n=n) for name, n in found.items() if n)


def size(count: int) -> str:
    return f"{count / 1024:.0f} kB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MB"


def steps(status: ImportStatus | None, words: Words) -> tuple[StepView, ...]:
    """File, check, decision, result: how far it is."""
    at = {
        None: 0,
        ImportStatus.CHECKING: 1,
        ImportStatus.REFUSED: 1,
        ImportStatus.READY: 2,
        ImportStatus.APPLYING: 3,
    }.get(status, 4)
    names = ("file", "check", "decide", "apply")
    return tuple(
        StepView(name=words(f"import.step.{name}"), done=place < at, current=place == min(at, 3))
        for place, name in enumerate(names)
    )


def _import(state: State, words: Words, now: datetime) -> ImportView:
    assert state.detail is not None
    one = state.detail.summary
    running = one.status in {ImportStatus.CHECKING, ImportStatus.APPLYING}
    counts = one.planned if one.status in {ImportStatus.CHECKING, ImportStatus.READY} else one.counts
    findings = (*state.detail.errors, *state.detail.warnings)
    has_rows = one.status not in {ImportStatus.CHECKING, ImportStatus.REFUSED}
    return ImportView(
        title=one.file_name,
        status=words(f"import.status.{one.status}"),
        mood=_MOODS[one.status],
        steps=steps(one.status, words),
        facts=_facts(one, now, words),
        explain=words(f"import.explain.{one.status}"),
        running=running,
        progress=one.done / one.total if one.status is ImportStatus.APPLYING and one.total else None,
        progress_text=_progress(one, words),
        tiles=_tiles(counts, one, words) if has_rows else (),
        findings=_findings(state.detail, words) if findings else None,
        objects=_objects(state.objects, words) if has_rows else None,
        outcomes=(("", words("import.outcome_all")), *((o.value, words(f"import.outcome.{o}")) for o in ImportOutcome)),
        outcome=state.outcome.value if state.outcome else "",
        can_apply=one.status is ImportStatus.READY,
        can_cancel=one.status not in FINAL,
        can_save=bool(state.detail.errors),
        asks=_asks(one, words) if state.asks else "",
        busy=state.deciding.busy,
        error=state.deciding.error,
    )


def _facts(one: Import, now: datetime, words: Words) -> tuple[FactView, ...]:
    at = [
        ("import.uploaded_at", one.created_at),
        ("import.checked_at", one.checked_at),
        ("import.finished_at", one.finished_at),
    ]
    found = [FactView(label=words(key), value=formats.moment(when, now), mono=True) for key, when in at if when is not None]
    return (*found, FactView(label="SHA-256", value=f"{one.file_sha256[:16]}…", mono=True))


def _progress(one: Import, words: Words) -> str:
    if one.status is ImportStatus.APPLYING:
        return words("import.progress", done=one.done, total=one.total)
    return words("import.checking") if one.status is ImportStatus.CHECKING else ""


def _asks(one: Import, words: Words) -> str:
    return words("import.apply_explain", what=counted(one.planned, words) or words("import.nothing"))


def _tiles(counts: ImportCounts, one: Import, words: Words) -> tuple[Tile, ...]:
    planned = one.status is ImportStatus.READY
    tense = "planned" if planned else "done"
    return (
        Tile(value=str(counts.created), label=words(f"import.tile.created.{tense}"), mood=Mood.GOOD),
        Tile(
            value=str(counts.changed),
            label=words(f"import.tile.changed.{tense}"),
            mood=Mood.WARN if counts.changed else Mood.QUIET,
        ),
        Tile(value=str(counts.unchanged), label=words("import.tile.unchanged")),
        Tile(value=str(counts.failed), label=words("import.tile.failed"), mood=Mood.BAD if counts.failed else Mood.QUIET),
    )


def _text(one: ImportFinding, words: Words) -> str:
    return one.text.pl if words.language is Language.PL else one.text.en


def _findings(detail: ImportDetail, words: Words) -> TableView:
    columns = (
        Column(title=words("import.row"), width=70),
        Column(title=words("import.column"), width=220),
        Column(title=words("import.found"), width=220),
        Column(title=words("import.what_to_do"), leads=True),
        Column(title=words("import.weight"), width=130),
    )
    both = [(one, True) for one in detail.errors] + [(one, False) for one in detail.warnings]
    rows = tuple(
        TableRow(
            id=f"finding-{place}",
            cells=(
                TableCell(text=str(one.row) if one.row else "—", mono=True),
                TableCell(text=one.column or "—", detail=one.sheet),
                TableCell(text=one.found or "—", mono=bool(one.found)),
                TableCell(text=_text(one, words)),
                TableCell(text=words("import.error" if wrong else "import.warning"), mood=Mood.BAD if wrong else Mood.WARN),
            ),
        )
        for place, (one, wrong) in enumerate(both)
    )
    hidden = detail.summary.error_count - len(detail.errors)
    footer = words("import.more_errors", n=hidden) if hidden > 0 else words("page.shown", n=len(rows))
    return TableView(columns=columns, rows=rows, phase=ListPhase.READY, footer=footer)


def as_csv(findings: tuple[ImportFinding, ...], words: Words) -> str:
    """For the clipboard: as the table has it, with tabs between, so that a sheet takes it apart."""
    made = io.StringIO(newline="")
    writer = csv.writer(made, delimiter="\t", lineterminator="\n")
    writer.writerow([words(f"import.{name}") for name in ("sheet", "row", "column", "what_to_do", "found")])
    safe: Callable[[str], str] = lambda text: f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text  # noqa: E731
    for one in findings:
        writer.writerow([one.sheet, one.row or "", *map(safe, (one.column, _text(one, words), one.found))])
    return made.getvalue()


def _objects(listing: Listing[ImportedObject], words: Words) -> TableView:
    columns = (
        Column(title=words("import.number"), width=70),
        Column(title=words("import.external"), width=150, leads=True),
        Column(title=words("import.changes")),
        Column(title=words("import.result"), width=170),
    )
    rows = tuple(
        TableRow(
            id=f"object-{one.number}",
            faded=one.outcome is ImportOutcome.UNCHANGED,
            cells=(
                TableCell(text=str(one.number), mono=True),
                TableCell(text=one.external_number, mono=True),
                TableCell(text=", ".join(words.get(f"import.member.{name}", name) for name in one.changes) or "—"),
                TableCell(text=words(f"import.outcome.{one.outcome}"), mood=_OUTCOMES[one.outcome]),
            ),
        )
        for one in listing.items
    )
    return table(listing, columns, rows, empty=words("import.no_objects"), footer=words("page.shown", n=len(rows)))
