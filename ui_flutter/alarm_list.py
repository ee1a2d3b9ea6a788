"""Which alarms the list shows, and how much of it. No Flet in it."""

from dataclasses import replace

from ui_flutter.closed import Closed
from ui_flutter.sections.section import Tools
from ui_flutter.state.order import WINDOW, WINDOW_STEP, Filter
from ui_flutter.state.views import Tab


class AlarmList:
    """A part of the controller; its intents change what is shown of the store."""

    def __init__(self, tools: Tools, closed: Closed) -> None:
        self._store, self._changed, self._clock, self._closed = tools.store, tools.changed, tools.clock, closed

    def choose_tab(self, tab: Tab) -> None:
        self._filter(replace(self._store.filter, tab=tab, only=None))
        if tab is Tab.CLOSED:
            self._closed.load()

    def toggle_class(self, rank: int) -> None:
        self._filter(replace(self._store.filter, ranks=self._store.filter.ranks ^ {rank}))

    def search(self, text: str) -> None:
        self._filter(replace(self._store.filter, query=text))

    def clear_filters(self) -> None:
        self._filter(Filter(tab=self._store.filter.tab))
        if self._store.filter.tab is Tab.CLOSED:
            self._closed.forget_span()

    def _filter(self, wanted: Filter) -> None:
        self._store.filter, self._store.window = wanted, WINDOW
        self._store.order.thaw()
        self._changed()

    def show_more(self) -> None:
        self._store.window += WINDOW_STEP
        if self._store.filter.tab is Tab.CLOSED:
            self._closed.more()
        self._changed()

    def show_above(self) -> None:
        """What came above the rows that were held still."""
        self._store.order.thaw()
        self._changed()

    def pointer_inside(self) -> None:
        """Rows do not jump under a pointer."""
        self._store.order.touch(self._clock())

    def toggle_group(self, key: str) -> None:
        """Show the alarms of a group below it, or hide them again."""
        self._store.unfolded ^= {key}
        self._changed()

    def show_missed(self) -> None:
        """Only what opened while we were away."""
        self._filter(Filter(only=self._store.missed))
        self.dismiss_missed()

    def dismiss_missed(self) -> None:
        self._store.came_back = None
        self._changed()
