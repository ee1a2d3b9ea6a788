"""Pages of one real Chromium, as the operator's hands and eyes: parts are found by their semantics identifier.

A console that starts for the first time costs a busy machine half a minute, most of it Python's own start. So whoever can do
with a desk that others have left takes it over, as the next shift does: logged out, in a page that has long been running.
"""

import shutil
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright

from tests.support.eventually import eventually

FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
STARTS_WITHIN = 300.0  # s; on a busy machine with two cores
DRAWN_WITHIN = 120.0  # s; the same
SIZE: Final = (1440, 900)


@dataclass(slots=True)
class Traffic:
    """What the page asked for: hosts, how often a path was answered well, whatever failed; and errors it told itself."""

    hosts: set[str] = field(default_factory=set)
    answered: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Desk:
    """A console in a browser."""

    page: Page
    url: str
    traffic: Traffic = field(default_factory=Traffic)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(DRAWN_WITHIN * 1000)
        self.page.on("request", lambda request: self.traffic.hosts.add(urlsplit(request.url).netloc))
        self.page.on("requestfailed", lambda request: self.traffic.failed.append(f"{request.url} {request.failure}"))
        self.page.on("response", lambda answer: self._answered(answer.status, answer.url))
        self.page.on("console", lambda told: self._told(told.text))

    def part(self, identifier: str) -> Locator:
        return self.page.locator(f'[flt-semantics-identifier="{identifier}"]')

    async def start(self, path: str = "/") -> None:
        """Open the console and wait until its first page is drawn."""
        await self.page.goto(self.url + path)
        ready = self.part("login-submit").or_(self.part("conn-state"))
        await ready.first.wait_for(state="attached", timeout=STARTS_WITHIN * 1000)

    async def click(self, identifier: str) -> None:
        await self.part(identifier).click()

    async def type(self, identifier: str, text: str) -> None:
        """Click into a field and type; done when the field shows it."""
        box = self.part(identifier).locator("input, textarea")

        async def attempt() -> bool:
            await self.part(identifier).click()
            await self.page.keyboard.press("Control+A")
            await self.page.keyboard.type(text)
            return await box.input_value() == text

        await eventually(attempt, every=0.3, what=f"{text!r} in {identifier}")

    async def value(self, identifier: str) -> str:
        """Click into a field, for only then the page is told what stands in it; that."""
        await self.click(identifier)
        return await self.part(identifier).locator("input, textarea").input_value()

    async def log_in(self, username: str, password: str) -> None:
        await self.type("login-user", username)
        await self.type("login-password", password)
        await self.click("login-submit")
        await self.until_said("conn-state", "Na żywo")

    async def log_out(self) -> None:
        await self.click("logout")
        await self.part("login-submit").wait_for(state="attached")

    async def rest(self) -> None:
        """Nothing moves any more: a cursor that blinks in an empty page takes a quarter of a processor to draw."""
        await self.page.evaluate("document.activeElement.blur()")

    async def resize(self, width: int, height: int) -> None:
        await self.page.set_viewport_size({"width": width, "height": height})

    async def said(self, identifier: str) -> str:
        """What a screen reader would say of a part; empty when it is not there."""
        parts = await self.part(identifier).all()
        if len(parts) != 1:
            return ""
        return await parts[0].evaluate("e => `${e.getAttribute('aria-label') || ''} ${e.textContent}`") or ""

    async def until_said(self, identifier: str, text: str, *, within: float = DRAWN_WITHIN) -> None:
        async def probe() -> bool:
            return text in await self.said(identifier)

        await eventually(probe, within=within, every=0.1, what=f"{text!r} in {identifier}")

    async def work_to_the_end(self, alarm: str, *, note: str) -> None:
        """Claim, acknowledge with a note, resolve and close the alarm with this id from the list."""
        await self.part(f"alarm-row-{alarm}").click()
        await self.click("act-claim")
        await self.click("act-ack")
        await self.type("ack-note", note)
        await self.click("act-ack-confirm")
        await self.click("act-resolve")
        await self.click("result-TEST")
        await self.click("act-resolve-confirm")
        await self.click("act-close")
        await self.until_said("card-status", "Zamknięty")

    def _told(self, text: str) -> None:
        """What our own log calls an error, and what the page's policy kept from being loaded or run."""
        if "stam.console" in text and "ERROR" in text:
            self.traffic.errors.append(text)
        if "Content Security Policy" in text:
            self.traffic.failed.append(text)

    def _answered(self, status: int, url: str) -> None:
        if status >= 400:
            self.traffic.failed.append(f"{url} {status}")
        else:
            self.traffic.answered[urlsplit(url).path] += 1


class Desks:
    """Consoles in one Chromium."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._left: dict[str, Desk] = {}  # logged out, by address

    @asynccontextmanager
    async def new(self, url: str, **look: Any) -> AsyncIterator[Desk]:
        """In a browser without a past, not opened yet. ``look``: further things that Playwright knows of a context."""
        desk = await self._made(url, **look)
        try:
            yield desk
        finally:
            await desk.page.context.close()

    @asynccontextmanager
    async def taken_over(self, url: str) -> AsyncIterator[Desk]:
        """At the login page, with all that the browser keeps of those before. To be left logged in: it is logged out here."""
        desk = self._left.pop(url, None)
        if desk is None:
            desk = await self._made(url)
            await desk.start()
        else:
            desk.traffic = Traffic()
        try:
            yield desk
            await desk.resize(*SIZE)
            await desk.log_out()
            await desk.rest()
        except BaseException:  # nobody takes over where something went wrong
            await desk.page.context.close()
            raise
        self._left[url] = desk

    async def _made(self, url: str, **look: Any) -> Desk:
        width, height = SIZE
        # What blinks is drawn by the processor here, all the time.
        usual = {"viewport": {"width": width, "height": height}, "locale": "pl-PL", "reduced_motion": "reduce"}
        context = await self._browser.new_context(**(usual | look))
        return Desk(await context.new_page(), url)


@asynccontextmanager
async def chromium() -> AsyncIterator[Desks]:
    """Skips the test where no Chromium is installed."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no chromium here")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield Desks(browser)
        finally:
            await browser.close()
