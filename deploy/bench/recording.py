"""Sustained recording: signals through `record_signals`, against a plain insert of as many rows in as many commits."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
from pydantic import SecretStr

from activities.db.recorder import Batch, record_signals
from activities.db.session import Database
from activities.infra.settings import Settings
from activities.seed import seed
from activities.seed_place import Place
from deploy.bench.measure import Result, Row
from deploy.local.folder import scratch_folder
from deploy.local.ports import free_port
from deploy.local.postgres import Postgres
from migrations.run import upgrade
from workflows.domain.alarm import AlarmType, Family, Signal, SignalSource, Source

SIGNALS, BATCH, PANELS, RECORDERS = 20_000, 100, 100, 2
MUST = 1_000  # signals/s


async def recording() -> Result:
    """Edges, the log records that confirm them, and their restores, from 100 panels, on a database that syncs to disk."""
    with scratch_folder() as folder:
        async with _database(folder) as (owner_url, db):
            batches = _batches()
            began = time.perf_counter()
            await asyncio.gather(*(_record(db, part) for part in (batches[n::RECORDERS] for n in range(RECORDERS))))
            rate = SIGNALS / (time.perf_counter() - began)
            floor = await _floor(owner_url, len(batches))
    row = Row(
        name="sustained recording (ledger + event + bundle + outbox committed)",
        must=f"≥ {MUST} signals/s",
        measured=f"{rate:.0f} signals/s in batches of {BATCH}",
        met=rate >= MUST,
        floor=f"{floor:.0f} rows/s inserted into one bare table, as many to a commit",
        ratio=f"1 / {floor / rate:.1f}",
        notes=f"{SIGNALS} signals of {PANELS} panels, {RECORDERS} recorders, fsync on",
    )
    return Result(benchmark="3-recording", rows=(row,), raw={"rate": rate, "floor": floor})


async def _record(db: Database, batches: list[Batch]) -> None:
    for batch in batches:
        await record_signals(db, batch)


def _batches() -> list[Batch]:
    signals = list(_signals())
    return [Batch(signals=tuple(signals[at : at + BATCH])) for at in range(0, len(signals), BATCH)]


def _signals() -> Iterator[Signal]:
    """In turn over the panels: an edge, its log record, its restore; then the next zone."""
    panels = [Place(index).panel_id for index in range(PANELS)]
    for number in range(SIGNALS):
        step, panel = divmod(number, PANELS)
        zone, phase = divmod(step, 3)
        yield _signal(panels[panel], 1 + zone % 16, phase)


def _signal(panel_id: UUID, zone: int, phase: int) -> Signal:
    now = datetime.now(UTC)
    return Signal(
        source=SignalSource.LOG if phase == 1 else SignalSource.EDGE,
        family=Family.ZONE_ALARM,
        code=130,
        received_at=now,
        panel_at=now.replace(second=0, microsecond=0) if phase == 1 else None,
        panel_id=panel_id,
        restore=phase == 2,
        alarm_type=AlarmType.INTRUSION,
        source_kind=Source.ZONE,
        source_number=zone,
        partition=1,
    )


async def _floor(owner_url: str, commits: int) -> float:
    """Rows per second of the simplest durable thing: batches of narrow rows into a table without an index."""
    connection = await asyncpg.connect(owner_url.replace("+asyncpg", ""))
    await connection.execute("CREATE TABLE bench_floor (at timestamptz, panel uuid, code int, body text)")
    rows = [(datetime.now(UTC), UUID(int=n), 130, "x" * 100) for n in range(BATCH)]
    began = time.perf_counter()
    for _ in range(commits):
        async with connection.transaction():
            await connection.executemany("INSERT INTO bench_floor VALUES ($1, $2, $3, $4)", rows)
    took = time.perf_counter() - began
    await connection.close()
    return commits * BATCH / took


@asynccontextmanager
async def _database(folder: Path) -> AsyncIterator[tuple[str, Database]]:
    """A durable PostgreSQL with the schema and 100 panels."""
    server = Postgres(folder, port=free_port())
    await server.start()
    try:
        await asyncio.to_thread(upgrade, server.owner_url)
        await seed(Settings(database_url=SecretStr(server.url)), panels_from_port=20_000, simulated_panels=PANELS)
        db = Database.connect(server.url, pool=RECORDERS)
        yield server.owner_url, db
        await db.dispose()
    finally:
        await server.stop()
