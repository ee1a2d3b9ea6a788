"""From the section of objects to what is drawn: the list; the map and the card have files of their own. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from api.client.models import Object, ObjectStatus
from ui_flutter.i18n.words import Words
from ui_flutter.state import present_map, present_object
from ui_flutter.state.forms import FormView
from ui_flutter.state.present_map import MapView
from ui_flutter.state.present_object import CardView
from ui_flutter.state.store import Store
from ui_flutter.state.tables import Column, TableCell, TableRow, TableView, table
from ui_flutter.state.views import Mood
from workflows.domain.bundle import BundleStatus
from workflows.domain.permissions import Permission

if TYPE_CHECKING:
    from ui_flutter.sections.objects import Objects

_MOODS = {ObjectStatus.ACTIVE: Mood.GOOD, ObjectStatus.SERVICE: Mood.WARN, ObjectStatus.CLOSED: Mood.QUIET}


class At(StrEnum):
    """What of the section is on the screen."""

    LIST = "list"
    MAP = "map"
    CARD = "card"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectsView:
    """`options`: (key, label); the first one is no filter."""

    at: At
    table: TableView | None = None
    query: str = ""
    status: str = ""
    statuses: tuple[tuple[str, str], ...] = ()
    kind: str = ""
    kinds: tuple[tuple[str, str], ...] = ()
    city: str = ""
    cities: tuple[tuple[str, str], ...] = ()
    can_add: bool = False
    map: MapView | None = None
    card: CardView | None = None
    form: FormView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """The open alarms of one object: how many, and of which class the worst is."""

    count: int
    rank: int


def objects(section: "Objects", store: Store, now: datetime) -> ObjectsView:
    form = section.forms.view()
    if section.at is At.CARD and section.card is not None:
        return ObjectsView(at=At.CARD, card=present_object.card(section.card, store, now), form=form)
    if section.at is At.MAP:
        return ObjectsView(at=At.MAP, map=present_map.of(section.map, open_by_object(store), store), form=form)
    words, user = store.words, store.user
    return ObjectsView(
        at=At.LIST,
        table=_table(section, store),
        query=section.query,
        status=section.status,
        statuses=(("", words("object.any_status")), *((one.value, words(f"object.status.{one}")) for one in ObjectStatus)),
        kind=section.kind,
        kinds=(("", words("object.any_kind")), *((one, one) for one in section.kinds)),
        city=section.city,
        cities=(("", words("object.any_city")), *((one, one) for one in section.cities)),
        can_add=user is not None and user.may(Permission.OBJECT_EDIT),
        form=form,
    )


def open_by_object(store: Store) -> dict[UUID, Open]:
    """What rings for somebody: silenced alarms are not counted."""
    found: dict[UUID, Open] = {}
    for alarm in store.book.alarms.values():
        if alarm.status is not BundleStatus.CLOSED and not alarm.suppressed:
            before = found.get(alarm.object_id, Open(count=0, rank=4))
            found[alarm.object_id] = Open(count=before.count + 1, rank=min(before.rank, alarm.priority.rank))
    return found


def status(one: Object, words: Words) -> tuple[str, Mood]:
    return words(f"object.status.{one.status}"), _MOODS[one.status]


def _table(section: "Objects", store: Store) -> TableView:
    words, counts = store.words, open_by_object(store)
    sees_alarms = store.user is not None and store.user.may(Permission.ALARM_VIEW)
    columns = [
        Column(title=words("object.name")),
        Column(title=words("object.kind"), width=150),
        Column(title=words("object.external_number"), width=130),
        *([Column(title=words("object.alarms"), width=130)] if sees_alarms else []),
        Column(title=words("object.status"), width=160),
    ]
    rows = tuple(_row(one, counts.get(one.id), words, sees_alarms=sees_alarms) for one in section.listing.items)
    searched = section.query.strip() or section.status or section.kind or section.city
    empty = words("list.empty.search" if searched else "object.empty")
    return table(section.listing, tuple(columns), rows, empty=empty, footer=words("page.shown", n=len(rows)))


def _row(one: Object, found: Open | None, words: Words, *, sees_alarms: bool) -> TableRow:
    label, mood = status(one, words)
    alarms = TableCell(text=words("object.open", n=found.count), rank=found.rank) if found else TableCell(text="")
    return TableRow(
        id=str(one.id),
        faded=one.status is ObjectStatus.CLOSED,
        cells=(
            TableCell(text=one.name, detail=one.address),
            TableCell(text=one.kind),
            TableCell(text=one.external_number, mono=True),
            *([alarms] if sees_alarms else []),
            TableCell(text=label, mood=mood),
        ),
    )
