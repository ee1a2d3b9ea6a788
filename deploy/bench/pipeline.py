"""Zone violated in the panel → message at the operator: idle, and in a burst with ten operators."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx

from deploy.bench.desk import Desk, desks, panel_ids
from deploy.bench.floor import Floor, measure_floor
from deploy.bench.measure import Latency, Result, Row
from deploy.local.folder import scratch_folder
from deploy.local.system import System, running_system

IDLE_ROUNDS, IDLE_PANELS = 200, 20
ALARMS, SECONDS, PANELS, OPERATORS = 500, 10, 100, 10
_QUIET = 0.25  # s between idle alarms: longer than anything an alarm sets going


async def idle() -> Result:
    """One alarm at a time, each when the one before has long arrived."""
    async with _system(panels=IDLE_PANELS) as system, desks(system.api_url, 1) as (desk,), _control(system) as http:
        ids = await panel_ids(desk.client)
        took = [await _one_alarm(http, desk, ids, number) for number in range(IDLE_ROUNDS)]
        floor = await measure_floor(system.owner_database_url.replace("+asyncpg", ""), system.redis_url)
    latency = Latency.of_seconds(took)
    return Result(benchmark="1-idle", rows=(_idle_row(latency, floor),), raw={"latency": latency, "floor": floor})


def _idle_row(latency: Latency, floor: Floor) -> Row:
    return Row(
        name="zone violated → WebSocket message, idle",
        must="p50 ≤ 40 ms, p99 ≤ 150 ms",
        measured=str(latency),
        met=latency.p50 <= 40 and latency.p99 <= 150,
        floor=str(floor),
        ratio=f"{latency.p50 / floor.total:.1f} × at p50",
        notes="from the violation inside the simulated panel to the parsed message in the operator's client",
    )


async def _one_alarm(http: httpx.AsyncClient, desk: Desk, ids: dict[int, UUID], number: int) -> float:
    """Each round has a panel and zone of its own, so that none is a repetition."""
    skip, first = divmod(number, IDLE_PANELS)
    order = {"alarms": 1, "seconds": 0, "panels": 1, "settle": _QUIET, "first": first, "skip": skip}
    (violation,) = (await http.post("/burst", json=order)).raise_for_status().json()
    return await _arrival(desk, ids, violation)


async def _arrival(desk: Desk, ids: dict[int, UUID], violation: dict[str, Any]) -> float:
    """Seconds from the violation to the desk."""
    at = await desk.until((ids[violation["port"]], violation["zone"]), within=60)
    return at - datetime.fromisoformat(violation["violated_at"]).timestamp()


async def burst() -> Result:
    """500 alarms in 10 s from 100 panels before ten operators."""
    async with _system(panels=PANELS) as system, desks(system.api_url, OPERATORS) as operators, _control(system) as http:
        ids = await panel_ids(operators[0].client)
        order = {"alarms": ALARMS, "seconds": SECONDS, "panels": PANELS, "settle": 5}
        violations = (await http.post("/burst", json=order)).raise_for_status().json()
        took = [await _arrival(desk, ids, violation) for desk in operators for violation in violations]
        floor = await measure_floor(system.owner_database_url.replace("+asyncpg", ""), system.redis_url)
    latency = Latency.of_seconds(took)
    ordered = all(desk.sequences == sorted(set(desk.sequences)) for desk in operators)
    row = Row(
        name=f"the same, {ALARMS} alarms in {SECONDS} s from {PANELS} panels, {OPERATORS} operators",
        must="p99 ≤ 1 s, 500 of 500 at each operator, in order",
        measured=f"{latency}; {len(took)} of {ALARMS * OPERATORS} delivered, {'in order' if ordered else 'OUT OF ORDER'}",
        met=latency.p99 <= 1000 and ordered and len(took) == ALARMS * OPERATORS,
        floor=str(floor),
        ratio=f"{latency.p50 / floor.total:.1f} × at p50",
    )
    return Result(benchmark="2-burst", rows=(row,), raw={"latency": latency, "floor": floor})


# -- what both need


@asynccontextmanager
async def _system(*, panels: int) -> AsyncIterator[System]:
    with scratch_folder() as folder:
        async with running_system(folder, panels=panels) as system:
            await system.until_connected(panels)
            yield system


@asynccontextmanager
async def _control(system: System) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=system.simulator_url, trust_env=False, timeout=120) as http:
        yield http
