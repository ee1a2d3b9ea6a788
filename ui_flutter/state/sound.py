"""When the console sounds, and with which tone. Pure: the present is an argument, what is played is somebody else's work.

An alarm of the first three classes sounds until somebody claims it, the most urgent class alone: one tone at a time. A class
sounds at once for a newcomer, again for an alarm that rose into it (also one that somebody already works on), and in its
rhythm for as long as one waits. Two minutes of quiet can be had, from everything but P1.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from api.client.models import AlarmSummary
from workflows.domain.bundle import BundleStatus
from workflows.domain.sound import MUTE_FOR

REPEAT: Final = {1: timedelta(seconds=10), 2: timedelta(seconds=20), 3: timedelta(seconds=60)}  # while one waits
APART: Final = {1: timedelta(seconds=2), 2: timedelta(seconds=4), 3: timedelta(seconds=10)}  # between newcomers of a burst
VOLUMES: Final = (0.25, 0.5, 0.75, 1.0)
LEAST: Final = {1: 0.5}  # what nobody may sleep through; others: the first of all
NEVER_MUTED: Final = 1
CHECK_EVERY: Final = timedelta(hours=1)
CHECK_TONE: Final = 3


class Speaker(StrEnum):
    """Whether this device sounds, as far as it could be tried."""

    UNTRIED = "untried"
    WORKS = "works"
    BLOCKED = "blocked"  # the browser wants a click first, or there is no device


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """`heard`: the class each alarm has been sounded for. `last`: when each class's tone began."""

    speaker: Speaker = Speaker.UNTRIED
    checked_at: datetime | None = None
    muted_until: datetime | None = None
    heard: Mapping[UUID, int] = field(default_factory=dict)
    last: Mapping[int, datetime] = field(default_factory=dict)
    playing: int | None = None  # the class that sounded last and may still sound

    def is_muted(self, now: datetime) -> bool:
        return self.muted_until is not None and now < self.muted_until

    def toggle_mute(self, now: datetime) -> "Sound":
        return replace(self, muted_until=None if self.is_muted(now) else now + MUTE_FOR)

    def check_due(self, now: datetime) -> bool:
        return self.checked_at is None or now - self.checked_at >= CHECK_EVERY

    def checked(self, works: bool, now: datetime) -> "Sound":
        """The loudspeaker was tried."""
        return replace(self, speaker=Speaker.WORKS if works else Speaker.BLOCKED, checked_at=now)


def volumes_of(rank: int) -> tuple[float, ...]:
    """Which loudness the tone of a class may have."""
    return tuple(one for one in VOLUMES if one >= LEAST.get(rank, VOLUMES[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """What to do now: begin the tone of class `ring`, or stop what sounds."""

    ring: int | None = None
    hush: bool = False


def cue(sound: Sound, alarms: Iterable[AlarmSummary], now: datetime) -> tuple[Sound, Cue]:
    """The next thing to do for these open alarms, and the state after it."""
    audible = {one.id: one for one in alarms if not one.suppressed and one.priority.rank in REPEAT}
    waiting = {id_: one.priority.rank for id_, one in audible.items() if one.status is BundleStatus.NEW}
    risen = _risen(sound, audible)
    sound = replace(sound, heard=_heard(sound, audible, waiting))
    for rank in sorted({*waiting.values(), *risen.values()}):
        if rank != NEVER_MUTED and sound.is_muted(now):
            break
        if _is_due(sound, rank, waiting, risen, now):
            heard = {**sound.heard, **{id_: own for id_, own in {**waiting, **risen}.items() if own >= rank}}
            return replace(sound, heard=heard, last={**sound.last, rank: now}, playing=rank), Cue(ring=rank)
        if rank in waiting.values():
            break  # a less urgent class does not speak between the tones of a more urgent one
    if sound.playing is not None and _is_over(sound.playing, waiting, sound, now):
        return replace(sound, playing=None), Cue(hush=True)
    return sound, Cue()


def _risen(sound: Sound, audible: Mapping[UUID, AlarmSummary]) -> dict[UUID, int]:
    """Alarms that have sounded and stand in a more urgent class now, whoever works on them."""
    return {id_: one.priority.rank for id_, one in audible.items() if one.priority.rank < sound.heard.get(id_, 0)}


def _heard(sound: Sound, audible: Mapping[UUID, AlarmSummary], waiting: Mapping[UUID, int]) -> dict[UUID, int]:
    """Of alarms that are still there; one that comes to us already claimed needs no sound, only one that rises later."""
    known = {id_: rank for id_, rank in sound.heard.items() if id_ in audible}
    claimed = {id_: one.priority.rank for id_, one in audible.items() if id_ not in known and id_ not in waiting}
    return {**claimed, **known}


def _is_due(sound: Sound, rank: int, waiting: Mapping[UUID, int], risen: Mapping[UUID, int], now: datetime) -> bool:
    last = sound.last.get(rank)
    is_fresh = rank in risen.values() or any(own == rank and id_ not in sound.heard for id_, own in waiting.items())
    if is_fresh:
        return last is None or now - last >= APART[rank]
    return rank in waiting.values() and (last is None or now - last >= REPEAT[rank])


def _is_over(playing: int, waiting: Mapping[UUID, int], sound: Sound, now: datetime) -> bool:
    """Nobody waits any more in the class that sounds, or it was muted."""
    return playing not in waiting.values() or (playing != NEVER_MUTED and sound.is_muted(now))
