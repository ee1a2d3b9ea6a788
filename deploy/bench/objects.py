"""The list of objects, and its search with and without Polish letters, with 5 000 objects in the table."""

import time
from typing import Final

import asyncpg

from api.client.client import StamClient
from deploy.bench.desk import login_of
from deploy.bench.floor import measure_floor
from deploy.bench.measure import Latency, Result, Row
from deploy.local.folder import scratch_folder
from deploy.local.system import System, running_system

OBJECTS, ROUNDS = 5_000, 200
MUST = 50.0  # ms at p95

_FILL: Final = """
    INSERT INTO objects (id, name, address, kind, external_number)
    SELECT gen_random_uuid(), (ARRAY['Żabka', 'Apteka', 'Bank', 'Szkoła', 'Hurtownia'])[1 + n % 5] || ' ' || n,
           'ul. Polna ' || n || ', ' || (ARRAY['Łódź', 'Kraków', 'Gdańsk', 'Poznań'])[1 + n % 4], 'sklep', 'N' || n
    FROM generate_series(1, $1::int) AS n
"""
_BARE: Final = "SELECT * FROM objects WHERE deleted_at IS NULL ORDER BY name, id LIMIT 51"
_ASKED: Final = {"first page by name": None, "search “zabka lodz”": "zabka lodz", "search “Szkoła 77”": "Szkoła 77"}


async def objects() -> Result:
    """As the console asks; the floor is the bare page by its index."""
    with scratch_folder() as folder:
        async with running_system(folder, panels=0) as system:
            await _fill(system)
            client = StamClient(system.api_url)
            await client.login(*login_of("OPERATOR"))
            took = {what: [await _timed(client, q) for _ in range(ROUNDS)] for what, q in _ASKED.items()}
            floor = await _floor(system)
            await client.aclose()
    rows = tuple(_row(what, Latency.of_seconds(values), floor) for what, values in took.items())
    return Result(benchmark="9-objects", rows=rows, raw={"floor": floor})


def _row(what: str, latency: Latency, floor: float) -> Row:
    return Row(
        name=f"API list of objects, {what} ({OBJECTS} objects)",
        must=f"p95 ≤ {MUST:.0f} ms",
        measured=str(latency),
        met=latency.p95 <= MUST,
        floor=f"{floor:.2f} ms (loopback + the bare page by name)",
        ratio=f"{latency.p50 / floor:.1f} × at p50",
        notes="50 rows, by the SDK",
    )


async def _timed(client: StamClient, q: str | None) -> float:
    began = time.perf_counter()
    await client.objects(q=q, limit=50)
    return time.perf_counter() - began


async def _floor(system: System) -> float:
    """Milliseconds."""
    dsn = system.owner_database_url.replace("+asyncpg", "")
    loopback = (await measure_floor(dsn, system.redis_url)).loopback
    connection, took = await asyncpg.connect(dsn), []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await connection.fetch(_BARE)
        took.append(time.perf_counter() - began)
    await connection.close()
    return loopback + Latency.of_seconds(took).p50


async def _fill(system: System) -> None:
    connection = await asyncpg.connect(system.owner_database_url.replace("+asyncpg", ""))
    await connection.execute(_FILL, OBJECTS)
    await connection.execute("ANALYZE")
    await connection.close()
