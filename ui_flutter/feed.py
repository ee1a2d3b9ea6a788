"""What comes from the server by itself: the live stream, the list of open alarms, and the names that belong to it. No Flet.

The live stream is the spine: its `Welcome` makes the list load (so that nothing falls between the load and the stream),
its changes go into the book, its silence makes the picture stale. Nothing here ever clears the picture because the server
is away; it comes back by itself.
"""

import asyncio
import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol, assert_never
from uuid import UUID

from api.client.errors import ApiError, ClientError
from api.client.models import AlarmChange, AlarmSummary
from api.client.stream import (
    Disconnected,
    Event,
    Live,
    Message,
    ModeChanged,
    Ping,
    Reconnecting,
    ReplayOverflow,
    SessionEnded,
    Welcome,
)
from ui_flutter.sections.section import Tools
from ui_flutter.state import problems
from ui_flutter.state.link import Phase
from ui_flutter.state.store import Login
from ui_flutter.state.views import ListPhase
from workflows.domain.permissions import Permission

logger = logging.getLogger("stam.console")

PAGE_SIZE: Final = 200
PAGES_MOST: Final = 10  # of open alarms; a station with more has other worries than the tail of its list
AWAY_WORTH_TELLING: Final = timedelta(seconds=5)
RETRY_FIRST, RETRY_LAST = 1.0, 10.0  # s
_ENRICH_SINGLY: Final = 3  # up to so many alarms without names are asked for one by one
_PAUSE: Final = 0.3  # s between two questions for names


class Listener(Protocol):
    """Who is told what the stream says, besides the store."""

    def connected(self) -> None:
        """The stream is there, again or for the first time: what was shown before may be old."""

    def happened(self, message: Event) -> None:
        """Anything, once it is in the book."""

    def over(self, notice: str) -> None:
        """The server ended the session."""


class Feed:
    """One for as long as the console runs; `run` and what it starts end with the session."""

    def __init__(self, tools: Tools, listener: Listener) -> None:
        self._client, self._store = tools.client, tools.store
        self._spawn, self._changed, self._clock = tools.spawn, tools.changed, tools.clock
        self._listener = listener
        self._reloading = False
        self._reload_after: float | None = None  # s; asked for, not begun
        self._enriching = False
        self._asked: dict[UUID, int] = {}  # alarms asked for their names, and in which version

    def forget(self) -> None:
        """The session is over, and with it the tasks."""
        self._asked.clear()
        self._reloading = self._enriching = False
        self._reload_after = None

    # -- the stream

    async def run(self) -> None:
        """For as long as somebody is logged in."""
        while self._store.login is Login.IN:
            try:
                async for message in self._client.stream():
                    self._receive(message)
                    self._changed()
            except Exception:
                logger.exception("the stream failed; it starts anew")
                self._store.link = self._store.link.lost(self._clock(), timedelta(seconds=RETRY_LAST))
                self._changed()
                await asyncio.sleep(RETRY_LAST)

    def _receive(self, message: Message) -> None:
        now, store = self._clock(), self._store
        match message:
            case Disconnected():
                store.link = store.link.lost(now, timedelta(seconds=message.retry_in))
            case Reconnecting():
                pass
            case SessionEnded():
                self._listener.over(self._why_ended(message.reason))
            case _:
                store.link = store.link.heard(now)
                self._told_by_server(message, now)

    def _why_ended(self, reason: str) -> str:
        words = self._store.words
        return words("login.ended") if reason in problems.SESSION_OVER else problems.message(words, reason)

    def _told_by_server(self, message: Welcome | Live | Event | Ping | ReplayOverflow | ModeChanged, now: datetime) -> None:
        store = self._store
        match message:
            case Welcome():
                self._welcomed(message, now)
            case Live():
                self._is_live(now)
            case Event():
                change = message.alarm_change()
                if change is not None:
                    self._alarm_changed(change, opened=message.event == "alarm.new")
                elif message.event == "panel.described":
                    self._described(UUID(message.data["panel_id"]))
                self._listener.happened(message)
            case ReplayOverflow():
                store.link = replace(store.link, phase=Phase.RELOADING)
                self.reload(after=message.retry_after_ms / 1000)
            case Ping():
                store.link = store.link.heard(now, message.server_time)
            case ModeChanged():
                store.link = replace(store.link, mode=message.mode)
            case _:
                assert_never(message)

    def _welcomed(self, message: Welcome, now: datetime) -> None:
        link = self._store.link.heard(now, message.server_time)
        self._store.link = replace(link, phase=Phase.CATCHING_UP, mode=message.mode, retry_at=None)
        self._listener.connected()
        if not message.resumed or self._store.list_phase is not ListPhase.READY:
            self.reload()

    def _is_live(self, now: datetime) -> None:
        store = self._store
        link = store.link
        if link.phase is Phase.RELOADING:  # the reload says when it is done
            return
        if link.lost_at is not None and now - link.lost_at >= AWAY_WORTH_TELLING:
            store.came_back, store.missed = len(link.missed), link.missed
        store.link = replace(link, phase=Phase.LIVE, lost_at=None, missed=frozenset())

    def _alarm_changed(self, change: AlarmChange, *, opened: bool) -> None:
        store = self._store
        if not store.book.push(change.alarm):
            return
        if opened and store.link.phase is not Phase.LIVE and store.link.lost_at is not None:
            store.link = replace(store.link, missed=store.link.missed | {change.alarm.id})
        self._enrich_soon()

    def _described(self, panel_id: UUID) -> None:
        for id_ in self._store.book.described(panel_id):
            self._asked.pop(id_, None)
        self._enrich_soon()

    # -- loading

    def reload(self, after: float = 0.0) -> None:
        """Load all open alarms, in ``after`` seconds; tried again until it works or the session ends. Once at a time: who asks
        during a load, which may have seen too little, gets another one after it."""
        self._reload_after = after
        if not self._reloading:
            self._reloading = True
            self._spawn(self._reload())

    async def _reload(self) -> None:
        try:
            while self._reload_after is not None:
                await asyncio.sleep(self._reload_after)
                self._reload_after = None
                await self._until_loaded()
        finally:
            self._reloading = False

    async def _until_loaded(self) -> None:
        pause = RETRY_FIRST
        while not await self._load_open():
            await asyncio.sleep(pause)
            pause = min(2 * pause, RETRY_LAST)

    async def _load_open(self) -> bool:
        store, mark = self._store, self._store.book.mark()
        if store.user is None or not store.user.may(Permission.ALARM_VIEW):
            store.list_phase = ListPhase.READY
            return True
        try:
            alarms = await self._all_open()
        except ClientError as error:
            if isinstance(error, ApiError) and error.code in problems.SESSION_OVER:
                raise
            logger.warning("the list could not be loaded: %s", error)
            if store.list_phase is ListPhase.LOADING:
                store.list_phase = ListPhase.FAILED
            self._changed()
            return False
        store.book.load(alarms, mark)
        store.list_phase = ListPhase.READY
        if store.link.phase is Phase.RELOADING and self._reload_after is None:
            store.link = replace(store.link, phase=Phase.LIVE, lost_at=None, missed=frozenset())
        self._enrich_soon()
        self._changed()
        return True

    async def _all_open(self) -> list[AlarmSummary]:
        found: list[AlarmSummary] = []
        cursor: str | None = None
        for _ in range(PAGES_MOST):
            page = await self._client.alarms(open=True, limit=PAGE_SIZE, cursor=cursor)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        return found

    async def learn_objects(self) -> None:
        """Names of all objects, so that a pushed alarm has its object's name at once."""
        cursor: str | None = None
        for _ in range(PAGES_MOST):
            page = await self._client.objects(limit=PAGE_SIZE, cursor=cursor)
            for place in page.items:
                self._store.book.remember_object(place.id, place.name)
            cursor = page.next_cursor
            if cursor is None:
                return

    def _enrich_soon(self) -> None:
        if not self._enriching and self._nameless():
            self._enriching = True
            self._spawn(self._enrich())

    def _nameless(self) -> list[UUID]:
        alarms = self._store.book.alarms
        return [id_ for id_ in self._store.book.incomplete() if self._asked.get(id_) != alarms[id_].version]

    async def _enrich(self) -> None:
        """Ask REST for the names a pushed change does not carry: many at once, or a few one by one. What comes meanwhile is
        asked for after that."""
        try:
            while True:
                await asyncio.sleep(_PAUSE)
                ids = self._nameless()
                if not ids:
                    return
                self._asked |= {id_: self._store.book.alarms[id_].version for id_ in ids}
                if len(ids) > _ENRICH_SINGLY:
                    await self._learn_open(ids)
                for id_ in [id_ for id_ in self._store.book.incomplete() if id_ in ids][:_ENRICH_SINGLY]:
                    self._store.book.learn(await self._client.alarm(id_))
                self._changed()
        except ClientError as error:
            logger.info("names could not be asked for: %s", error)
            self._asked.clear()  # the next change asks again
        finally:
            self._enriching = False

    async def _learn_open(self, wanted: list[UUID]) -> None:
        """Page by page, the newest first, until nothing of what is wanted lacks a name."""
        book, cursor = self._store.book, None
        for _ in range(PAGES_MOST):
            page = await self._client.alarms(open=True, order="newest", limit=PAGE_SIZE, cursor=cursor)
            for alarm in page.items:
                book.learn(alarm)
            cursor = page.next_cursor
            if cursor is None or not set(wanted) & set(book.incomplete()):
                return
