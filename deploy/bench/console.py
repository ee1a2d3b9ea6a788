"""Zone violated → the alarm's row drawn in the console: alone, beside nine other operators, and with a thousand open alarms.

The nine are SDKs: ten browsers on one machine would measure how many browsers it can draw, and each operator has his own.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
from playwright.async_api import Browser

from api.client.client import StamClient
from api.client.stream import Event
from deploy.bench.browser import Console, browser, chromium, memory_of_pages, open_console, put_before_servers
from deploy.bench.desk import Source, desks, login_of, panel_ids
from deploy.bench.listing import fill
from deploy.bench.measure import Latency, Result, Row, percentile
from deploy.local.folder import scratch_folder
from deploy.local.system import System, running_system
from workflows.domain.bundle import Action, ResultCode

OTHERS, MANY_OPEN = 9, 1_000
ROUND, ROUNDS = 8, 5  # alarms that fit on one screen, for only what is seen is drawn; and how often that
_QUIET = 2.0  # s between alarms: each is drawn before the next
_MORE = 10 * ROUND  # alarms that come to many
_SETTLED = 10.0  # s after a login: what it has started is over
_DRAWN_WITHIN = 60.0  # s; what is not drawn then is missing


@dataclass(slots=True)
class Watch:
    """An SDK beside the consoles: which alarm a violated zone opened, and when it was told (the floor)."""

    told: dict[Source, tuple[str, float]] = field(default_factory=dict)

    async def run(self, client: StamClient) -> None:
        async with aclosing(client.stream()) as messages:
            async for message in messages:
                change = message.alarm_change() if isinstance(message, Event) else None
                for event in change.events if change else ():
                    assert change is not None
                    self.told.setdefault((event.panel_id, event.source_number), (str(change.alarm.id), time.time()))


async def console() -> Result:
    program = chromium()
    if program is None:
        raise SystemExit("There is no Chromium here to draw the console in.")
    with scratch_folder() as folder:
        panels = (2 * ROUNDS + 1) * ROUND
        async with running_system(folder, panels=panels) as system, browser(program) as started:
            await system.until_connected(panels)
            bench = _Bench(system, started)
            async with bench.listening():
                alone = await bench.rounds(first=0)
                async with desks(system.api_url, OTHERS):
                    among = await bench.rounds(first=ROUNDS * ROUND)
                memory = memory_of_pages()[0]
                await fill(system.owner_database_url, opened=MANY_OPEN, total=MANY_OPEN)
                full = await bench.full(first=2 * ROUNDS * ROUND)
    rows = (_row("one console", alone), _row(f"one console beside {OTHERS} SDKs", among), _memory(memory), *full)
    return Result(benchmark="14-console", rows=rows, raw={"alone": str(alone), "among": str(among), "memory": memory})


@dataclass(frozen=True, slots=True)
class Drawn:
    """Seconds from each violation to the drawn row, and to the SDK; how many rows never came."""

    rows: list[float]
    told: list[float]
    missing: int


@dataclass(slots=True)
class _Bench:
    system: System
    browser: Browser
    watch: Watch = field(default_factory=Watch)
    console: Console | None = None

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        async with desks(self.system.api_url, 1) as (desk,):
            task = asyncio.create_task(self.watch.run(desk.client))
            try:
                yield
            finally:
                task.cancel()

    async def rounds(self, *, first: int) -> Drawn:
        """The alarms of each round are closed after it, so that the next ones are on the screen, too."""
        console = self.console or await self._opened()
        drawn = Drawn([], [], 0)
        for number in range(ROUNDS):
            violations = await self._violate(first + number * ROUND, settle=_QUIET, seconds=0)
            one = await self._drawn(console, violations)
            drawn = Drawn(drawn.rows + one.rows, drawn.told + one.told, drawn.missing + one.missing)
            await self._close_all()
        return drawn

    async def _opened(self) -> Console:
        self.console = await open_console(self.browser)
        await self.console.log_in(self.system.api_url, *login_of("OPERATOR"))
        return self.console

    async def _close_all(self) -> None:
        async with aclosing(StamClient(self.system.api_url)) as client:
            await client.login(*login_of("OPERATOR"))
            for alarm in (await client.alarms(open=True, limit=200)).items:
                after = alarm
                for action in (Action.CLAIM, Action.START, Action.ACK, Action.RESOLVE, Action.CLOSE):
                    result = ResultCode.TEST if action is Action.RESOLVE else None
                    note = "benchmark" if action is Action.ACK else None
                    after = await client.act(after.id, action, version=after.version, note=note, result_code=result)

    async def full(self, *, first: int) -> tuple[Row, Row]:
        """With many open alarms: how long a new console needs for its list, and how smoothly it draws at ten a second."""
        fresh = await open_console(self.browser)
        if self.console is not None:
            await self.console.page.context.close()
        loaded = await fresh.log_in(self.system.api_url, *login_of("OPERATOR"))
        preferred = put_before_servers()
        await asyncio.sleep(_SETTLED)
        scrolling = asyncio.create_task(fresh.scroll_for_ever())
        await fresh.count_frames()
        await asyncio.sleep(_MORE / 10)
        quiet = await fresh.frames()
        await fresh.count_frames()
        await self._until_told(await self._violate(first, settle=0, seconds=_MORE / 10))
        busy = await fresh.frames()
        scrolling.cancel()
        return (
            Row(
                name=f"console with {MANY_OPEN} open alarms: login → list drawn",
                must="–",
                measured=f"{loaded:.1f} s",
                met=True,
                notes="login, ticket, pages of 200 alarms, the first 60 rows drawn",
            ),
            Row(
                name=f"the same, scrolled, while {_MORE} more alarms come, 10 a second: time between frames",
                must="–",
                measured=_gaps(busy),
                met=True,
                floor=f"{_gaps(quiet)} (scrolled in the same way while none comes)",
                ratio=f"{percentile(busy, 0.5) / percentile(quiet, 0.5):.1f} × at p50",
                notes="software rendering; ten turns of the wheel a second; the browser has the processor "
                + ("before the servers, as on a computer of its own" if preferred else "with the servers"),
            ),
        )

    async def _until_told(self, violations: list[dict[str, Any]]) -> None:
        ids = await self._panel_ids()
        wanted = {(ids[one["port"]], one["zone"]) for one in violations}
        async with asyncio.timeout(_DRAWN_WITHIN):
            while not wanted <= self.watch.told.keys():  # noqa: ASYNC110 -- what two tasks share is a dict
                await asyncio.sleep(0.1)

    async def _violate(self, first: int, *, settle: float, seconds: float) -> list[dict[str, Any]]:
        order = {"alarms": _MORE, "seconds": seconds, "panels": ROUND, "settle": settle, "first": first}
        if settle:
            order |= {"alarms": 1, "panels": 1}
        async with httpx.AsyncClient(base_url=self.system.simulator_url, trust_env=False, timeout=180) as http:
            if not settle:
                return list((await http.post("/burst", json=order)).raise_for_status().json())
            found = []
            for number in range(ROUND):
                found += (await http.post("/burst", json=order | {"first": first + number})).raise_for_status().json()
            return found

    async def _drawn(self, console: Console, violations: list[dict[str, Any]]) -> Drawn:
        ids = await self._panel_ids()
        deadline = time.monotonic() + _DRAWN_WITHIN
        while True:
            drawn = self._compared(violations, ids, await console.painted())
            if drawn.missing == 0 or time.monotonic() > deadline:
                return drawn
            await asyncio.sleep(0.5)

    async def _panel_ids(self) -> dict[int, UUID]:
        async with aclosing(StamClient(self.system.api_url)) as client:
            await client.login(*login_of("OPERATOR"))
            return await panel_ids(client)

    def _compared(self, violations: list[dict[str, Any]], ids: dict[int, UUID], painted: dict[str, float]) -> Drawn:
        rows, told = list[float](), list[float]()
        for violation in violations:
            at = datetime.fromisoformat(violation["violated_at"]).timestamp()
            alarm, heard = self.watch.told.get((ids[violation["port"]], violation["zone"]), ("", at))
            told.append(heard - at)
            if alarm in painted:
                rows.append(painted[alarm] - at)
        return Drawn(rows, told, len(violations) - len(rows))


def _gaps(gaps: list[float]) -> str:
    p50, p95 = (1000 * percentile(gaps, share) for share in (0.5, 0.95))
    return f"p50 {p50:.0f} · p95 {p95:.0f} · worst {1000 * max(gaps):.0f} ms (n={len(gaps)})"


def _row(name: str, drawn: Drawn) -> Row:
    latency, told = Latency.of_seconds(drawn.rows), Latency.of_seconds(drawn.told)
    return Row(
        name=f"zone violated → its row drawn, {name}",
        must="–",
        measured=f"{latency}; {drawn.missing} missing",
        met=drawn.missing == 0,
        floor=f"{told} (the same alarms at an SDK)",
        ratio=f"{latency.p50 / told.p50:.1f} × at p50",
        notes="headless Chromium, software rendering; drawing is coalesced to 100 ms; by the semantics tree",
    )


def _memory(page: float) -> Row:
    return Row(
        name="memory of a console in the browser",
        must="–",
        measured=f"{page:.0f} MiB",
        met=True,
        notes="what belongs to the page's process alone; the server keeps one WebSocket for it",
    )
