"""From the store to the dispatcher's part of the card, its forms, and the call-backs that are due: pure functions."""

from datetime import datetime
from typing import Final

from api.client.dispatch import Procedure
from api.client.models import DispatchEntry, TimelineKind
from ui_flutter.i18n.words import Words
from ui_flutter.state import format as formats
from ui_flutter.state import reminders
from ui_flutter.state.store import Card, Store
from ui_flutter.state.views import CallbackView, ContactView, DialogKind, DialogView, JournalView, LineView, StepView
from workflows.domain.bundle import BundleStatus
from workflows.domain.dispatch import EntryKind
from workflows.domain.permissions import Permission
from workflows.domain.procedure import StepState
from workflows.domain.response import StepKind

LINES_SHOWN: Final = 5  # the newest; the timeline has them all
DUE_SHOWN: Final = 3
# After what comes what.
_PATROL: Final = {
    EntryKind.PATROL_SENT: EntryKind.PATROL_ON_SITE,
    EntryKind.PATROL_ON_SITE: EntryKind.PATROL_LEFT,
    EntryKind.PATROL_LEFT: EntryKind.PATROL_SENT,
}
DIALOGS: Final = {
    DialogKind.PATROL: "patrol.title",
    DialogKind.CALL: "call.title",
    DialogKind.SKIP: "skip.title",
    DialogKind.DIFFERENT: "different.title",
    DialogKind.CALLBACK: "callback.title",
}


def journal(card: Card, store: Store, now: datetime) -> JournalView:
    """What may be written, what is next, and what was written last."""
    procedure, alarm = card.procedure, store.open_alarm
    can_write = store.user is not None and store.user.may(Permission.DISPATCH_WRITE)
    is_open = alarm is not None and alarm.status is not BundleStatus.CLOSED
    can_work = can_write and is_open and procedure is not None
    return JournalView(
        can_write=can_write,
        busy=card.writing,
        lines=_lines(card, store, now),
        step=_step(procedure, store.words) if can_work else None,
        can_begin=can_work and procedure is not None and procedure.version == 0 and bool(procedure.steps),
        progress=_progress(procedure, store.words),
        reminders=_reminders(card, store, now) if can_write else (),
    )


def entry_text(entry: DispatchEntry, words: Words) -> str:
    """`Telefon — Jan Kowalski: nie odebrano`."""
    text = words.get(f"entry.{entry.kind}", entry.kind)
    if entry.contact_name:
        text += f" — {entry.contact_name}"
    if entry.outcome:
        text += f": {words.get(f'outcome.{entry.outcome}', entry.outcome)}"
    return f"{text} ({words('journal.corrected')})" if entry.corrected_by else text


def due(store: Store, now: datetime) -> tuple[CallbackView, ...]:
    """The call-backs over the list: the one that waits longest first."""
    words = store.words
    return tuple(
        CallbackView(
            id=one.id,
            alarm_id=one.bundle_id,
            text=words("callback.due" if one.contact_name else "callback.look", who=one.contact_name or one.object_name),
            detail=f"{one.object_name} · {one.text} · {formats.moment(one.due_at, now)}",
            busy=one.id in store.settling,
        )
        for one in reminders.due(store.callbacks, store.link.server_now(now))[:DUE_SHOWN]
    )


def _reminders(card: Card, store: Store, now: datetime) -> tuple[CallbackView, ...]:
    words = store.words
    return tuple(
        CallbackView(
            id=one.id,
            alarm_id=card.id,
            text=words("row.reminder", time=formats.minute(one.due_at, now)),
            detail=" · ".join(part for part in (one.contact_name, one.text, one.created_by_name) if part),
            busy=one.id in store.settling,
        )
        for one in reminders.ahead(store.callbacks, card.id, store.link.server_now(now))
    )


def dialog(store: Store, subject: str) -> DialogView:
    """A form of the dispatcher's. A step says by itself whom to call."""
    words, card, kind = store.words, store.card, store.dialog.kind
    contacts: tuple[ContactView, ...] = ()
    if card is not None and store.dialog.step is None:
        known = [ContactView(id=one.id, label=f"{one.name} · {one.phone}") for one in card.contacts]
        nobody = ContactView(id=None, label=words("callback.nobody" if kind is DialogKind.CALLBACK else "call.somebody"))
        contacts = (nobody, *known) if kind is DialogKind.CALLBACK else (*known, nobody)
    return DialogView(
        kind=kind,
        title=words(DIALOGS[kind]),
        subject=_subject(card, store.dialog.step) or subject,
        busy=card is not None and card.writing,
        error=store.dialog.error,
        contacts=contacts,
        chosen=store.dialog.contact_id,
        next_patrol=_next_patrol(card),
    )


def _next_patrol(card: Card | None) -> str:
    """What a patrol would do next, by the journal."""
    items = card.timeline.items if card and card.timeline else ()
    kinds = [item.dispatch.kind for item in items if item.dispatch is not None and item.dispatch.kind in _PATROL]
    return _PATROL[kinds[-1]] if kinds else EntryKind.PATROL_SENT


def _subject(card: Card | None, number: int | None) -> str:
    procedure = card.procedure if card else None
    return procedure.steps[number - 1].text if procedure is not None and number is not None else ""


def _lines(card: Card, store: Store, now: datetime) -> tuple[LineView, ...]:
    items = card.timeline.items if card.timeline else ()
    entries = [item.dispatch for item in items if item.kind is TimelineKind.DISPATCH and item.dispatch is not None]
    return tuple(
        LineView(
            key=str(entry.id),
            time=formats.moment(entry.occurred_at, now),
            text=entry_text(entry, store.words),
            who=entry.user_name,
            kind=TimelineKind.DISPATCH,
            rank=0,
            note=entry.text or "",
        )
        for entry in reversed(entries[-LINES_SHOWN:])
    )


def _step(procedure: Procedure | None, words: Words) -> StepView | None:
    if procedure is None or procedure.version == 0 or procedure.next_step is None:
        return None
    step = procedure.steps[procedure.next_step - 1]
    kind = words.get(f"step.kind.{step.kind}", step.kind)
    return StepView(
        title=words("step.title", n=step.number, total=len(procedure.steps), kind=kind),
        text=step.text,
        contact=" · ".join(part for part in (step.contact_name, step.contact_phone) if part),
        is_check=step.kind is StepKind.CHECK,
        is_call=step.kind is StepKind.CALL,
    )


def _progress(procedure: Procedure | None, words: Words) -> str:
    if procedure is None or procedure.version == 0 or procedure.next_step is not None:
        return ""
    states = [step.state for step in procedure.steps]
    return words("step.complete", done=states.count(StepState.DONE), skipped=states.count(StepState.SKIPPED))
