"""What became of a day's firings of auto-arm: the morning's report. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from api.client.auto_arm import AutoArmReport, TimetableRow
from ui_flutter.i18n.words import Words
from ui_flutter.state import format as formats
from ui_flutter.state.listing import Listing
from ui_flutter.state.present_schedules import MOODS, blocked
from ui_flutter.state.tables import Column, TableCell, TableRow, TableView, table
from ui_flutter.state.tiles import Tile
from ui_flutter.state.views import Mood
from workflows.domain.auto_arm import STATUS_OF, RunOutcome, RunStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    title: str
    tiles: tuple[Tile, ...]
    table: TableView


def report(found: Listing[AutoArmReport], named: Mapping[UUID, TimetableRow], day: date, words: Words) -> ReportView:
    told = found.items[0] if found.items else None
    rows: list[tuple[datetime, TableRow]] = []
    for run in told.runs if told else ():
        mood = MOODS[run.status]
        text = words(f"schedule.outcome.{run.outcome}") if run.outcome else words(f"schedule.run.{run.status}")
        rows.append(
            (run.fire_at, _report_row(str(run.id), run.schedule_id, run.fire_at, named, text, mood, blocked(run, words)))
        )
    for one in told.not_started if told else ():
        key = f"{one.schedule_id}:{one.fire_at.isoformat()}"
        text = words("schedule.not_started")
        rows.append((one.fire_at, _report_row(key, one.schedule_id, one.fire_at, named, text, Mood.BAD, "")))
    columns = (
        Column(title=words("schedule.when"), width=90),
        Column(title=words("schedule.object"), leads=True),
        Column(title=words("schedule.name")),
        Column(title=words("schedule.outcome"), width=270),
    )
    listed = tuple(row for _, row in sorted(rows, key=lambda one: one[0]))
    return ReportView(
        title=f"{words(f'day.{day.isoweekday()}')} {day:%d.%m.%Y}",
        tiles=_report_tiles(told, words) if told else (),
        table=table(found, columns, listed, empty=words("schedule.empty.report"), footer=words("page.shown", n=len(listed))),
    )


def _report_row(
    key: str, schedule_id: UUID, at: datetime, named: Mapping[UUID, TimetableRow], text: str, mood: Mood, detail: str
) -> TableRow:
    row = named.get(schedule_id)
    return TableRow(
        id=key,
        cells=(
            TableCell(text=f"{at.astimezone():%H:%M}", mono=True),
            TableCell(
                text=row.object_name if row else "—",
                detail=formats.panel_beside(row.object_name, row.panel_name) if row else "",
            ),
            TableCell(text=row.schedule.name if row else "—", detail=detail),
            TableCell(text=text, mood=mood),
        ),
    )


def _report_tiles(told: AutoArmReport, words: Words) -> tuple[Tile, ...]:
    found = []
    for key, count in sorted(told.counts.items()):
        is_outcome = key in set(RunOutcome)
        status = STATUS_OF[RunOutcome(key)] if is_outcome else RunStatus(key)
        label = words(f"schedule.outcome.{key}") if is_outcome else words(f"schedule.run.{key}")
        found.append(Tile(value=str(count), label=label, mood=MOODS[status]))
    if told.not_started:
        found.append(Tile(value=str(len(told.not_started)), label=words("schedule.not_started"), mood=Mood.BAD))
    return tuple(found)
