"""Secrets on the screen (R-REVEAL): asked for with a reason, read for a minute, gone when nobody looks. No Flet in it.

The value is in the store and nowhere else: not in a log, not in a repr, not in a toast. It goes when its time is over by the
server's clock, when somebody hides it, when the window loses the focus, when another card is opened and with the session.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final
from uuid import UUID

from api.client.errors import ApiError, ClientError
from ui_flutter.sections.section import Tools
from ui_flutter.state import problems
from ui_flutter.state.store import Dialog, Shown
from ui_flutter.state.views import DialogKind, Mood
from workflows.domain.reveal import MIN_REASON

logger = logging.getLogger("stam.console")

LOOK_EVERY: Final = 0.2  # s


class Vault:
    """A part of the controller: intents return at once. ``copy`` puts a text into the clipboard without a word."""

    def __init__(self, tools: Tools, *, copy: Callable[[str], None]) -> None:
        self._client, self._store, self._spawn = tools.client, tools.store, tools.spawn
        self._changed, self._copy, self._told, self._clock = tools.changed, copy, tools.told, tools.clock

    def ask(self, secret_id: UUID) -> None:
        """Somebody wants to see it: why?"""
        self._store.dialog = Dialog(kind=DialogKind.REVEAL, secret_id=secret_id)
        self._changed()

    def confirm(self, reason: str) -> None:
        """From the form that asks why."""
        dialog = self._store.dialog
        if dialog.secret_id is None or dialog.busy or len(reason.strip()) < MIN_REASON:
            return
        dialog.busy, dialog.error = True, ""
        self._spawn(self._reveal(dialog, dialog.secret_id, reason.strip()))
        self._changed()

    async def _reveal(self, dialog: Dialog, secret_id: UUID, reason: str) -> None:
        store = self._store
        self.hide()
        try:
            asked = await self._client.secrets.reveal(secret_id, reason)
            told = await self._client.secrets.value(asked.id)
        except ClientError as error:
            if isinstance(error, ApiError) and error.code in problems.SESSION_OVER:
                raise
            dialog.error = self._told(error)
            return
        finally:
            dialog.busy = False
            self._changed()
        if store.dialog is not dialog:  # nobody waits for it any more
            await self._hide(asked.id)
            return
        store.dialog = Dialog()
        store.shown = Shown(secret_id=secret_id, reveal_id=asked.id, until=told.expires_at, value=told.value)
        self._spawn(self._forget_in_time(store.shown))

    async def _forget_in_time(self, shown: Shown) -> None:
        while self._store.shown is shown:
            if self._store.link.server_now(self._clock()) >= shown.until:
                self._store.shown = None
                self._changed()
            await asyncio.sleep(LOOK_EVERY)

    def hide(self) -> None:
        """At once here; the server is told."""
        shown, self._store.shown = self._store.shown, None
        if shown is not None:
            if self._store.dialog.kind is DialogKind.COPY_SECRET:
                self._store.dialog = Dialog()
            self._spawn(self._hide(shown.reveal_id))
            self._changed()

    async def _hide(self, reveal_id: UUID) -> None:
        try:
            await self._client.secrets.hide(reveal_id)
        except ClientError as error:  # its minute ends there, too
            logger.info("the server was not told that a secret was hidden: %s", type(error).__name__)

    def focus_lost(self) -> None:
        """Somebody else may look at the screen now."""
        self.hide()

    def ask_copy(self) -> None:
        """A clipboard forgets nothing by itself: really?"""
        if self._store.shown is not None:
            self._store.dialog = Dialog(kind=DialogKind.COPY_SECRET, secret_id=self._store.shown.secret_id)
            self._changed()

    def confirm_copy(self) -> None:
        store, shown = self._store, self._store.shown
        store.dialog = Dialog()
        if shown is not None:
            self._copy(shown.value)
            store.toast(store.words("secret.copied"), Mood.WARN, self._clock())
        self._changed()
