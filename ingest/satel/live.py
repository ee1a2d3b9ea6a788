"""The live picture on its way to Redis: the newest of each part, all panels of the process in one write.

What is published is written at most once in `GATHER` seconds, and everything again every `LIVE_STATE_REFRESH` seconds so
that it does not expire. Redis away costs nothing here: the writer says so once, and the next refresh brings all back.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from workflows.domain.panel import LIVE_STATE_REFRESH

GATHER = 0.05  # s
AT_ONCE = 250  # parts in one write: a refresh of hundreds of panels must not hold up an alarm

Key = tuple[UUID, str]
WriteMany = Callable[[Mapping[Key, dict[str, object]]], Awaitable[None]]
"""Writes parts of live pictures; never raises."""


class LivePublisher:
    """See the module."""

    def __init__(self, write_many: WriteMany, *, refresh_every: float = LIVE_STATE_REFRESH) -> None:
        self._write_many = write_many
        self._refresh_every = refresh_every
        self._latest: dict[Key, dict[str, object]] = {}
        self._dirty: set[Key] = set()
        self._gone: set[UUID] = set()
        self._news = asyncio.Event()

    def publish(self, panel_id: UUID, part: str, data: dict[str, object]) -> None:
        """Keep a part and see that it is written soon."""
        self._gone.discard(panel_id)
        self._latest[panel_id, part] = data
        self._dirty.add((panel_id, part))
        self._news.set()

    def forget(self, panel_id: UUID) -> None:
        """Stop refreshing a panel that is no longer ours; what was published is still written once."""
        self._gone.add(panel_id)
        self._news.set()

    async def run(self) -> None:
        """Write until cancelled."""
        loop = asyncio.get_running_loop()
        refresh_at = loop.time() + self._refresh_every
        while True:
            try:
                async with asyncio.timeout_at(refresh_at):
                    await self._news.wait()
                await asyncio.sleep(GATHER)
            except TimeoutError:
                refresh_at = loop.time() + self._refresh_every
                self._dirty.update(self._latest)
            await self.flush()

    async def flush(self) -> None:
        """Write what waits."""
        self._news.clear()
        batch = {key: self._latest[key] for key in self._dirty}
        self._dirty.clear()
        self._latest = {key: data for key, data in self._latest.items() if key[0] not in self._gone}
        self._gone.clear()
        keys = list(batch)
        for start in range(0, len(keys), AT_ONCE):
            await self._write_many({key: batch[key] for key in keys[start : start + AT_ONCE]})
