"""Panels under supervision, with real lines, a real database and no Temporal: silence is told, once (principle 7)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from activities.db.session import Database
from activities.supervision.watch import watch_all
from deploy.local.ports import free_port
from deploy.local.postgres import Postgres
from ingest.satel import holder
from ingest.satel.simulator.examples import furnish
from ingest.satel.simulator.installation import PanelConfig
from ingest.satel.simulator.server import NetworkPanel, running_panel
from migrations.run import upgrade
from tests.ingest.holding import Process, processes
from tests.ingest.rig import SMOKE
from tests.ingest.site import install, rows
from tests.support.eventually import eventually
from tests.support.stack import run_apart
from workflows.domain import supervision
from workflows.domain.supervision import MONITORING_CENTRE, SITE, SupervisionClass

PROMISED = timedelta(seconds=4)  # of the only class here
GRACE = timedelta(seconds=6)
Start = Callable[[str], Process]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holder, "CHECK_EVERY", 0.2)
    monkeypatch.setitem(supervision._PROMISED, SupervisionClass.SP5, PROMISED)


@pytest.fixture
async def panels() -> AsyncIterator[list[NetworkPanel]]:
    """Behind one address, as many as make one loss."""
    async with contextlib.AsyncExitStack() as stack:
        config = furnish(PanelConfig(latency=0.001, slot_release=0.0))
        yield [await stack.enter_async_context(running_panel(config)) for _ in range(SITE)]


@contextlib.asynccontextmanager
async def watching(db: Database) -> AsyncIterator[None]:
    task = asyncio.create_task(watch_all(db, grace=GRACE, every=timedelta(seconds=0.1)))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextlib.asynccontextmanager
async def holding(db: Database, process: Process, panel_ids: list[UUID]) -> AsyncIterator[None]:
    """The process holds these panels, and every one is known to be heard."""
    tasks = [asyncio.create_task(process.hold(panel_id)) for panel_id in panel_ids]
    fresh = "SELECT count(*) FROM panel_leases WHERE holder = :holder AND heard_at >= acquired_at"
    try:
        await eventually(lambda: equals(db, fresh, len(panel_ids), holder=process.holder.store.holder), within=30)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def equals(db: Database, query: str, expected: object, **values: Any) -> bool:
    (row,) = await rows(db, query, **values)
    return bool(next(iter(row.values())) == expected)


async def losses(db: Database) -> list[tuple[UUID, bool]]:
    """Of each event of a lost line: whose it is, and whether it lasts."""
    found = await rows(db, "SELECT panel_id, active FROM events WHERE family = 'LINK' AND NOT restore ORDER BY panel_id")
    return [(row["panel_id"], row["active"]) for row in found]


async def losses_are(db: Database, expected: list[tuple[UUID, bool]]) -> bool:
    return await losses(db) == sorted(expected)


async def test_a_process_killed_and_never_replaced_is_one_loss_of_all_its_panels_until_they_are_held_again(
    db: Database, start: Start, panels: list[NetworkPanel]
) -> None:
    panel_ids = [await install(db, panel) for panel in panels]
    async with watching(db):
        first = start("a")
        async with holding(db, first, panel_ids):
            await first.kill()
            await eventually(lambda: losses_are(db, [(each, True) for each in panel_ids]), within=30)
            bundles = await rows(db, "SELECT object_id, event_count, active_count FROM bundle_alarms")
            assert [tuple(row.values()) for row in bundles] == [(MONITORING_CENTRE, SITE, SITE)]
            async with holding(db, start("b"), panel_ids):
                await eventually(lambda: losses_are(db, [(each, False) for each in panel_ids]), within=30)
    assert await rows(db, "SELECT active_count FROM bundle_alarms") == [{"active_count": 0}]
    told = await rows(db, "SELECT outcome, count(*) AS n FROM signals WHERE family = 'LINK' GROUP BY outcome")
    assert told == [{"outcome": "EVENT", "n": 2 * SITE}], "each loss and each return, once"


async def test_a_cable_cut_after_the_death_of_its_holder_is_the_same_loss(
    db: Database, start: Start, panels: list[NetworkPanel]
) -> None:
    """The next holder finds the line away too; it is back when that one has caught up with it."""
    panel = panels[0]
    panel_id = await install(db, panel)
    async with watching(db):
        first = start("a")
        async with holding(db, first, [panel_id]):
            await first.kill()
            panel.cut_line()
            await eventually(lambda: losses_are(db, [(panel_id, True)]), within=30)
            second = start("b")
            task = asyncio.create_task(second.hold(panel_id))
            confirmed = "SELECT count(*) FROM signals WHERE family = 'LINK' AND outcome = 'CONFIRMATION'"
            await eventually(lambda: equals(db, confirmed, 1), within=30, what="the next holder's word of the same loss")
            assert await losses(db) == [(panel_id, True)]
            panel.violate(SMOKE)
            await panel.mend_line()
            await eventually(lambda: losses_are(db, [(panel_id, False)]), within=30)
            task.cancel()
    assert await equals(db, "SELECT count(*) FROM events WHERE family = 'LINK'", 2)


async def test_nobody_is_accused_after_a_restart_of_everything_if_he_is_back_in_time(
    db: Database, start: Start, panels: list[NetworkPanel]
) -> None:
    panel_ids = [await install(db, panel) for panel in panels]
    first = start("a")
    async with watching(db), holding(db, first, panel_ids):
        await first.kill()
    await rows_older(db, PROMISED * 3)
    async with watching(db):
        await eventually(lambda: seen_by_the_watcher(db))
        async with holding(db, start("b"), panel_ids):
            await eventually(lambda: watched_for(db, GRACE + timedelta(seconds=1)), within=30)
    assert await losses(db) == []


_SIGNS_OF_LIFE = (
    ("panel_leases", "renewed_at"),
    ("panel_leases", "heard_at"),
    ("panel_leases", "acquired_at"),
    ("panel_cursors", "walked_at"),
    ("panels", "updated_at"),
    ("supervised_sources", "last_seen_at"),
)


async def rows_older(db: Database, age: timedelta) -> None:
    """The system was down for so long."""
    async with db.fast() as connection:
        for table, column in _SIGNS_OF_LIFE:
            await connection.execute(f"UPDATE {table} SET {column} = {column} - $1::interval", age)
        await connection.execute("UPDATE supervised_sources SET since = now()")


async def seen_by_the_watcher(db: Database) -> bool:
    return await watched_for(db, timedelta())


async def watched_for(db: Database, span: timedelta) -> bool:
    """A watcher has given a sign of life so long after ``rows_older``, or after the sources were made."""
    query = "SELECT last_seen_at >= since + CAST(:span AS interval) FROM supervised_sources WHERE key = 'watch'"
    return await equals(db, query, True, span=span)


async def test_a_database_that_was_away_is_no_storm_of_alarms(tmp_path: Path, panels: list[NetworkPanel]) -> None:
    """Neither could anybody give a sign of life, nor could the watcher look; a real loss is still told afterwards."""
    postgres = Postgres(tmp_path, port=free_port(), durable=False)
    run_apart(postgres.start())
    try:
        await asyncio.to_thread(upgrade, postgres.owner_url)
        db = Database.connect(postgres.url, pool=5, pre_ping=True)  # connections of before the outage are dead
        async with processes(db, postgres.url) as start, watching(db):
            panel_ids = [await install(db, panel) for panel in panels]
            process = start("a")
            async with holding(db, process, panel_ids):
                await _survives_an_outage(db, postgres)
                assert await losses(db) == []
                await process.kill()
                await eventually(lambda: losses_are(db, [(each, True) for each in panel_ids]), within=30)
        await db.dispose()
    finally:
        run_apart(postgres.kill())


async def _survives_an_outage(db: Database, postgres: Postgres) -> None:
    """Away for longer than any panel's promise, and then watched for longer than the grace."""
    await asyncio.to_thread(run_apart, postgres.stop())
    ended = asyncio.get_running_loop().time() + (PROMISED * 1.5).total_seconds()
    await eventually(lambda: asyncio.get_running_loop().time() > ended, within=30, what="the outage is long")
    await asyncio.to_thread(run_apart, postgres.start())
    (back,) = await rows(db, "SELECT now() AS at")
    late = "SELECT last_seen_at > :at FROM supervised_sources WHERE key = 'watch'"
    await eventually(lambda: equals(db, late, True, at=back["at"] + GRACE + timedelta(seconds=1)), within=60)
