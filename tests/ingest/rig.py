"""Everything of ingest around one simulated panel except database and Temporal, for driver tests."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from ingest.satel.batcher import Batcher
from ingest.satel.line import Grace
from ingest.satel.panel import PanelSetup, Position, ZoneSetup
from ingest.satel.reconnect import Backoff
from ingest.satel.runtime import PanelRuntime
from ingest.satel.session import Timing, tcp
from ingest.satel.simulator.examples import furnish
from ingest.satel.simulator.installation import PanelConfig
from ingest.satel.simulator.server import NetworkPanel, running_panel
from tests.ingest.ledger import Ledger
from tests.ingest.transports import Shape, perfect, shaped
from tests.support.eventually import eventually
from workflows.domain.panel import LinkStatus
from workflows.domain.supervision import SupervisionClass

FAST = Timing(connect=1.0, silence=0.02, probe=0.5, answer=0.5)
# Zones of `furnish`: what they are
VIBRATION, SILENT_PANIC, SMOKE, FLOOD = 5, 6, 7, 8


class Live:
    """The live picture, kept."""

    def __init__(self) -> None:
        self.parts: dict[str, dict[str, object]] = {}

    def publish(self, panel_id: UUID, part: str, data: dict[str, object]) -> None:
        self.parts[part] = data

    def of(self, part: str, field: str) -> object:
        """None while it was not published."""
        return self.parts.get(part, {}).get(field)


class Rig:
    """One panel and the processes that hold it, one after the other."""

    def __init__(self, panel: NetworkPanel, *, key: str | None, shape: Shape = perfect, limit: int = 10_000) -> None:
        self.panel = panel
        self.panel_id, self.object_id = uuid4(), uuid4()
        self.ledger = Ledger({self.panel_id: self.object_id})
        self.live = Live()
        self.setup = PanelSetup(
            panel_id=self.panel_id,
            object_id=self.object_id,
            host=panel.host,
            port=panel.port,
            config_version=1,
            key=key,
            zones={
                zone.number: ZoneSetup(partition=zone.partition, reaction=int(zone.reaction)) for zone in panel.config.zones
            },
        )
        self._shape, self._limit = shape, limit
        self._lease = 0
        self.grace = Grace.in_class(SupervisionClass.SP6)
        self.batcher: Batcher
        self.runtime: PanelRuntime
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, *, last_seen_at: datetime | None = None) -> None:
        """A process takes the panel: with what the database says, and nothing else."""
        self._lease += 1
        self.ledger.leases[self.panel_id] = self._lease
        stored = self.ledger.cursors.get(self.panel_id)
        self.batcher = Batcher(self.ledger.record, limit=self._limit)
        self.runtime = PanelRuntime(
            self.setup,
            Position.from_json(stored) if stored else Position(),
            lease=self._lease,
            batcher=self.batcher,
            live=self.live,
            dial=shaped(tcp(self.setup.host, self.setup.port), self._shape),
            timing=FAST,
            poll_every=0.1,
            backoff=Backoff(pace=0.05),
            grace=self.grace,
            last_seen_at=last_seen_at,
        )
        self._tasks = [asyncio.create_task(self.runtime.run()), asyncio.create_task(self._tick())]

    async def kill(self) -> None:
        """The process dies: nothing that was not committed is left of it."""
        self.runtime.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(0.05)
            self.runtime.tick()

    async def connected(self, within: float = 10.0) -> None:
        """The line is up, the log was walked, and all of that is recorded."""
        await eventually(lambda: self.runtime.status is LinkStatus.CONNECTED and self.runtime.ready, within=within)
        await self.recorded()

    def use(self, grace: Grace) -> None:
        """From now on a line may be away for so long."""
        self.grace = self.runtime._watch.grace = grace

    def quicken_log(self, *, every: float) -> None:
        """Read the log of a quiet panel every so many seconds."""
        self.runtime.log_every = every

    async def recorded(self) -> None:
        await self.batcher.drained()


@contextlib.asynccontextmanager
async def rig_of(
    config: PanelConfig | None = None, *, shape: Shape = perfect, limit: int = 10_000, zones: int = 16, started: bool = True
) -> AsyncIterator[Rig]:
    """A furnished panel that listens and, if ``started``, a process that holds it."""
    config = furnish(replace(config or PanelConfig(), latency=0.001, slot_release=0.0), zones=zones)
    async with running_panel(config) as panel:
        rig = Rig(panel, key=config.key, shape=shape, limit=limit)
        if started:
            rig.start()
        try:
            yield rig
        finally:
            if rig._tasks:
                await rig.kill()
