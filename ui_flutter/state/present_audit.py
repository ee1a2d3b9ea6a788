"""From the section of the audit log to what is drawn. Pure."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from api.client.audit import AuditEntry
from ui_flutter.i18n.words import Words
from ui_flutter.state import format as formats
from ui_flutter.state.listing import Listing, Sending
from ui_flutter.state.spans import Preset, Span
from ui_flutter.state.store import Store
from ui_flutter.state.tables import Column, TableCell, TableRow, TableView, table
from ui_flutter.state.verification import Phase, Verification
from ui_flutter.state.views import FactView, Mood

# What one may narrow the log to: the beginnings of actions, with a point where it is a whole word.
FAMILIES = (
    "alarm.", "command.", "dispatch.", "callback.", "panel.", "zone.", "object.", "secret.", "reveal.", "document.", "service.",
    "auto_arm", "escalation_policy.", "rota.", "channel.", "user.", "login", "second_factor.", "password.", "sessions.",
    "sound.", "service_token.", "signing_key.", "import.", "audit.",
)  # fmt: skip
KINDS = (
    "bundle", "object", "panel", "zone", "user", "secret", "document", "command", "service", "auto_arm_schedule",
    "escalation_policy", "rota", "channel", "service_token", "signing_key", "import", "audit_log",
)  # fmt: skip
PRESETS = (Preset.DAY, Preset.WEEK, Preset.MONTH, Preset.ALL, Preset.CUSTOM)
_SPECIAL = {"before", "after"}
_MOODS = {
    Phase.RUNNING: Mood.QUIET,
    Phase.INTACT: Mood.GOOD,
    Phase.BROKEN: Mood.BAD,
    Phase.STOPPED: Mood.WARN,
    Phase.FAILED: Mood.WARN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """``actor`` is a part of a name as typed, ``actor_id`` one person; ``action`` the beginning of one."""

    actor: str = ""
    actor_id: UUID | None = None
    actor_name: str = ""
    action: str = ""
    kind: str = ""
    subject_id: UUID | None = None
    request_id: str = ""
    span: Span = field(default_factory=lambda: Span(preset=Preset.WEEK))

    @property
    def narrows(self) -> bool:
        return self != Filters()

    def query(self, now: datetime) -> dict[str, Any]:
        """As `Audit.entries` takes them. Raises ValueError for a span that is none."""
        since, until = self.span.bounds(now)
        found = {
            "actor": self.actor.strip(),
            "actor_id": self.actor_id,
            "action": self.action,
            "subject_kind": self.kind,
            "subject_id": self.subject_id,
            "request_id": self.request_id,
            "from_": since,
            "to": until,
        }
        return {name: value for name, value in found.items() if value}


class State(Protocol):
    """What is asked of `sections.audit.Audit`."""

    listing: Listing[AuditEntry]
    filters: Filters
    exporting: Sending
    verification: Verification | None
    asks_anchor: bool

    @property
    def chosen_entry(self) -> AuditEntry | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """A member of what was changed, as it was and as it is; empty: it was not there."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    id: str
    title: str
    facts: tuple[FactView, ...]
    changes: tuple[ChangeView, ...]
    rest: tuple[FactView, ...]
    without_link: bool
    of_person: bool
    of_subject: bool
    of_request: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    phase: Phase
    mood: Mood
    title: str
    detail: str
    share: float
    head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditView:
    filters: Filters
    span_good: bool
    families: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[str, str], ...]
    chips: tuple[str, ...]
    table: TableView
    chosen: EntryView | None
    check: CheckView | None
    asks_anchor: bool
    exporting: bool
    export_error: str


def audit(state: State, store: Store, now: datetime) -> AuditView:
    words, chosen, filters = store.words, state.chosen_entry, state.filters
    columns = (
        Column(title=words("audit.when"), width=128),
        Column(title=words("audit.who"), width=190),
        Column(title=words("audit.what"), leads=True),
        Column(title=words("audit.subject")),
        Column(title=words("audit.seq"), width=84),
    )
    rows = tuple(_row(one, words, now, selected=one is chosen) for one in state.listing.items)
    empty = words("audit.empty.narrow" if filters.narrows else "audit.empty")
    return AuditView(
        filters=filters,
        span_good=filters.span.is_good(now),
        families=(("", words("audit.family.all")), *((one, words(f"audit.family.{one}")) for one in FAMILIES)),
        kinds=(("", words("audit.kind.all")), *((one, words(f"audit.kind.{one}")) for one in KINDS)),
        chips=_chips(filters, words),
        table=table(state.listing, columns, rows, empty=empty, footer=words("page.shown", n=len(rows))),
        chosen=_chosen(chosen, words, now) if chosen else None,
        check=check(state.verification, words) if state.verification else None,
        asks_anchor=state.asks_anchor,
        exporting=state.exporting.busy,
        export_error=state.exporting.error,
    )


def what(action: str, words: Words) -> str:
    """`Obiekt: zmieniono`; an action that is newer than this console is named as it is."""
    family, point, verb = action.partition(".")
    known = words.get(f"audit.family.{family}{point}", "") or words.get(f"audit.family.{family}", "")
    if not known:
        return action
    said = words.get(f"audit.verb.{verb}", verb.replace("_", " ").replace(".", " "))
    return f"{known}: {said}" if said else known


def who(entry: AuditEntry, words: Words) -> str:
    if entry.actor_id is None:
        return words("audit.system")
    return entry.actor_name or words("audit.gone")


def subject(entry: AuditEntry, words: Words) -> str:
    return words.get(f"audit.kind.{entry.subject_kind}", entry.subject_kind)


def check(run: Verification, words: Words) -> CheckView:
    """How the check stands, in words: intact up to where, or broken at what."""
    detail = words("audit.check.seen", n=run.checked)
    if run.phase is Phase.INTACT:
        detail = words("audit.check.intact.detail", link=run.links)
    elif run.phase is Phase.BROKEN and run.broken is not None:
        fault = words(f"audit.fault.{run.broken.fault}")
        place = words("audit.check.at_link", link=run.broken.seq) if run.broken.seq is not None else ""
        entry = words("audit.check.at_entry", id=run.broken.entry_id) if run.broken.entry_id is not None else ""
        detail = " ".join(part for part in (fault, place, entry) if part)
    elif run.phase is Phase.FAILED:
        detail = run.error
    return CheckView(
        phase=run.phase,
        mood=_MOODS[run.phase],
        title=words(f"audit.check.{run.phase}"),
        detail=detail,
        share=run.share,
        head=run.head if run.phase is Phase.INTACT else "",
    )


def _chips(filters: Filters, words: Words) -> tuple[str, ...]:
    """What narrows the list and stands in no field."""
    chips = []
    if filters.actor_id is not None:
        chips.append(words("audit.only.person", name=filters.actor_name))
    if filters.subject_id is not None:
        chips.append(words("audit.only.subject", id=str(filters.subject_id)[-8:]))
    if filters.request_id:
        chips.append(words("audit.only.request", id=filters.request_id[:12]))
    return tuple(chips)


def _row(entry: AuditEntry, words: Words, now: datetime, *, selected: bool) -> TableRow:
    place = str(entry.subject_id)[-8:] if entry.subject_id else ""
    return TableRow(
        id=str(entry.id),
        selected=selected,
        cells=(
            TableCell(text=formats.moment(entry.at, now), mono=True),
            TableCell(text=who(entry, words), detail=entry.actor_username or ""),
            TableCell(text=what(entry.action, words), detail=entry.action),
            TableCell(text=subject(entry, words), detail=f"…{place}" if place else ""),
            _link(entry, words),
        ),
    )


def _link(entry: AuditEntry, words: Words) -> TableCell:
    if entry.seq is None:
        return TableCell(text=words("audit.without_link"), mood=Mood.BAD)
    return TableCell(text=str(entry.seq), mono=True)


def _chosen(entry: AuditEntry, words: Words, now: datetime) -> EntryView:
    facts = [
        FactView(label=words("audit.when"), value=entry.at.astimezone().strftime("%Y-%m-%d %H:%M:%S"), mono=True),
        FactView(label=words("audit.who"), value=who(entry, words)),
        FactView(label=words("audit.action"), value=entry.action, mono=True),
        FactView(label=words("audit.subject"), value=subject(entry, words)),
    ]
    more = [("audit.id", entry.subject_id), ("audit.request", entry.request_id), ("audit.seq", entry.seq)]
    facts += [FactView(label=words(key), value=str(value), mono=True) for key, value in more if value is not None]
    detail = entry.detail or {}
    rest = [FactView(label=name, value=told(value), mono=True) for name, value in detail.items() if name not in _SPECIAL]
    return EntryView(
        id=str(entry.id),
        title=what(entry.action, words),
        facts=tuple(facts),
        changes=changes(detail),
        rest=tuple(rest),
        without_link=entry.seq is None,
        of_person=entry.actor_id is not None,
        of_subject=entry.subject_id is not None,
        of_request=entry.request_id is not None,
    )


def changes(detail: dict[str, Any]) -> tuple[ChangeView, ...]:
    """`before` and `after` side by side, by member."""
    sides = [detail.get(name) for name in ("before", "after")]
    before, after = (side if isinstance(side, dict) else {} for side in sides)
    return tuple(
        ChangeView(name=name, before=told(before.get(name)), after=told(after.get(name))) for name in {**before, **after}
    )


def told(value: Any) -> str:
    """A value of the log as text; None is no text at all."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
