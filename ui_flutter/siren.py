"""The console's voice: asks the store what should sound, and has a loudspeaker play it. No Flet in it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, Final, Protocol

from ui_flutter.state.sound import CHECK_TONE, Speaker, cue
from ui_flutter.state.store import Login, Store
from workflows.domain.bundle import BundleStatus

logger = logging.getLogger("stam.console")

LOOK_EVERY: Final = 0.25  # s; so long may a newcomer's tone wait


class Loudspeaker(Protocol):
    """What plays the tones. Both calls return within a few seconds, whatever the device does."""

    async def play(self, rank: int) -> bool:
        """Begin the tone of a class instead of what sounds; False: it cannot be heard here."""

    async def stop(self) -> None:
        """Be quiet."""


class Siren:
    """One for each console; sounds while somebody is logged in."""

    def __init__(
        self,
        store: Store,
        loudspeaker: Loudspeaker,
        *,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        changed: Callable[[], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._store, self._loudspeaker = store, loudspeaker
        self._spawn, self._changed, self._clock = spawn, changed, clock

    async def run(self) -> None:
        """For the length of a session. The device is tried at its beginning and once an hour; a loudspeaker that fails is
        told on the screen and never ends this."""
        try:
            while True:
                try:
                    await self._look()
                except Exception:
                    logger.exception("the sound failed")
                    self._note(works=False)
                await asyncio.sleep(LOOK_EVERY)
        finally:
            await self._loudspeaker.stop()

    async def _look(self) -> None:
        store = self._store
        if store.login is not Login.IN:
            return
        if store.sound.check_due(self._clock()):
            await self._try()
        open_alarms = [one for one in store.book.alarms.values() if one.status is not BundleStatus.CLOSED]
        store.sound, wanted = cue(store.sound, open_alarms, self._clock())
        if wanted.hush:
            await self._loudspeaker.stop()
        elif wanted.ring is not None:
            self._note(works=await self._loudspeaker.play(wanted.ring))

    async def _try(self) -> None:
        self._note(works=await self._loudspeaker.play(CHECK_TONE))

    def _note(self, *, works: bool) -> None:
        store, before = self._store, self._store.sound.speaker
        store.sound = store.sound.checked(works, self._clock())
        if store.sound.speaker is not before:
            if store.sound.speaker is Speaker.BLOCKED:
                logger.warning("nothing can be heard here")
            self._changed()

    # -- intents

    def toggle_mute(self) -> None:
        """Quiet for two minutes, but for P1; again: no longer."""
        self._store.sound = self._store.sound.toggle_mute(self._clock())
        muted = self._store.sound.is_muted(self._clock())
        logger.info("the sound is %s", "muted" if muted else "on")
        self._changed()

    def check(self) -> None:
        """Let me hear it: a click is what a browser wants before it makes a sound."""
        self._spawn(self._try())
