"""Turns on one line: one at a time, the most urgent first (D1)."""

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """A lock whose waiters are served by priority (1 before 5), and in the order of their asking within one."""

    def __init__(self) -> None:
        self._taken = False
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    @asynccontextmanager
    async def turn(self, priority: int, *, within: float) -> AsyncIterator[None]:
        """Raises TimeoutError when the turn does not come ``within`` seconds."""
        await self._wait(priority, within)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, priority: int, within: float) -> None:
        if not self._taken:
            self._taken = True
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._order), mine))
        try:
            async with asyncio.timeout(within):
                await mine
        except (TimeoutError, asyncio.CancelledError):
            if mine.done() and not mine.cancelled():  # it came at the same moment
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            _, _, following = heapq.heappop(self._waiting)
            if not following.done():
                following.set_result(None)
                return
        self._taken = False
