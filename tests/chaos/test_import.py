"""kill -9 of the worker in the middle of an import of objects, in its dry run and in a bit: every object once and whole."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg
import psutil
import pytest
from temporalio.client import Client

from activities.db import audit_chain
from activities.db.session import Database
from activities.importing import reader
from activities.infra.temporal import DATA_CONVERTER
from activities.seed import DEMO_LOGINS
from api.client.client import StamClient
from deploy.local.system import System
from deploy.local.temporal import NAMESPACE
from tests.chaos.ledger_of_truth import truth_of
from tests.support.eventually import eventually
from tests.support.system import SystemThread
from tests.support.workbooks import filled, many
from workflows.contracts import names
from workflows.domain.object_import import ImportCounts, ImportStatus

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

OBJECTS: Final = 2_000  # ten bits
ZONES, CONTACTS = 4, 2
NUMBERS: Final = [row[0] for row in many(OBJECTS)["objects"]]
_SECOND_AT_REST = "SET lock_timeout = '1s'"  # longer than a statement or a COMMIT on its way may take

_LOG = "SELECT status, done FROM import_log WHERE id = $1"
_ROWS = """
    SELECT count(*), count(DISTINCT external_number), min(number), max(number), count(sealed)
    FROM import_rows WHERE import_id = $1
"""
_OUTCOMES = "SELECT outcome, count(*) FROM import_rows WHERE import_id = $1 GROUP BY outcome"
_OBJECTS = """
    SELECT o.external_number,
        (SELECT count(*) FROM object_contacts c WHERE c.object_id = o.id) AS contacts,
        (SELECT count(*) FROM object_procedures s WHERE s.object_id = o.id) AS steps,
        (SELECT count(*) FROM panels p WHERE p.object_id = o.id) AS panels,
        (SELECT count(*) FROM zones z JOIN panels p ON p.id = z.panel_id WHERE p.object_id = o.id) AS zones
    FROM objects o WHERE o.external_number = ANY($1)
"""
_AUDITED = """
    SELECT count(*), count(DISTINCT subject_id)
    FROM audit_log WHERE action = 'object.imported' AND detail ->> 'import_id' = $1
"""
_STEPS = "SELECT action FROM audit_log WHERE subject_kind = 'import' AND subject_id = $1 ORDER BY id"


@dataclass(frozen=True, slots=True)
class Imported:
    """Questions to the database about one import."""

    connection: asyncpg.Connection
    id: UUID

    async def standing(self) -> tuple[ImportStatus, int]:
        """Its status, and how many objects are in."""
        status, done = await self.connection.fetchrow(_LOG, self.id)
        return ImportStatus(status), done

    async def is_held(self) -> bool:
        """Whether a transaction that does not move has the import's row: a bit is half written, and not committed."""
        await self.connection.execute(_SECOND_AT_REST)
        try:
            await self.connection.execute("SELECT 1 FROM import_log WHERE id = $1 FOR UPDATE", self.id)
        except asyncpg.LockNotAvailableError:
            return True
        return False

    async def objects(self) -> dict[str, tuple[int, ...]]:
        """Contacts, steps, panels and zones by the object's number. Fails when a number is there twice."""
        rows = await self.connection.fetch(_OBJECTS, NUMBERS)
        found = {row["external_number"]: tuple(row)[1:] for row in rows}
        assert len(found) == len(rows), "no object is there twice"
        return found


async def test_a_worker_killed_in_the_dry_run_and_in_a_bit_leaves_every_object_once_and_whole(whole: SystemThread) -> None:
    system = whole.system
    async with _master(system) as master, truth_of(system.database_url) as truth:
        workbook = await asyncio.to_thread(filled, many(OBJECTS, zones=ZONES, contacts=CONTACTS))
        imported = Imported(truth.connection, (await master.imports.upload(workbook, file_name="obiekty.xlsx")).id)

        await eventually(lambda: _reads_a_workbook(system), within=30, what="the worker reads the workbook")
        killed = system.kill("worker")
        assert await imported.standing() == (ImportStatus.CHECKING, 0)
        await whole.call(system.until_back("worker", since=killed))
        await eventually(lambda: _is(imported, ImportStatus.READY), within=120, every=0.1, what="the dry run is done")
        assert await imported.objects() == {}

        await master.imports.apply(imported.id)
        killed = await _kill_within_a_bit(system, imported)
        status, done = await imported.standing()
        assert (status, 0 < done < OBJECTS) == (ImportStatus.APPLYING, True)
        assert set(await imported.objects()) == set(NUMBERS[:done]), "what is in are whole bits"
        await whole.call(system.until_back("worker", since=killed))
        await eventually(lambda: _is(imported, ImportStatus.APPLIED), within=120, every=0.1, what="the import is applied")

        whole_one = (CONTACTS, 1, 1, ZONES)
        assert await imported.objects() == dict.fromkeys(NUMBERS, whole_one)
        await _require_accounts(imported, master)
    await _require_attempts(system, imported.id)
    await _require_chain(system)


# -- killing in the middle


def _reads_a_workbook(system: System) -> bool:
    children = psutil.Process(system.pid("worker")).children(recursive=True)
    return any(reader.__name__ in child.cmdline() for child in children)


async def _kill_within_a_bit(system: System, imported: Imported) -> float:
    """Freeze the worker until it is caught with some bits in and the next one half written; then kill -9."""
    worker = psutil.Process(system.pid("worker"))

    async def caught() -> bool:
        worker.suspend()
        if 0 < (await imported.standing())[1] < OBJECTS and await imported.is_held():
            return True
        worker.resume()
        return False

    await eventually(caught, within=60, every=0.01, what="the worker is within a bit")
    return system.kill("worker")


async def _is(imported: Imported, status: ImportStatus) -> bool:
    return (await imported.standing())[0] is status


# -- what must hold at the end


async def _require_accounts(imported: Imported, master: StamClient) -> None:
    """The log, the rows and the audit log say of every object that it was created, once, and keep nothing of the file."""
    detail = await master.imports.get(imported.id)
    log = detail.summary
    assert (log.status, log.done, log.total, log.counts) == (
        ImportStatus.APPLIED,
        OBJECTS,
        OBJECTS,
        ImportCounts(created=OBJECTS),
    )
    assert (log.error_count, detail.errors, log.finished_at is not None) == (0, (), True)
    connection = imported.connection
    assert tuple(await connection.fetchrow(_ROWS, imported.id)) == (OBJECTS, OBJECTS, 1, OBJECTS, 0)
    assert dict(await connection.fetch(_OUTCOMES, imported.id)) == {"CREATED": OBJECTS}
    assert tuple(await connection.fetchrow(_AUDITED, str(imported.id))) == (OBJECTS, OBJECTS)
    steps = [row["action"] for row in await connection.fetch(_STEPS, imported.id)]
    assert steps == ["import.uploaded", "import.checked", "import.started", "import.applied"]


async def _require_attempts(system: System, import_id: UUID) -> None:
    """Both kills came while the work was being done: the dry run and one bit needed a second attempt, nothing else did."""
    address = system.composition.addresses().temporal_address
    client = await Client.connect(address, namespace=NAMESPACE, data_converter=DATA_CONVERTER)
    history = await client.get_workflow_handle(names.import_workflow_id(import_id)).fetch_history()
    kinds = {
        event.event_id: event.activity_task_scheduled_event_attributes.activity_type.name
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
    }
    started = [
        event.activity_task_started_event_attributes
        for event in history.events
        if event.HasField("activity_task_started_event_attributes")
    ]
    again = [kinds[one.scheduled_event_id] for one in started if one.attempt > 1]
    assert again == ["check_import", "apply_import_chunk"]


async def _require_chain(system: System) -> None:
    db = Database.connect(system.database_url, pool=1)
    try:
        pages = [page async for page in audit_chain.walk(db)]
    finally:
        await db.dispose()
    assert [page.broken for page in pages if page.broken is not None] == []
    assert sum(page.links for page in pages) >= OBJECTS


@asynccontextmanager
async def _master(system: System) -> AsyncIterator[StamClient]:
    client = StamClient(system.api_url)
    try:
        await client.login("master", DEMO_LOGINS["master"])
        yield client
    finally:
        await client.aclose()
