"""kill -9 of each process in the middle of a burst: how long until each alarm is on the screen, and whether all are."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx

from deploy.bench.desk import Desk, Source, desks, panel_ids
from deploy.bench.measure import Latency, Result, Row
from deploy.local.folder import scratch_folder
from deploy.local.system import System, running_system

ALARMS, SECONDS, PANELS = 500, 10, 100
MUST = {"ingest": 60.0}  # s; everything else 15
VICTIMS = ("ingest-local-1", "relay", "worker", "api", "valkey", "postgres", "temporal")
_APART = 61.0  # s; the same zone again within a minute would be a repetition
_PER_PANEL = ALARMS // PANELS


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Of one burst: seconds from each violation to the screen, and what was wrong."""

    delays: list[float]
    lost: int
    twice: int

    def __str__(self) -> str:
        latency = Latency.of_seconds(self.delays)
        return f"{latency}; {self.lost} lost, {self.twice} shown twice"


@dataclass(slots=True)
class Bursts:
    """Bursts on one system, one after the other, every zone at most once a minute."""

    system: System
    desk: Desk
    ids: dict[int, UUID]
    _told: Counter[Source] = field(default_factory=Counter)
    _last: dict[int, float] = field(default_factory=dict)
    _count: int = 0

    async def run(self, victim: str | None) -> tuple[Outcome, float]:
        """The burst, and after how many seconds ``victim``, killed in its middle, was back by itself."""
        skip = _PER_PANEL * (self._count % 2)
        self._count += 1
        await asyncio.sleep(max(0.0, self._last.get(skip, 0.0) + _APART - time.monotonic()))
        await self.system.until_connected(PANELS)
        burst = asyncio.create_task(self._violate(skip))
        await asyncio.sleep(SECONDS / 2)
        killed = self.system.kill(victim) if victim else 0.0
        violations = await burst
        self._last[skip] = time.monotonic()
        outcome = await self._outcome(violations)
        return outcome, await self.system.until_back(victim, since=killed) if victim else 0.0

    async def _violate(self, skip: int) -> list[dict[str, Any]]:
        order = {"alarms": ALARMS, "seconds": SECONDS, "panels": PANELS, "skip": skip}
        async with httpx.AsyncClient(base_url=self.system.simulator_url, trust_env=False, timeout=120) as http:
            found: list[dict[str, Any]] = (await http.post("/burst", json=order)).raise_for_status().json()
        return found

    async def _outcome(self, violations: list[dict[str, Any]]) -> Outcome:
        delays, lost = list[float](), 0
        for one in violations:
            source = (self.ids[one["port"]], one["zone"])
            self._told[source] += 1
            try:
                at = await self.desk.until(source, count=self._told[source], within=90)
                delays.append(at - datetime.fromisoformat(one["violated_at"]).timestamp())
            except TimeoutError:
                lost += 1
        twice = sum(len(self.desk.seen.get(source, ())) > count for source, count in self._told.items())
        return Outcome(delays=delays, lost=lost, twice=twice)


async def recovery() -> Result:
    """One burst undisturbed, as the floor of those in which something dies."""
    with scratch_folder() as folder:
        async with running_system(folder, panels=PANELS) as system, desks(system.api_url, 1) as (desk,):
            await system.until_connected(PANELS)
            bursts = Bursts(system, desk, await panel_ids(desk.client))
            undisturbed, _ = await bursts.run(None)
            floor = Latency.of_seconds(undisturbed.delays)
            rows = [await _row(bursts, victim, floor) for victim in VICTIMS]
    return Result(benchmark="7-recovery", rows=tuple(rows), raw={"undisturbed": floor})


async def _row(bursts: Bursts, victim: str, floor: Latency) -> Row:
    name = await bursts.system.active_relay() if victim == "relay" else victim
    must = MUST.get(victim.partition("-")[0], 15.0)
    outcome, back = await bursts.run(name)
    worst = max(outcome.delays)
    return Row(
        name=f"kill -9 {name} in the middle of {ALARMS} alarms in {SECONDS} s from {PANELS} panels → on the screen",
        must=f"< {must:.0f} s, 0 lost, 0 shown twice",
        measured=str(outcome),
        met=worst < must and back < must and not outcome.lost and not outcome.twice,
        floor=f"{floor} (nothing killed)",
        ratio=f"{worst * 1000 / floor.worst:.0f} × at worst",
        notes=f"the process itself was back after {back:.1f} s",
    )
