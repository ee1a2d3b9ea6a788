"""Guarded places: the list, the map, and the card of one."""

import asyncio
from datetime import datetime
from uuid import UUID

from api.client.models import Object, Page
from api.client.stream import Event
from ui_flutter.sections import object_edits
from ui_flutter.sections.forms import Forms
from ui_flutter.sections.object_card import ObjectCard
from ui_flutter.sections.object_map import ObjectMap
from ui_flutter.sections.section import Section, Tools
from ui_flutter.state import present_objects
from ui_flutter.state.listing import Listing
from ui_flutter.state.present_objects import At, ObjectsView
from workflows.domain.flags import Flag

PAGE_SIZE = 100
SEARCH_PAUSE = 0.3  # s after the last letter


def make(tools: Tools) -> "Objects":
    return Objects(tools)


class Objects(Section):
    """`/objects`, `/objects/map`, `/objects/<id>` and `/objects/<id>/<tab>`."""

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self.at = At.LIST
        self.listing: Listing[Object] = Listing()
        self.query, self.status, self.kind, self.city = "", "", "", ""
        self.kinds: tuple[str, ...] = ()
        self.cities: tuple[str, ...] = ()
        self.flags: dict[Flag, bool] = {}  # none: not known yet
        self.forms = Forms(self)
        self.map = ObjectMap(self)
        self.card: ObjectCard | None = None
        self._typed = 0
        self._knows = False

    def enter(self, path: tuple[str, ...]) -> None:
        if not self._knows:
            self._knows = True
            self.tools.spawn(self._learn())
        self.forms.dismiss()
        object_id = _id(path)
        if object_id is not None:
            self._open_card(object_id, path[1] if len(path) > 1 else "")
        elif path == ("map",):
            self.at = At.MAP
            self.map.enter()
        else:
            self.at = At.LIST
            self.refresh_list()

    def view(self, now: datetime) -> ObjectsView:
        return present_objects.objects(self, self.tools.store, now)

    def told(self, message: Event) -> None:
        """What is not on the screen is loaded anew when it comes back."""
        if self.tools.store.section != "objects":
            return
        if self.at is At.CARD and self.card is not None:
            self.card.told(message)
        elif self.at is At.MAP:
            self.map.told(message)

    def refresh(self) -> None:
        if self.at is At.LIST:
            self.refresh_list()
        elif self.at is At.MAP:
            self.map.load()
        elif self.card is not None:
            self.card.load()

    def key(self, key: str) -> bool:
        if key == "Escape" and self.forms.is_open:
            self.forms.dismiss()
        elif key == "Escape" and self.at is At.CARD:
            self.tools.go("/objects")
        elif self.at is At.MAP:
            return self.map.key(key)
        else:
            return False
        return True

    # -- intents

    def search(self, text: str) -> None:
        self.query = text
        self._typed += 1
        self.tools.spawn(self._search_soon(self._typed))

    def choose_status(self, status: str) -> None:
        self.status = status
        self._anew()

    def choose_kind(self, kind: str) -> None:
        self.kind = kind
        self._anew()

    def choose_city(self, city: str) -> None:
        self.city = city
        self._anew()

    def refresh_list(self) -> None:
        self.fill(self.listing, self._ask)

    def more(self) -> None:
        self.fill(self.listing, self._ask, more=True)

    def open(self, object_id: str) -> None:
        self.tools.go(f"/objects/{object_id}")

    def show(self, at: str) -> None:
        self.tools.go("/objects/map" if at == At.MAP else "/objects")

    def add(self) -> None:
        object_edits.add(self)

    # -- loading

    def _anew(self) -> None:
        self.listing.clear()
        self.refresh_list()

    async def _search_soon(self, number: int) -> None:
        await asyncio.sleep(SEARCH_PAUSE)
        if number == self._typed:
            self._anew()

    async def _ask(self, cursor: str | None) -> Page[Object]:
        find = self.tools.client.object_admin.find
        return await find(
            q=self.query.strip() or None,
            status=self.status or None,
            kind=self.kind or None,
            city=self.city or None,
            cursor=cursor,
            limit=PAGE_SIZE,
        )

    async def _learn(self) -> None:
        client = self.tools.client
        kinds, cities, self.flags = await asyncio.gather(client.fleet.kinds(), client.fleet.cities(), client.flags())
        self.kinds, self.cities = kinds.kinds, cities.cities
        self.tools.changed()

    def _open_card(self, object_id: UUID, tab: str) -> None:
        self.at = At.CARD
        if self.card is None or self.card.id != object_id:
            self.card = ObjectCard(self, object_id)
        self.card.enter(tab)


def _id(path: tuple[str, ...]) -> UUID | None:
    try:
        return UUID(path[0]) if path else None
    except ValueError:
        return None
