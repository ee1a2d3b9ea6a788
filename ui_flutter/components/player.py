"""The loudspeaker of the device, by Flet's audio service: the same on the web, on a desktop and on a phone."""

import asyncio
from typing import TYPE_CHECKING, Any, Final

from ui_flutter.tones import TONES, wav

if TYPE_CHECKING:
    import flet_audio

PLAYS_WITHIN: Final = 5.0  # s, on a busy device; a browser that wants a click first never answers


class Player:
    """One player for each tone, made when it is first needed: rendering costs the start of the console nothing."""

    def __init__(self) -> None:
        self._players: dict[int, flet_audio.Audio] = {}
        self._playing: flet_audio.Audio | None = None

    async def play(self, rank: int, volume: float) -> bool:
        await self.stop()
        player = self._player(rank)
        if player.volume != volume:
            player.volume = volume
            player.update()
        self._playing = player
        return await _done(player.play())

    async def stop(self) -> None:
        if self._playing is not None:
            playing, self._playing = self._playing, None
            await _done(playing.pause())

    def _player(self, rank: int) -> "flet_audio.Audio":
        if rank not in self._players:
            import flet_audio

            stays = flet_audio.ReleaseMode.STOP
            self._players = {one: flet_audio.Audio(src=wav(one), release_mode=stays) for one in TONES}
        return self._players[rank]


async def _done(call: Any) -> bool:
    try:
        async with asyncio.timeout(PLAYS_WITHIN):  # `wait_for` of Python 3.11 can lose a cancellation
            await call
    except (TimeoutError, RuntimeError):  # no answer; the client's own words for its refusal
        return False
    return True
