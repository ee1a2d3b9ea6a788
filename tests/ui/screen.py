"""The console on a real Flet session without a browser: every message to the client is answered by a small stand-in."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import flet as ft
import msgpack  # type: ignore[import-untyped]
from flet.components.component import Component
from flet.controls.base_control import BaseControl
from flet.controls.context import _context_page
from flet.messaging.connection import Connection
from flet.messaging.protocol import (
    InvokeMethodRequestBody,
    Message,
    MessageAction,
    RegisterClientResponseBody,
    configure_encode_object_for_msgpack,
)
from flet.messaging.session import Session
from flet.pubsub.pubsub_hub import PubSubHub

from api.client.client import StamClient
from tests.support.eventually import eventually
from ui_flutter.controller import Controller
from ui_flutter.main import console


class Browser(Connection):
    """Keeps preferences and the address; packs every message as the real connection would."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.loop = asyncio.get_running_loop()
        self.pubsubhub = PubSubHub()
        self.session: Session | None = None
        self.preferences: dict[str, Any] = {}
        self.route = "/"
        self.clipboard = ""
        self.errors: list[Any] = []
        self.files: list[dict[str, Any]] = []  # what the person chooses when asked for a file
        self.saved: dict[str, bytes] = {}
        self.updates = 0

    def send_message(self, message: Message) -> None:
        encode = configure_encode_object_for_msgpack(BaseControl)  # type: ignore[no-untyped-call]
        msgpack.packb([message.action, message.body], default=encode)
        if message.action is MessageAction.INVOKE_METHOD:
            self.loop.call_soon(self._answer, message.body)
        elif message.action is MessageAction.PATCH_CONTROL:
            self.updates += 1
        elif message.action is MessageAction.SESSION_CRASHED:
            self.errors.append(message.body)

    def _answer(self, call: InvokeMethodRequestBody) -> None:
        assert self.session is not None
        args = call.args or {}
        result: Any = None
        if call.name == "set" and "data" in args:
            self.clipboard = args["data"]
        elif call.name == "set":
            self.preferences[args["key"]] = args["value"]
        elif call.name == "get":
            result = self.preferences.get(args["key"])
        elif call.name == "push_route":
            self.route = args["route"]
        elif call.name == "pick_files":
            result = self.files
        elif call.name == "save_file":
            self.saved[args["file_name"]] = args["src_bytes"]
        self.session.handle_invoke_method_results(call.control_id, call.call_id, result, None)


class Screen:
    """What the operator sees and touches, by semantics identifier and text."""

    def __init__(self, page: ft.Page, session: Session, browser: Browser, controller: Controller) -> None:
        self.page, self.session, self.browser, self.controller = page, session, browser, controller

    def controls(self, root: Any = None) -> Iterator[ft.Control]:
        """Every control of the tree as it is drawn."""
        if root is None:
            root = self.page.views[0].controls
        if isinstance(root, list | tuple):
            for one in root:
                yield from self.controls(one)
        elif isinstance(root, Component):
            yield from self.controls(root._b or [])
        elif isinstance(root, BaseControl):
            yield root  # type: ignore[misc]
            for name in ("content", "controls"):
                yield from self.controls(getattr(root, name, None) or [])

    def find(self, identifier: str) -> ft.Semantics:
        """The part with this stable name. AssertionError when it is not on the screen."""
        found = [one for one in self.controls() if isinstance(one, ft.Semantics) and one.identifier == identifier]
        assert len(found) == 1, f"{len(found)} parts are called {identifier}"
        return found[0]

    def identifiers(self) -> set[str]:
        return {one.identifier for one in self.controls() if isinstance(one, ft.Semantics) and one.identifier}

    def texts(self, identifier: str = "") -> list[str]:
        root = self.find(identifier) if identifier else None
        return [one.value for one in self.controls(root) if isinstance(one, ft.Text)]

    async def click(self, identifier: str) -> None:
        """Click when it is there and takes clicks, as a person would."""
        target = await eventually(lambda: self._clickable(identifier), what=f"a click on {identifier}")
        assert target is not None
        await self.session.dispatch_event(target._i, "click", None)

    def _clickable(self, identifier: str) -> ft.Control | None:
        return next((one for one in self.controls(self.find(identifier)) if getattr(one, "on_click", None)), None)

    def _field(self, identifier: str) -> ft.TextField | None:
        return next((one for one in self.controls(self.find(identifier)) if isinstance(one, ft.TextField)), None)

    def value(self, identifier: str) -> str:
        """What stands in a field. AssertionError when there is none."""
        box = self._field(identifier)
        assert box is not None, f"no field in {identifier}"
        return box.value or ""

    async def type(self, identifier: str, value: str) -> None:
        """Type when the field is there, as a person would."""
        box = await eventually(lambda: self._field(identifier), what=f"a field in {identifier}")
        assert box is not None
        self.session.apply_patch(box._i, {"value": value})
        await self.session.dispatch_event(box._i, "change", value)

    async def choose(self, identifier: str, key: str) -> None:
        """One of the options of a list that opens, as a person would."""
        box = await eventually(lambda: self._offering(identifier, key), what=f"{key} to choose in {identifier}")
        assert box is not None
        self.session.apply_patch(box._i, {"value": key})
        await self.session.dispatch_event(box._i, "select", key)

    def _offering(self, identifier: str, key: str) -> ft.Dropdown | None:
        boxes = (one for one in self.controls(self.find(identifier)) if isinstance(one, ft.Dropdown))
        return next((one for one in boxes if key in [option.key for option in one.options]), None)


@asynccontextmanager
async def screen_of(client: StamClient, *, width: int = 1440) -> AsyncIterator[Screen]:
    """The console of ``client`` on a fresh page."""
    browser = Browser()
    session = browser.session = Session(browser)
    page = session.page
    session.apply_page_patch({"width": width, "height": 900, "route": "/", "web": True, "pyodide": True})
    patch = session.get_page_patch()  # type: ignore[no-untyped-call]
    told = RegisterClientResponseBody(session_id=session.id, page_patch=patch, error="")
    browser.send_message(Message(MessageAction.REGISTER_CLIENT, told))  # packing it also takes Flet's first snapshot
    _context_page.set(page)
    controller = await console(page, client)
    try:
        yield Screen(page, session, browser, controller)
    finally:
        await controller.stop()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            if "paint_for_ever" in repr(task.get_coro()):
                task.cancel()
        session.close()  # type: ignore[no-untyped-call]
        _context_page.set(None)
