"""The console's entry: in the browser (packed by `web/packer.py`) and, for development, on the desktop.

Natively the server's address comes from `STAM_URL`; in the browser it is the page's own origin.
"""

import asyncio
import importlib
import logging
import os
import sys
from typing import Any
from uuid import UUID

import flet as ft

from api.client.client import StamClient
from api.client.transport import browser_transport, native_transport
from ui_flutter.components.cell import Cell
from ui_flutter.components.look import Look
from ui_flutter.components.painter import Painter
from ui_flutter.components.player import Player
from ui_flutter.components.safe import report
from ui_flutter.components.screen import Screen
from ui_flutter.controller import HAD_SESSION, Controller
from ui_flutter.i18n.words import Language, Words
from ui_flutter.keeper import OWNER
from ui_flutter.sections.section import PickedFile
from ui_flutter.siren import volume_key
from ui_flutter.state.sound import REPEAT
from ui_flutter.state.store import Store
from ui_flutter.theme import DARK, FONT
from ui_flutter.views.frame import app

logger = logging.getLogger("stam.console")
DRAWN_AFTER = 0.2  # s; a drawing and its way to the page
PREFERENCES = "stam."  # boot.js reads these, too


def start() -> None:
    """Run the console; returns when its window is gone (natively) or at once (browser)."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    ft.run(console)


async def console(page: ft.Page, client: StamClient | None = None) -> Controller:
    """Build the screen on ``page`` and start everything behind it."""
    _dress(page)
    store = Store()
    screen = Screen(look=Cell(Look(DARK, Words(store.language))))
    painter = Painter(store, screen, lambda: page.width or 1440, lambda: _revive(page, screen))
    surroundings = PageSurroundings(page, painter)
    controller = Controller(client or make_client(), surroundings, store=store)
    painter.navigator = controller.navigator
    had_session, owner = await surroundings.recall(controller)
    page.render(app, screen, controller, screen.look, screen.frame)
    asyncio.get_running_loop().call_later(DRAWN_AFTER, _uncover)
    _listen(page, screen, controller, painter)
    surroundings.keep(painter.paint_for_ever())
    surroundings.keep(controller.start(page.route or "/", had_session=had_session, owner=owner))
    return controller


def _uncover() -> None:
    """In a browser: our page takes its waiting picture away, below which Flet has one of its own."""
    if sys.platform == "emscripten":
        importlib.import_module("stam_device").drawn()


def wishes() -> dict[str, str]:
    """What the person has asked of the whole system, as far as the browser tells (boot.js)."""
    if sys.platform != "emscripten":
        return {}
    told = importlib.import_module("flet_js").args.to_py()
    return {key: str(told[key]) for key in ("theme", "still") if told.get(key)}


def make_client() -> StamClient:
    """The SDK over the transport of where we run."""
    if sys.platform == "emscripten":
        import js  # type: ignore[import-not-found]  # made by Pyodide

        return StamClient(str(js.location.origin), transport=browser_transport())
    return StamClient(os.environ.get("STAM_URL", "http://127.0.0.1:8000"), transport=native_transport())


def _dress(page: ft.Page) -> None:
    page.title = "STAM"
    page.padding = 0
    page.spacing = 0
    page.bgcolor = DARK.ground
    page.theme = ft.Theme(font_family=FONT)
    page.theme_mode = ft.ThemeMode.DARK


def _listen(page: ft.Page, screen: Screen, controller: Controller, painter: Painter) -> None:
    async def on_key(event: ft.KeyboardEvent) -> None:
        visible: tuple[UUID, ...] = screen.listing.value.ids
        is_modified = event.ctrl or event.alt or event.meta
        field = {"search": screen.search, "note": screen.note}.get(controller.keyboard.field_of(event.key))
        if field is not None and field.current is not None and not is_modified:
            await field.current.focus()  # type: ignore[no-untyped-call]
        else:
            controller.keyboard.press(event.key, modified=is_modified, visible=visible)

    def on_route(event: ft.RouteChangeEvent) -> None:
        controller.follow(event.route)

    def on_life(event: ft.AppLifecycleStateChangeEvent) -> None:
        if event.state not in {ft.AppLifecycleState.RESUME, ft.AppLifecycleState.SHOW}:
            controller.vault.focus_lost()

    page.on_keyboard_event = on_key
    page.on_app_lifecycle_state_change = on_life
    page.on_route_change = on_route
    page.on_resize = lambda _: painter.changed()


def _revive(page: ft.Page, screen: Screen) -> None:
    """Flet draws in one task that an unforeseen error ends without a word, and the screen with it: start it again."""
    task: asyncio.Task[None] | None = getattr(page.session, "_Session__updates_task", None)
    if task is not None and task.done() and not task.cancelled():
        report("Flet's drawing ended", task.exception() or RuntimeError("without an error"))
        page.session.start_updates_scheduler()  # type: ignore[no-untyped-call]
        screen.redraw()


class PageSurroundings:
    """What the controller needs of Flet: address bar, preferences, clipboard, loudspeaker."""

    def __init__(self, page: ft.Page, painter: Painter) -> None:
        self._page = page
        self._painter = painter
        self._preferences = ft.SharedPreferences()
        self.loudspeaker = Player()
        self._tasks: set[asyncio.Task[Any]] = set()

    def keep(self, work: Any) -> None:
        """Run a coroutine in the background and hold on to it."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("a background task failed", exc_info=task.exception())

    async def recall(self, controller: Controller) -> tuple[bool, str]:
        """Take up the choices of an earlier start; whether somebody was logged in then, and whose picture is kept here."""
        language = await self._preferences.get(f"{PREFERENCES}language")
        if language in list(Language):
            controller.use_language(Language(str(language)))
        theme, scale, still = [await self._kept(key) for key in ("theme", "scale", "still")]
        wished = wishes()
        controller.siren.recall({rank: await self._kept(volume_key(rank)) for rank in REPEAT})
        controller.appearance.recall(theme or wished.get("theme"), scale, still or wished.get("still"))
        return await self._kept(HAD_SESSION) == "yes", await self._kept(OWNER) or ""

    async def _kept(self, key: str) -> str | None:
        found = await self._preferences.get(f"{PREFERENCES}{key}")
        return None if found is None else str(found)

    def changed(self) -> None:
        self._painter.changed()

    def navigate(self, route: str) -> None:
        if self._page.route != route:
            self.keep(self._page.push_route(route))

    def remember(self, key: str, value: str) -> None:
        self.keep(self._preferences.set(f"{PREFERENCES}{key}", str(value)))

    def save(self, name: str, content: bytes) -> None:
        self.keep(ft.FilePicker().save_file(file_name=name, src_bytes=content))

    def copy(self, text: str) -> None:
        self.keep(ft.Clipboard().set(text))

    async def pick(self) -> PickedFile | None:
        chosen = await ft.FilePicker().pick_files(with_data=True)
        return PickedFile(name=chosen[0].name, content=chosen[0].bytes or b"") if chosen else None
