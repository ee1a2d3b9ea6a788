"""Several simulated panels together: found by name, lived in, and set on fire all at once."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ingest.satel.simulator.blocks import Block
from ingest.satel.simulator.installation import BEHAVIOUR, PanelConfig, Watch
from ingest.satel.simulator.life import Life
from ingest.satel.simulator.server import NetworkPanel

_SERVICE = 255  # user number of the service person


class FleetError(Exception):
    """The fleet cannot do what was ordered; the text says why and what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One alarm of a burst and when its zone was violated."""

    panel: str
    port: int
    zone: int
    partition: int
    code: int
    violated_at: datetime


class Fleet:
    """Panels by name."""

    def __init__(self, configs: Sequence[PanelConfig], *, life_rate: float = 0.0, seed: int = 1) -> None:
        self.panels = {config.name: NetworkPanel(config) for config in configs}
        if len(self.panels) != len(configs):
            raise FleetError("two panels have the same name")
        self.life = Life(list(self.panels.values()), rate=life_rate, seed=seed)
        self._life_changed = asyncio.Event()

    async def start(self) -> None:
        """Listen on every port. FleetError names the port that is taken."""
        for panel in self.panels.values():
            try:
                await panel.start()
            except OSError as error:
                self.stop()
                raise FleetError(f"{panel.config.name} cannot listen on port {panel.port}: {error.strerror}") from error

    def stop(self) -> None:
        for panel in self.panels.values():
            panel.stop()

    def find(self, name_or_port: str) -> NetworkPanel | None:
        """A panel by its name or its port."""
        by_port = {str(panel.port): panel for panel in self.panels.values()}
        return self.panels.get(name_or_port) or by_port.get(name_or_port)

    def set_life_rate(self, rate: float) -> None:
        """Episodes a minute from now on; those that run go on to their end."""
        self.life.rate = rate
        self._life_changed.set()

    async def live(self) -> None:
        """Play the daily life for ever."""
        while True:
            self._life_changed.clear()
            self.life.play(time.monotonic())
            due = self.life.next_due(time.monotonic())
            with contextlib.suppress(TimeoutError):
                wait = None if due is None else max(due - time.monotonic(), 0)
                await asyncio.wait_for(self._life_changed.wait(), wait)

    async def burst(
        self, *, alarms: int, seconds: float, panels: int, settle: float = 0.0, first: int = 0, skip: int = 0
    ) -> list[Violation]:
        """``alarms`` zone alarms, evenly over ``seconds``, in turn on ``panels`` panels from number ``first`` (0 …) on.

        First these panels become quiet: zones restored, alarms cleared, every partition armed; that is logged too, and
        ``settle`` seconds are left to digest it. The first ``skip`` alarm zones of each panel come last. A panel with fewer
        alarm zones than its share has them restored and violated again.
        """
        chosen = list(self.panels.values())[first : first + panels]
        if not chosen:
            raise FleetError(f"there is no panel number {first}")
        rounds = {panel.config.name: _endless(alarm_zones(panel), skip) for panel in chosen}
        for panel in chosen:
            make_quiet(panel)
        await asyncio.sleep(settle)
        start, violations = time.monotonic(), []
        for number in range(alarms):
            await asyncio.sleep(max(0.0, start + number * seconds / alarms - time.monotonic()))
            panel = chosen[number % len(chosen)]
            violations.append(_violate(panel, next(rounds[panel.config.name])))
        return violations


def alarm_zones(panel: NetworkPanel) -> list[int]:
    """Zones that raise an alarm at once when their partition is armed. FleetError if there is none."""
    found = [
        zone.number
        for zone in panel.zones.values()
        if (behaviour := BEHAVIOUR[zone.reaction]).alarm and not behaviour.entry and behaviour.watch is not Watch.NEVER
    ]
    if not found:
        raise FleetError(f"{panel.config.name} has no zone that could raise an alarm")
    return found


def make_quiet(panel: NetworkPanel) -> None:
    """No violated or bypassed zone, no alarm, every partition armed in mode 0."""
    for zone in panel.zones:
        panel.restore(zone)
    for partition in panel.partitions:
        panel.clear_alarm(partition, user=_SERVICE)
        if not _fully_armed(panel, partition):
            panel.disarm(partition, user=_SERVICE)
            panel.arm(partition, user=_SERVICE, delay=0)


def _fully_armed(panel: NetworkPanel, partition: int) -> bool:
    modes = (Block.ARMED_MODE_1, Block.ARMED_MODE_2, Block.ARMED_MODE_3)
    reduced = any(panel.blocks.has(mode, partition - 1) for mode in modes) or panel.blocks.any((Block.ZONES_BYPASSED,))
    return panel.is_armed(partition) and not reduced


def _endless(zones: list[int], skip: int) -> Iterator[int]:
    return itertools.islice(itertools.cycle(zones), skip % len(zones), None)


def _violate(panel: NetworkPanel, zone: int) -> Violation:
    panel.restore(zone)
    at = datetime.now(UTC)
    panel.violate(zone)
    config = panel.zones[zone]
    return Violation(
        panel=panel.config.name,
        port=panel.port,
        zone=zone,
        partition=config.partition,
        code=BEHAVIOUR[config.reaction].code,
        violated_at=at,
    )
