"""Waiting for a condition instead of for a time."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")


@overload
async def eventually(probe: Callable[[], Awaitable[T]], *, within: float = ..., every: float = ..., what: str = ...) -> T: ...
@overload
async def eventually(probe: Callable[[], T], *, within: float = ..., every: float = ..., what: str = ...) -> T: ...
async def eventually(
    probe: Callable[[], T | Awaitable[T]],
    *,
    within: float = 60.0,
    every: float = 0.02,
    what: str = "the condition",
) -> T:
    """Call ``probe`` until it returns something true, and return that.

    ``within`` and ``every`` are seconds. A probe that raises ``AssertionError`` counts as not yet.
    Raises ``AssertionError`` with the last value or error when the time is over.
    """
    deadline = time.monotonic() + within
    last: object = None
    while True:
        try:
            result = probe()
            value = await result if inspect.isawaitable(result) else result
            if value:
                return value
            last = value
        except AssertionError as error:
            last = error
        if time.monotonic() >= deadline:
            raise AssertionError(f"{what} did not hold within {within} s; last seen: {last!r}")
        await asyncio.sleep(every)
