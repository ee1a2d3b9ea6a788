"""A press that counts only when it lasts: what must not happen because a phone was touched in a pocket. No Flet in it."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

LASTS: Final = 1.0  # s
STEPS: Final = 10  # of the progress
TOUCHED: Final = 1.0  # s; a click so soon after a finger came down is that finger's


class Press:
    """``draw`` is told how much of the time has passed (0 … 1), ``done`` once when it has.

    A click is one of a finger that left too early (``short``), or comes without a finger: from a keyboard or a screen reader,
    which nobody touches by accident, and then it is as good as a long press.
    """

    def __init__(
        self,
        draw: Callable[[float], None],
        done: Callable[[], None],
        short: Callable[[], None],
        *,
        lasts: float = LASTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._draw, self._done, self._short = draw, done, short
        self._lasts, self._clock = lasts, clock
        self._held: asyncio.Task[None] | None = None
        self._touched_at: float | None = None

    def begin(self) -> None:
        """A finger came down."""
        self.end()
        self._touched_at = self._clock()
        self._held = asyncio.ensure_future(self._hold())

    def end(self) -> None:
        """The finger left, or what it pressed is gone."""
        if self._held is not None:
            self._held.cancel()
            self._held = None
            self._draw(0.0)

    def click(self) -> None:
        by_finger = self._touched_at is not None and self._clock() - self._touched_at < TOUCHED
        (self._short if by_finger else self._done)()

    async def _hold(self) -> None:
        for step in range(1, STEPS + 1):
            await asyncio.sleep(self._lasts / STEPS)
            self._draw(step / STEPS)
        self._held = None
        self._draw(0.0)
        self._done()
