"""From the store to the list's groups while alarms come in floods: pure functions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from ui_flutter.state import format as formats
from ui_flutter.state.flood import LATER, Group, ends_at, grouped, is_flood
from ui_flutter.state.order import Key
from ui_flutter.state.store import Store
from ui_flutter.state.views import GroupView, Tab

_GROUPED_TABS = frozenset({Tab.ACTIVE, Tab.NEW})


def groups(store: Store, ids: Sequence[UUID], now: datetime) -> tuple[Group, ...]:
    """What is drawn as one line now. A frozen order gets no new groups and loses none: nothing moves under the pointer."""
    store.flooded = is_flood(store.book.alarms.values(), now, before=store.flooded)
    order, is_frozen = store.order, store.order.is_frozen(now)
    if store.filter.tab not in _GROUPED_TABS or store.filter.narrows or not (store.flooded or (is_frozen and order.groups)):
        return ()
    single = [store.card.id] if store.card is not None else []
    alarms = [store.book.alarms[id_] for id_ in ids]
    if is_frozen:
        return grouped(alarms, single=[*single, *order.alarms], known=order.groups)
    return grouped(alarms, single=single)


def unfolded(store: Store, keys: Iterable[Key], groups: Mapping[str, Group], now: datetime) -> Iterator[UUID | GroupView]:
    """The lines of the list: alarms, groups, and the alarms of groups that are unfolded, below their group."""
    for key in keys:
        if isinstance(key, UUID):
            yield key
        elif key in groups:
            yield _view(groups[key], store, now)
            if key in store.unfolded:
                yield from groups[key].ids


def _view(group: Group, store: Store, now: datetime) -> GroupView:
    words, since = store.words, formats.clock(group.since)
    if group.key == LATER:
        over = ends_at(store.book.alarms.values(), store.link.server_now(now))
        title, detail = words("flood.later"), words("flood.later_until", time=formats.clock(over))
    elif group.alarm_type is not None:
        title = words(f"type.{group.alarm_type}")
        detail = words("flood.sites", n=group.sites, time=since)
    else:
        title = group.alarms[0].object_name or words("list.object_unknown")
        detail = words("flood.causes", n=len({alarm.alarm_type for alarm in group.alarms}), time=since)
    count = str(len(group.ids))
    return GroupView(
        key=group.key,
        rank=group.rank,
        kind=group.alarm_type or ("LATER" if group.key == LATER else ""),
        title=title,
        detail=detail,
        count=count,
        unfolded=group.key in store.unfolded,
        spoken=f"P{group.rank} {count} × {title}, {detail}",
    )
