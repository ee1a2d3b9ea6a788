"""5 000 objects with contacts, procedure, panel and zones from one workbook: checked, then applied."""

import asyncio
import io
import time
from uuid import uuid4

import asyncpg
from openpyxl import Workbook

from activities.importing import layout
from activities.importing.layout import Sheet
from api.client.client import StamClient
from api.client.imports import ImportDetail
from deploy.bench.desk import login_of
from deploy.bench.measure import Result, Row
from deploy.local.folder import scratch_folder
from deploy.local.system import running_system
from workflows.domain.object_import import FINAL, ImportStatus

OBJECTS, CONTACTS, STEPS, ZONES = 5_000, 2, 3, 4
MUST = 60.0  # s
_ROWS = OBJECTS * (1 + CONTACTS + STEPS + 1 + ZONES)


async def importing() -> Result:
    """The file lies on the API's disk of its own; the panels are not enabled, so that nobody tries to reach them."""
    book = await asyncio.to_thread(workbook)
    with scratch_folder() as folder:
        async with running_system(folder, panels=0) as system:
            client = StamClient(system.api_url)
            await client.login(*login_of("ADMIN"))
            checked, applied = await _import(client, book)
            again = await _import(client, book)
            await client.aclose()
            floor = await _floor(system.owner_database_url)
    took = checked + applied
    row = Row(
        name=f"import of {OBJECTS} objects ({_ROWS} rows, {len(book) / 2**20:.1f} MiB)",
        must=f"< {MUST:.0f} s",
        measured=f"{took:.1f} s: checked in {checked:.1f} s, applied in {applied:.1f} s",
        met=took < MUST,
        floor=f"{floor:.1f} s (as many bare rows inserted into one table, 1000 to a commit)",
        ratio=f"{took / floor:.0f} ×",
        notes=f"by the SDK, with an audit row for each object; the same file again changes nothing: {sum(again):.1f} s",
    )
    return Result(benchmark="11-import", rows=(row,), raw={"checked": checked, "applied": applied, "again": again})


async def _import(client: StamClient, book: bytes) -> tuple[float, float]:
    """Seconds for the dry run and for applying it."""
    began = time.perf_counter()
    uploaded = await client.imports.upload(book, file_name="objects.xlsx")
    ready = await _until(client, uploaded.id, frozenset({ImportStatus.READY}))
    if ready.summary.status is not ImportStatus.READY:
        raise RuntimeError(f"the workbook was refused: {ready.errors[:3]}")
    checked_at = time.perf_counter()
    await client.imports.apply(uploaded.id)
    done = await _until(client, uploaded.id, frozenset())
    if done.summary.status is not ImportStatus.APPLIED:
        raise RuntimeError(f"the import ended as {done.summary.status}")
    return checked_at - began, time.perf_counter() - checked_at


async def _until(client: StamClient, import_id: object, wanted: frozenset[ImportStatus]) -> ImportDetail:
    while True:
        found = await client.imports.get(import_id)  # type: ignore[arg-type]
        if found.summary.status in wanted | FINAL:
            return found
        await asyncio.sleep(0.1)


def workbook() -> bytes:
    book = Workbook(write_only=True)
    rows: dict[Sheet, list[list[object]]] = {
        layout.OBJECTS: [[f"B{n}", f"Sklep {n}", f"ul. Polna {n}, Łódź", "sklep", 51.7, 19.4] for n in range(OBJECTS)],
        layout.CONTACTS: [
            [f"B{n}", place, f"Osoba {n}", f"+48 600 {n:06}", None] for n in range(OBJECTS) for place in range(1, CONTACTS + 1)
        ],
        layout.PROCEDURES: [
            [f"B{n}", step, "Zadzwoń do właściciela.", "CALL"] for n in range(OBJECTS) for step in range(1, STEPS + 1)
        ],
        layout.PANELS: [
            [f"B{n}", "Centrala", f"10.1.{n // 250}.{n % 250}", 7094, "klucz", "Europe/Warsaw", "NIE"] for n in range(OBJECTS)
        ],
        layout.ZONES: [
            [f"B{n}", "Centrala", zone, f"Wejście {zone}", 1, None] for n in range(OBJECTS) for zone in range(1, ZONES + 1)
        ],
    }
    for sheet, lines in rows.items():
        _fill(book, sheet, lines)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _fill(book: Workbook, sheet: Sheet, lines: list[list[object]]) -> None:
    tab = book.create_sheet(sheet.title)
    tab.append([column.title for column in sheet.columns])
    for line in lines:
        tab.append(line)


async def _floor(owner_url: str) -> float:
    """Seconds for as many rows of a like width."""
    connection = await asyncpg.connect(owner_url.replace("+asyncpg", ""))
    await connection.execute("CREATE TABLE bench_floor (id uuid PRIMARY KEY, object_id uuid, name text, body text)")
    began = time.perf_counter()
    for _ in range(0, _ROWS, 1_000):
        rows = [(uuid4(), uuid4(), "Osoba", "x" * 60) for _ in range(1_000)]
        async with connection.transaction():
            await connection.executemany("INSERT INTO bench_floor VALUES ($1, $2, $3, $4)", rows)
    took = time.perf_counter() - began
    await connection.execute("DROP TABLE bench_floor")
    await connection.close()
    return took
