"""From the store to the place of the open alarm: people, panels, documents, secrets, what happened there before."""

from datetime import datetime
from typing import Final

from api.client.documents import Document
from api.client.models import AlarmSummary, Event, Panel, PanelState, PartitionLive, TimelineKind, ZoneLive
from api.client.object_admin import Contact
from api.client.secrets import Secret
from ui_flutter.i18n.words import Words
from ui_flutter.state import format as formats
from ui_flutter.state import present
from ui_flutter.state.store import Card, Shown, Store
from ui_flutter.state.views import (
    DocumentView,
    FactView,
    HappenedView,
    Mood,
    PanelView,
    PartitionView,
    PastView,
    PersonView,
    SecretView,
    SiteView,
)
from workflows.domain.panel import LinkStatus, PartitionState

HAPPENED_SHOWN: Final = 3
ZONES_NAMED: Final = 6
LATE_AFTER: Final = 30  # s between happening and arriving from which it is said
_ALARMS: Final = frozenset({PartitionState.ALARM, PartitionState.FIRE_ALARM})
_MOODS: Final = {
    LinkStatus.CONNECTED: Mood.GOOD,
    LinkStatus.CONNECTING: Mood.WARN,
    LinkStatus.BUSY: Mood.WARN,
    LinkStatus.RELEASED: Mood.WARN,
    LinkStatus.DISCONNECTED: Mood.BAD,
    LinkStatus.NO_ANSWER: Mood.BAD,
}


# -- what happened


def happened(card: Card, store: Store, now: datetime) -> tuple[HappenedView, ...]:
    """The newest alarms of the bundle in words, each with its times."""
    items = card.timeline.items if card.timeline else ()
    events = [item.event for item in items if item.kind is TimelineKind.EVENT and item.event and not item.event.restore]
    newest = sorted(events, key=lambda event: event.occurred_at, reverse=True)
    return tuple(_happened(event, store.words, now) for event in newest[:HAPPENED_SHOWN])


def _happened(event: Event, words: Words, now: datetime) -> HappenedView:
    return HappenedView(
        key=str(event.id),
        rank=event.priority.rank if event.priority else 4,
        text=event.text.in_locale(words.language),
        place=_where(event, words),
        times=tuple(_times(event, words, now)),
        marks=tuple(_marks(event, words, now)),
    )


def _where(event: Event, words: Words) -> str:
    """`linia 3 Korytarz · strefa 1 · kod 130`."""
    source = words(f"source.{event.source_kind}", n=event.source_number) if event.source_number else ""
    found = [" ".join(part for part in (source, event.source_name) if part)]
    if event.partition is not None:
        found.append(words("source.PARTITION", n=event.partition))
    if event.user_number is not None:
        found.append(words("source.USER", n=event.user_number))
    found.append(words("happened.code", n=event.code))
    return " · ".join(part for part in found if part)


def _times(event: Event, words: Words, now: datetime) -> list[FactView]:
    times = [FactView(label=words("happened.received"), value=formats.moment(event.received_at, now), mono=True)]
    if event.panel_at is not None:
        times.insert(0, FactView(label=words("happened.panel"), value=formats.moment(event.panel_at, now), mono=True))
    return times


def _marks(event: Event, words: Words, now: datetime) -> list[tuple[str, Mood]]:
    marks: list[tuple[str, Mood]] = []
    if event.restored_at is not None:
        marks.append((words("happened.restored", time=formats.moment(event.restored_at, now)), Mood.GOOD))
    else:
        marks.append((words("happened.lasts"), Mood.BAD))
    if event.recovered:
        marks.append((words("line.recovered"), Mood.WARN))
    elif event.confirmed_at:
        marks.append((words("line.confirmed"), Mood.QUIET))
    lag = event.received_at - event.occurred_at
    if lag.total_seconds() > LATE_AFTER:
        marks.append((words("line.late", age=formats.spoken(lag, words)), Mood.WARN))
    if event.occurrences > 1:
        marks.append((words("line.occurrences", n=event.occurrences), Mood.QUIET))
    return marks


# -- people


def people(card: Card, store: Store, now: datetime) -> tuple[PersonView, ...]:
    """Whom to call, in the order in which they want to be called."""
    return tuple(_person(number, one, store.words, now) for number, one in enumerate(card.contacts, 1))


def _person(number: int, contact: Contact, words: Words, now: datetime) -> PersonView:
    hours, is_now = "", True
    if contact.call_from is not None and contact.call_until is not None:
        hours = f"{contact.call_from:%H:%M}\u2013{contact.call_until:%H:%M}"
        time = now.astimezone().time()
        early, late = contact.call_from, contact.call_until
        is_now = early <= time < late if early <= late else time >= early or time < late
        hours = hours if is_now else f"{hours}, {words('people.not_now')}"
    return PersonView(
        id=contact.id,
        number=str(number),
        name=contact.name,
        phone=contact.phone,
        detail=" · ".join(part for part in (contact.note or "", hours) if part),
        now=is_now,
    )


# -- the place


def site(store: Store, now: datetime) -> SiteView:
    card, words = store.card, store.words
    if card is None:
        return SiteView()
    place = card.site
    return SiteView(
        loading=not place.loaded,
        failed=words("site.failed") if place.failed else "",
        panels=tuple(_panel(one, place.states.get(one.id), words) for one in place.panels),
        documents=tuple(_document(one, words, busy=one.id in place.fetching) for one in place.documents),
        history=tuple(_past(one, words, now) for one in place.history),
        secrets=tuple(_secret(one, store, now) for one in place.secrets),
    )


def _panel(panel: Panel, state: PanelState | None, words: Words) -> PanelView:
    status = state.link.status if state else LinkStatus.UNKNOWN
    is_known = state is not None and not state.stale
    return PanelView(
        key=str(panel.id),
        name=panel.name,
        link=words(f"site.link.{status}"),
        mood=_MOODS.get(status, Mood.QUIET),
        known=is_known,
        partitions=tuple(_partition(one, words) for one in state.partitions) if state else (),
        zones=_zones(state.zones, words) if state else "",
    )


def _partition(partition: PartitionLive, words: Words) -> PartitionView:
    name = " ".join(part for part in (words("source.PARTITION", n=partition.number), partition.name) if part)
    return PartitionView(text=name, state=words(f"site.partition.{partition.state}"), kind=partition_kind(partition.state))


def partition_kind(state: PartitionState) -> str:
    """How it is drawn: what is not known is unlike everything that is."""
    if state is PartitionState.UNKNOWN:
        return "unknown"
    if state in _ALARMS:
        return "alarm"
    if state is PartitionState.DISARMED:
        return "disarmed"
    return "armed" if state.startswith("ARMED") else "moving"


def _zones(zones: tuple[ZoneLive, ...], words: Words) -> str:
    active = [zone for zone in zones if zone.alarm or zone.violated or zone.tamper]
    if not active:
        return ""
    named = [" ".join(part for part in (str(zone.number), zone.name) if part) for zone in active[:ZONES_NAMED]]
    more = f" +{len(active) - ZONES_NAMED}" if len(active) > ZONES_NAMED else ""
    return words("site.zones", zones=", ".join(named) + more)


def _document(document: Document, words: Words, *, busy: bool) -> DocumentView:
    latest = document.latest
    size = f"{latest.size / 1_048_576:.1f} MB" if latest.size >= 1_048_576 else f"{max(1, latest.size // 1024)} kB"
    detail = f"{words(f'site.document.{document.kind}')} · {size}"
    return DocumentView(id=document.id, title=document.title, detail=detail, kind=document.kind, busy=busy)


def _past(alarm: AlarmSummary, words: Words, now: datetime) -> PastView:
    result = words.get(f"result.{alarm.result_code}", "") if alarm.result_code else ""
    detail = " · ".join(part for part in (formats.moment(alarm.opened_at, now), result) if part)
    return PastView(id=alarm.id, rank=alarm.priority.rank, title=present.title(alarm, words), detail=detail)


def _secret(secret: Secret, store: Store, now: datetime) -> SecretView:
    kind, shown = store.words(f"site.secret.{secret.kind}"), store.shown
    left = seconds_left(shown, store, now) if shown is not None and shown.secret_id == secret.id else 0
    value = shown.value if shown is not None and left else ""
    return SecretView(id=secret.id, label=secret.label, kind=kind, value=value, left=left)


def seconds_left(shown: Shown, store: Store, now: datetime) -> int:
    """For which the secret may still be read; 0: hidden, whether anybody has taken it away or not."""
    left = (shown.until - store.link.server_now(now)).total_seconds()
    return max(0, int(left + 0.999))
