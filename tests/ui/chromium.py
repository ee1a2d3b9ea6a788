"""A page of a real Chromium, as the operator's hands and eyes: parts are found by their semantics identifier."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Locator, Page, async_playwright

from tests.support.eventually import eventually

FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
STARTS_WITHIN = 120.0  # s; on a busy machine with two cores


@dataclass(slots=True)
class Traffic:
    """What the page asked for: hosts, and whatever failed."""

    hosts: set[str] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Desk:
    """A console in a browser."""

    page: Page
    url: str
    traffic: Traffic = field(default_factory=Traffic)

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

    async def log_in(self, username: str, password: str) -> None:
        await self.type("login-user", username)
        await self.type("login-password", password)
        await self.click("login-submit")
        await self.until_said("conn-state", "Na żywo")

    async def said(self, identifier: str) -> str:
        """What a screen reader would say of a part; empty when it is not there."""
        parts = await self.part(identifier).all()
        if len(parts) != 1:
            return ""
        return await parts[0].evaluate("e => `${e.getAttribute('aria-label') || ''} ${e.textContent}`") or ""

    async def until_said(self, identifier: str, text: str, *, within: float = 20.0) -> None:
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


@asynccontextmanager
async def desk_in_chromium(url: str, *, width: int = 1440, height: int = 900) -> AsyncIterator[Desk]:
    """A fresh Chromium at the console of ``url``. Skips the test where no Chromium is installed."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no chromium here")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        page = await browser.new_page(viewport={"width": width, "height": height}, locale="pl-PL")
        desk = Desk(page, url)
        page.on("request", lambda request: desk.traffic.hosts.add(request.url.split("/")[2]))
        page.on("requestfailed", lambda request: desk.traffic.failed.append(f"{request.url} {request.failure}"))
        page.on("console", lambda told: _note_blocked(desk.traffic, told.text))
        page.on("response", lambda answer: _note(desk.traffic, answer.status, answer.url))
        try:
            yield desk
        finally:
            await browser.close()


def _note_blocked(traffic: Traffic, told: str) -> None:
    """What the page's policy kept from being loaded or run."""
    if "Content Security Policy" in told:
        traffic.failed.append(told)


def _note(traffic: Traffic, status: int, url: str) -> None:
    if status >= 400:
        traffic.failed.append(f"{url} {status}")
