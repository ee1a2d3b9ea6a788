"""Two people at their consoles, in Chromium on the whole system: a burst of alarms, and the API's death under their hands.

Both know every alarm and show it, once and in its place; what one was writing is still there afterwards.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from activities.seed import DEMO_LOGINS
from api.client.client import StamClient
from api.client.models import AlarmSummary
from deploy.local.system import System
from tests.chaos.conftest import SET_ASIDE
from tests.support.eventually import eventually
from tests.support.system import SystemThread, everything_is_described
from tests.support.wire import Wire, wire_to
from tests.ui.chromium import Desk, Desks
from ui_flutter.components.row import HEIGHT
from ui_flutter.i18n.words import Language, Words
from ui_flutter.state import present
from ui_flutter.state.order import WINDOW, urgency
from ui_flutter.state.store import Store

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.browser,
    pytest.mark.timeout(900),
    pytest.mark.asyncio(loop_scope="session"),
]

PEOPLE = ("operator", "master")
ALARMS, SECONDS, PANELS = 500, 10, 100
ZONES = 4  # of each panel: watched around the clock, and each another type of alarm; the fifth alarm is the mains
PASSED_OVER = 10  # alarm zones of each panel that the bursts of other tests violate
SIZE = {"width": 1280, "height": 1200}
PAGE_DOWN = 800  # px; less than what is seen of the list
IN_THE_LIST = (300, 700)
RANKS = (1, 2, 3, 4)
# The alarms whose rows are on the screen, from the top to the bottom, and what is said of each.
ROWS = """() => [...document.querySelectorAll('[flt-semantics-identifier^="alarm-row-"]')]
  .sort((one, other) => one.getBoundingClientRect().top - other.getBoundingClientRect().top)
  .map((row) => [row.getAttribute("flt-semantics-identifier").slice(10), `${row.ariaLabel || ""} ${row.textContent}`])"""
NOTE = "Zażółć gęślą jaźń — patrol w drod"  # half-written


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Consoles of `PEOPLE`, logged in, behind one line to the API; and somebody who asks the API past that line."""

    system: System
    wire: Wire
    desks: tuple[Desk, ...]
    truth: StamClient
    control: httpx.AsyncClient

    async def open_alarms(self) -> list[AlarmSummary]:
        """In the order of the list."""
        found: list[AlarmSummary] = []
        cursor: str | None = None
        while True:
            page = await self.truth.alarms(open=True, limit=200, cursor=cursor)
            found += page.items
            if (cursor := page.next_cursor) is None:
                return sorted(found, key=urgency)

    async def everybody(self, identifier: str, text: str) -> None:
        """All of them are told this."""
        await asyncio.gather(*(desk.until_said(identifier, text) for desk in self.desks))

    async def at_panel(self, number: int, what: str, **details: Any) -> None:
        port = self.system.composition.settings.simulator_port + number
        (await self.control.post(f"/panels/{port}/{what}", json=details)).raise_for_status()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def room(whole: SystemThread, desks: Desks) -> AsyncIterator[Room]:
    system = whole.system
    await everything_is_described(system)
    async with AsyncExitStack() as stack:
        wire = await stack.enter_async_context(wire_to(system.api_url))
        look = {"viewport": SIZE}
        made = [await stack.enter_async_context(desks.new(wire.url, **look)) for _ in PEOPLE]
        await asyncio.gather(*(desk.start() for desk in made))
        await asyncio.gather(*(desk.log_in(name, DEMO_LOGINS[name]) for desk, name in zip(made, PEOPLE, strict=True)))
        control = httpx.AsyncClient(base_url=system.simulator_url, trust_env=False, timeout=120)
        await stack.enter_async_context(control)
        truth = await stack.enter_async_context(aclosing(StamClient(system.api_url)))
        await truth.login("admin", DEMO_LOGINS["admin"])
        yield Room(system=system, wire=wire, desks=tuple(made), truth=truth, control=control)


async def test_each_console_shows_every_alarm_of_a_burst_once_and_in_its_place(room: Room) -> None:
    before = _signals(await room.open_alarms())
    await burst(room)

    async def all_recorded() -> list[AlarmSummary]:
        found = await room.open_alarms()
        return found if _signals(found) >= before + ALARMS else []

    alarms = await eventually(all_recorded, within=120, every=1, what=f"{ALARMS} alarms more")
    await asyncio.gather(*(require_all_shown(room, desk, alarms) for desk in room.desks))
    await asyncio.gather(*(room.at_panel(SET_ASIDE + number, "troubles/mains", on=False) for number in range(PANELS)))


async def test_the_api_dies_and_everybody_is_told_so_and_misses_nothing(room: Room, whole: SystemThread) -> None:
    writer, before = room.desks[0], await room.open_alarms()
    alarm = before[0]
    for desk in room.desks:
        await desk.click(f"class-{alarm.priority.rank}")
        await to_the_top(desk, len(before))
    await writer.click(f"alarm-row-{alarm.id}")
    await writer.type("note-text", NOTE)

    killed = room.system.kill("api")
    room.wire.pull_out()  # it is back before anybody would be told: the line stays away longer
    await room.everybody("banner-link", "Brak połączenia z serwerem od")
    assert [await desk.part(f"alarm-row-{alarm.id}").count() for desk in room.desks] == [1, 1]
    await whole.call(room.system.until_back("api", since=killed))
    await room.at_panel(SET_ASIDE, "zones/1/tamper", on=True)
    known = {one.id for one in before}

    async def opened() -> list[AlarmSummary]:
        return [one for one in await room.open_alarms() if one.id not in known]

    missed = await eventually(opened, within=60, every=0.5, what="an alarm meanwhile")
    room.wire.plug_in()
    await room.everybody("conn-state", "Na żywo")
    await room.everybody("banner-missed", Words(Language.PL)("link.back", n=len(missed)))
    for desk in room.desks:
        await desk.click("banner-missed-action")
        await eventually(partial(_are_drawn, desk, missed), within=60, every=0.2, what="what was missed")
    assert await writer.value("note-text") == NOTE
    await writer.click("note-add")

    async def noted() -> bool:
        return [note.text for note in (await room.truth.alarm(alarm.id)).notes] == [NOTE]

    await eventually(noted, within=60, every=0.5, what="the note")
    await room.at_panel(SET_ASIDE, "zones/1/tamper", on=False)


# -- steps


async def burst(room: Room) -> None:
    """Five alarms on each panel, each of another type."""
    order = {"alarms": ZONES * PANELS, "seconds": SECONDS, "panels": PANELS, "skip": PASSED_OVER, "first": SET_ASIDE}

    async def power_cut() -> None:
        for number in range(PANELS):
            await room.at_panel(SET_ASIDE + number, "troubles/mains", on=True)

    answer, _ = await asyncio.gather(room.control.post("/burst", json=order), power_cut())
    answer.raise_for_status()


async def require_all_shown(room: Room, desk: Desk, alarms: list[AlarmSummary]) -> None:
    """The counters count them, and the list of each class, read from the top to the bottom, has each at its place."""
    for rank in RANKS:
        number = sum(alarm.priority.rank == rank and not alarm.suppressed for alarm in alarms)
        await desk.until_said(f"count-{rank}", str(number))
    await desk.until_said("tab-active", str(len(alarms)))
    assert await desk.part("banner-flood").count() == 1
    for rank in RANKS:
        await desk.click(f"class-{rank}")  # which also unfolds what is grouped in a flood
        wanted = {str(alarm.id): _spoken(alarm) for alarm in alarms if alarm.priority.rank == rank}
        assert await _read(room, desk, wanted) == list(wanted)
        await desk.click(f"class-{rank}")


def _signals(alarms: list[AlarmSummary]) -> int:
    return sum(alarm.event_count for alarm in alarms)


def _spoken(alarm: AlarmSummary) -> str:
    """What a screen reader says of its row."""
    return present.row(alarm, Store(), datetime.now(UTC)).spoken


async def _read(room: Room, desk: Desk, wanted: dict[str, str]) -> list[str]:
    """The ids of a list with so many rows, as somebody reads them who scrolls, and waits for each to say what it should."""
    number = len(wanted)
    for shown in range(WINDOW, number + WINDOW, WINDOW):
        await desk.until_said("list-footer", f"{min(shown, number)} z {number}")
        if shown < number:
            await desk.click("list-more")
    await to_the_top(desk, number)
    read: list[str] = []
    while len(read) < number:
        below = partial(_further, room, desk, wanted, read)
        read += await eventually(below, within=60, every=0.2, what=f"row {len(read)} of {number}")
        await desk.page.mouse.wheel(0, PAGE_DOWN)
    return read


async def to_the_top(desk: Desk, rows: int) -> None:
    await desk.page.mouse.move(*IN_THE_LIST)
    await desk.page.mouse.wheel(0, -rows * HEIGHT)


async def _further(room: Room, desk: Desk, wanted: dict[str, str], read: list[str]) -> list[str]:
    """What is on the screen below the last row that was read; nothing while that row is not in sight."""
    rows: list[tuple[str, str]] = await desk.page.evaluate(ROWS)
    ids = [id_ for id_, _ in rows]
    if read and read[-1] not in ids:
        return []
    new = rows[ids.index(read[-1]) + 1 :] if read else rows
    for id_, told in new:
        if wanted.get(id_, "nothing") not in told:  # a zone has come to rest since the burst, and its row says so
            wanted[id_] = _spoken(await room.truth.alarm(UUID(id_)))
        assert wanted[id_] in told, f"{told!r} instead of {wanted[id_]!r}"
    return [id_ for id_, _ in new]


async def _are_drawn(desk: Desk, alarms: list[AlarmSummary]) -> bool:
    return {id_ for id_, _ in await desk.page.evaluate(ROWS)} == {str(alarm.id) for alarm in alarms}
