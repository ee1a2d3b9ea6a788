"""From the copy of objects to the page that shows it: pure functions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from api.client.object_sync import SyncedObject
from ui_flutter.i18n.words import Words
from ui_flutter.state import format as formats
from ui_flutter.state.store import Store
from ui_flutter.state.tables import Column, TableCell, TableRow, TableView
from ui_flutter.state.views import ListPhase

SHOWN_MOST: Final = 200  # of what is found; who looks for one object types more of its name


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptObject:
    """One object, opened: its contacts in call order and its steps."""

    title: str
    address: str
    contacts: tuple[str, ...]
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptView:
    subtitle: str
    table: TableView
    opened: KeptObject | None


def kept(store: Store, query: str, chosen: UUID | None, now: datetime) -> KeptView:
    words, offline = store.words, store.offline
    found = [one for one in sorted(offline.objects.values(), key=lambda one: one.object.name.casefold()) if _finds(one, query)]
    rows = tuple(_row(one, chosen) for one in found[:SHOWN_MOST])
    at = offline.synced_at or offline.restored_at
    opened = offline.objects.get(chosen) if chosen is not None else None
    return KeptView(
        subtitle=words("kept.subtitle", time=formats.moment(at, now)) if at is not None else words("kept.never"),
        table=TableView(
            columns=(Column(title=words("kept.object")), Column(title=words("kept.address"))),
            rows=rows,
            phase=ListPhase.READY,
            empty=words("kept.none_found" if offline.objects else "kept.empty"),
            footer=words("page.shown", n=len(found)) if found else "",
        ),
        opened=_opened(opened, words) if opened is not None else None,
    )


def _finds(one: SyncedObject, query: str) -> bool:
    place = one.object
    drawn = f"{place.name} {place.address} {place.external_number}".casefold()
    return all(word in drawn for word in query.casefold().split())


def _row(one: SyncedObject, chosen: UUID | None) -> TableRow:
    place = one.object
    cells = (TableCell(text=place.name, detail=place.external_number), TableCell(text=place.address, detail=place.kind))
    return TableRow(id=str(place.id), cells=cells, selected=place.id == chosen)


def _opened(one: SyncedObject, words: Words) -> KeptObject:
    contacts = tuple(
        " · ".join(part for part in (contact.name, contact.phone, contact.note or "") if part) for contact in one.plan.contacts
    )
    steps = tuple(f"{number}. {step.text}" for number, step in enumerate(one.plan.steps, 1))
    return KeptObject(
        title=one.object.name,
        address=one.object.address,
        contacts=contacts or (words("kept.no_contacts"),),
        steps=steps or (words("kept.no_steps"),),
    )
