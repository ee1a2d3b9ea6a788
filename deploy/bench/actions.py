"""Claim → answer: an operator's click through the API, the workflow, the transaction, and back."""

import time

import httpx

from api.client.client import StamClient
from api.client.models import AlarmSummary
from deploy.bench.desk import desks
from deploy.bench.floor import measure_floor
from deploy.bench.measure import Latency, Result, Row
from deploy.local.folder import scratch_folder
from deploy.local.system import running_system
from workflows.domain.bundle import Action

PANELS, ROUNDS = 20, 200
MUST = 100.0  # ms at p95


async def actions() -> Result:
    """Claim and release in turn over the alarms of 20 panels."""
    with scratch_folder() as folder:
        async with running_system(folder, panels=PANELS) as system, desks(system.api_url, 1) as (desk,):
            await system.until_connected(PANELS)
            async with httpx.AsyncClient(base_url=system.simulator_url, trust_env=False, timeout=60) as http:
                order = {"alarms": 2 * PANELS, "seconds": 2, "panels": PANELS, "settle": 2}
                (await http.post("/burst", json=order)).raise_for_status()
            alarms = (await desk.client.alarms(open=True, limit=100)).items
            took = await _claims(desk.client, [alarm for alarm in alarms if alarm.status == "NEW"])
            floor = await measure_floor(system.owner_database_url.replace("+asyncpg", ""), system.redis_url)
    latency = Latency.of_seconds(took)
    least = 2 * floor.loopback + floor.commit
    row = Row(
        name="claim → answer",
        must=f"p95 ≤ {MUST:.0f} ms",
        measured=str(latency),
        met=latency.p95 <= MUST,
        floor=f"{least:.2f} ms (two loopbacks + one commit)",
        ratio=f"{latency.p50 / least:.1f} × at p50",
        notes="HTTP → workflow update → activity → one transaction → answer, by the SDK",
    )
    return Result(benchmark="5-claim", rows=(row,), raw={"latency": latency, "floor": floor})


async def _claims(client: StamClient, alarms: list[AlarmSummary]) -> list[float]:
    versions = {alarm.id: (await client.alarm(alarm.id)).version for alarm in alarms}
    took = []
    for number in range(ROUNDS):
        alarm = alarms[number % len(alarms)]
        began = time.perf_counter()
        claimed = await client.act(alarm.id, Action.CLAIM, version=versions[alarm.id])
        took.append(time.perf_counter() - began)
        released = await client.act(alarm.id, Action.RELEASE, version=claimed.version)
        versions[alarm.id] = released.version
    return took
