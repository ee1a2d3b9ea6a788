"""Order → accepted → seen: a command from the API to the simulated panel and back to the one who gave it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from activities.seed_data import COMMAND_CODE
from api.client.client import StamClient
from api.client.stream import Event, Live
from deploy.bench.desk import login_of
from deploy.bench.floor import measure_floor
from deploy.bench.measure import Latency, Result, Row
from deploy.local.folder import scratch_folder
from deploy.local.system import running_system
from ingest.satel import requests
from ingest.satel.session import open_session, tcp
from ingest.satel.simulator.fleet import FleetOptions, running_fleet
from workflows.contracts import names
from workflows.domain.command import CommandKind

PANELS: Final = 10
ROUNDS: Final = 100
OUTPUT: Final = 2  # one that stays as it is switched


@dataclass(slots=True)
class Follower:
    """Notes when it is told that a command was accepted, and that its effect was seen (`time.perf_counter()`, s)."""

    client: StamClient
    accepted: dict[UUID, float] = field(default_factory=dict)
    seen: dict[UUID, float] = field(default_factory=dict)
    live: asyncio.Event = field(default_factory=asyncio.Event)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self) -> None:
        async with aclosing(self.client.stream()) as messages:
            async for message in messages:
                if isinstance(message, Live):
                    self.live.set()
                elif isinstance(message, Event) and message.event == names.COMMAND_UPDATED:
                    self._take(message, time.perf_counter())

    def _take(self, message: Event, now: float) -> None:
        command_id = UUID(message.data["id"])
        if message.data["answered_at"] is not None:
            self.accepted.setdefault(command_id, now)
        if message.data["confirmed_at"] is not None:
            self.seen.setdefault(command_id, now)
        self.news.set()

    async def until_seen(self, command_id: UUID) -> None:
        """Raises TimeoutError."""
        async with asyncio.timeout(30):
            while command_id not in self.seen:
                self.news.clear()
                await self.news.wait()


async def commands(*, rounds: int = ROUNDS) -> Result:
    """An output switched on and off again, one command at a time, over ten panels."""
    with scratch_folder() as folder:
        async with running_system(folder, panels=PANELS) as system, _follower(system.api_url) as follower:
            await system.until_connected(PANELS)
            page = await follower.client.panels(limit=200)
            panels = [panel.id for panel in page.items if panel.enabled]
            accepted, seen = await _ordered(follower, panels, rounds)
            floor = await measure_floor(system.owner_database_url.replace("+asyncpg", ""), system.redis_url)
    line = await _bare_line()
    least = line.p50 + floor.commit
    told = f"{least:.2f} ms (the same bytes to a simulated panel and its answer {line.p50:.2f} + one commit {floor.commit:.2f})"
    rows = (_row("order → accepted by the panel", accepted, least, told), _row("order → effect seen", seen, least, told))
    return Result(benchmark="12-command", rows=rows, raw={"accepted": accepted, "seen": seen, "line": line, "floor": floor})


def _row(name: str, latency: Latency, least: float, floor: str) -> Row:
    return Row(
        name=name,
        must="–",
        measured=str(latency),
        met=True,
        floor=floor,
        ratio=f"{latency.p50 / least:.1f} × at p50",
        notes="from the SDK's call to the parsed push; between: row, workflow, the line's holder, the panel, row",
    )


@asynccontextmanager
async def _follower(api_url: str) -> AsyncIterator[Follower]:
    follower = Follower(StamClient(api_url))
    await follower.client.login(*login_of("ADMIN"))
    following = asyncio.create_task(follower.follow())
    try:
        async with asyncio.timeout(30):
            await follower.live.wait()
        yield follower
    finally:
        following.cancel()
        await follower.client.aclose()


async def _ordered(follower: Follower, panels: list[UUID], rounds: int) -> tuple[Latency, Latency]:
    accepted, seen = [], []
    for number in range(rounds):
        turn, place = divmod(number, len(panels))
        kind = CommandKind.OUTPUTS_OFF if turn % 2 else CommandKind.OUTPUTS_ON
        began = time.perf_counter()
        ordered = await follower.client.commands.order(panels[place], kind, [OUTPUT])
        await follower.until_seen(ordered.id)
        accepted.append(follower.accepted[ordered.id] - began)
        seen.append(follower.seen[ordered.id] - began)
    return Latency.of_seconds(accepted), Latency.of_seconds(seen)


async def _bare_line() -> Latency:
    """The same request over a line of our own to a panel like those of the run."""
    took = []
    async with running_fleet(FleetOptions(count=1, base_port=0, control_port=0)) as running:
        (panel,) = running.fleet.panels.values()
        session, _ = await open_session(tcp(panel.host, panel.port), on_frames=lambda frames: None)
        for number in range(ROUNDS):
            switch = requests.switch_outputs_off if number % 2 else requests.switch_outputs_on
            began = time.perf_counter()
            await session.ask(switch(requests.UserCode(COMMAND_CODE), [OUTPUT]))
            took.append(time.perf_counter() - began)
        session.close("measured")
    return Latency.of_seconds(took)
