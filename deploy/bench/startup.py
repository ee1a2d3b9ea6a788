"""`stam up` → a console that takes a login, on an empty folder and on one that has been used."""

import time
from dataclasses import dataclass
from pathlib import Path

from deploy.bench.browser import chromium, until_login_is_drawn
from deploy.bench.measure import Result, Row
from deploy.local.folder import scratch_folder
from deploy.local.system import running_system

MUST = 30.0  # s
_WHY = "missed: two cores import, migrate, seed and, the first time, pack and compile the console"
_SERVERS = ("postgres", "valkey", "temporal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Seconds from the command. `servers`: PostgreSQL, Valkey and Temporal alone, which nobody can start quicker."""

    servers: float
    services: float
    browser: float
    last: str


async def startup() -> Result:
    with scratch_folder() as folder:
        first, later = await _start(folder), await _start(folder)
    rows = (_row("`stam up`, first start", first), _row("`stam up`, later starts", later))
    return Result(benchmark="8-startup", rows=rows, raw={"first": first, "later": later})


def _row(name: str, start: Start) -> Row:
    usable = start.services + start.browser
    no_browser = "" if start.browser else "no Chromium here: without the browser"
    return Row(
        name=f"{name} → console usable",
        must=f"≤ {MUST:.0f} s",
        measured=f"{usable:.1f} s: every service ready after {start.services:.1f} s, then a cold browser {start.browser:.1f} s",
        met=usable <= MUST,
        floor=f"{start.servers:.1f} s (the three servers alone)",
        ratio=f"{usable / start.servers:.1f} ×",
        notes="; ".join(part for part in (start.last, _WHY if usable > MUST else "", no_browser) if part),
    )


async def _start(folder: Path) -> Start:
    began = time.monotonic()
    async with running_system(folder, panels=6) as system:
        services = time.monotonic() - began
        ready = {name: at - began for name, at in system.journal.ready_at.items()}
        program = chromium()
        browser = await until_login_is_drawn(system.api_url, program) if program else 0.0
    last = sorted(ready.items(), key=lambda item: -item[1])[:3]
    return Start(
        servers=max(ready[name] for name in _SERVERS),
        services=services,
        browser=browser,
        last="last: " + ", ".join(f"{name} at {at:.1f} s" for name, at in last),
    )
