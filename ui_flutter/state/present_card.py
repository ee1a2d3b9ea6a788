"""From the store to the open card and its dialogs: pure functions."""

from datetime import datetime

from api.client.models import AlarmDetail, AlarmSummary, Event, Object, TimelineItem, TimelineKind
from ui_flutter.i18n.words import Words
from ui_flutter.state import format as formats
from ui_flutter.state import present, present_desk, present_site
from ui_flutter.state.actions import STEPS, is_mine, offered
from ui_flutter.state.store import Card, CardPhase, Store
from ui_flutter.state.views import (
    ButtonView,
    CountdownView,
    DetailPhase,
    DetailView,
    DialogKind,
    DialogView,
    FactView,
    LineView,
)
from workflows.domain.alarm import Priority
from workflows.domain.bundle import CLAIM_TTL, Action, BundleStatus
from workflows.domain.permissions import Permission

LATE_AFTER = 30  # s between happening and arriving from which the timeline says so
_QUIET = frozenset({Action.RELEASE, Action.TAKE_OVER})  # never the next step
_ASKED = {DialogKind.ACK: "ack.title", DialogKind.RESOLVE: "resolve.title", DialogKind.TAKE_OVER: "take_over.title"}
_PLAIN = {DialogKind.KEYS: "keys.title", DialogKind.LOOK: "look.title"}
_SECRET = {DialogKind.REVEAL: "secret.title", DialogKind.COPY_SECRET: "secret.copy_title"}
_PHASES = {CardPhase.LOADING: DetailPhase.LOADING, CardPhase.FAILED: DetailPhase.FAILED, CardPhase.GONE: DetailPhase.GONE}


def detail(store: Store, now: datetime, *, narrow: bool = False) -> DetailView:
    """The card of the open alarm. A known alarm is drawn at once, before its details have come. ``narrow``: on a phone."""
    card, alarm = store.card, store.open_alarm
    if card is None:
        return DetailView()
    if alarm is None:
        return DetailView(phase=_PHASES.get(card.phase, DetailPhase.LOADING), id=card.id)
    words, place = store.words, card.detail.object if card.detail else None
    actions = offered(alarm, store.user, store.link.server_now(now)) if store.user else ()
    return DetailView(
        phase=DetailPhase.READY,
        id=alarm.id,
        short_id=f"#{str(alarm.id)[-8:]}",
        rank=alarm.priority.rank,
        class_label=f"P{alarm.priority.rank} {words(f'class.{alarm.priority}')}",
        status=alarm.status,
        status_label=words(f"status.{alarm.status}"),
        title=present.title(alarm, words),
        place=alarm.object_name or (place.name if place else words("list.object_unknown")),
        address=place.address if place else "",
        kind=alarm.alarm_type,
        why=_why(alarm, words, now),
        suppressed=alarm.suppressed,
        service=_service(place, store, now),
        buttons=_buttons(alarm, store, actions, narrow=narrow),
        facts=_facts(alarm, store, now),
        lines=_lines(card, store, now),
        timeline_phase=_timeline_phase(card),
        can_note=Action.ADD_NOTE in actions,
        notes_added=card.notes_added,
        workflow_url=_workflow_url(card),
        journal=present_desk.journal(card, store, now),
        face=card.face,
        happened=present_site.happened(card, store, now),
        people=present_site.people(card, store, now),
    )


def _why(alarm: AlarmSummary, words: Words, now: datetime) -> str:
    active = words("row.active", n=alarm.active_count) if alarm.active_count else ""
    return " · ".join(part for part in (present.cause(alarm, words), present.why(alarm, words, now), active) if part)


def _service(place: Object | None, store: Store, now: datetime) -> str:
    """As long as it lasts by the server's clock: the card may stay open longer."""
    until = place.service_until if place is not None else None
    if until is None or until <= store.link.server_now(now):
        return ""
    return store.words("detail.service_until", time=formats.moment(until, now))


def _buttons(alarm: AlarmSummary, store: Store, actions: tuple[Action, ...], *, narrow: bool) -> tuple[ButtonView, ...]:
    """The next step first and large. START is sent by the card itself: no button unless that failed."""
    words, pending = store.words, store.pending.get(alarm.id)
    held = narrow and alarm.priority is Priority.CRITICAL and pending is None

    def label(action: Action) -> str:
        if action is pending:
            return words("act.busy")
        return words("claim.hold" if held and action is Action.CLAIM else f"act.{action}")

    shown = [action for action in STEPS if action in actions or action is pending]
    return tuple(
        ButtonView(
            action=action,
            label=label(action),
            primary=action not in _QUIET,
            enabled=pending is None,
            hold=held and action is Action.CLAIM,
            hint=words("claim.hold_hint") if held and action is Action.CLAIM else "",
        )
        for action in shown
    )


def hint(store: Store, now: datetime) -> str:
    """One line under the buttons."""
    alarm, words = store.open_alarm, store.words
    if alarm is None or store.user is None:
        return ""
    if store.offline.restored_at is not None:
        return words("kept.read_only")
    if not store.user.may(Permission.ALARM_HANDLE):
        return words("detail.read_only")
    if alarm.status is BundleStatus.CLAIMING and is_mine(alarm, store.me) and alarm.claim_expires_at:
        left = (alarm.claim_expires_at - store.link.server_now(now)).total_seconds()
        return words("detail.claim_left", seconds=max(0, int(left)))
    if alarm.status is BundleStatus.RESOLVED and alarm.auto_close_at:
        return words("detail.auto_close", time=formats.moment(alarm.auto_close_at, now))
    if alarm.status is BundleStatus.CLOSED:
        return words("detail.closed")
    if alarm.claimed_by and not is_mine(alarm, store.me):
        return words("detail.owned_by", name=present.owner_name(alarm, store))
    return ""


def countdown(store: Store, now: datetime) -> CountdownView:
    """How long somebody still has to begin the alarm that is being claimed."""
    alarm = store.open_alarm
    if alarm is None or alarm.status is not BundleStatus.CLAIMING or alarm.claim_expires_at is None:
        return CountdownView()
    left = (alarm.claim_expires_at - store.link.server_now(now)).total_seconds()
    return CountdownView(left=max(0, int(left)), of=int(CLAIM_TTL.total_seconds()))


def _facts(alarm: AlarmSummary, store: Store, now: datetime) -> tuple[FactView, ...]:
    words = store.words
    facts = [
        FactView(label=words("detail.opened"), value=formats.moment(alarm.opened_at, now), mono=True),
        FactView(label=words("detail.last_event"), value=formats.moment(alarm.last_event_at, now), mono=True),
        FactView(label=words("detail.owner"), value=present.owner_name(alarm, store) or words("row.nobody")),
    ]
    if alarm.cause:
        facts.append(FactView(label=words("detail.cause"), value=present.cause(alarm, words)))
    place = store.card.detail.object if store.card and store.card.detail else None
    if place and place.external_number:
        facts.append(FactView(label=words("detail.number"), value=place.external_number, mono=True))
    return tuple(facts)


def _timeline_phase(card: Card) -> DetailPhase:
    if card.timeline is not None:
        return DetailPhase.READY
    return DetailPhase.FAILED if card.timeline_failed else DetailPhase.LOADING


def _workflow_url(card: Card) -> str:
    source: AlarmDetail | None = card.detail
    if card.timeline is not None and card.timeline.temporal_url:
        return card.timeline.temporal_url
    return source.temporal_url if source else ""


def _lines(card: Card, store: Store, now: datetime) -> tuple[LineView, ...]:
    """What is still to come first, then the newest."""
    items = card.timeline.items if card.timeline else []
    story = [line for number, item in enumerate(items) if (line := _line(number, item, store, now))]
    return tuple(reversed(story))


def _line(number: int, item: TimelineItem, store: Store, now: datetime) -> LineView | None:
    words = store.words
    text, who, note, rank = "", item.actor_name or "", "", 0
    if item.kind is TimelineKind.EVENT and item.event is not None:
        text, who, rank = (
            event_text(item.event, words),
            event_marks(item.event, words),
            item.event.priority.rank if item.event.priority else 4,
        )
    elif item.kind is TimelineKind.NOTE and item.note is not None:
        text, who, note = words("line.add_note"), item.note.author_name, item.note.text
    elif item.kind is TimelineKind.NOTIFICATION and item.notification is not None:
        told = item.notification
        text, who = words(f"line.notification.{told.status}"), told.user_name or ""
        note = " · ".join(filter(None, (f"L{told.level}", told.channel, told.code)))
    elif item.kind is TimelineKind.DISPATCH and item.dispatch is not None:
        text, who, note = present_desk.entry_text(item.dispatch, words), item.dispatch.user_name, item.dispatch.text or ""
    elif item.kind is TimelineKind.SCHEDULED and item.action is not None:
        text = words.get(f"line.due.{item.action}", item.action)
    elif item.action is Action.ADD_NOTE:
        return None  # the note itself has a line of its own
    elif item.action is not None:
        text = words.get(f"line.{item.action}", item.action)
    at = item.due_at if item.kind is TimelineKind.SCHEDULED and item.due_at else item.at
    who = who or (words("line.system") if item.kind is TimelineKind.TIMER else "")
    return LineView(
        key=f"{number}-{item.kind}",
        time=formats.moment(at, now),
        text=text,
        who=who,
        kind=item.kind,
        rank=rank,
        note=note,
    )


def event_text(event: Event, words: Words) -> str:
    text = event.text.in_locale(words.language)
    prefix = words("line.restore") if event.restore else ""
    source = words(f"source.{event.source_kind}", n=event.source_number) if event.source_number else ""
    name = event.source_name or ""
    place = " ".join(part for part in (source, name) if part)
    return f"{prefix}{text}, {place}" if place else f"{prefix}{text}"


def event_marks(event: Event, words: Words) -> str:
    marks = []
    late = (event.received_at - event.occurred_at).total_seconds()
    if event.recovered:
        marks.append(words("line.recovered"))
    elif event.confirmed_at:
        marks.append(words("line.confirmed"))
    if late > LATE_AFTER:
        marks.append(words("line.late", age=formats.spoken(event.received_at - event.occurred_at, words)))
    if event.occurrences > 1:
        marks.append(words("line.occurrences", n=event.occurrences))
    return ", ".join(marks)


def dialog(store: Store) -> DialogView:
    """The open dialog."""
    words, kind = store.words, store.dialog.kind
    if kind is DialogKind.NONE:
        return DialogView()
    if kind in _PLAIN:
        return DialogView(kind=kind, title=words(_PLAIN[kind]))
    if kind in _SECRET:
        return _about_secret(store)
    alarm = store.book.alarms.get(store.dialog.alarm_id) if store.dialog.alarm_id else None
    subject = f"{present.title(alarm, words)} · {alarm.object_name}" if alarm else ""
    if kind in present_desk.DIALOGS:
        return present_desk.dialog(store, subject)
    return DialogView(
        kind=kind,
        title=words(_ASKED[kind]),
        subject=subject,
        note_required=bool(alarm and alarm.requires_note and kind is DialogKind.ACK),
        busy=bool(alarm and alarm.id in store.pending),
        holder=present.owner_name(alarm, store) if alarm else "",
        error=store.dialog.error,
    )


def _about_secret(store: Store) -> DialogView:
    dialog, words, card = store.dialog, store.words, store.card
    secrets = card.site.secrets if card else ()
    label = next((one.label for one in secrets if one.id == dialog.secret_id), "")
    return DialogView(kind=dialog.kind, title=words(_SECRET[dialog.kind]), subject=label, busy=dialog.busy, error=dialog.error)
