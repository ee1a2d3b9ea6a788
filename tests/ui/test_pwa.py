"""The console as an application of the browser: installable, started without its server, renewed without a mixture."""

import re
import shutil
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.eventually import eventually
from tests.ui.chromium import STARTS_WITHIN, Desk, Desks
from tests.ui.fake_station import PASSWORD, Station, app
from tests.ui.serve import ConsoleApp, OneOrigin, serving
from workflows.domain.alarm import AlarmType

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="session")]
KEPT = """async () => {
  const answers = [];
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys()) answers.push(new URL(request.url).pathname);
  return navigator.serviceWorker.controller ? answers : [];
}"""

# Whether a picture, its files and a key are there; whether all of it has gone.
_DEVICE = """async () => {
  const done = (request) => new Promise((ok, no) => { request.onsuccess = () => ok(request.result); request.onerror = no; });
  const count = async (name, store) => {
    if (!(await indexedDB.databases()).some((one) => one.name === name)) return 0;
    const database = await done(indexedDB.open(name));
    const keys = await done(database.transaction(store).objectStore(store).getAllKeys());
    database.close();
    return keys.length;
  };
  const found = [await count("/stam", "FILE_DATA"), await count("stam-keys", "keys")];
  const owner = JSON.parse(localStorage.getItem("flutter.stam.owner") || '""');
  return %s;
}"""
PICTURE, NOTHING_LEFT = _DEVICE % "owner && found[0] > 0 && found[1] > 0", _DEVICE % "found[0] + found[1] === 0"
# Has the browser look for a new version; what became of it.
UPDATE = """async () => {
  const registration = await (await navigator.serviceWorker.getRegistration()).update();
  const worker = registration.installing;
  return new Promise((resolve) => worker.addEventListener("statechange", () => {
    if (["redundant", "activated"].includes(worker.state)) resolve(worker.state);
  }));
}"""


@pytest.fixture
def station() -> Station:
    return Station(ping_every=1)


@pytest.fixture
def server(station: Station, console_folder: Path) -> OneOrigin:
    return OneOrigin(app(station), ConsoleApp(console_folder))


async def kept(desk: Desk, console: ConsoleApp) -> list[str]:
    """What the browser keeps, once it is the whole build."""
    wanted = set(console.manifest["files"]) - {"/service-worker.js"}

    async def probe() -> list[str]:
        found: list[str] = await desk.page.evaluate(KEPT)
        return found if set(found) >= wanted else []

    return await eventually(probe, within=240, every=0.5, what="the build in the browser's cache")


async def test_the_console_can_be_installed_and_starts_without_its_server(
    station: Station, server: OneOrigin, desks: Desks
) -> None:
    fire = station.alarm(AlarmType.FIRE, station.place("Hurtownia Żółw"))
    async with AsyncExitStack() as first:
        url = await first.enter_async_context(serving(server))
        async with desks.new(url) as desk:
            await desk.start()
            await desk.log_in("jan", PASSWORD)
            answers = await kept(desk, server.console)
            assert [path for path in answers if path.startswith(("/api", "/ws"))] == []
            inspector = await desk.page.context.new_cdp_session(desk.page)
            found = await inspector.send("Page.getInstallabilityErrors")
            assert [error["errorId"] for error in found["installabilityErrors"]] in ([], ["in-incognito"])
            await eventually(lambda: desk.page.evaluate(PICTURE), within=120, every=0.5, what="the picture on the device")
            await station.cut()
            await first.aclose()
            await desk.start(f"/alarms/{fire.id}")
            await desk.until_said("banner-link", "Brak połączenia z serwerem od")
            assert await desk.page.evaluate("crossOriginIsolated")
            assert await desk.part(f"alarm-row-{fire.id}").count() == 1
            assert await desk.part("act-claim").count() == 0
            await desk.click("journal-patrol-sent")
            async with serving(server, port=urlsplit(url).port or 0):
                await desk.until_said("conn-state", "Na żywo")
                await eventually(lambda: station.intents)
                await desk.click("logout")
                await desk.part("login-submit").wait_for(state="attached")
                await eventually(lambda: desk.page.evaluate(NOTHING_LEFT), within=60, every=0.5, what="an empty device")


async def test_a_new_version_is_offered_and_complete_before_it_takes_over(
    server: OneOrigin, desks: Desks, tmp_path: Path
) -> None:
    newer, mixed = (another_build(server.console, tmp_path / name) for name in ("newer", "mixed"))
    worker = mixed.folder / "service-worker.js"
    worker.write_text(re.sub(r'"/": "[0-9a-f]{64}"', f'"/": "{"0" * 64}"', worker.read_text()))
    async with serving(server) as url, desks.new(url) as desk:
        await desk.start()
        await kept(desk, server.console)
        before = await desk.page.evaluate("caches.keys()")
        server.console = mixed
        assert await desk.page.evaluate(UPDATE) == "redundant"
        assert await desk.page.evaluate("caches.keys()") == before
        server.console = newer
        assert await desk.page.evaluate(UPDATE) == "activated"
        await desk.page.locator("#update button").first.click()
        await desk.part("login-submit").wait_for(state="attached", timeout=STARTS_WITHIN * 1000)
        assert (await desk.page.evaluate("caches.keys()"))[-1].startswith("stam-console-newer-")


def another_build(console: ConsoleApp, folder: Path) -> ConsoleApp:
    """The same console under the name of another build."""
    shutil.copytree(console.folder, folder)
    worker = folder / "service-worker.js"
    worker.write_text(worker.read_text().replace('const BUILD = {"id": "', f'const BUILD = {{"id": "{folder.name}-'))
    other = ConsoleApp(folder)
    other.manifest["files"]["/service-worker.js"]["variants"] = {}  # they are compressed forms of the other text
    return other
