"""How a process ends: SIGTERM and SIGINT ask, what is in flight is finished (R-MODES)."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

_ASKING = (signal.SIGTERM, signal.SIGINT)


async def until_told_to_stop(work: Coroutine[Any, Any, None]) -> None:
    """Run ``work`` until it ends, or until SIGTERM or SIGINT cancels it: what it then cleans up is waited for.

    For the main thread of a process.
    """
    loop, task, told = asyncio.get_running_loop(), asyncio.ensure_future(work), asyncio.Event()

    def stop() -> None:
        told.set()
        task.cancel()

    for number in _ASKING:
        loop.add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not told.is_set():
            raise
    finally:
        for number in _ASKING:
            loop.remove_signal_handler(number)
