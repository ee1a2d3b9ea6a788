"""The console's voice: asks the store what should sound, and has a loudspeaker play it. No Flet in it."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Protocol

from api.client.errors import ApiError, ClientError
from ui_flutter.sections.section import Tools
from ui_flutter.state.sound import CHECK_TONE, Speaker, cue, volumes_of
from ui_flutter.state.store import Login
from workflows.domain.bundle import BundleStatus
from workflows.domain.sound import MUTE_FOR

logger = logging.getLogger("stam.console")

TELL_AGAIN: Final = 5.0  # s
LOOK_EVERY: Final = 0.25  # s; so long may a newcomer's tone wait


class Loudspeaker(Protocol):
    """What plays the tones. Both calls return within a few seconds, whatever the device does."""

    async def play(self, rank: int, volume: float) -> bool:
        """Begin the tone of a class instead of what sounds, at a part of full loudness; False: it cannot be heard here."""

    async def stop(self) -> None:
        """Be quiet."""


class Siren:
    """One for each console; sounds while somebody is logged in. ``remember`` keeps a choice over restarts."""

    def __init__(self, tools: Tools, loudspeaker: Loudspeaker, *, remember: Callable[[str, str], None]) -> None:
        self._client, self._store, self._loudspeaker, self._remember = tools.client, tools.store, loudspeaker, remember
        self._spawn, self._changed, self._clock = tools.spawn, tools.changed, tools.clock

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
            await self._try(CHECK_TONE)
        open_alarms = [one for one in store.book.alarms.values() if one.status is not BundleStatus.CLOSED]
        store.sound, wanted = cue(store.sound, open_alarms, self._clock())
        if wanted.hush:
            await self._loudspeaker.stop()
        elif wanted.ring is not None:
            self._note(works=await self._loudspeaker.play(wanted.ring, store.volumes[wanted.ring]))

    async def _try(self, rank: int) -> None:
        self._note(works=await self._loudspeaker.play(rank, self._store.volumes[rank]))

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
        self._spawn(self._told(self._store.sound.muted_until))
        self._changed()

    async def _told(self, muted_until: datetime | None) -> None:
        """The quiet begins here and now, whatever the server says; it is told as long as that is still news."""
        seconds = int(MUTE_FOR.total_seconds()) if muted_until is not None else 0
        last = self._clock() + MUTE_FOR
        while self._store.sound.muted_until == muted_until and self._clock() < last:
            try:
                await self._client.account.mute(seconds)
            except ApiError as error:
                if error.status < 500:
                    logger.warning("the server did not take it that the sound was muted: %s", error)
                    return
            except ClientError as error:
                logger.warning("the server was not told of the sound yet: %s", error)
            else:
                return
            await asyncio.sleep(TELL_AGAIN)

    def check(self, rank: int = CHECK_TONE) -> None:
        """Let me hear the tone of a class: a click is what a browser wants before it makes a sound."""
        self._spawn(self._try(rank))

    def volume(self, rank: int, volume: float) -> None:
        """How loud the tone of a class is on this device; it is heard at once."""
        if volume in volumes_of(rank):
            self._store.volumes[rank] = volume
            self._remember(volume_key(rank), str(volume))
            self.check(rank)
            self._changed()

    def recall(self, kept: Mapping[int, str | None]) -> None:
        """Take up the choices of an earlier start; what is not known any more is not taken."""
        for rank, text in kept.items():
            self._store.volumes[rank] = next((one for one in volumes_of(rank) if str(one) == text), self._store.volumes[rank])


def volume_key(rank: int) -> str:
    """Under which the volume of a class is remembered."""
    return f"volume-{rank}"
