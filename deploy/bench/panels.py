"""What one ingest process costs that holds 500 panels."""

import asyncio

import psutil

from deploy.bench.measure import Result, Row
from deploy.local.folder import scratch_folder
from deploy.local.system import System, running_system

PANELS, SECONDS = 500, 60
MUST = 1.0  # cores


async def panels() -> Result:
    """Processor time over a minute of quiet, after every panel has been read; the servers' beside it."""
    with scratch_folder() as folder:
        async with running_system(folder, panels=PANELS, ingest_processes=1) as system:
            await system.until_connected(PANELS, within=300)
            await asyncio.sleep(30)  # first reads, names, live state
            names = ("ingest-local-1", "temporal", "postgres", "valkey", "relay-1", "worker")
            before = {name: _seconds(system, name) for name in names}
            await asyncio.sleep(SECONDS)
            used = {name: (_seconds(system, name) - before[name]) / SECONDS for name in names}
            memory = psutil.Process(system.pid("ingest-local-1")).memory_info().rss / 2**20
    row = Row(
        name=f"{PANELS} panels held by one ingest process",
        must=f"< {MUST:.0f} core",
        measured=f"{used['ingest-local-1']:.2f} core, {memory:.0f} MiB",
        met=used["ingest-local-1"] < MUST,
        notes="plain lines, modules that push; cores of the others meanwhile: "
        + ", ".join(f"{name} {used[name]:.2f}" for name in names[1:]),
    )
    return Result(benchmark="4-panels", rows=(row,), raw={"cores": used, "rss_mib": memory})


def _seconds(system: System, name: str) -> float:
    """Processor time of the service with its children, in seconds."""
    root = psutil.Process(system.pid(name))
    return sum(sum(one.cpu_times()[:2]) for one in (root, *root.children(recursive=True)))
