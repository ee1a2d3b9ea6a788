"""What the console does: talks to the server through the SDK, keeps the store, answers the operator. No Flet in it.

The live stream is the spine: its `Welcome` makes the list load (so that nothing falls between the load and the stream),
its changes go into the book, its silence makes the picture stale. Nothing here ever clears the picture because the server
is away; it comes back by itself.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, assert_never
from uuid import UUID, uuid4

from api.client.client import StamClient
from api.client.errors import ApiError, BadAnswer, ClientError, Unreachable
from api.client.models import PASSWORD_LEAST, AlarmChange, AlarmSummary, User
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
from ui_flutter.appearance import Appearance
from ui_flutter.closed import Closed
from ui_flutter.desk import Desk
from ui_flutter.enroller import Enroller
from ui_flutter.i18n.words import Language
from ui_flutter.keeper import Keeper
from ui_flutter.keyboard import Keyboard
from ui_flutter.navigator import Navigator
from ui_flutter.offline.device import Device
from ui_flutter.offline.device import device as make_device
from ui_flutter.sections.registry import ALARMS
from ui_flutter.sections.section import PickedFile, Tools
from ui_flutter.siren import Loudspeaker, Siren
from ui_flutter.site import Files, SiteDesk
from ui_flutter.state import problems
from ui_flutter.state.actions import is_mine, offered
from ui_flutter.state.link import Phase
from ui_flutter.state.order import WINDOW, WINDOW_STEP, Filter
from ui_flutter.state.store import Card, CardPhase, Dialog, Login, Store
from ui_flutter.state.views import DialogKind, ListPhase, Mood, Tab
from ui_flutter.vault import Vault
from ui_flutter.watch import Watch
from workflows.domain.bundle import Action, BundleStatus, ResultCode
from workflows.domain.errors import ErrorCode
from workflows.domain.permissions import Permission

logger = logging.getLogger("stam.console")

PAGE_SIZE = 200
PAGES_MOST = 10  # of open alarms; a station with more has other worries than the tail of its list
ENRICH_SINGLY = 3  # up to so many alarms without names are asked for one by one
CARD_PAUSE = 0.3  # s between two loads of the same card
ANSWER_EXPECTED = 4.0  # s; of a server that is there, at the start
AWAY_WORTH_TELLING = timedelta(seconds=5)
RETRY_FIRST, RETRY_LAST = 1.0, 10.0  # s
HAD_SESSION = "session"  # a remembered choice, not a secret: whether resuming is worth a try
OFFLINE = "OFFLINE"  # an error code of the console's own: no answer at all
_ASKED_FIRST = {Action.ACK: DialogKind.ACK, Action.RESOLVE: DialogKind.RESOLVE, Action.TAKE_OVER: DialogKind.TAKE_OVER}
_AWAY = (Unreachable, BadAnswer)  # no answer, or none we understand


class Surroundings(Protocol):
    """What the controller needs of the place it runs in."""

    @property
    def loudspeaker(self) -> Loudspeaker: ...

    @property
    def files(self) -> Files: ...

    def changed(self) -> None:
        """The store changed: draw soon."""

    def navigate(self, route: str) -> None:
        """Show the route in the address bar."""

    def remember(self, key: str, value: str) -> None:
        """Keep a choice of look over restarts; never anything secret."""

    def copy(self, text: str) -> None:
        """To the clipboard."""

    def save(self, name: str, content: bytes) -> None:
        """Hand a file to the user."""

    async def pick(self) -> PickedFile | None:
        """Ask the user for a file; None: he chose none."""


def _now() -> datetime:
    return datetime.now(UTC)


class Controller:
    """One console. Public methods without `async` are the operator's intents: they return at once."""

    def __init__(
        self,
        client: StamClient,
        surroundings: Surroundings,
        *,
        store: Store | None = None,
        clock: Callable[[], datetime] = _now,
        device: Callable[[], Device] = make_device,
    ) -> None:
        self.store = store or Store()
        self._client = client
        self._around = surroundings
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        self._session_tasks: set[asyncio.Task[None]] = set()
        self._reloading = False
        self._reload_after: float | None = None  # s; asked for, not begun
        self._enriching = False
        self._asked: dict[UUID, int] = {}  # alarms asked for their names, and in which version
        self._start_tried: dict[UUID, int] = {}
        self._undoing: set[UUID] = set()  # claims to be taken back
        self._keys: dict[tuple[object, ...], str] = {}  # idempotency keys of actions that got no answer
        self._wanted = "/"  # the address to open after the login
        tools = self._tools()
        self.enroller = Enroller(tools, finished=self._factor_set_up)
        self.navigator = Navigator(tools, desk=self._follow_desk)
        self.keeper = Keeper(
            client,
            self.store,
            spawn=self._spawn,
            changed=surroundings.changed,
            clock=clock,
            remember=surroundings.remember,
            device=device,
        )
        self.desk = Desk(
            client,
            self.store,
            spawn=self._spawn,
            changed=surroundings.changed,
            reload=self._load_timeline,
            queue=self.keeper.queue,
            clock=clock,
        )
        self.closed = Closed(client, self.store, spawn=self._spawn, changed=surroundings.changed, clock=clock, told=self._told)
        self.keyboard = Keyboard(self)
        self.appearance = Appearance(self.store, surroundings.remember, surroundings.changed)
        self.site = SiteDesk(client, self.store, surroundings.files, spawn=self._spawn, changed=surroundings.changed)
        self.vault = Vault(
            client,
            self.store,
            spawn=self._spawn,
            changed=surroundings.changed,
            copy=surroundings.copy,
            told=self._told,
            clock=clock,
        )
        self.siren = self._voice()

    def _voice(self) -> Siren:
        around = self._around
        return Siren(
            self.store,
            around.loudspeaker,
            spawn=self._spawn,
            changed=around.changed,
            clock=self._clock,
            remember=around.remember,
            tell=self._client.account.mute,
        )

    def _tools(self) -> Tools:
        around = self._around
        return Tools(
            client=self._client,
            store=self.store,
            spawn=self._spawn,
            changed=around.changed,
            clock=self._clock,
            go=self.go,
            copy=self.copy,
            told=self._told,
            new_password=self._go_on_with,
            save=around.save,
            pick=around.pick,
        )

    # -- life

    async def start(self, route: str = "/", *, had_session: bool = True, owner: str = "") -> None:
        """Go on with the session of an earlier page load, or show the login.

        ``had_session`` False spares the server a question whose answer is known. ``owner``: whose picture this device keeps;
        it is shown, as old as it is, until the server answers.
        """
        self._wanted = route
        user = await self._resumed(owner) if had_session else None
        if user is not None:
            self._admit(user)
        elif self.store.offline.restored_at is not None:
            self._end_session(self.store.words("login.ended"))
        else:
            if owner:
                self._spawn(self.keeper.forget(), of_session=False)
            self.store.login = Login.OUT
            self._around.changed()

    async def _resumed(self, owner: str) -> User | None:
        """Asked until the server answers: a console that starts before its server waits for it."""
        pause, shown = RETRY_FIRST, False
        while True:
            asking = asyncio.ensure_future(self._client.resume())
            await asyncio.wait({asking}, timeout=ANSWER_EXPECTED)
            try:
                if not asking.done() and not shown:
                    shown = await self._recalled(owner)
                return await asking
            except ClientError as error:
                logger.info("the session cannot be resumed yet: %s", error)
                shown = shown or await self._recalled(owner)
                self.store.link = self.store.link.lost(self._clock(), timedelta(seconds=pause))
                await asyncio.sleep(pause)
                pause = min(2 * pause, RETRY_LAST)

    async def _recalled(self, owner: str) -> bool:
        """The last picture is on the screen."""
        if await self.keeper.recall(owner):
            self.navigator.follow(self._wanted)
            return True
        return False

    async def stop(self) -> None:
        """End everything that runs; the store keeps its last picture."""
        running = [*self._tasks]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None], *, of_session: bool = True) -> None:
        task = asyncio.create_task(self._guarded(work))
        task.add_done_callback(lambda _: work.close())  # of one that was ended before it began
        for group in (self._tasks, *([self._session_tasks] if of_session else [])):
            group.add(task)
            task.add_done_callback(group.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """A failure nobody expected is told and logged; the console goes on."""
        try:
            await work
        except ApiError as error:
            self._refused(error)
        except _AWAY:
            self._toast(OFFLINE)
        except Exception as error:
            logger.exception("a task of the console failed")
            self.store.toast(self.store.words("error.CONSOLE"), Mood.BAD, self._clock(), detail=repr(error))
        self._around.changed()

    # -- session

    def log_in(self, username: str, password: str, code: str = "") -> None:
        """``code``: of the authenticator app, or a recovery code; asked for once the server says that it is needed."""
        store = self.store
        if store.login is Login.BUSY:
            return
        if not username.strip() or not password:
            store.login_error = store.words("login.missing")
        else:
            store.login, store.login_error = Login.BUSY, ""
            self._spawn(self._log_in(username.strip(), password, code.strip()), of_session=False)
        self._around.changed()

    async def _log_in(self, username: str, password: str, code: str = "") -> None:
        store = self.store
        more = {"code": code} if code and store.needs_code else {}
        try:
            user = await self._client.login(username, password, **more)
            store.needs_code = False
            self._admit(user)
        except ClientError as error:
            store.needs_code = isinstance(error, ApiError) and error.code in problems.SECOND_FACTOR
            store.login, store.login_error = Login.OUT, self._told(error)

    def _admit(self, user: User) -> None:
        """Let the user in; who must change the password or set up a second factor does that first."""
        if not (user.must_change_password or user.must_set_up_second_factor):
            self._enter(user)
            return
        store = self.store
        first = Login.PASSWORD if user.must_change_password else Login.FACTOR
        store.login, store.user, store.login_error, store.login_notice = first, user, "", ""
        self._around.remember(HAD_SESSION, "yes")
        self._around.changed()

    def _factor_set_up(self) -> None:
        """The recovery codes were noted down: let in who was kept out for the want of them."""
        if self.store.login is Login.FACTOR and self.store.user is not None:
            self._enter(replace(self.store.user, second_factor=True, must_set_up_second_factor=False))

    def change_password(self, current: str, new: str, again: str) -> None:
        """From the form that a new password is asked for in; `again` guards against a slip of the finger."""
        store = self.store
        if store.login is not Login.PASSWORD or store.user is None:
            return
        wrong = _wrong_with_passwords(current, new, again)
        if wrong:
            store.login_error = store.words(wrong, n=PASSWORD_LEAST)
        else:
            store.login, store.login_error = Login.CHANGING, ""
            self._spawn(self._change_password(store.user.username, current, new))
        self._around.changed()

    async def _change_password(self, username: str, current: str, new: str) -> None:
        """The change ends every session: the new password opens the next one."""
        store = self.store
        try:
            await self._client.change_password(current, new)
        except ClientError as error:
            if isinstance(error, ApiError) and error.code in problems.SESSION_OVER:
                raise
            is_wrong = isinstance(error, ApiError) and error.code == ErrorCode.INVALID_CREDENTIALS
            store.login, store.login_error = Login.PASSWORD, store.words("password.wrong") if is_wrong else self._told(error)
            return
        await self._log_in_anew(username, new)

    async def _go_on_with(self, new: str) -> None:
        """The user changed the password at work: back to where he was, in a session of the new one."""
        user = self.store.user
        if user is not None:
            self._end_session(self.store.words("password.changed"))
            await self._log_in_anew(user.username, new)
            self._around.changed()

    async def _log_in_anew(self, username: str, new: str) -> None:
        store = self.store
        await self._log_in(username, new)
        if store.login is Login.OUT:
            store.login_notice = store.words("password.changed")
        else:
            store.toast(store.words("password.changed"), Mood.GOOD, self._clock())

    def _enter(self, user: User) -> None:
        store = self.store
        if store.offline.restored_at is not None:
            self._wanted, store.offline.restored_at = self._address(), None
        store.login, store.user, store.login_error, store.login_notice = Login.IN, user, "", ""
        store.book.user_names[user.id] = user.display_name
        self._around.remember(HAD_SESSION, "yes")
        self._spawn(self._stream_for_ever())
        self._spawn(self.keeper.admit(user))
        self._spawn(self.siren.run())
        self._spawn(Watch(self._client, store, self._around.changed).run())
        if user.may(Permission.OBJECT_VIEW):
            self._spawn(self._learn_objects())
        self.navigator.follow(self._wanted)
        self._around.changed()

    def log_out(self) -> None:
        self._spawn(self._log_out(), of_session=False)

    async def _log_out(self) -> None:
        self._end_session("")
        try:
            await self._client.logout()
        except ClientError as error:
            logger.warning("the server was not told of the logout: %s", error)

    def _end_session(self, notice: str) -> None:
        """Nothing of this session goes on; what was open is opened again after the next login."""
        for task in self._session_tasks - {asyncio.current_task()}:
            task.cancel()
        self._around.remember(HAD_SESSION, "no")
        self._spawn(self.keeper.forget(), of_session=False)
        self._wanted = self._address() if notice else "/"
        self.store.forget_session(logged_out=not notice)
        self.navigator.forget()
        self.store.login_notice = notice
        self._asked.clear()
        self._keys.clear()
        self._undoing.clear()
        self._reloading = self._enriching = False
        self._reload_after = None
        if not notice:
            self._around.navigate("/")
        self._around.changed()

    # -- the stream

    async def _stream_for_ever(self) -> None:
        while self.store.login is Login.IN:
            try:
                async for message in self._client.stream():
                    self._receive(message)
                    self._around.changed()
            except Exception:
                logger.exception("the stream failed; it starts anew")
                self.store.link = self.store.link.lost(self._clock(), timedelta(seconds=RETRY_LAST))
                self._around.changed()
                await asyncio.sleep(RETRY_LAST)

    def _receive(self, message: Message) -> None:
        now, store = self._clock(), self.store
        match message:
            case Disconnected():
                store.link = store.link.lost(now, timedelta(seconds=message.retry_in))
            case Reconnecting():
                pass
            case SessionEnded():
                self._end_session(self._why_ended(message.reason))
            case _:
                store.link = store.link.heard(now)
                self._told_by_server(message, now)

    def _why_ended(self, reason: str) -> str:
        words = self.store.words
        return words("login.ended") if reason in problems.SESSION_OVER else problems.message(words, reason)

    def _told_by_server(self, message: Welcome | Live | Event | Ping | ReplayOverflow | ModeChanged, now: datetime) -> None:
        store = self.store
        match message:
            case Welcome():
                self._welcomed(message, now)
            case Live():
                self._is_live(now)
            case Event():
                self.navigator.told(message)
                change = message.alarm_change()
                if change is not None:
                    self._alarm_changed(change, opened=message.event == "alarm.new")
                else:
                    self.desk.told(message)
                    self.site.told(message)
            case ReplayOverflow():
                store.link = replace(store.link, phase=Phase.RELOADING)
                self._spawn(self._reload(after=message.retry_after_ms / 1000))
            case Ping():
                store.link = store.link.heard(now, message.server_time)
            case ModeChanged():
                store.link = replace(store.link, mode=message.mode)
            case _:
                assert_never(message)

    def _welcomed(self, message: Welcome, now: datetime) -> None:
        link = self.store.link.heard(now, message.server_time)
        self.store.link = replace(link, phase=Phase.CATCHING_UP, mode=message.mode, retry_at=None)
        self._spawn(self.desk.load_callbacks())
        self.navigator.refresh()
        if not message.resumed or self.store.list_phase is not ListPhase.READY:
            self._spawn(self._reload())

    def _is_live(self, now: datetime) -> None:
        store = self.store
        link = store.link
        if link.phase is Phase.RELOADING:  # the reload says when it is done
            return
        if link.lost_at is not None and now - link.lost_at >= AWAY_WORTH_TELLING:
            store.came_back, store.missed = len(link.missed), link.missed
        store.link = replace(link, phase=Phase.LIVE, lost_at=None, missed=frozenset())

    def _alarm_changed(self, change: AlarmChange, *, opened: bool) -> None:
        store = self.store
        if not store.book.push(change.alarm):
            return
        if opened and store.link.phase is not Phase.LIVE and store.link.lost_at is not None:
            store.link = replace(store.link, missed=store.link.missed | {change.alarm.id})
        if store.card is not None and store.card.id == change.alarm.id:
            self._spawn(self._refresh_card(store.card))
            self._start_if_claimed()
        self._enrich_soon()

    # -- loading

    def reload(self) -> None:
        """The operator wants it tried again: list, closed list and card."""
        if self.store.offline.restored_at is not None:
            return  # the server is being asked already
        if self.store.filter.tab is Tab.CLOSED:
            self.closed.load()
        self._spawn(self._reload())
        if self.store.card is not None:
            self.open(self.store.card.id)

    async def _reload(self, after: float = 0.0) -> None:
        """Load all open alarms; tried again until it works or the session ends. Once at a time: who asks during a load, which
        may have seen too little, gets another one after it."""
        self._reload_after = after
        if self._reloading:
            return
        self._reloading = True
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
        store, mark = self.store, self.store.book.mark()
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
            self._around.changed()
            return False
        store.book.load(alarms, mark)
        store.list_phase = ListPhase.READY
        if store.link.phase is Phase.RELOADING and self._reload_after is None:
            store.link = replace(store.link, phase=Phase.LIVE, lost_at=None, missed=frozenset())
        self._enrich_soon()
        self._around.changed()
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

    async def _learn_objects(self) -> None:
        """Names of all objects, so that a pushed alarm has its object's name at once."""
        cursor: str | None = None
        for _ in range(PAGES_MOST):
            page = await self._client.objects(limit=PAGE_SIZE, cursor=cursor)
            for place in page.items:
                self.store.book.remember_object(place.id, place.name)
            cursor = page.next_cursor
            if cursor is None:
                return

    def _enrich_soon(self) -> None:
        if not self._enriching and self._nameless():
            self._enriching = True
            self._spawn(self._enrich())

    def _nameless(self) -> list[UUID]:
        alarms = self.store.book.alarms
        return [id_ for id_ in self.store.book.incomplete() if self._asked.get(id_) != alarms[id_].version]

    async def _enrich(self) -> None:
        """Ask REST for the names a pushed change does not carry: many at once, or a few one by one. What comes meanwhile is
        asked for after that."""
        try:
            while True:
                await asyncio.sleep(CARD_PAUSE)
                ids = self._nameless()
                if not ids:
                    return
                self._asked |= {id_: self.store.book.alarms[id_].version for id_ in ids}
                if len(ids) > ENRICH_SINGLY:
                    await self._learn_open(ids)
                for id_ in [id_ for id_ in self.store.book.incomplete() if id_ in ids][:ENRICH_SINGLY]:
                    self.store.book.learn(await self._client.alarm(id_))
                self._around.changed()
        except ClientError as error:
            logger.info("names could not be asked for: %s", error)
            self._asked.clear()  # the next change asks again
        finally:
            self._enriching = False

    async def _learn_open(self, wanted: list[UUID]) -> None:
        """Page by page, the newest first, until nothing of what is wanted lacks a name."""
        book, cursor = self.store.book, None
        for _ in range(PAGES_MOST):
            page = await self._client.alarms(open=True, order="newest", limit=PAGE_SIZE, cursor=cursor)
            for alarm in page.items:
                book.learn(alarm)
            cursor = page.next_cursor
            if cursor is None or not set(wanted) & set(book.incomplete()):
                return

    # -- the card

    def open(self, alarm: UUID) -> None:
        """Open an alarm's card; what is known is shown at once."""
        store = self.store
        if store.login is not Login.IN:
            self._wanted = f"/alarms/{alarm}"
            return
        if store.section != ALARMS:
            self.navigator.follow(f"/alarms/{alarm}")
            return
        card = store.card if store.card is not None and store.card.id == alarm else Card(id=alarm)
        if card is not store.card:
            self.vault.hide()
        store.card = card
        self._around.navigate(f"/alarms/{alarm}")
        self._spawn(self._load_card(card))
        self._around.changed()

    def leave(self) -> None:
        self.vault.hide()
        self.store.card = None
        self._around.navigate("/")
        self._around.changed()

    def go(self, route: str) -> None:
        """Open an address of the console."""
        self._around.navigate(route)
        self._show(route)

    def follow(self, route: str) -> None:
        """The address changed (back, forward, a link)."""
        if self.store.login is Login.IN:
            self._show(route)

    def _show(self, route: str) -> None:
        self.navigator.follow(route)
        if self.store.card is None or not self.at_desk:
            self.vault.hide()

    def _address(self) -> str:
        """Of what is on the screen."""
        if self.at_desk:
            return f"/alarms/{self.store.card.id}" if self.store.card else "/"
        return self.navigator.route

    def _follow_desk(self, route: str) -> None:
        wanted = alarm_of_route(route)
        current = self.store.card.id if self.store.card else None
        if wanted == current:
            return
        if wanted is None:
            self.store.card = None
            self._around.changed()
        else:
            self.open(wanted)

    async def _load_card(self, card: Card) -> None:
        if self.store.offline.restored_at is not None:
            self._without_server(card)
            return
        try:
            card.detail = await self._client.alarm(card.id)
            card.phase = CardPhase.READY
            self.store.book.learn(card.detail)
        except ApiError as error:
            if error.code in problems.SESSION_OVER:
                raise
            is_gone = error.status in {403, 404, 422}
            card.phase = CardPhase.GONE if is_gone else CardPhase.FAILED
            return
        except _AWAY:
            self._without_server(card)
            return
        finally:
            self._around.changed()
        self._start_if_claimed()
        await self._load_timeline(card)
        await self.desk.load(card)
        await self.site.load(card)

    def _without_server(self, card: Card) -> None:
        card.phase, card.timeline_failed = CardPhase.FAILED, card.timeline is None
        self.keeper.fill(card)
        self._around.changed()

    async def _load_timeline(self, card: Card) -> None:
        known = self.store.book.alarms.get(card.id)
        version = known.version if known else 0
        card.timelines_asked += 1
        number = card.timelines_asked
        try:
            found = await self._client.timeline(card.id)
            if number > card.timeline_number:  # else it was overtaken by a newer answer
                card.timeline, card.timeline_number = found, number
                card.timeline_failed, card.loaded_version = False, version
        except ClientError as error:
            logger.warning("the timeline could not be loaded: %s", error)
            card.timeline_failed = card.timeline is None
        self._around.changed()

    async def _refresh_card(self, card: Card) -> None:
        """The alarm changed: its timeline is longer now. A burst of changes is one load."""
        await asyncio.sleep(CARD_PAUSE)
        known = self.store.book.alarms.get(card.id)
        if self.store.card is card and known is not None and known.version > card.loaded_version:
            await self._load_timeline(card)

    def _start_if_claimed(self) -> None:
        """The card of an alarm we have claimed is open: the work has begun (D12)."""
        alarm = self.store.open_alarm
        if alarm is None or alarm.status is not BundleStatus.CLAIMING or not is_mine(alarm, self.store.me):
            return
        if alarm.id not in self.store.pending and self._start_tried.get(alarm.id) != alarm.version:
            self._start_tried[alarm.id] = alarm.version
            self._spawn(self._send(alarm, Action.START))

    # -- actions

    def act(self, action: Action) -> None:
        """Take a step on the open alarm; some of them ask for words first."""
        alarm, store = self.store.open_alarm, self.store
        if alarm is None or store.user is None or alarm.id in store.pending:
            return
        if action not in offered(alarm, store.user, store.link.server_now(self._clock())):
            return
        kind = _ASKED_FIRST.get(action)
        if kind is not None:
            store.dialog = Dialog(kind=kind, alarm_id=alarm.id)
        else:
            self._spawn(self._send(alarm, action))
        self._around.changed()

    def left_too_early(self) -> None:
        """A finger touched what must be held."""
        self.store.toast(self.store.words("claim.too_short"), Mood.WARN, self._clock())
        self._around.changed()

    def confirm_ack(self, note: str) -> None:
        self._confirm(Action.ACK, note=note or None)

    def confirm_resolve(self, result_code: ResultCode, note: str) -> None:
        self._confirm(Action.RESOLVE, note=note or None, result_code=result_code)

    def confirm_take_over(self, reason: str) -> None:
        self._confirm(Action.TAKE_OVER, note=reason)

    def _confirm(self, action: Action, *, note: str | None, result_code: ResultCode | None = None) -> None:
        id_ = self.store.dialog.alarm_id
        alarm = self.store.book.alarms.get(id_) if id_ else None
        if alarm is not None and alarm.id not in self.store.pending:
            self.store.dialog.error = ""
            self._spawn(self._send(alarm, action, note=note, result_code=result_code))

    def undo(self, alarm_id: UUID) -> None:
        """Take back the claim that was a slip of the hand; once our last step has been answered, if one is on its way."""
        store = self.store
        store.toasts = [toast for toast in store.toasts if toast.undo != alarm_id]
        self._undoing.add(alarm_id)
        if alarm_id not in store.pending:
            self._undo_if_wanted(alarm_id)
        self._around.changed()

    def _undo_if_wanted(self, alarm_id: UUID) -> bool:
        alarm, user = self.store.book.alarms.get(alarm_id), self.store.user
        if alarm_id not in self._undoing or alarm is None or user is None:
            return False
        self._undoing.discard(alarm_id)
        if Action.RELEASE not in offered(alarm, user, self.store.link.server_now(self._clock())):
            return False
        self._spawn(self._send(alarm, Action.RELEASE))
        return True

    def keep_draft(self, field: str, text: str) -> None:
        """Half-written words, in case the session ends before they are sent."""
        self.store.keep_draft(field, text)

    def draft(self, field: str) -> str:
        return self.store.draft(field)

    def add_note(self, text: str) -> None:
        alarm = self.store.open_alarm
        if alarm is not None and alarm.id not in self.store.pending and text.strip():
            self._spawn(self._send(alarm, Action.ADD_NOTE, note=text.strip()))

    async def _send(
        self, alarm: AlarmSummary, action: Action, *, note: str | None = None, result_code: ResultCode | None = None
    ) -> None:
        """Send one action. The same action on the same version is repeated under the same key: never done twice."""
        store = self.store
        sent = (alarm.id, alarm.version, action, note, result_code)
        key = self._keys.setdefault(sent, str(uuid4()))
        store.pending[alarm.id] = action
        self._around.changed()
        try:
            after = await self._call(alarm, action, note, result_code, key)
        except ApiError as error:
            del self._keys[sent]
            store.pending.pop(alarm.id, None)
            self._undoing.discard(alarm.id)
            await self._not_done(alarm, action, error)
        except _AWAY:
            store.pending.pop(alarm.id, None)
            self._undoing.discard(alarm.id)
            self._toast(OFFLINE)
        else:
            del self._keys[sent]
            store.pending.pop(alarm.id, None)
            self._done(after, action)
        self._around.changed()

    async def _call(
        self, alarm: AlarmSummary, action: Action, note: str | None, result_code: ResultCode | None, key: str
    ) -> AlarmSummary:
        if action is Action.ADD_NOTE:
            return await self._client.add_note(alarm.id, note or "", version=alarm.version, idempotency_key=key)
        return await self._client.act(
            alarm.id, action, version=alarm.version, note=note, result_code=result_code, idempotency_key=key
        )

    def _done(self, after: AlarmSummary, action: Action) -> None:
        store = self.store
        store.book.learn(after)
        if store.dialog.alarm_id == after.id:
            store.keep_draft(store.dialog.kind, "")
            store.dialog = Dialog()
        if action is not Action.START:
            undo = after.id if action is Action.CLAIM else None
            store.toast(store.words(f"done.{action}"), Mood.GOOD, self._clock(), undo=undo)
        if not self._undo_if_wanted(after.id):
            self._start_if_claimed()
        if store.card is not None and store.card.id == after.id:
            store.card.notes_added += action is Action.ADD_NOTE
            self._spawn(self._refresh_card(store.card))

    async def _not_done(self, before: AlarmSummary, action: Action, error: ApiError) -> None:
        """Say why, show what changed, and take over the alarm as it is now."""
        if error.code in problems.SESSION_OVER:
            self._refused(error)
            return
        store, after = self.store, await self._current(before.id, error)
        if after is not None:
            store.book.learn(after)
        changed = problems.changes(store.words, before, after) if after else ""
        still = after is None or (store.user is not None and action in offered(after, store.user, self._clock()))
        if store.dialog.alarm_id == before.id and still:  # what was typed is not lost
            store.dialog.error = " ".join(part for part in (self._told(error), changed) if part)
            return
        if store.dialog.alarm_id == before.id:
            store.dialog = Dialog()
        store.toast(self._told(error), problems.mood(error.code), self._clock(), detail=changed or _reference(error, store))

    async def _current(self, id_: UUID, error: ApiError) -> AlarmSummary | None:
        """The alarm of a conflict as it is now: from the answer, or asked for."""
        if error.status != 409:
            return None
        try:
            return self._client.current_of(error) or await self._client.alarm(id_)
        except ClientError:
            return None

    def _refused(self, error: ApiError) -> None:
        if error.code in problems.SESSION_OVER:
            if self.store.offline.restored_at is None:  # else there is none yet
                self._end_session(self.store.words("login.ended"))
        else:
            detail = _reference(error, self.store)
            self.store.toast(self._told(error), problems.mood(error.code), self._clock(), detail=detail)

    def _told(self, error: Exception) -> str:
        words = self.store.words
        if not isinstance(error, ApiError):
            return words("error.OFFLINE")
        reasons = "; ".join(f"{one.field}: {one.reason}" for one in error.errors)
        return problems.message(words, error.code, title=error.title, detail=reasons or error.detail or "")

    def _toast(self, code: str) -> None:
        self.store.toast(problems.message(self.store.words, code), problems.mood(code), self._clock())

    # -- choices

    def choose_tab(self, tab: Tab) -> None:
        self._filter(replace(self.store.filter, tab=tab, only=None))
        if tab is Tab.CLOSED:
            self.closed.load()

    def toggle_class(self, rank: int) -> None:
        self._filter(replace(self.store.filter, ranks=self.store.filter.ranks ^ {rank}))

    def search(self, text: str) -> None:
        self._filter(replace(self.store.filter, query=text))

    def clear_filters(self) -> None:
        self._filter(Filter(tab=self.store.filter.tab))
        if self.store.filter.tab is Tab.CLOSED:
            self.closed.forget_span()

    def _filter(self, wanted: Filter) -> None:
        self.store.filter, self.store.window = wanted, WINDOW
        self.store.order.thaw()
        self._around.changed()

    def show_more(self) -> None:
        self.store.window += WINDOW_STEP
        if self.store.filter.tab is Tab.CLOSED:
            self.closed.more()
        self._around.changed()

    def show_above(self) -> None:
        self.store.order.thaw()
        self._around.changed()

    def pointer_in_list(self) -> None:
        self.store.order.touch(self._clock())

    def switch_language(self) -> None:
        self.choose_language(self.store.language.other)

    def choose_language(self, language: Language) -> None:
        self.use_language(language)
        self._around.remember("language", language)

    def use_language(self, language: Language) -> None:
        self.store.language = language
        self._around.changed()

    def show_keys(self) -> None:
        self.store.dialog = Dialog(kind=DialogKind.KEYS)
        self._around.changed()

    def cancel_dialog(self) -> None:
        self.store.dialog = Dialog()
        self.keyboard.is_typing = False
        self._around.changed()

    def dismiss_toast(self, key: int) -> None:
        self.store.toasts = [toast for toast in self.store.toasts if toast.key != key]
        self._around.changed()

    def toggle_group(self, key: str) -> None:
        """Show the alarms of a group below it, or hide them again."""
        self.store.unfolded ^= {key}
        self._around.changed()

    def show_missed(self) -> None:
        """Only what opened while we were away."""
        self._filter(Filter(only=self.store.missed))
        self.dismiss_banner()

    def dismiss_banner(self) -> None:
        self.store.came_back = None
        self._around.changed()

    def dismiss_queued(self, intent_id: UUID) -> None:
        """The answer was seen; or what has not been sent is not wanted any more."""
        queued = next((one for one in self.store.offline.queue if one.intent.id == intent_id), None)
        if queued is not None:
            self.keeper.dismiss(queued)

    def copy(self, text: str) -> None:
        self._around.copy(text)
        self.store.toast(self.store.words("detail.copied"), Mood.GOOD, self._clock())
        self._around.changed()

    def typing(self, is_typing: bool) -> None:
        """A text field has the focus: single keys are letters, not commands."""
        self.keyboard.is_typing = is_typing

    @property
    def at_desk(self) -> bool:
        """Whether the alarm desk is on the screen."""
        return self.store.section == ALARMS


def _wrong_with_passwords(current: str, new: str, again: str) -> str:
    """The key of what to say about them; empty when they may be sent."""
    if not current or not new:
        return "password.missing"
    if len(new) < PASSWORD_LEAST:
        return "password.short"
    return "password.differs" if new != again else ""


def _reference(error: ApiError, store: Store) -> str:
    """The request's id, which finds the error in the server's log."""
    is_ours = error.code == ErrorCode.INTERNAL and error.request_id
    return store.words("error.reference", request_id=error.request_id) if is_ours else ""


def alarm_of_route(route: str) -> UUID | None:
    """`/alarms/<id>` → the id; anything else is the list."""
    parts = route.partition("?")[0].strip("/").split("/")
    if len(parts) != 2 or parts[0] != "alarms":
        return None
    try:
        return UUID(parts[1])
    except ValueError:
        return None
