"""One panel: its live board and commands, its history and log, its zones and settings."""

import asyncio
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from api.client.errors import ClientError
from api.client.models import Event as PanelEvent
from api.client.models import Page, Panel, PanelState, StateChange, Zone
from api.client.panel_admin import Partitions
from api.client.stream import Event
from ui_flutter.sections import panel_edits, panel_release
from ui_flutter.sections.forms import Forms
from ui_flutter.sections.panel_orders import PanelOrders
from ui_flutter.sections.section import Section, Tools
from ui_flutter.state import present_panels
from ui_flutter.state.listing import Listing, Sending
from ui_flutter.state.panel_tabs import PanelTab, ZoneShow, tabs_of
from ui_flutter.state.present_panels import PanelsView
from ui_flutter.state.views import ListPhase
from workflows.domain.flags import Flag

PAGE_SIZE = 100
PAUSE = 0.2  # s between two loads of the state for the same burst of changes
POLL_EVERY = 3.0  # s; states of zones are not pushed


def make(tools: Tools) -> "Panels":
    return Panels(tools)


class Panels(Section):
    """`/panels/<id>` and `/panels/<id>/<tab>`."""

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self.flags: dict[Flag, bool] = {}  # none: not known yet
        self.forms = Forms(self)
        self.resuming = Sending()
        self._watching = 0  # a number for each time that the board is watched
        self._flagged = False
        self._due = False  # a load of the state is on its way for what was told
        self._forget(None)

    def _forget(self, panel_id: UUID | None) -> None:
        """Nothing of one panel is left on another one's page."""
        self.id = panel_id
        self.panel: Panel | None = None
        self.object_name = ""
        self.state: PanelState | None = None
        self.seen_at: datetime | None = None  # when the state was told
        self.phase, self.error = ListPhase.LOADING, ""
        self.tab = PanelTab.BOARD
        self.partitions: frozenset[int] = frozenset()  # chosen
        self.zones: frozenset[int] = frozenset()  # chosen
        self.zone_show = ZoneShow.ALL
        self.partition_names: Partitions | None = None
        self.zone_rows: Listing[Zone] = Listing()
        self.history: Listing[StateChange] = Listing()
        self.history_of: int | None = None  # a partition; 0: the link; None: all
        self.log: Listing[PanelEvent] = Listing()
        self.alarms_only = False
        self.orders = PanelOrders(self)

    def enter(self, path: tuple[str, ...]) -> None:
        panel_id = _id(path)
        if panel_id is None:
            self.tools.go("/objects")
            return
        if panel_id != self.id:
            self.forms.dismiss()
            self._forget(panel_id)
        tabs = tabs_of(self.tools.store.user)
        wanted = path[1] if len(path) > 1 else ""
        self.tab = next((tab for tab in tabs if tab == wanted), PanelTab.BOARD)
        if not self._flagged:
            self._flagged = True
            self.tools.spawn(self._learn_flags())
        self.refresh()
        self._watching += 1
        self.tools.spawn(self._watch(self._watching))

    def leave(self) -> None:
        self._watching += 1

    def view(self, now: datetime) -> PanelsView:
        return present_panels.panels(self, self.tools.store, now)

    def told(self, message: Event) -> None:
        if self.id is None or message.data.get("panel_id") != str(self.id):
            return
        if message.event == "command.updated":
            self.orders.told()
        elif message.event == "panel.release.changed":
            self.tools.spawn(self._load())
        elif message.event == "panel.described":
            self.tools.spawn(self._load())
            self.load_tab()
        elif message.event == "panel.state.changed":
            self._state_soon()

    def refresh(self) -> None:
        if self.id is not None:
            self.tools.spawn(self._load())
            self.orders.load()
            self.load_tab()

    def key(self, key: str) -> bool:
        if key != "Escape":
            return False
        if self.forms.is_open:
            self.forms.dismiss()
        elif self.partitions or self.zones:
            self.clear_choice()
        else:
            self.back()
        return True

    # -- intents

    def back(self) -> None:
        self.tools.go(f"/objects/{self.panel.object_id}" if self.panel else "/objects")

    def choose(self, tab: str) -> None:
        self.tools.go(f"/panels/{self.id}" if tab == PanelTab.BOARD else f"/panels/{self.id}/{tab}")

    def choose_partition(self, number: int) -> None:
        self.partitions, self.zones = self.partitions ^ {number}, frozenset()
        self.tools.changed()

    def choose_zone(self, number: int) -> None:
        self.zones, self.partitions = self.zones ^ {number}, frozenset()
        self.tools.changed()

    def clear_choice(self) -> None:
        self.partitions = self.zones = frozenset()
        self.tools.changed()

    def show_zones(self, show: str) -> None:
        self.zone_show = ZoneShow(show)
        self.tools.changed()

    def show_history(self, of: str) -> None:
        self.history_of = int(of) if of else None
        self.history.clear()
        self.load_tab()

    def show_log(self, which: str) -> None:
        self.alarms_only = which == "alarms"
        self.log.clear()
        self.load_tab()

    def more(self) -> None:
        self.load_tab(more=True)

    def give_up_line(self) -> None:
        panel_release.release(self)

    def take_line_back(self) -> None:
        panel_release.resume(self)

    def edit(self) -> None:
        panel_edits.change(self)

    def delete(self) -> None:
        panel_edits.delete(self)

    def edit_zone(self, zone_id: str) -> None:
        panel_edits.zone(self, zone_id)

    def add_zone(self) -> None:
        panel_edits.add_zone(self)

    def edit_partitions(self) -> None:
        panel_edits.partitions(self)

    # -- loading

    def load_tab(self, *, more: bool = False) -> None:
        match self.tab:
            case PanelTab.HISTORY:
                self.fill(self.history, self._ask_history, more=more)
            case PanelTab.LOG:
                self.fill(self.log, self._ask_log, more=more)
            case PanelTab.ZONES:
                self.fill(self.zone_rows, self._ask_zones, more=more)
            case _:
                pass

    async def _load(self) -> None:
        panel_id, client = self.id, self.tools.client
        assert panel_id is not None
        try:
            panel = await client.panel(panel_id)
        except ClientError as error:
            self._failed(panel_id, error)
            raise
        if panel_id != self.id:
            return
        self.panel, self.phase, self.error = panel, ListPhase.READY, ""
        self.tools.changed()
        await self._load_state()
        if not self.object_name:
            self.object_name = (await client.object(panel.object_id)).name
            self.tools.changed()

    def _failed(self, panel_id: UUID, error: ClientError) -> None:
        if panel_id == self.id:
            self.error = self.tools.told(error)
            self.phase = ListPhase.READY if self.panel is not None else ListPhase.FAILED
            self.tools.changed()

    async def _load_state(self) -> None:
        panel_id = self.id
        assert panel_id is not None
        state = await self.tools.client.panel_state(panel_id)
        if panel_id == self.id:
            self.state, self.seen_at = state, self.tools.clock()
            self.tools.changed()

    def _state_soon(self) -> None:
        """All partitions of a panel often change at once: asked about once."""
        if not self._due:
            self._due = True
            self.tools.spawn(self._after_pause())

    async def _after_pause(self) -> None:
        await asyncio.sleep(PAUSE)
        self._due = False
        await self._load_state()

    async def _watch(self, number: int) -> None:
        """As long as the board is on the screen. A failure is told by the age of the picture."""
        while True:
            await asyncio.sleep(POLL_EVERY)
            if number != self._watching or self.tab is not PanelTab.BOARD:
                return
            with suppress(ClientError):
                await self._load_state()

    async def _learn_flags(self) -> None:
        self.flags = await self.tools.client.flags()
        self.tools.changed()

    async def _ask_history(self, cursor: str | None) -> Page[StateChange]:
        assert self.id is not None
        return await self.tools.client.panel_history(self.id, partition=self.history_of, cursor=cursor, limit=PAGE_SIZE)

    async def _ask_log(self, cursor: str | None) -> Page[PanelEvent]:
        events = self.tools.client.events
        return await events(panel_id=self.id, alarms_only=self.alarms_only or None, cursor=cursor, limit=PAGE_SIZE)

    async def _ask_zones(self, cursor: str | None) -> Page[Zone]:
        assert self.id is not None
        page = await self.tools.client.zones(self.id, cursor=cursor, limit=200)
        self.partition_names = await self.tools.client.panel_admin.partitions(self.id)
        return page


def _id(path: tuple[str, ...]) -> UUID | None:
    try:
        return UUID(path[0]) if path else None
    except ValueError:
        return None
