"""One whole system for all tests that need it: `stam up` on free ports, in a thread with an event loop of its own."""

import asyncio
import shutil
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from deploy.local.system import System, running_system
from tests.support.eventually import eventually

T = TypeVar("T")


class SystemThread:
    """Starts a `System` and keeps it until `close`. ``system`` may be used from any thread, its coroutines by `call`."""

    def __init__(self, folder: Path, console: Path, *, panels: int) -> None:
        """``console``: packed, so that the system finds nothing left to pack."""
        shutil.copytree(console, folder / "console")
        self._started: asyncio.Future[System]
        self._ready = threading.Event()
        self._end: asyncio.Event
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(folder, panels), name="system", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            raise self._error

    def _run(self, folder: Path, panels: int) -> None:
        try:
            asyncio.run(self._live(folder, panels))
        except BaseException as error:  # handed to the thread that asked for the system
            self._error = error
        finally:
            self._ready.set()

    async def _live(self, folder: Path, panels: int) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        async with running_system(folder, panels=panels) as self.system:
            self._ready.set()
            await self._end.wait()

    async def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run one of the system's coroutines where the system lives."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, self._loop))

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()


async def everything_is_followed(system: System) -> None:
    """Wait until every simulated panel has a line whose log has been walked once."""
    followed = "SELECT count(*) FROM panel_cursors WHERE cursor ->> 'log' IS NOT NULL"
    await _counts_every_panel(system, followed, within=60, what="every panel's log was walked")


async def everything_is_described(system: System) -> None:
    """Wait until every simulated panel has told what its zones are called and for."""
    described = "SELECT count(DISTINCT panel_id) FROM zones"
    await _counts_every_panel(system, described, within=180, what="every panel's zones are known")


async def _counts_every_panel(system: System, query: str, *, within: float, what: str) -> None:
    panels = system.composition.settings.simulated_panels
    await system.until_connected(panels, within=within)
    connection = await asyncpg.connect(system.database_url.replace("+asyncpg", ""))

    async def all_there() -> bool:
        return int(await connection.fetchval(query)) >= panels

    try:
        await eventually(all_there, within=within, every=0.2, what=what)
    finally:
        await connection.close()
