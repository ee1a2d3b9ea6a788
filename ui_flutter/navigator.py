"""Which part of the console is on the screen: from the address to a section and back. No Flet in it."""

from collections.abc import Callable
from datetime import datetime

from api.client.stream import Event
from ui_flutter.sections import registry
from ui_flutter.sections.registry import ALARMS, Entry
from ui_flutter.sections.section import Section, Tools
from ui_flutter.state.views import NavItem, NavView, SectionView


class Navigator:
    """Sections are made when first entered, and forgotten with the session. ``desk`` is told an address of the alarm desk."""

    def __init__(self, tools: Tools, desk: Callable[[str], None]) -> None:
        self._tools, self._desk = tools, desk
        self._made: dict[str, Section] = {}
        self._at: tuple[str, ...] = ()
        self.route = "/"  # of the section on the screen

    @property
    def current(self) -> Section | None:
        """None: the alarm desk."""
        return self._made.get(self._tools.store.section)

    def follow(self, route: str) -> None:
        """Show what the address says; what nobody knows or the user may not see is his first page."""
        store = self._tools.store
        if store.user is None:
            return
        name, *path = parts_of(route) or (self._home(),)
        entry = registry.entry_of(name)
        if entry is None or not entry.seen_by(store.user):
            name, path = self._home(), []
        before, at = self.current, (name, *path)
        store.section, self.route = name, "/" + "/".join(at)
        if name == ALARMS:
            self._desk(route)
        elif at != self._at:  # the address bar tells again what we told it
            self._section(name).enter(tuple(path))
        self._at = at
        if before is not None and before is not self.current:
            before.leave()
        self._tools.changed()

    def told(self, message: Event) -> None:
        for section in self._made.values():
            section.told(message)

    def refresh(self) -> None:
        for section in self._made.values():
            section.refresh()

    def forget(self) -> None:
        self._made.clear()
        self._at, self.route = (), "/"

    def key(self, key: str) -> bool:
        return self.current is not None and self.current.key(key)

    def nav(self) -> NavView:
        store = self._tools.store
        if store.user is None:
            return NavView()
        return NavView(items=tuple(self._item(entry) for entry in registry.entries_of(store.user)))

    def _item(self, entry: Entry) -> NavItem:
        store, name = self._tools.store, entry.name
        return NavItem(
            name=name,
            icon=entry.icon,
            label=store.words(f"nav.{name}"),
            route=f"/alarms/{store.card.id}" if name == ALARMS and store.card else f"/{name}",
            selected=name == self._shown_as(),
        )

    def _shown_as(self) -> str:
        entry = registry.entry_of(self._tools.store.section)
        return (entry.under or entry.name) if entry else ""

    def view(self, now: datetime) -> SectionView:
        section = self.current
        return SectionView(name=self._tools.store.section, value=section.view(now)) if section else SectionView()

    def _section(self, name: str) -> Section:
        if name not in self._made:
            self._made[name] = registry.make(name, self._tools)
        return self._made[name]

    def _home(self) -> str:
        user = self._tools.store.user
        seen = registry.entries_of(user) if user else ()
        return seen[0].name if seen else ALARMS


def parts_of(route: str) -> tuple[str, ...]:
    """`/objects/<id>?tab=x` → `("objects", "<id>")`."""
    return tuple(part for part in route.partition("?")[0].split("/") if part)
