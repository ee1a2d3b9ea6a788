"""Keeps on this device what the console needs without its server, and sends what was queued meanwhile. No Flet in it.

A part of the controller. Kept are the user's objects with contacts and procedures, the open alarms if he may see them, and
what he queued; all of it is destroyed with the session: at a logout, and when the server refuses to go on with it.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from api.client.codec import decode, encode
from api.client.errors import ApiError, BadAnswer, ClientError
from api.client.intents import Intent, IntentAnswer
from api.client.models import AlarmSummary, User
from api.client.object_sync import SyncedObject
from ui_flutter.offline.device import Device
from ui_flutter.sections.section import Tools
from ui_flutter.state.link import Phase
from ui_flutter.state.offline import Queued, may_be_shown, without_server
from ui_flutter.state.store import Card, Login
from ui_flutter.state.views import ListPhase
from workflows.domain.bundle import BundleStatus
from workflows.domain.intent import MOST, IntentOutcome
from workflows.domain.permissions import Permission

logger = logging.getLogger("stam.console")
OWNER: Final = "owner"  # whose picture is kept: remembered beside it, for the key is found by it
PICTURE_FIRST, PICTURE_EVERY = 0.5, 5.0  # s
OBJECTS_EVERY: Final = 300.0  # s
AGAIN_AFTER: Final = 3.0  # s; after the server did not answer
_LATER: Final = frozenset({401, 429})  # the session is renewed or ended elsewhere; it was asked too often
_META, _ALARMS, _OBJECTS, _QUEUE = "meta", "alarm", "object", "intent"


class Keeper:
    """``remember`` keeps whose picture this is over restarts."""

    def __init__(self, tools: Tools, *, remember: Callable[[str, str], None], device: Callable[[], Device]) -> None:
        self._client, self._store = tools.client, tools.store
        self._spawn, self._changed, self._clock = tools.spawn, tools.changed, tools.clock
        self._remember, self._device = remember, device
        self._cache: Any = None  # imported when there is something to keep: SQLite is not needed for a login
        self._drawn: tuple[int, datetime | None] = (-1, None)
        self._queue_changed = asyncio.Event()
        self._sending: set[UUID] = set()
        self._lock = asyncio.Lock()

    # -- starting without a server

    async def recall(self, owner: str) -> bool:
        """Show what was kept of ``owner``, as old as it is; False: there is nothing, or it is too old."""
        if not owner or not await self._opened(owner, create=False):
            return False
        meta = await self._cache.one(_META, "picture")
        if meta is None:
            return False
        try:
            user, kept_at = decode(meta["user"], User), datetime.fromisoformat(meta["at"])
            if not may_be_shown(kept_at, self._clock()):
                await self.forget()
                return False
            await self._show(user, kept_at)
        except (BadAnswer, KeyError, ValueError):  # of an older console
            logger.warning("what was kept cannot be understood and is thrown away")
            await self.forget()
            return False
        return True

    async def _show(self, user: User, kept_at: datetime) -> None:
        store = self._store
        alarms = [decode(content, AlarmSummary) for _, content in await self._cache.all(_ALARMS)]
        await self._recall_objects()
        await self._recall_queue()
        store.user, store.login = without_server(user), Login.IN
        store.book.load(alarms, store.book.mark())
        for synced in store.offline.objects.values():
            store.book.remember_object(synced.object.id, synced.object.name)
        store.list_phase = ListPhase.READY
        store.offline.restored_at = kept_at
        store.link = replace(store.link, phase=Phase.LOST, heard_at=kept_at, lost_at=kept_at)
        self._changed()

    async def _recall_objects(self) -> None:
        found = [decode(content, SyncedObject) for _, content in await self._cache.all(_OBJECTS)]
        self._store.offline.objects = {one.object.id: one for one in found}

    async def _recall_queue(self) -> None:
        for _, content in await self._cache.all(_QUEUE):
            self._store.offline.add(decode(content, Queued))

    # -- with a session

    async def admit(self, user: User) -> None:
        """A session has begun: keep its picture, follow its objects, send what it queued before."""
        if not await self._opened(str(user.id), create=True):
            return
        try:
            await self._recall_objects()
            await self._recall_queue()
        except BadAnswer:
            for kind in (_OBJECTS, _QUEUE, _META):
                self._cache.clear(kind)
        self._spawn(self._keep_picture())
        self._spawn(self._send_for_ever())
        if user.may(Permission.OBJECT_VIEW):
            self._spawn(self._follow_objects())

    async def forget(self) -> None:
        """The session is over: nothing of it is left here."""
        self._remember(OWNER, "")
        self._drawn = (-1, None)
        if self._cache is None:
            await self._opened("", create=False)
        if self._cache is not None:
            async with self._lock:
                await self._cache.destroy()

    async def _opened(self, owner: str, *, create: bool) -> bool:
        """Also False where nothing can be kept: a page by plain HTTP has no cryptography."""
        try:
            if self._cache is None:
                from ui_flutter.offline.cache import Cache

                self._cache = Cache(self._device())
            async with self._lock:
                return bool(await self._cache.open(owner, create=create)) if owner else False
        except Exception:
            logger.warning("nothing can be kept on this device", exc_info=True)
            return False

    # -- the picture

    async def _keep_picture(self) -> None:
        """What is on the screen, while it is the server's; the first one soon."""
        while True:
            await asyncio.sleep(PICTURE_FIRST if self._drawn[1] is None else PICTURE_EVERY)
            await self.keep_picture()

    async def keep_picture(self) -> None:
        store = self._store
        user, heard_at = store.user, store.link.heard_at
        if user is None or heard_at is None or store.link.phase is not Phase.LIVE or store.offline.restored_at is not None:
            return
        alarms = [alarm for alarm in store.book.alarms.values() if alarm.status is not BundleStatus.CLOSED]
        drawn = (store.book.revision, heard_at)
        if drawn == self._drawn:
            return
        async with self._lock:
            if self._drawn[0] != store.book.revision:
                self._cache.clear(_ALARMS)
                for alarm in alarms:
                    await self._cache.put(_ALARMS, str(alarm.id), encode(alarm))
            await self._cache.put(_META, "picture", {"user": encode(user), "at": heard_at.isoformat()})
            await self._cache.commit()
        if self._drawn[1] is None:
            self._remember(OWNER, str(user.id))
        self._drawn = drawn

    # -- objects

    async def _follow_objects(self) -> None:
        while True:
            try:
                await self.sync_objects()
            except ClientError as error:
                logger.info("the copy of objects could not be renewed: %s", error)
                await asyncio.sleep(AGAIN_AFTER)
            else:
                await asyncio.sleep(OBJECTS_EVERY)

    async def sync_objects(self) -> None:
        """From where the last look ended; what was taken is kept page by page, with its cursor."""
        offline, more = self._store.offline, True
        cursor = await self._cache.one(_META, "cursor")
        while more:
            found = await self._client.object_sync.changes(cursor)
            async with self._lock:
                if found.from_the_start:
                    self._cache.clear(_OBJECTS)
                    offline.objects.clear()
                for synced in found.items:
                    offline.objects[synced.object.id] = synced
                    await self._cache.put(_OBJECTS, str(synced.object.id), encode(synced))
                for id_ in found.removed:
                    offline.objects.pop(id_, None)
                self._cache.remove(_OBJECTS, map(str, found.removed))
                await self._cache.put(_META, "cursor", found.cursor)
                await self._cache.commit()
            cursor, more = found.cursor, found.more
        offline.synced_at = self._clock()
        self._changed()

    # -- what is queued

    def fill(self, card: Card) -> None:
        """What is kept of the card's object, where the server cannot be asked."""
        alarm = self._store.book.alarms.get(card.id)
        kept = self._store.offline.objects.get(alarm.object_id) if alarm is not None else None
        if kept is not None and not card.contacts:
            card.contacts = kept.plan.contacts

    def queue(self, intent: Intent, object_name: str) -> None:
        """To be sent when there is a server; kept at once."""
        queued = Queued(intent=intent, object_name=object_name)
        self._store.offline.add(queued)
        self._spawn(self._kept(queued))
        self._queue_changed.set()
        self._changed()

    def dismiss(self, queued: Queued) -> None:
        """The answer was seen, or what has not been sent is not wanted any more. What is on its way stays for its answer."""
        offline = self._store.offline
        if queued.answer is None and queued.intent.id in self._sending:
            return
        (offline.dismiss if queued.answer is not None else offline.withdraw)(queued.intent.id)
        self._spawn(self._dropped(queued))
        self._changed()

    async def _kept(self, queued: Queued) -> None:
        if self._cache is not None and self._cache.is_open:
            async with self._lock:
                await self._cache.put(_QUEUE, str(queued.intent.id), encode(queued))
                await self._cache.commit()

    async def _dropped(self, queued: Queued) -> None:
        if self._cache is not None and self._cache.is_open:
            async with self._lock:
                self._cache.remove(_QUEUE, [str(queued.intent.id)])
                await self._cache.commit()

    async def _send_for_ever(self) -> None:
        while True:
            self._queue_changed.clear()
            if self._store.offline.unsent and not await self.send_queued():
                await asyncio.sleep(AGAIN_AFTER)
                continue
            await self._queue_changed.wait()

    async def send_queued(self) -> bool:
        """In the order in which they were made; whether the server answered."""
        unsent = self._store.offline.unsent[:MOST]
        self._sending = {one.intent.id for one in unsent}
        try:
            answers: tuple[IntentAnswer, ...] = await self._client.intents.sync([one.intent for one in unsent])
        except ApiError as error:
            if error.status >= 500 or error.status in _LATER:
                return False
            answers = tuple(self._refused(one, error) for one in unsent)
        except ClientError as error:
            logger.info("what is queued could not be sent: %s", error)
            return False
        finally:
            sent, self._sending = self._sending, set()
        self._store.offline.answered(answers)
        for queued in self._store.offline.queue:
            if queued.intent.id in sent:
                await self._kept(queued)
        self._changed()
        return True

    def _refused(self, queued: Queued, error: ApiError) -> IntentAnswer:
        """The server will have nothing of it: of a user who may not write any more, or of a console that is too old."""
        return IntentAnswer(
            id=queued.intent.id,
            outcome=IntentOutcome.REJECTED,
            settled_at=self._store.link.server_now(self._clock()),
            code=error.code,
            reason=error.detail or error.title,
        )
