"""A panel released for programming is held by nobody, and everything it told meanwhile is read after that (R-DLOAD)."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from temporalio.activity import ActivityCancellationDetails
from temporalio.testing import ActivityEnvironment

from activities.db.session import Database
from activities.panel_releases import ReleaseActivities
from ingest.satel.activities import PanelActivities
from ingest.satel.line import Grace
from ingest.satel.session import PanelBusy, open_session, tcp
from ingest.satel.simulator.server import NetworkPanel
from tests.ingest.holding import Process
from tests.ingest.rig import FAST, SMOKE, VIBRATION
from tests.ingest.site import alarms, install, reconfigure, release, rows
from tests.support.eventually import eventually
from workflows.contracts.panel import LeaseEnd, LeaseRequest
from workflows.contracts.panel_release import EndRelease, ReleaseRef, ReleaseRow
from workflows.domain.alarm import LINK_LOST

Start = Callable[[str], Process]


async def end(db: Database, row: ReleaseRow) -> None:
    await ReleaseActivities(db).end_release(EndRelease(release_id=row.release_id))


async def links(db: Database, panel_id: UUID) -> list[str]:
    found = await rows(
        db, "SELECT state FROM panel_state_history WHERE panel_id = :p AND partition IS NULL ORDER BY at, id", p=panel_id
    )
    return [row["state"] for row in found]


async def lines(db: Database, panel_id: UUID) -> list[tuple[int, bool]]:
    return [(each["code"], each["active"]) for each in await alarms(db, panel_id)]


async def _equals(read: Callable[[], Awaitable[object]], expected: object) -> bool:
    return await read() == expected


@contextlib.asynccontextmanager
async def programming(panel: NetworkPanel) -> Any:
    """Another client in the module's only slot."""
    session, answer = await open_session(tcp(panel.host, panel.port), on_frames=lambda _: None, timing=FAST)
    try:
        yield answer
    finally:
        session.close("done")


async def test_another_client_has_the_only_slot_and_what_happens_meanwhile_is_found_in_the_log(
    db: Database, panel: NetworkPanel, start: Start
) -> None:
    panel_id = await install(db, panel)
    process = start("a")
    process.holder.grace = lambda _: Grace(lost=timedelta(seconds=0.2))
    held = asyncio.create_task(process.hold(panel_id))
    await process.ready(panel_id)
    with pytest.raises(PanelBusy):
        async with programming(panel):
            pass

    row = await release(db, panel_id)
    result = await asyncio.wait_for(held, 5)
    assert (result.end, result.release) == (LeaseEnd.RELEASED, row)
    await ReleaseActivities(db).keep_release(ReleaseRef(release_id=row.release_id))
    await eventually(lambda: process.published[panel_id, "link"]["status"] == "RELEASED")
    async with programming(panel) as answer:
        assert answer.data
        panel.violate(SMOKE)
        panel.restore(SMOKE)
        await asyncio.sleep(0.5)  # more than the grace
        assert await alarms(db, panel_id) == [], "nobody knows yet, and nobody misses the line"
    await end(db, row)

    held = asyncio.create_task(process.hold(panel_id))
    await process.ready(panel_id)
    await process.holder.batcher.drained()
    (alarm,) = await alarms(db, panel_id)
    assert (alarm["alarm_type"], alarm["source_number"], alarm["recovered"]) == ("FIRE", SMOKE, True)
    assert await links(db, panel_id) == ["CONNECTED", "RELEASED", "CONNECTED"]
    held.cancel()


async def test_whoever_is_asked_to_hold_a_released_panel_does_not(db: Database, panel: NetworkPanel, start: Start) -> None:
    panel_id = await install(db, panel)
    row = await release(db, panel_id)
    process = start("a")
    result = await process.hold(panel_id)
    assert (result.end, result.release) == (LeaseEnd.RELEASED, row)
    assert (panel.statistics.connections, await rows(db, "SELECT * FROM panel_leases")) == (0, []), "no number is taken"
    await eventually(lambda: process.published.get((panel_id, "link"), {}).get("status") == "RELEASED")
    await end(db, row)
    held = asyncio.create_task(process.hold(panel_id))
    await process.ready(panel_id)
    held.cancel()


async def test_a_release_whose_time_is_over_keeps_nobody_away(db: Database, panel: NetworkPanel, start: Start) -> None:
    """Even if its end has not been noted: whoever should is not there."""
    panel_id = await install(db, panel)
    await release(db, panel_id)
    async with db.write() as session:
        await session.execute(text("UPDATE panel_releases SET until = begun_at + interval '1 microsecond'"))
    process = start("a")
    held = asyncio.create_task(process.hold(panel_id))
    await process.ready(panel_id)
    held.cancel()


async def test_a_lease_that_is_recalled_for_a_release_says_so(db: Database, panel: NetworkPanel, start: Start) -> None:
    """The workflow's order may come before the database's notice."""
    panel_id = await install(db, panel)
    process = start("a")
    for loop in process.loops[1:3]:
        loop.cancel()  # it neither looks nor hears
    environment = ActivityEnvironment()
    lease = PanelActivities(process.holder).hold_panel_line
    running = asyncio.create_task(environment.run(lease, LeaseRequest(panel_id=panel_id)))
    await process.ready(panel_id)
    await release(db, panel_id)
    environment.cancel(ActivityCancellationDetails(cancel_requested=True))
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await eventually(lambda: not panel.connected)
    assert await links(db, panel_id) == ["CONNECTED"], "not handed over to anybody"
    await eventually(lambda: process.published[panel_id, "link"]["status"] == "RELEASED")


async def test_an_alarm_for_a_lost_line_ends_when_the_panel_is_released_and_comes_if_it_stays_away(
    db: Database, panel: NetworkPanel, start: Start
) -> None:
    panel_id = await install(db, panel)
    panel.cut_line()
    process = start("a")
    process.holder.grace = lambda _: Grace(lost=timedelta(seconds=0.5))
    held = asyncio.create_task(process.hold(panel_id))
    await eventually(lambda: _equals(lambda: lines(db, panel_id), [(LINK_LOST, True)]))
    row = await release(db, panel_id)
    await asyncio.wait_for(held, 5)
    assert await lines(db, panel_id) == [(LINK_LOST, False)]

    await end(db, row)
    held = asyncio.create_task(process.hold(panel_id))
    told = "SELECT restore FROM signals WHERE panel_id = :p AND code = :code ORDER BY recorded_at, id"

    async def signals() -> list[bool]:  # an event of the same minute is one event
        return [row["restore"] for row in await rows(db, told, p=panel_id, code=LINK_LOST)]

    await eventually(lambda: _equals(signals, [False, True, False]))
    held.cancel()


async def test_a_line_given_up_while_nobody_held_it_was_not_missed_since(
    db: Database, panel: NetworkPanel, start: Start
) -> None:
    """Its holder died with the line lost, and the release began before another took over: the grace begins anew."""
    panel_id = await install(db, panel)
    process = start("a")
    held = asyncio.create_task(process.hold(panel_id))
    await process.ready(panel_id)
    panel.cut_line()
    await eventually(lambda: _equals(lambda: links(db, panel_id), ["CONNECTED", "DISCONNECTED"]))
    await process.holder.batcher.drained()
    await process.kill()
    held.cancel()
    row = await release(db, panel_id)
    await ReleaseActivities(db).keep_release(ReleaseRef(release_id=row.release_id))
    await end(db, row)

    second = start("b")
    second.holder.grace = lambda _: Grace(lost=timedelta(seconds=1))
    began_at = datetime.now(UTC)
    held = asyncio.create_task(second.hold(panel_id))
    await eventually(lambda: _equals(lambda: lines(db, panel_id), [(LINK_LOST, True)]))
    assert datetime.now(UTC) - began_at >= timedelta(seconds=1)
    assert await links(db, panel_id) == ["CONNECTED", "DISCONNECTED", "RELEASED", "DISCONNECTED"]
    held.cancel()


async def test_a_panel_disabled_while_it_is_released_is_shown_as_disabled(
    db: Database, panel: NetworkPanel, start: Start
) -> None:
    panel_id = await install(db, panel)
    process = start("a")
    held = asyncio.create_task(process.hold(panel_id))
    await process.ready(panel_id)
    row = await release(db, panel_id)
    await held
    await reconfigure(db, panel_id, enabled=False)
    kept = await ReleaseActivities(db).keep_release(ReleaseRef(release_id=row.release_id))
    assert kept.ended
    assert (await process.hold(panel_id)).end is LeaseEnd.DISABLED
    await process.holder.batcher.drained()
    assert await links(db, panel_id) == ["CONNECTED", "DISABLED"]


async def test_an_alarm_before_the_line_is_given_up_is_committed_first(db: Database, panel: NetworkPanel, start: Start) -> None:
    panel_id = await install(db, panel)
    process = start("a")
    held = asyncio.create_task(process.hold(panel_id))
    await process.ready(panel_id)
    panel.violate(VIBRATION)
    await eventually(lambda: process.holder.batcher.held or panel.statistics.frames_sent)
    await release(db, panel_id)
    await asyncio.wait_for(held, 5)
    assert [each["source_number"] for each in await alarms(db, panel_id)] == [VIBRATION]
