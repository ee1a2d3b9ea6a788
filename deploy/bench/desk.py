"""Operators for a benchmark: logged in, live, and noting the moment each event reaches them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from activities.seed import DEMO_LOGINS
from api.client.client import StamClient
from api.client.stream import Event, Live

Source = tuple[UUID | None, int]  # panel, zone


@dataclass(slots=True)
class Desk:
    """One operator. `seen`: when each alarm of a zone arrived (`time.time()`, s), in order."""

    client: StamClient
    seen: dict[Source, list[float]] = field(default_factory=dict)
    sequences: list[int] = field(default_factory=list)
    live: asyncio.Event = field(default_factory=asyncio.Event)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def watch(self) -> None:
        async with aclosing(self.client.stream()) as messages:
            async for message in messages:
                if isinstance(message, Live):
                    self.live.set()
                elif isinstance(message, Event):
                    self._take(message, time.time())

    def _take(self, message: Event, now: float) -> None:
        self.sequences.append(message.seq)
        change = message.alarm_change()
        for event in change.events if change else ():
            if not event.restore and event.source_kind == "ZONE":
                self.seen.setdefault((event.panel_id, event.source_number), []).append(now)
        self.news.set()

    async def until(self, source: Source, *, count: int = 1, within: float = 10.0) -> float:
        """The moment the ``count``-th alarm of ``source`` arrived. Raises TimeoutError."""
        async with asyncio.timeout(within):
            while len(self.seen.get(source, [])) < count:
                self.news.clear()
                await self.news.wait()
        return self.seen[source][count - 1]


def login_of(role: str) -> tuple[str, str]:
    """A demo user of ``role``."""
    return next((user, word) for user, word in DEMO_LOGINS.items() if user.startswith(role.lower()))


@asynccontextmanager
async def desks(api_url: str, count: int) -> AsyncIterator[list[Desk]]:
    """``count`` operators, live."""
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(count):
            desk = Desk(StamClient(api_url))
            stack.push_async_callback(desk.client.aclose)
            await desk.client.login(*login_of("OPERATOR"))
            watching = asyncio.create_task(desk.watch())
            stack.callback(watching.cancel)
            opened.append(desk)
        async with asyncio.timeout(30):
            for desk in opened:
                await desk.live.wait()
        yield opened


async def panel_ids(client: StamClient) -> dict[int, UUID]:
    """Simulated panels by their port."""
    found: dict[int, UUID] = {}
    cursor: str | None = None
    while True:
        page = await client.panels(cursor=cursor, limit=200)
        found |= {panel.port: panel.id for panel in page.items}
        if (cursor := page.next_cursor) is None:
            return found
