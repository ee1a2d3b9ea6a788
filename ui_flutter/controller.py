"""What the console does: talks to the server through the SDK, keeps the store, answers the operator. No Flet in it.

The work is done by parts, each with a file of its own: who sits here (`gate`), what comes from the server (`feed`), which
alarms are listed (`alarm_list`, `closed`), the open one (`case`, `desk`, `site`, `vault`), the sound (`siren`), what this
device keeps (`keeper`), the sections beside the alarm desk (`navigator`). Here they are put together, and a session begins
and ends.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from api.client.client import StamClient
from api.client.errors import ApiError, ClientError
from api.client.models import User
from api.client.stream import Event
from ui_flutter.alarm_list import AlarmList
from ui_flutter.appearance import Appearance
from ui_flutter.case import Case
from ui_flutter.closed import Closed
from ui_flutter.desk import Desk
from ui_flutter.enroller import Enroller
from ui_flutter.feed import RETRY_FIRST, RETRY_LAST, Feed
from ui_flutter.gate import Gate
from ui_flutter.i18n.words import Language
from ui_flutter.keeper import Keeper
from ui_flutter.keyboard import Keyboard
from ui_flutter.navigator import Navigator
from ui_flutter.offline.device import Device
from ui_flutter.offline.device import device as make_device
from ui_flutter.sections.registry import ALARMS
from ui_flutter.sections.section import PickedFile, Tools
from ui_flutter.siren import Loudspeaker, Siren
from ui_flutter.site import SiteDesk
from ui_flutter.state import problems
from ui_flutter.state.store import Card, Dialog, Login, Store
from ui_flutter.state.views import DialogKind, Mood, Tab
from ui_flutter.vault import Vault
from ui_flutter.watch import Watch
from workflows.domain.permissions import Permission

logger = logging.getLogger("stam.console")

ANSWER_EXPECTED = 4.0  # s; of a server that is there, at the start
HAD_SESSION = "session"  # a remembered choice, not a secret: whether resuming is worth a try
OFFLINE = "OFFLINE"  # an error code of the console's own: no answer at all, or none we understand


class Surroundings(Protocol):
    """What the controller needs of the place it runs in."""

    @property
    def loudspeaker(self) -> Loudspeaker: ...

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
        self._wanted = "/"  # the address to open after the login
        tools = self._tools()
        self.gate = Gate(tools, enter=self._enter, end=self._end_session, apart=self._apart, known=self._known)
        self.enroller = Enroller(tools, finished=self.gate.factor_set_up)
        self.feed = Feed(tools, self)
        self.closed = Closed(tools)
        self.alarms = AlarmList(tools, self.closed)
        self.vault = Vault(tools, copy=surroundings.copy)
        self.keeper = Keeper(tools, remember=surroundings.remember, device=device)
        self.case = Case(
            tools,
            navigate=surroundings.navigate,
            loaded=self._loaded,
            recall=self.keeper.fill,
            left=self.vault.hide,
            refused=self._refused,
        )
        self.desk = Desk(tools, reload=self.case.load_timeline, queue=self.keeper.queue)
        self.site = SiteDesk(tools)
        self.siren = Siren(tools, surroundings.loudspeaker, remember=surroundings.remember)
        self.navigator = Navigator(tools, desk=self.case.follow)
        self.keyboard = Keyboard(self)
        self.appearance = Appearance(self.store, surroundings.remember, surroundings.changed)
        self._watch = Watch(tools)

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
            new_password=lambda new: self.gate.go_on_with(new),
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
            self.gate.admit(user)
        elif self.store.offline.restored_at is not None:
            self._end_session(self.store.words("login.ended"))
        else:
            if owner:
                self._apart(self.keeper.forget())
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

    def _apart(self, work: Coroutine[Any, Any, None]) -> None:
        """A task that the end of the session does not end."""
        self._spawn(work, of_session=False)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """A failure nobody expected is told and logged; the console goes on."""
        try:
            await work
        except ClientError as error:
            self._refused(error)
        except Exception as error:
            logger.exception("a task of the console failed")
            self.store.toast(self.store.words("error.CONSOLE"), Mood.BAD, self._clock(), detail=repr(error))
        self._around.changed()

    # -- session

    def _enter(self, user: User) -> None:
        store = self.store
        if store.offline.restored_at is not None:
            self._wanted, store.offline.restored_at = self._address(), None
        store.login, store.user, store.login_error, store.login_notice = Login.IN, user, "", ""
        store.book.user_names[user.id] = user.display_name
        self._known()
        self._spawn(self.feed.run())
        self._spawn(self.keeper.admit(user))
        self._spawn(self.siren.run())
        self._spawn(self._watch.run())
        if user.may(Permission.OBJECT_VIEW):
            self._spawn(self.feed.learn_objects())
        self.navigator.follow(self._wanted)
        self._around.changed()

    def log_out(self) -> None:
        self._apart(self._log_out())

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
        self._apart(self.keeper.forget())
        self._wanted = self._address() if notice else "/"
        self.store.forget_session(logged_out=not notice)
        self.navigator.forget()
        self.store.login_notice = notice
        self.feed.forget()
        self.case.forget()
        if not notice:
            self._around.navigate("/")
        self._around.changed()

    def _known(self) -> None:
        self._around.remember(HAD_SESSION, "yes")

    # -- what the stream tells

    def connected(self) -> None:
        self._spawn(self.desk.load_callbacks())
        self.navigator.refresh()

    def happened(self, message: Event) -> None:
        change = message.alarm_change()
        if change is not None:
            self.case.changed(change.alarm.id)
        elif message.event == "panel.described":
            self.case.described(UUID(message.data["panel_id"]))
        self.desk.told(message)
        self.site.told(message)
        self.navigator.told(message)

    def over(self, notice: str) -> None:
        self._end_session(notice)

    # -- places

    def reload(self) -> None:
        """The operator wants it tried again: list, closed list and card."""
        if self.store.offline.restored_at is not None:
            return  # the server is being asked already
        if self.store.filter.tab is Tab.CLOSED:
            self.closed.load()
        self.feed.reload()
        if self.store.card is not None:
            self.case.open(self.store.card.id)

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

    async def _loaded(self, card: Card) -> None:
        await self.desk.load(card)
        await self.site.load(card)

    # -- words

    def _refused(self, error: ClientError) -> None:
        """Told in passing; a session that is over ends here."""
        store = self.store
        code = error.code if isinstance(error, ApiError) else OFFLINE
        if code not in problems.SESSION_OVER:
            detail = problems.reference(store.words, error) if isinstance(error, ApiError) else ""
            store.toast(self._told(error), problems.mood(code), self._clock(), detail=detail)
        elif store.offline.restored_at is None:  # else there is none yet
            self._end_session(store.words("login.ended"))

    def _told(self, error: Exception) -> str:
        words = self.store.words
        if not isinstance(error, ApiError):
            return problems.message(words, OFFLINE)
        reasons = "; ".join(f"{one.field}: {one.reason}" for one in error.errors)
        return problems.message(words, error.code, title=error.title, detail=reasons or error.detail or "")

    def keep_draft(self, field: str, text: str) -> None:
        """Half-written words, in case the session ends before they are sent."""
        self.store.keep_draft(field, text)

    def draft(self, field: str) -> str:
        return self.store.draft(field)

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
