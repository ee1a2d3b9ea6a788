"""Keeps the cells equal to the store: at once when something changed, at most every 100 ms, and each second for the clock."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from ui_flutter.components import parts
from ui_flutter.components.cell import Cell
from ui_flutter.components.look import Look
from ui_flutter.components.safe import report
from ui_flutter.components.screen import RowCells, Screen
from ui_flutter.i18n.words import Words
from ui_flutter.navigator import Navigator
from ui_flutter.state import enrolment, present, present_card, present_desk, present_offline, present_site, present_trust
from ui_flutter.state import format as formats
from ui_flutter.state.store import Store
from ui_flutter.theme import THEMES

COALESCE = 0.1  # s between two drawings
NARROW = 820  # px; below it list and card are separate pages


class Painter:
    """One for each screen. `changed` asks for a drawing; `paint_for_ever` draws."""

    def __init__(self, store: Store, screen: Screen, width: Callable[[], float], revive: Callable[[], None]) -> None:
        self._store = store
        self._screen = screen
        self._width = width
        self._revive = revive
        self._changed = asyncio.Event()
        self.navigator: Navigator | None = None  # set when there is one: it needs what needs the painter

    def changed(self) -> None:
        self._changed.set()

    async def paint_for_ever(self) -> None:
        """A drawing that fails is reported and the next one is tried: the screen must never freeze for good."""
        while True:
            self._changed.clear()
            try:
                self._revive()
                await self._paint(datetime.now(UTC))
            except Exception as error:
                report("the screen cannot be painted", error)
            await asyncio.sleep(COALESCE)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), 1.0 - time.time() % 1.0)

    async def _paint(self, now: datetime) -> None:
        """Write every cell; what is equal to what is drawn costs nothing further."""
        parts.scale_texts(self._store.scale)
        self._paint_list(now)  # before the banners, too: it finds out whether alarms come in floods
        await asyncio.sleep(0)  # Flet draws what has changed: an alarm's row is on its way before the counters beside it
        self._paint_rest(now)

    def _paint_rest(self, now: datetime) -> None:
        store, screen = self._store, self._screen
        store.expire_toasts(now)
        narrow = self._width() < NARROW * store.scale  # large texts leave room for less beside each other
        screen.look.value = Look(THEMES[store.theme], Words(store.language), narrow, store.scale, store.still)
        screen.frame.value = present.frame(store, narrow=narrow)
        screen.login.value = present.login(store)
        screen.enrolment.value = enrolment.view(store.enrolment)
        if self.navigator is not None:
            screen.nav.value = self.navigator.nav()
            screen.section.value = self.navigator.view(now)
        screen.top.value = present.top(store)
        screen.user.value = present.user(store)
        screen.clock.value = formats.clock(store.link.server_now(now))
        screen.link.value = present.link(store, now)
        screen.banners.value = present_trust.banners(store, now)
        screen.trust.value = present_trust.trust(store, now)
        screen.sound.value = present_trust.sound(store, now)
        screen.due.value = present_desk.due(store, now)
        screen.queue.value = present_offline.queue(store, now)
        screen.filters.value = present.filters(store, now)
        self._paint_card(now, narrow=narrow)
        screen.toasts.value = present.toasts(store)

    def _paint_list(self, now: datetime) -> None:
        store, screen = self._store, self._screen
        listing = present.listing(store, now)
        for id_ in listing.ids:
            alarm = store.book.alarms[id_]
            row, age, meter = present.row(alarm, store, now), present.age(alarm, store, now), present.meter(alarm, store, now)
            if id_ in screen.rows:
                screen.rows[id_].put(row, age, meter)
            else:
                screen.rows[id_] = RowCells(Cell(row), Cell(age), Cell(meter))
        screen.listing.value = listing  # after its rows have their cells
        for id_ in screen.rows.keys() - set(listing.ids):
            del screen.rows[id_]

    def _paint_card(self, now: datetime, *, narrow: bool) -> None:
        store, screen = self._store, self._screen
        alarm = store.open_alarm
        screen.detail.value = present_card.detail(store, now, narrow=narrow)
        screen.detail_hint.value = present_card.hint(store, now)
        screen.countdown.value = present_card.countdown(store, now)
        screen.site.value = present_site.site(store, now)
        screen.dialog.value = present_card.dialog(store)
        if alarm is not None:
            screen.target.value = present.target(alarm, store, now)
