"""`stam up` → everything ready, on an empty folder and on one that has been used."""

import time
from pathlib import Path

from deploy.bench.measure import Result, Row
from deploy.local.folder import scratch_folder
from deploy.local.system import running_system

MUST = 30.0  # s


async def startup() -> Result:
    with scratch_folder() as folder:
        first, slowest = await _start(folder)
        second, _ = await _start(folder)
    rows = (_row("`stam up`, first start", first, slowest), _row("`stam up`, later starts", second, ""))
    return Result(benchmark="8-startup", rows=rows, raw={"first": first, "second": second})


def _row(name: str, seconds: float, notes: str) -> Row:
    return Row(name=name, must=f"≤ {MUST:.0f} s", measured=f"{seconds:.1f} s", met=seconds <= MUST, notes=notes)


async def _start(folder: Path) -> tuple[float, str]:
    """Seconds until the last service was ready, and which three came last."""
    began = time.monotonic()
    async with running_system(folder, panels=6) as system:
        took = time.monotonic() - began
        last = sorted(system.journal.ready_at.items(), key=lambda item: -item[1])[:3]
    return took, "last: " + ", ".join(f"{name} at {at - began:.1f} s" for name, at in last)
