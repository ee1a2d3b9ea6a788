"""The closed alarms that opened in a span of time, a page at a time. No Flet in it.

A part of the controller with the same rules. What was loaded stays in the book for as long as it is on the screen.
"""

import asyncio
from dataclasses import replace
from typing import Final

from api.client.errors import ClientError
from ui_flutter.sections.section import Tools
from ui_flutter.state import spans
from ui_flutter.state.order import WINDOW
from ui_flutter.state.spans import Preset, Span
from workflows.domain.bundle import BundleStatus

PAUSE: Final = 0.4  # s after the last keystroke


class Closed:
    def __init__(self, tools: Tools) -> None:
        self._client, self._store = tools.client, tools.store
        self._spawn, self._changed, self._clock, self._told = tools.spawn, tools.changed, tools.clock, tools.told
        self._typed = 0

    # -- intents

    def load(self) -> None:
        """Anew, from the newest."""
        store = self._store
        if store.offline.restored_at is None and store.closed_span.is_good(self._clock()):
            store.closed_between = store.closed_span.bounds(self._clock())
            self._spawn(self._load(None))

    def more(self) -> None:
        """What opened before that."""
        cursor = self._store.closed.next_cursor
        if cursor is not None and not self._store.closed.busy:
            self._spawn(self._load(cursor))

    def choose_span(self, preset: str) -> None:
        before, chosen = self._store.closed_span, Preset(preset)
        now = self._clock()
        self._narrow(spans.custom(before, now) if chosen is Preset.CUSTOM else replace(before, preset=chosen))

    def type_span(self, since: str, until: str) -> None:
        """From the fields of a span of one's own, at each keystroke."""
        self._store.closed_span = replace(self._store.closed_span, since=since, until=until)
        self._typed += 1
        self._spawn(self._soon(self._typed))
        self._changed()

    def forget_span(self) -> None:
        self._narrow(Span(preset=Preset.ALL))

    # -- loading

    def _narrow(self, span: Span) -> None:
        self._store.closed_span, self._store.window = span, WINDOW
        self._store.closed.clear()
        self.load()
        self._changed()

    async def _soon(self, number: int) -> None:
        await asyncio.sleep(PAUSE)
        if number == self._typed and self._store.closed_span.is_good(self._clock()):
            self._narrow(self._store.closed_span)

    async def _load(self, cursor: str | None) -> None:
        store, (since, until) = self._store, self._store.closed_between
        number = store.closed.ask()
        try:
            page = await self._client.alarms(
                status=[BundleStatus.CLOSED], order="newest", from_=since, to=until, cursor=cursor, limit=WINDOW
            )
        except ClientError as error:
            if store.closed.fail(number, self._told(error)):
                raise
            return
        store.closed.take(number, page, appended=cursor is not None)
        store.book.kept = frozenset(alarm.id for alarm in store.closed.items)
        for alarm in page.items:
            store.book.learn(alarm)
        self._changed()
