"""kill -9 of each process: how long until an alarm that was raised right after it is on the operator's screen."""

from datetime import datetime
from uuid import UUID

import httpx

from deploy.bench.desk import Desk, desks, panel_ids
from deploy.bench.measure import Result, Row
from deploy.local.folder import scratch_folder
from deploy.local.system import System, running_system

PANELS, PROBES = 40, 8
MUST = {"ingest": 60.0}  # s; everything else 15
VICTIMS = ("ingest-local-1", "relay", "worker", "api", "valkey", "postgres", "temporal")


async def recovery() -> Result:
    """Each row: the slowest of eight alarms of eight panels, violated in the first second after the kill."""
    with scratch_folder() as folder:
        async with running_system(folder, panels=PANELS) as system, desks(system.api_url, 1) as (desk,):
            await system.until_connected(PANELS)
            ids = await panel_ids(desk.client)
            rows = [await _row(system, desk, ids, number, victim) for number, victim in enumerate(VICTIMS)]
    return Result(benchmark="7-recovery", rows=tuple(rows))


async def _row(system: System, desk: Desk, ids: dict[int, UUID], number: int, victim: str) -> Row:
    name = await system.active_relay() if victim == "relay" else victim
    must = MUST.get(victim.partition("-")[0], 15.0)
    killed = system.kill(name)
    delays = await _alarms(system, desk, ids, number)
    back = await system.until_back(name, since=killed)
    await system.until_connected(PANELS)
    return Row(
        name=f"kill -9 {name} → the next alarms are on the screen",
        must=f"< {must:.0f} s, none lost",
        measured=f"slowest of {len(delays)}: {max(delays):.2f} s, quickest {min(delays):.2f} s",
        met=max(delays) < must,
        notes=f"the process itself was back after {back:.1f} s",
    )


async def _alarms(system: System, desk: Desk, ids: dict[int, UUID], number: int) -> list[float]:
    """Seconds from each violation to the screen; panels of both ingest processes are among them."""
    order = {"alarms": PROBES, "seconds": 1, "panels": PROBES, "first": number % 4 * PROBES, "skip": number // 4}
    async with httpx.AsyncClient(base_url=system.simulator_url, trust_env=False, timeout=60) as http:
        violations = (await http.post("/burst", json=order)).raise_for_status().json()
    return [
        await desk.until((ids[one["port"]], one["zone"]), within=90) - datetime.fromisoformat(one["violated_at"]).timestamp()
        for one in violations
    ]
