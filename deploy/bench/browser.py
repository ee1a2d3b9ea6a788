"""The console in a real browser, as far as benchmarks need one."""

import asyncio
import itertools
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.async_api import Browser, Locator, Page, async_playwright

_FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
    # a console beside others is as visible as the only one
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
)
_FIRST = -15  # of -20 … 19
_IN_THE_LIST = (300, 600)  # px
_TURN = 100  # px
# When each row was first in the semantics tree, which is renewed after the frame that shows it; and the gaps between frames.
_WATCH = """
window.seen = {}; window.gaps = [];
const note = node => {
  const name = node.getAttribute && node.getAttribute('flt-semantics-identifier');
  if (name && name.startsWith('alarm-row-')) window.seen[name.slice(10)] ??= Date.now();
};
const watch = () => new MutationObserver(changes => {
  for (const change of changes) {
    note(change.target);
    for (const node of change.addedNodes) { note(node); if (node.querySelectorAll) node.querySelectorAll('*').forEach(note); }
  }
}).observe(document.documentElement, {subtree: true, childList: true, attributes: true});
document.documentElement ? watch() : addEventListener('DOMContentLoaded', watch);
let last = 0;
const frame = now => { if (last && window.counting) window.gaps.push(now - last); last = now; requestAnimationFrame(frame); };
requestAnimationFrame(frame);
"""


def chromium() -> str | None:
    """The program; None where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


async def until_login_is_drawn(url: str, program: str) -> float:
    """Seconds from the start of an empty browser to a console that takes a login."""
    began = time.monotonic()
    async with browser(program) as started:
        page = await started.new_page()
        await page.goto(url)
        await _part(page, "login-submit").wait_for(state="attached", timeout=120_000)
        return time.monotonic() - began


@dataclass(frozen=True, slots=True)
class Console:
    """A console in a browser context of its own."""

    page: Page

    async def log_in(self, url: str, username: str, password: str) -> float:
        """Seconds from the click to a live list."""
        await self.page.goto(url)
        await _part(self.page, "login-submit").wait_for(state="attached", timeout=300_000)
        for name, value in (("login-user", username), ("login-password", password)):
            await self._type(name, value)
        began = time.monotonic()
        await _part(self.page, "login-submit").click()
        drawn = self.page.locator('[flt-semantics-identifier^="alarm-row-"]').or_(_part(self.page, "list-empty"))
        await drawn.first.wait_for(state="attached", timeout=120_000)
        return time.monotonic() - began

    async def painted(self) -> dict[str, float]:
        """When the row of each alarm was first drawn (`time.time()`, s), by the alarm's id."""
        seen: dict[str, float] = await self.page.evaluate("window.seen")
        return {id_: at / 1000 for id_, at in seen.items()}

    async def frames(self) -> list[float]:
        """Seconds between frames since `count_frames`."""
        gaps: list[float] = await self.page.evaluate("window.gaps")
        return [gap / 1000 for gap in gaps]

    async def count_frames(self) -> None:
        await self.page.evaluate("() => { window.gaps = []; window.counting = true; }")

    async def scroll_for_ever(self) -> None:
        """Up and down the list, ten turns of the wheel a second."""
        await self.page.mouse.move(*_IN_THE_LIST)
        for turn in itertools.count():
            await self.page.mouse.wheel(0, _TURN if turn // 20 % 2 == 0 else -_TURN)
            await asyncio.sleep(0.1)

    async def _type(self, name: str, value: str) -> None:
        box = _part(self.page, name).locator("input")
        async with asyncio.timeout(120):
            while await box.input_value() != value:
                await _part(self.page, name).click()
                await self.page.keyboard.press("Control+A")
                await self.page.keyboard.type(value)


def _part(page: Page, name: str) -> Locator:
    return page.locator(f'[flt-semantics-identifier="{name}"]')


@asynccontextmanager
async def browser(program: str) -> AsyncIterator[Browser]:
    """A Chromium without a past."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        try:
            yield started
        finally:
            await started.close()


async def open_console(started: Browser) -> Console:
    context = await started.new_context(viewport={"width": 1440, "height": 900}, locale="pl-PL")
    await context.add_init_script(_WATCH)
    page = await context.new_page()
    page.set_default_timeout(120_000)
    return Console(page)


def memory_of_pages() -> list[float]:
    """MiB that belong to each page's process alone."""
    processes = (one for one in _browsers() if "--type=renderer" in one.cmdline())
    return sorted((one.memory_full_info().uss / 2**20 for one in processes), reverse=True)


def put_before_servers() -> bool:
    """Give the browser the processor before everything else here, as if it had a computer of its own; whether that could be
    done. Sessions are weighed and not processes (sched(7), autogroups), and to raise one takes root."""
    try:
        for one in _browsers():
            Path(f"/proc/{one.pid}/autogroup").write_text(str(_FIRST), encoding="ascii")
    except OSError:
        return False
    return True


def _browsers() -> Iterator[psutil.Process]:
    return (one for one in psutil.Process().children(recursive=True) if "chrom" in one.name())
