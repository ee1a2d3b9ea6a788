"""From the store to what is drawn: pure functions, one per part of the screen.

`now` is this computer's time; ages are counted by the server's (`Link.server_now`).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any
from uuid import UUID

from api.client.models import AlarmSummary
from ui_flutter.i18n.words import Words
from ui_flutter.state import format as formats
from ui_flutter.state import present_flood, reminders
from ui_flutter.state.actions import is_mine
from ui_flutter.state.flood import Group
from ui_flutter.state.link import Phase
from ui_flutter.state.order import WINDOW_MOST, Key, group_urgency, newest_first, opened_between, urgency
from ui_flutter.state.spans import Preset
from ui_flutter.state.store import Login, Store
from ui_flutter.state.views import (
    FilterView,
    FrameView,
    LinkView,
    ListView,
    LoginView,
    MeterView,
    Mood,
    Page,
    RowView,
    Tab,
    TargetView,
    ToastView,
    TopView,
    UserView,
)
from workflows.domain.alarm import Priority
from workflows.domain.bundle import BundleStatus
from workflows.domain.supervision import ANYWHERE

# Within which an alarm of the class should be claimed; what the age bar is measured against.
TARGETS = {
    Priority.CRITICAL: timedelta(seconds=60),
    Priority.HIGH: timedelta(minutes=2),
    Priority.MEDIUM: timedelta(minutes=10),
    Priority.LOW: timedelta(hours=1),
}
METER_STEPS = 20  # of an age bar: it is drawn anew when it has grown by one, not each second
_URGENT = frozenset({Priority.CRITICAL, Priority.HIGH})


_PAGES = {
    Login.STARTING: Page.STARTING,
    Login.OUT: Page.LOGIN,
    Login.BUSY: Page.LOGIN,
    Login.PASSWORD: Page.PASSWORD,
    Login.CHANGING: Page.PASSWORD,
    Login.FACTOR: Page.FACTOR,
    Login.IN: Page.WORK,
}


def frame(store: Store, *, narrow: bool = False) -> FrameView:
    page = _PAGES[store.login]
    waiting = (a for a in store.book.alarms.values() if a.status is BundleStatus.NEW and not a.suppressed)
    urgent = any(alarm.priority in _URGENT for alarm in waiting)
    return FrameView(page=page, urgent=urgent, card_alone=narrow and store.card is not None, section=store.section)


def login(store: Store) -> LoginView:
    busy = store.login in {Login.BUSY, Login.CHANGING}
    return LoginView(busy=busy, needs_code=store.needs_code, error=store.login_error, notice=store.login_notice)


def top(store: Store) -> TopView:
    open_alarms = [a for a in store.book.alarms.values() if a.status is not BundleStatus.CLOSED and not a.suppressed]
    ranks = [alarm.priority.rank for alarm in open_alarms]
    mode = store.words.get(f"mode.{store.link.mode}", "")
    counts = (ranks.count(1), ranks.count(2), ranks.count(3), ranks.count(4))
    return TopView(counts=counts, mode=mode)


def user(store: Store) -> UserView:
    name = store.user.display_name if store.user else ""
    return UserView(name=name, initials=formats.initials(name))


def link(store: Store, now: datetime) -> LinkView:
    line, words = store.link, store.words
    if line.phase is Phase.LOST:
        label = words("link.offline" if line.is_stale(now) else "link.reconnecting")
        return LinkView(label=label, mood=Mood.BAD if line.is_stale(now) else Mood.WARN)
    if line.is_stale(now):
        return LinkView(label=words("link.offline"), mood=Mood.BAD)
    if line.phase is not Phase.LIVE:
        return LinkView(label=words(f"link.{line.phase}"), mood=Mood.WARN)
    seconds = int((now - line.heard_at).total_seconds()) if line.heard_at else 0
    return LinkView(label=words("link.live"), detail=words("link.heartbeat", seconds=max(0, seconds)), mood=Mood.GOOD)


def filters(store: Store, now: datetime) -> FilterView:
    alarms = [alarm for alarm in store.book.alarms.values() if alarm.status is not BundleStatus.CLOSED]
    new = sum(1 for alarm in alarms if alarm.status is BundleStatus.NEW)
    mine = sum(1 for alarm in alarms if is_mine(alarm, store.me))
    counts = tuple(str(n) if n else "" for n in (len(alarms), new, mine))
    return FilterView(
        tab=store.filter.tab,
        ranks=store.filter.ranks,
        tab_counts=(counts[0], counts[1], counts[2], ""),
        query=store.filter.query,
        span=store.closed_span if store.filter.tab is Tab.CLOSED else None,
        span_good=store.closed_span.is_good(now),
    )


def listing(store: Store, now: datetime) -> ListView:
    """The list; also settles the order, which depends on what was shown before."""
    words, ids = store.words, _matching(store)
    groups = {group.key: group for group in present_flood.groups(store, ids, now)}
    arranged = store.order.arrange(_with_groups(ids, groups, store), now)
    lines = list(present_flood.unfolded(store, arranged, groups, now))
    shown = lines[: store.window]
    waiting = store.order.waiting
    stale = store.link.is_stale(now) and store.link.heard_at is not None
    seen = {line for line in shown if isinstance(line, UUID)}.union(*(groups[key].ids for key in groups if key in arranged))
    closed, narrows = store.filter.tab is Tab.CLOSED, _narrows(store)
    total = words("page.shown", n=len(seen)) if closed else words("list.shown", shown=len(seen), total=len(ids) - waiting)
    there_is_more = len(shown) < len(lines) or (closed and store.closed.next_cursor is not None)
    return ListView(
        phase=store.closed.phase if closed else store.list_phase,
        lines=tuple(shown),
        footer=total if arranged else "",
        can_show_more=there_is_more and len(shown) < WINDOW_MOST,
        above=words("list.above", n=waiting) if waiting else "",
        empty=words("list.empty.search" if narrows else f"list.empty.{store.filter.tab}"),
        can_clear=narrows,
        veiled=words("link.data_from", time=formats.moment(store.link.heard_at, now)) if stale and store.link.heard_at else "",
    )


def _narrows(store: Store) -> bool:
    return store.filter.narrows or (store.filter.tab is Tab.CLOSED and store.closed_span.preset is not Preset.ALL)


def _with_groups(ids: list[UUID], groups: Mapping[str, Group], store: Store) -> list[Key]:
    """Groups in the place of their alarms; the others where they were."""
    if not groups:
        return list(ids)
    hidden = {id_ for group in groups.values() for id_ in group.ids}
    ranked = [(urgency(store.book.alarms[id_]), id_) for id_ in ids if id_ not in hidden]
    keyed: list[tuple[Any, Key]] = [*ranked, *((group_urgency(group), key) for key, group in groups.items())]
    return [key for _, key in sorted(keyed, key=itemgetter(0))]


def _matching(store: Store) -> list[UUID]:
    words, me = store.words, store.me
    alarms = [alarm for alarm in store.book.alarms.values() if store.filter.admits(alarm, me)]
    if store.filter.query.strip():
        alarms = [alarm for alarm in alarms if store.filter.finds(_searched(alarm, words))]
    if store.filter.tab is Tab.CLOSED:
        since, until = store.closed_between
        return [one.id for one in sorted(alarms, key=newest_first) if opened_between(one, since, until)]
    return [alarm.id for alarm in sorted(alarms, key=urgency)]


def _searched(alarm: AlarmSummary, words: Words) -> str:
    return f"{title(alarm, words)} {alarm.object_name} {cause(alarm, words)} {alarm.id}"


def title(alarm: AlarmSummary, words: Words) -> str:
    """`Włamanie — linia 3 Korytarz`."""
    kind = words(f"type.{alarm.alarm_type}")
    head = alarm.headline
    if head.source_kind is None or not head.source_number:
        return kind
    source = words(f"source.{head.source_kind}", n=head.source_number)
    return f"{kind} — {source} {head.source_name}" if head.source_name else f"{kind} — {source}"


def cause(alarm: AlarmSummary, words: Words) -> str:
    """What lines that were lost together have in common (ADR-038); empty: nothing."""
    if not alarm.cause:
        return ""
    return words("cause.anywhere") if alarm.cause == ANYWHERE else words("cause.address", host=alarm.cause)


def why(alarm: AlarmSummary, words: Words, now: datetime) -> str:
    """Why the alarm stands here: how many signals, the last, what is special."""
    found = []
    if alarm.event_count > 1:
        last = words("row.last", time=formats.moment(alarm.last_event_at, now))
        found.append(f"{words('row.signals', n=alarm.event_count)}, {last}")
    if alarm.headline.recovered:
        found.append(words("row.recovered"))
    if alarm.suppressed:
        found.append(words("row.suppressed"))
    if alarm.stale:
        found.append(words("row.stale"))
    return ", ".join(found)


def owner_name(alarm: AlarmSummary, store: Store) -> str:
    if alarm.claimed_by is None:
        return ""
    if is_mine(alarm, store.me) and store.user:
        return store.user.display_name
    return alarm.claimed_by_name or store.words("row.someone")


def row(alarm: AlarmSummary, store: Store, now: datetime) -> RowView:
    words, owner = store.words, owner_name(alarm, store)
    rank, name, status = alarm.priority.rank, title(alarm, words), words(f"status.{alarm.status}")
    place = " · ".join(filter(None, (alarm.object_name or words("list.object_unknown"), cause(alarm, words))))
    active = words("row.active", n=alarm.active_count) if alarm.active_count else ""
    next_one = next(iter(reminders.ahead(store.callbacks, alarm.id, store.link.server_now(now))), None)
    reminder = formats.minute(next_one.due_at, now) if next_one else ""
    reminded = words("row.reminder", time=reminder) if reminder else ""
    spoken = [
        f"P{rank} {words(f'class.{alarm.priority}')}",
        name,
        place,
        status,
        owner or words("row.nobody"),
        active,
        reminded,
    ]
    return RowView(
        id=alarm.id,
        rank=rank,
        kind=alarm.alarm_type,
        title=name,
        place=place,
        why=why(alarm, words, now),
        count=f"×{alarm.event_count}" if alarm.event_count > 1 else "",
        reminder=reminder,
        status=alarm.status,
        status_label=status,
        owner=formats.initials(owner) if owner else "",
        owner_name=owner,
        blinks=alarm.status is BundleStatus.NEW and not alarm.suppressed,
        is_active=alarm.active_count > 0,
        suppressed=alarm.suppressed,
        selected=store.card is not None and store.card.id == alarm.id,
        spoken=", ".join(part for part in spoken if part),
    )


def age(alarm: AlarmSummary, store: Store, now: datetime) -> str:
    """The age in the list: since it opened; for a closed one how long it took."""
    until = alarm.status_changed_at if alarm.status is BundleStatus.CLOSED else store.link.server_now(now)
    return formats.counter(until - alarm.opened_at, store.words)


def meter(alarm: AlarmSummary, store: Store, now: datetime) -> MeterView:
    """Only waiting wears the target out: a claimed alarm has met it or missed it, and its bar is quiet."""
    if alarm.status is not BundleStatus.NEW:
        return MeterView(used=1.0)
    used = (store.link.server_now(now) - alarm.opened_at) / TARGETS[alarm.priority]
    mood = Mood.GOOD if used < 0.5 else Mood.WARN if used < 1 else Mood.BAD
    return MeterView(used=min(1.0, max(0.0, round(used * METER_STEPS) / METER_STEPS)), mood=mood)


def target(alarm: AlarmSummary, store: Store, now: datetime) -> TargetView:
    """The age of the open card against its target."""
    words, present = store.words, store.link.server_now(now)
    bar = meter(alarm, store, now)
    if alarm.status is BundleStatus.NEW:
        waits = words("detail.waiting", age=formats.spoken(present - alarm.opened_at, words))
        goal = words("detail.target", age=formats.spoken(TARGETS[alarm.priority], words))
        return TargetView(text=f"{waits} · {goal}", meter=bar)
    until = alarm.status_changed_at if alarm.status is BundleStatus.CLOSED else present
    return TargetView(text=formats.spoken(until - alarm.opened_at, words), meter=bar)


def toasts(store: Store) -> tuple[ToastView, ...]:
    return tuple(ToastView(key=t.key, undo=t.undo, text=t.text, detail=t.detail, mood=t.mood) for t in store.toasts)
