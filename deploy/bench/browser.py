"""The console in a real browser, as far as benchmarks need one: until the login page is drawn."""

import shutil
import time

from playwright.async_api import async_playwright

_FLAGS = ("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync")
_LOGIN = '[flt-semantics-identifier="login-submit"]'


def chromium() -> str | None:
    """The program; None where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


async def until_login_is_drawn(url: str, program: str) -> float:
    """Seconds from the start of an empty browser to a console that takes a login."""
    began = time.monotonic()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        try:
            page = await browser.new_page()
            await page.goto(url)
            await page.locator(_LOGIN).wait_for(state="attached", timeout=120_000)
        finally:
            took = time.monotonic() - began
            await browser.close()
    return took
