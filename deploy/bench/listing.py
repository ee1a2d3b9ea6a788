"""The list of alarms with 100 000 closed and 1 000 open bundles in the table."""

import time

import asyncpg

from api.client.client import Order, StamClient
from deploy.bench.desk import login_of
from deploy.bench.floor import measure_floor
from deploy.bench.measure import Latency, Result, Row
from deploy.local.folder import scratch_folder
from deploy.local.system import System, running_system

CLOSED, OPENED, ROUNDS = 100_000, 1_000, 200
MUST = 50.0  # ms at p95

# One per minute into the past; no two joinable bundles of one object and type, as the index demands.
_FILL = """
    INSERT INTO bundle_alarms (id, object_id, alarm_type, status, priority, joinable, opened_at, first_event_at, last_event_at,
                               last_activity_at, status_changed_at, event_count, headline)
    SELECT gen_random_uuid(), o.id, 'INTRUSION', CASE WHEN n <= $1 THEN 'NEW' ELSE 'CLOSED' END,
           (ARRAY['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'])[1 + n % 4], false, at, at, at, at, at, 1,
           jsonb_build_object('code', 130, 'source_kind', 'ZONE', 'source_number', 1 + n % 8, 'partition', 1,
                              'panel_id', p.id, 'recovered', false)
    FROM generate_series(1, $2::int) AS n
    CROSS JOIN LATERAL (SELECT now() - n * interval '1 minute' AS at) AS time
    JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS places FROM objects) AS o
      ON o.place = n % o.places
    JOIN panels AS p ON p.object_id = o.id
"""


# The floor: the same rows by the same index, without names, rights or JSON.
_BARE = {
    "urgency": """SELECT * FROM bundle_alarms WHERE status <> 'CLOSED' ORDER BY priority_rank, opened_at, id LIMIT 51""",
    "newest": "SELECT * FROM bundle_alarms ORDER BY opened_at DESC, id DESC LIMIT 51",
}


async def listing() -> Result:
    """The first page as a console asks for it. Beside the floor stands the same server's cheapest answer to a login."""
    with scratch_folder() as folder:
        async with running_system(folder, panels=0) as system:
            await fill(system.owner_database_url, opened=OPENED, total=OPENED + CLOSED)
            client = StamClient(system.api_url)
            await client.login(*login_of("OPERATOR"))
            await client.alarms(open=True, limit=50)
            pages = [await _timed(client, open=True) for _ in range(ROUNDS)]
            history = [await _timed(client, order="newest") for _ in range(ROUNDS)]
            peer = Latency.of_seconds([await _timed_me(client) for _ in range(ROUNDS)])
            floors = await _floors(system)
            await client.aclose()
    rows = (
        _row("API list of alarms, open ones by urgency", Latency.of_seconds(pages), floors["urgency"], peer),
        _row("API list of alarms, all by newest", Latency.of_seconds(history), floors["newest"], peer),
    )
    return Result(benchmark="6-list", rows=rows, raw={"pages": Latency.of_seconds(pages), "floors": floors, "me": peer})


async def _floors(system: System) -> dict[str, float]:
    """Milliseconds: a round trip on loopback and the bare query."""
    loopback = (await measure_floor(system.owner_database_url.replace("+asyncpg", ""), system.redis_url)).loopback
    connection = await asyncpg.connect(system.database_url.replace("+asyncpg", ""))
    took: dict[str, list[float]] = {order: [] for order in _BARE}
    for order, query in _BARE.items():
        for _ in range(ROUNDS):
            began = time.perf_counter()
            await connection.fetch(query)
            took[order].append(time.perf_counter() - began)
    await connection.close()
    return {order: loopback + Latency.of_seconds(values).p50 for order, values in took.items()}


def _row(name: str, latency: Latency, floor: float, peer: Latency) -> Row:
    return Row(
        name=f"{name} ({CLOSED // 1000} 000 closed, {OPENED} open)",
        must=f"p95 ≤ {MUST:.0f} ms",
        measured=str(latency),
        met=latency.p95 <= MUST,
        floor=f"{floor:.2f} ms (loopback + the bare query)",
        ratio=f"{latency.p50 / floor:.1f} × at p50",
        notes=f"50 rows with names, by the SDK; GET /api/auth/me of the same server: p50 {peer.p50:.1f} ms",
    )


async def _timed(client: StamClient, *, open: bool | None = None, order: Order = "urgency") -> float:  # noqa: A002
    began = time.perf_counter()
    await client.alarms(open=open, order=order, limit=50)
    return time.perf_counter() - began


async def _timed_me(client: StamClient) -> float:
    began = time.perf_counter()
    await client.me()
    return time.perf_counter() - began


async def fill(database_url: str, *, opened: int, total: int) -> None:
    """Put ``total`` alarms into the table, of which ``opened`` are new."""
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    await connection.execute(_FILL, opened, total)
    await connection.execute("ANALYZE")
    await connection.close()
