"""One auto-arm schedule: its card, a decision about one of its firings, and the form that changes it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from api.client.auto_arm import AutoArmRun, AutoArmSchedule, ExpectedFiring, Preview, TimetableFiring, TimetableRow
from api.client.models import Panel
from ui_flutter.i18n.words import Words
from ui_flutter.state import format as formats
from ui_flutter.state.listing import Sending
from ui_flutter.state.present_schedules import blocked, countdown, partitions, stand, state_of, weekdays
from ui_flutter.state.schedule_draft import ScheduleDraft, numbers_of
from ui_flutter.state.views import FactView, Mood
from workflows.domain.auto_arm import RunStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewLine:
    """``left_out``: it does not fire on that day; ``note``: why, or what is unusual about it."""

    text: str
    note: str
    left_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewView:
    title: str
    lines: tuple[PreviewLine, ...]
    error: str = ""
    busy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView:
    """A schedule, to be read."""

    title: str
    facts: tuple[FactView, ...]
    rules: tuple[str, ...]
    preview: PreviewView
    can_edit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    """A firing, and what one may decide about it. ``hint``: why nothing."""

    title: str
    facts: tuple[FactView, ...]
    can_decide: bool
    hint: str
    minutes: str
    reason: str
    busy: bool
    error: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorView:
    """``panels``: to choose from, with a new one. ``chips``: (number, name, chosen) of partitions that are known."""

    title: str
    draft: ScheduleDraft
    panels: tuple[tuple[str, str], ...]
    chips: tuple[tuple[int, str, bool], ...]
    faults: Mapping[str, str]
    error: str
    conflict: str
    busy: bool
    can_delete: bool
    asks_delete: bool
    preview: PreviewView


class Editing(Protocol):
    """What is asked of `sections.schedule_editor.Editor`."""

    draft: ScheduleDraft
    preview: Preview | None
    preview_error: str
    previewing: bool
    saving: Sending
    tried: bool
    conflict: AutoArmSchedule | None
    panels: tuple[tuple[Panel, str], ...]
    partition_names: Mapping[int, str]
    asks_delete: bool


def rules(one: AutoArmSchedule, words: Words) -> tuple[str, ...]:
    """What it does when something is in the way, each in a sentence."""
    found = [words(f"command.arm.{one.arm_mode.name}") + "."]
    found.append(words("schedule.rule.forced") if one.forced else words(f"schedule.rule.open.{one.open_zones}"))
    found.append(words("schedule.rule.deadline", n=one.deadline_minutes))
    found.append(words("schedule.rule.warn", n=one.warn_minutes) if one.warn_minutes else words("schedule.rule.no_warn"))
    found.append(words("schedule.rule.postpone", n=one.postpone_minutes))
    return (*found, words("schedule.rule.alarm"), words("schedule.rule.service"))


def card(row: TimetableRow, shown: Preview | None, error: str, words: Words, *, can_edit: bool) -> CardView:
    one = row.schedule
    facts = [
        FactView(label=words("schedule.object"), value=formats.place(row.object_name, row.panel_name)),
        FactView(label=words("schedule.what"), value=partitions(one.partitions, words)),
        FactView(label=words("schedule.days"), value=weekdays(one.weekdays, words)),
        FactView(label=words("schedule.at"), value=f"{one.at} ({row.time_zone})", mono=True),
        FactView(label=words("schedule.holidays"), value=words(f"schedule.holidays.{one.holidays}")),
        FactView(label=words("schedule.state"), value=state_of(row, words)[0]),
    ]
    if one.valid_from or one.valid_until:
        span = f"{_plain(one.valid_from)} – {_plain(one.valid_until)}"
        facts.append(FactView(label=words("schedule.valid"), value=span))
    return CardView(
        title=one.name,
        facts=tuple(facts),
        rules=rules(one, words),
        preview=preview(shown, error, words, busy=shown is None and not error),
        can_edit=can_edit,
    )


def _plain(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else "…"


def preview(shown: Preview | None, error: str, words: Words, *, busy: bool = False) -> PreviewView:
    title = words("schedule.preview", zone=shown.time_zone) if shown else words("schedule.preview_plain")
    lines = tuple(_preview_line(line, words) for line in shown.lines) if shown and not error else ()
    return PreviewView(title=title, lines=lines, error=error, busy=busy)


def _preview_line(line: ExpectedFiring, words: Words) -> PreviewLine:
    day = f"{words(f'day.{line.day.isoweekday()}')} {line.day:%d.%m.%Y}"
    notes = []
    if line.skipped is not None:
        notes.append(line.holiday or words(f"schedule.skipped.{line.skipped}"))
    if line.moved:
        notes.append(words("schedule.moved"))
    if line.clocks is not None:
        notes.append(words(f"schedule.clocks.{line.clocks}"))
    at = f", {line.at}" if line.at else ""
    return PreviewLine(text=f"{day}{at}", note=" · ".join(notes), left_out=line.fire_at is None)


def decision(
    row: TimetableRow,
    firing: TimetableFiring,
    run: AutoArmRun | None,
    typed: tuple[str, str],
    sending: Sending,
    words: Words,
    now: datetime,
    *,
    may: bool,
) -> DecisionView:
    """``typed``: minutes and reason."""
    label, mood = stand(firing, run, words, now, enabled=row.schedule.enabled)
    facts = [
        FactView(label=words("schedule.object"), value=formats.place(row.object_name, row.panel_name)),
        FactView(label=words("schedule.what"), value=partitions(row.schedule.partitions, words)),
        FactView(label=words("schedule.planned_at"), value=formats.moment(firing.fire_at, now), mono=True),
    ]
    if run is not None and run.target_at != run.fire_at:
        facts.append(FactView(label=words("schedule.put_off_to"), value=formats.moment(run.target_at, now), mono=True))
    if run is not None and run.ended_at is None:
        facts.append(FactView(label=words("schedule.deadline"), value=formats.moment(run.deadline_at, now), mono=True))
    facts.append(FactView(label=words("schedule.state"), value=label))
    if run is not None and blocked(run, words):
        facts.append(FactView(label=words("command.why"), value=blocked(run, words)))
    waits = run is not None and run.status is RunStatus.PENDING
    hint = "" if waits or firing.fire_at < now else words("schedule.not_yet", n=row.schedule.warn_minutes)
    if waits and run is not None:
        facts.append(FactView(label=words("schedule.left"), value=countdown(run.target_at, words, now), mono=True))
    return DecisionView(
        title=row.schedule.name,
        facts=tuple(facts),
        can_decide=may and waits,
        hint=hint if mood is not Mood.BAD else "",
        minutes=typed[0],
        reason=typed[1],
        busy=sending.busy,
        error=sending.error,
        fields={name: text if " " in text else words(text) for name, text in sending.fields.items()},
    )


def editor(state: Editing, words: Words, *, is_new: bool) -> EditorView:
    draft = state.draft
    faults = {name: words(key) for name, key in draft.faults().items()} if state.tried else {}
    chosen = set(numbers_of(draft.partitions) or ())
    known = dict(state.partition_names) | {number: state.partition_names.get(number, "") for number in chosen}
    return EditorView(
        title=words("schedule.new") if is_new else draft.name or words("schedule.edit"),
        draft=draft,
        panels=tuple((str(panel.id), f"{name} · {panel.name}") for panel, name in state.panels),
        chips=tuple((number, known[number], number in chosen) for number in sorted(known)) if state.partition_names else (),
        faults={**faults, **{_field(name): reason for name, reason in state.saving.fields.items()}},
        error=state.saving.error,
        conflict=_conflict(state.conflict, words),
        busy=state.saving.busy,
        can_delete=not is_new,
        asks_delete=state.asks_delete,
        preview=preview(state.preview, state.preview_error, words, busy=state.previewing),
    )


def _field(name: str) -> str:
    """`partitions.0` is a matter of `partitions`."""
    return name.partition(".")[0]


def _conflict(current: AutoArmSchedule | None, words: Words) -> str:
    if current is None:
        return ""
    what = f"{current.name}, {weekdays(current.weekdays, words)}, {current.at}"
    return words("schedule.conflict", what=what)
