"""Daily life at the simulated sites: people come and go, and now and then something happens.

An episode is a generator: it acts on its panel and yields how many seconds pass until its next step. The player keeps
the episodes that run in a heap; it knows no clock of its own, so the same seed and the same steps give the same life.
"""

import heapq
import itertools
import random
from collections.abc import Callable, Iterator, Sequence

from ingest.satel.simulator.examples import USERS
from ingest.satel.simulator.installation import HOUSEHOLD, UserType, ZoneConfig, ZoneReaction
from ingest.satel.simulator.model import Panel
from ingest.satel.simulator.troubles import Trouble

Steps = Iterator[float]
Episode = Callable[[Panel, random.Random], Steps]
_R = ZoneReaction
_ENTRIES = (_R.ENTRY_EXIT, _R.ENTRY, _R.DELAYED)
_INTRUSIONS = (_R.INSTANT, _R.PERIMETER, _R.EXTERIOR, _R.BURGLARY_24H, _R.VIBRATION_24H)
_FIRES = (_R.SMOKE, _R.FIRE, _R.HEAT, _R.FIRE_BUTTON)
_TECHNICAL = (_R.FLOOD, _R.GAS, _R.AUXILIARY_24H, _R.TEMPERATURE_HIGH, _R.TEMPERATURE_LOW)
_PANICS = (_R.PANIC_SILENT, _R.PANIC_AUDIBLE, _R.MEDICAL)
_PEOPLE = [user.number for user in USERS if user.rights == HOUSEHOLD and user.type is UserType.NORMAL]


def _zones(panel: Panel, *reactions: ZoneReaction) -> list[ZoneConfig]:
    return [zone for zone in panel.zones.values() if zone.reaction in reactions]


def _passage(panel: Panel, zone: ZoneConfig, seconds: float) -> Steps:
    """A detector sees something for a while."""
    panel.violate(zone.number)
    yield seconds
    panel.restore(zone.number)


def _aftermath(panel: Panel, partition: int, chance: random.Random) -> Steps:
    """The keyholder arrives, clears the alarm and arms again."""
    yield chance.uniform(60, 240)
    user = chance.choice(_PEOPLE)
    panel.disarm(partition, user=user)
    yield 2.0
    panel.clear_alarm(partition, user=user)
    yield chance.uniform(30, 120)
    panel.arm(partition, user=user)


def opening(panel: Panel, chance: random.Random) -> Steps:
    """Somebody comes in by the door and disarms."""
    for door in _pick(panel, chance, *_ENTRIES):
        yield from _passage(panel, door, chance.uniform(2, 6))
        yield chance.uniform(3, 12)
        panel.disarm(door.partition, user=chance.choice(_PEOPLE))
        for zone in chance.sample(panel.zones_of(door.partition), k=1):
            if zone.reaction in (_R.INTERIOR, _R.INSTANT):
                yield from _passage(panel, zone, chance.uniform(2, 10))


def closing(panel: Panel, chance: random.Random) -> Steps:
    """The last one arms and leaves by the door."""
    for door in _pick(panel, chance, *_ENTRIES):
        panel.arm(door.partition, user=chance.choice(_PEOPLE))
        yield chance.uniform(3, 10)
        yield from _passage(panel, door, chance.uniform(2, 6))


def burglary(panel: Panel, chance: random.Random) -> Steps:
    """An armed partition is entered where nobody should."""
    for first in _pick(panel, chance, *_INTRUSIONS):
        panel.arm(first.partition, user=chance.choice(_PEOPLE), delay=0)
        yield chance.uniform(1, 5)
        yield from _passage(panel, first, chance.uniform(2, 8))
        inside = [zone for zone in panel.zones_of(first.partition) if zone.reaction in (_R.INSTANT, _R.INTERIOR)]
        for zone in chance.sample(inside, k=min(len(inside), chance.randint(0, 2))):
            yield chance.uniform(2, 15)
            yield from _passage(panel, zone, chance.uniform(2, 8))
        yield from _aftermath(panel, first.partition, chance)


def forgotten_code(panel: Panel, chance: random.Random) -> Steps:
    """Somebody comes in and does not disarm in time."""
    for door in _pick(panel, chance, *_ENTRIES):
        panel.arm(door.partition, user=chance.choice(_PEOPLE), delay=0)
        yield 2.0
        yield from _passage(panel, door, chance.uniform(2, 6))
        yield panel.partitions[door.partition].entry_delay
        yield from _aftermath(panel, door.partition, chance)


def _single_alarm(*reactions: ZoneReaction) -> Episode:
    def episode(panel: Panel, chance: random.Random) -> Steps:
        for zone in _pick(panel, chance, *reactions):
            yield from _passage(panel, zone, chance.uniform(5, 60))
            yield chance.uniform(60, 240)
            panel.clear_alarm(zone.partition, user=chance.choice(_PEOPLE))

    return episode


def tampering(panel: Panel, chance: random.Random) -> Steps:
    zone = chance.choice(list(panel.zones.values()))
    panel.tamper(zone.number, True)
    yield chance.uniform(10, 60)
    panel.tamper(zone.number, False)
    yield chance.uniform(30, 120)
    panel.clear_alarm(zone.partition, user=chance.choice(_PEOPLE))


def _trouble(*troubles: Trouble) -> Episode:
    def episode(panel: Panel, chance: random.Random) -> Steps:
        trouble = chance.choice(troubles)
        panel.trouble(trouble, True)
        yield chance.uniform(30, 300)
        panel.trouble(trouble, False)

    return episode


def gate(panel: Panel, chance: random.Random) -> Steps:
    """Something that is only written down."""
    for zone in _pick(panel, chance, _R.NO_ALARM):
        yield from _passage(panel, zone, chance.uniform(2, 10))


def _pick(panel: Panel, chance: random.Random, *reactions: ZoneReaction) -> list[ZoneConfig]:
    """One zone of these reactions, if the panel has any."""
    zones = _zones(panel, *reactions)
    return [chance.choice(zones)] if zones else []


EPISODES: Sequence[tuple[Episode, float]] = (
    (opening, 3.0),
    (closing, 3.0),
    (burglary, 2.0),
    (forgotten_code, 1.0),
    (_single_alarm(*_TECHNICAL), 0.8),
    (_single_alarm(*_FIRES), 0.4),
    (_single_alarm(*_PANICS), 0.4),
    (tampering, 0.4),
    (_trouble(Trouble.MAINS, Trouble.MAINS, Trouble.BATTERY, Trouble.PHONE_LINE), 0.8),
    (gate, 1.0),
)


class Life:
    """Plays episodes on panels, ``rate`` new ones a minute over all of them; at most one at a time on each."""

    def __init__(self, panels: Sequence[Panel], *, rate: float, seed: int) -> None:
        self.rate = rate
        self._panels = panels
        self._chance = random.Random(seed)  # noqa: S311 - not for secrets
        self._running: list[tuple[float, int, Panel, Steps]] = []
        self._order = itertools.count()
        self._next_start: float | None = None

    def next_due(self, now: float) -> float | None:
        """When ``play`` has something to do; None while nothing runs and the rate is 0. Seconds of any clock."""
        if self.rate > 0 and self._next_start is None:
            self._next_start = now + self._chance.expovariate(self.rate / 60)
        start = self._next_start if self.rate > 0 else None
        step = self._running[0][0] if self._running else None
        return min((due for due in (start, step) if due is not None), default=None)

    def play(self, now: float) -> None:
        """Take every step that is due by ``now``."""
        while (due := self.next_due(now)) is not None and due <= now:
            if self._running and self._running[0][0] == due:
                _, _, panel, steps = heapq.heappop(self._running)
                self._step(due, panel, steps)
            else:
                self._next_start = None
                self._begin(due)

    def _begin(self, now: float) -> None:
        taken = {id(panel) for _, _, panel, _ in self._running}
        free = [panel for panel in self._panels if panel.powered and id(panel) not in taken]
        if free:
            episodes, weights = zip(*EPISODES, strict=True)
            panel = self._chance.choice(free)
            self._step(now, panel, self._chance.choices(episodes, weights)[0](panel, self._chance))

    def _step(self, now: float, panel: Panel, steps: Steps) -> None:
        if panel.powered and (wait := next(steps, None)) is not None:
            heapq.heappush(self._running, (now + wait, next(self._order), panel, steps))
