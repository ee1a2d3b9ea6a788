"""From the section of auto-arm to what is drawn: tonight, the week, the list, the day's report. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from api.client.auto_arm import AutoArmRun, NotArmedPartition, TimetableFiring, TimetableRow
from ui_flutter.i18n.words import Words
from ui_flutter.state import format as formats
from ui_flutter.state.listing import Listing
from ui_flutter.state.tables import Column, TableCell, TableRow, TableView, table
from ui_flutter.state.tiles import Tile
from ui_flutter.state.views import Mood
from workflows.domain.auto_arm import OPEN, RunStatus

BEFORE, AFTER = timedelta(hours=12), timedelta(hours=16)  # what counts as tonight
GRACE: Final = timedelta(minutes=2)  # a firing without a run for so long was not begun
UNARMED_MOST: Final = 8  # lines above the list of firings
MOODS: Final = {
    RunStatus.PENDING: Mood.WARN,
    RunStatus.ARMING: Mood.WARN,
    RunStatus.DONE: Mood.GOOD,
    RunStatus.SKIPPED: Mood.QUIET,
    RunStatus.CANCELLED: Mood.QUIET,
    RunStatus.FAILED: Mood.BAD,
}

RunKey = tuple[UUID, datetime]  # schedule, and the time it was planned for


class Tab(StrEnum):
    TONIGHT = "tonight"
    WEEK = "week"
    LIST = "list"
    REPORT = "report"
    HOLIDAYS = "holidays"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnarmedView:
    """A line of the sweep."""

    key: str
    title: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TonightView:
    """`calm`: all that should be armed is; empty while that is not known."""

    tiles: tuple[Tile, ...]
    unarmed: tuple[UnarmedView, ...]
    unarmed_title: str
    unarmed_more: str
    calm: str
    table: TableView


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkView:
    """A firing in the week's grid."""

    time: str
    label: str
    mood: Mood
    moved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekRow:
    id: str
    title: str
    detail: str
    days: tuple[tuple[MarkView, ...], ...]
    faded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekView:
    """`columns`: (day, date, is today). `day`: which one a phone shows, as a table."""

    title: str
    columns: tuple[tuple[str, str, bool], ...]
    rows: tuple[WeekRow, ...]
    day: int
    table: TableView  # of that day; also its phase and its words when there is nothing


def stand(
    firing: TimetableFiring, run: AutoArmRun | None, words: Words, now: datetime, *, enabled: bool = True
) -> tuple[str, Mood]:
    """How a firing stands, in words and as a mood."""
    status = run.status if run else firing.status
    outcome = run.outcome if run else firing.outcome
    if status is None:
        if firing.fire_at < now - GRACE:
            return words("schedule.not_started"), Mood.BAD
        return words("schedule.planned" if enabled else "schedule.off"), Mood.QUIET
    if status in OPEN:
        if run is not None and run.target_at != run.fire_at and status is RunStatus.PENDING:
            return words("schedule.postponed"), Mood.WARN
        text = words(f"schedule.run.{status}")
        return (f"{text}: {words(f'schedule.outcome.{outcome}')}" if outcome else text), Mood.WARN
    return words(f"schedule.outcome.{outcome}") if outcome else words(f"schedule.run.{status}"), MOODS[status]


def tonight(
    rows: Listing[TimetableRow],
    runs: Mapping[RunKey, AutoArmRun],
    sweep: Listing[NotArmedPartition],
    words: Words,
    now: datetime,
    selected: str,
) -> TonightView:
    shown = [
        (row, firing, runs.get((row.schedule.id, firing.fire_at)))
        for row in rows.items
        for firing in row.firings
        if now - BEFORE <= firing.fire_at <= now + AFTER and (row.schedule.enabled or firing.run_id)
    ]
    shown.sort(key=lambda one: (one[2].target_at if one[2] else one[1].fire_at, one[0].object_name))
    named = {row.schedule.id: row for row in rows.items}
    listed = tuple(_tonight_row(*one, words, now, selected) for one in shown)
    columns = (
        Column(title=words("schedule.when"), width=132),
        Column(title=words("schedule.object"), leads=True),
        Column(title=words("schedule.name")),
        Column(title=words("schedule.state"), width=250),
    )
    missing = tuple(_unarmed(one, named, words, now) for one in sweep.items)
    return TonightView(
        tiles=_tiles(shown, len(missing), words, now),
        unarmed=missing[:UNARMED_MOST],
        unarmed_title=words("schedule.unarmed", n=len(missing)) if missing else "",
        unarmed_more=words("schedule.unarmed_more", n=len(missing) - UNARMED_MOST) if len(missing) > UNARMED_MOST else "",
        calm=words("schedule.all_armed") if sweep.phase == "ready" and not missing else sweep.error,
        table=table(rows, columns, listed, empty=words("schedule.empty.tonight"), footer=words("page.shown", n=len(listed))),
    )


def _tiles(
    shown: list[tuple[TimetableRow, TimetableFiring, AutoArmRun | None]], missing: int, words: Words, now: datetime
) -> tuple[Tile, ...]:
    statuses = [run.status if run else firing.status for _, firing, run in shown]
    failed = sum(status is RunStatus.FAILED for status in statuses)
    failed += sum(
        status is None and firing.fire_at < now - GRACE for (_, firing, _), status in zip(shown, statuses, strict=True)
    )
    ahead = sum(
        status is RunStatus.PENDING or (status is None and firing.fire_at >= now - GRACE)
        for (_, firing, _), status in zip(shown, statuses, strict=True)
    )
    under_way = sum(status is RunStatus.ARMING for status in statuses)
    return (
        Tile(value=str(ahead), label=words("schedule.tile.ahead")),
        Tile(value=str(under_way), label=words("schedule.tile.under_way"), mood=Mood.WARN if under_way else Mood.QUIET),
        Tile(
            value=str(sum(status is RunStatus.DONE for status in statuses)),
            label=words("schedule.tile.armed"),
            mood=Mood.GOOD,
        ),
        Tile(value=str(failed), label=words("schedule.tile.failed"), mood=Mood.BAD if failed else Mood.QUIET),
        Tile(value=str(missing), label=words("schedule.tile.unarmed"), mood=Mood.BAD if missing else Mood.QUIET),
    )


def _tonight_row(
    row: TimetableRow, firing: TimetableFiring, run: AutoArmRun | None, words: Words, now: datetime, selected: str
) -> TableRow:
    label, mood = stand(firing, run, words, now, enabled=row.schedule.enabled)
    at = run.target_at if run else firing.fire_at
    left = countdown(at, words, now) if now < at and (run is not None or at - now < timedelta(hours=2)) else ""
    key = f"{row.schedule.id}:{firing.day.isoformat()}"
    return TableRow(
        id=key,
        selected=key == selected,
        faded=mood is Mood.QUIET and firing.status is not None,
        cells=(
            TableCell(text=f"{at.astimezone():%H:%M}", detail=left or _day(at, words, now), mono=True),
            TableCell(text=row.object_name, detail=partitions(row.schedule.partitions, words)),
            TableCell(text=row.schedule.name, detail=blocked(run, words) if run else ""),
            TableCell(text=label, mood=mood),
        ),
    )


def countdown(at: datetime, words: Words, now: datetime) -> str:
    """`za 12:04`, `za 1 h 07 min`."""
    return words("schedule.in", left=formats.counter(at - now, words))


def _day(at: datetime, words: Words, now: datetime) -> str:
    days = (at.astimezone().date() - now.astimezone().date()).days
    return {0: words("schedule.today"), 1: words("schedule.tomorrow"), -1: words("schedule.yesterday")}.get(days, "")


def partitions(numbers: Iterable[int], words: Words) -> str:
    given = tuple(numbers)
    return words("schedule.partitions", n=len(given), numbers=", ".join(map(str, given)))


def blocked(run: AutoArmRun, words: Words) -> str:
    return words("command.blocking", zones=", ".join(map(str, run.blocking))) if run.blocking else ""


def _unarmed(one: NotArmedPartition, named: Mapping[UUID, TimetableRow], words: Words, now: datetime) -> UnarmedView:
    row = named.get(one.schedule_id)
    place = f"{row.object_name} · {row.schedule.name}" if row else ""
    since = words("schedule.since", at=formats.moment(one.since, now)) if one.since and one.why == "DISARMED_SINCE" else ""
    return UnarmedView(
        key=f"{one.schedule_id}:{one.partition}",
        title=words("schedule.unarmed_line", place=place, partition=one.partition, at=f"{one.fire_at.astimezone():%H:%M}"),
        why=" ".join(part for part in (why(one.why, words), since) if part),
    )


def why(code: str, words: Words) -> str:
    """A reason of the sweep: an outcome of a run, or one of its own."""
    return words.get(f"schedule.why.{code}", "") or words.get(f"schedule.outcome.{code}", code)


# -- the week


def week(rows: Listing[TimetableRow], monday: date, day: int, words: Words, now: datetime) -> WeekView:
    days = [monday + timedelta(days=n) for n in range(7)]
    today = now.astimezone().date()
    shown = tuple(_week_row(row, days, words, now) for row in rows.items)
    on_day = tuple(
        TableRow(
            id=row.id,
            cells=(
                TableCell(text=mark.time, mono=True),
                TableCell(text=row.title, detail=row.detail),
                TableCell(text=mark.label, mood=mark.mood),
            ),
        )
        for row in shown
        for mark in row.days[day]
    )
    return WeekView(
        title=f"{days[0]:%d.%m} – {days[-1]:%d.%m.%Y}",
        columns=tuple((words(f"day.{one.isoweekday()}"), f"{one:%d.%m}", one == today) for one in days),
        rows=shown,
        day=day,
        table=table(
            rows,
            (Column(title=""), Column(title="", leads=True), Column(title="")),
            tuple(sorted(on_day, key=lambda one: one.cells[0].text)),
            empty=words("schedule.empty.day") if rows.items else words("schedule.empty.list"),
        ),
    )


def _week_row(row: TimetableRow, days: list[date], words: Words, now: datetime) -> WeekRow:
    by_day: dict[date, list[MarkView]] = {}
    for firing in row.firings:
        label, mood = stand(firing, None, words, now)
        mark = MarkView(time=firing.at, label=label, mood=mood, moved=firing.moved)
        by_day.setdefault(firing.day, []).append(mark)
    return WeekRow(
        id=str(row.schedule.id),
        title=row.object_name,
        detail=f"{row.schedule.name} · {partitions(row.schedule.partitions, words)}",
        days=tuple(tuple(by_day.get(one, ())) for one in days),
        faded=not row.schedule.enabled,
    )


# -- the list


def schedules(rows: Listing[TimetableRow], words: Words, now: datetime, selected: UUID | None) -> TableView:
    columns = (
        Column(title=words("schedule.object"), leads=True),
        Column(title=words("schedule.name")),
        Column(title=words("schedule.days"), width=210),
        Column(title=words("schedule.at"), width=80),
        Column(title=words("schedule.next"), width=130),
        Column(title=words("schedule.state"), width=150),
    )
    listed = tuple(_schedule_row(row, words, now, selected) for row in rows.items)
    return table(rows, columns, listed, empty=words("schedule.empty.list"), footer=words("page.shown", n=len(listed)))


def _schedule_row(row: TimetableRow, words: Words, now: datetime, selected: UUID | None) -> TableRow:
    one = row.schedule
    following = next((firing for firing in row.firings if firing.fire_at > now), None) if one.enabled else None
    state, mood = state_of(row, words)
    return TableRow(
        id=str(one.id),
        selected=one.id == selected,
        faded=not one.enabled,
        cells=(
            TableCell(text=row.object_name, detail=formats.panel_beside(row.object_name, row.panel_name)),
            TableCell(text=one.name, detail=partitions(one.partitions, words)),
            TableCell(text=weekdays(one.weekdays, words), detail=words(f"schedule.holidays.{one.holidays}")),
            TableCell(text=one.at, mono=True),
            TableCell(text=f"{following.day:%d.%m} {following.at}" if following else "—", mono=True),
            TableCell(text=state, mood=mood),
        ),
    )


def state_of(row: TimetableRow, words: Words) -> tuple[str, Mood]:
    """On, off, or changed and not yet taken over by what starts its firings."""
    if not row.in_step:
        return words("schedule.behind"), Mood.WARN
    return (words("schedule.on"), Mood.GOOD) if row.schedule.enabled else (words("schedule.off"), Mood.QUIET)


def weekdays(days: Iterable[int], words: Words) -> str:
    """`pn.–pt.`, `codziennie`, `pn., śr., sb.`."""
    given = sorted(days)
    if given == list(range(1, 8)):
        return words("schedule.every_day")
    if len(given) > 2 and given == list(range(given[0], given[-1] + 1)):
        return f"{words(f'day.{given[0]}')}–{words(f'day.{given[-1]}')}"
    return ", ".join(words(f"day.{day}") for day in given)
