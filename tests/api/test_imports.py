"""Objects from an Excel file (R-IMPORT), through the API, the relay's orchestration, Temporal and a worker."""

import asyncio
import base64
import csv
import io
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from temporalio.client import Client

from activities.db.encrypted import INTEGRATION_KEY
from activities.db.models.audit_log import AuditEntry
from activities.db.models.base import Base
from activities.db.models.file_blobs import FileBlob
from activities.db.models.import_rows import ImportRow
from activities.db.models.object_contacts import ObjectContact
from activities.db.models.object_procedures import ObjectProcedure
from activities.db.models.objects import GuardedObject
from activities.db.models.outbox import OutboxRow
from activities.db.models.panels import Panel
from activities.db.models.zones import Zone
from activities.db.session import Database
from activities.relay_orchestration import Orchestration
from api.client.client import StamClient
from api.client.errors import ApiError
from api.client.imports import Import, ImportDetail
from tests.api.conftest import Api
from tests.api.people import People
from tests.support.eventually import eventually
from tests.support.rows import all_rows
from tests.support.workbooks import filled, many, with_entries
from workflows.contracts import names
from workflows.domain.alarm import AlarmType
from workflows.domain.errors import ErrorCode
from workflows.domain.object_import import ImportCounts, ImportOutcome, ImportStatus

Login = Callable[..., Any]
SHOP = ["1001", "Apteka", "Rynek 1", "apteka", 50.06, 19.94]
ONE = {
    "objects": [SHOP],
    "contacts": [["1001", 1, "Jan Nowak", "+48 600 100 200"], ["1001", 2, "Ewa Nowak", "600 100 201"]],
    "procedures": [["1001", 1, "Zadzwoń."], ["1001", 2, "Powiadom straż.", "DISPATCH", "FIRE"]],
    "panels": [["1001", "Główna", "10.0.0.1", 10004, "klucz123", None, "TAK"]],
    "zones": [["1001", "Główna", 1, "Drzwi", 1, "HOLDUP"], ["1001", "Główna", 2, "Okno", None, None]],
}


@pytest.fixture
async def relay(db: Database, temporal_client: Client) -> AsyncIterator[None]:
    """What tells Temporal of uploads."""
    running = asyncio.create_task(Orchestration(db, temporal_client, asyncio.Event()).run())
    yield
    running.cancel()
    await asyncio.wait([running])


async def _code(asked: Coroutine[Any, Any, Any]) -> ErrorCode | str:
    with pytest.raises(ApiError) as refused:
        await asked
    return refused.value.code


async def _until(client: StamClient, import_id: UUID, *statuses: ImportStatus) -> ImportDetail:
    async def reached() -> ImportDetail | None:
        detail = await client.imports.get(import_id)
        return detail if detail.summary.status in statuses else None

    found = await eventually(reached, within=60, every=0.1, what=f"the import is {statuses}")
    assert found is not None
    return found


async def _checked(client: StamClient, rows: Any) -> ImportDetail:
    uploaded = await client.imports.upload(filled(rows), file_name="obiekty.xlsx")
    assert uploaded.status is ImportStatus.CHECKING
    return await _until(client, uploaded.id, ImportStatus.READY, ImportStatus.REFUSED)


async def _applied(client: StamClient, rows: Any) -> Import:
    checked = await _checked(client, rows)
    assert checked.errors == ()
    await client.imports.apply(checked.summary.id)
    return (await _until(client, checked.summary.id, ImportStatus.APPLIED)).summary


async def _count(db: Database, model: type[Base]) -> int:
    async with db.read() as session:
        return int(await session.scalar(select(func.count()).select_from(model)) or 0)


async def _actions(db: Database) -> list[str]:
    rows = sorted(await all_rows(db, AuditEntry), key=lambda row: row.id)
    return [row.action for row in rows if row.action != "login"]


@pytest.mark.usefixtures("relay")
async def test_a_dry_run_changes_nothing_and_applying_does(whole_api: Api, login: Login, db: Database, people: People) -> None:
    admin = await login(whole_api, "admin")
    checked = await _checked(admin, ONE)
    assert (checked.summary.planned, checked.summary.total) == (ImportCounts(created=1), 1)
    assert await _count(db, GuardedObject) == 0
    (planned,) = (await admin.imports.objects(checked.summary.id)).items
    assert (planned.external_number, planned.outcome) == ("1001", ImportOutcome.CREATED)

    await admin.imports.apply(checked.summary.id)
    done = (await _until(admin, checked.summary.id, ImportStatus.APPLIED)).summary
    assert (done.counts, done.done, done.decided_by) == (ImportCounts(created=1), 1, people["admin"])
    (guarded,) = (await admin.objects()).items
    assert (guarded.name, guarded.external_number, guarded.lat) == ("Apteka", "1001", 50.06)
    assert [(one.position, one.name, one.phone) for one in await all_rows(db, ObjectContact)] == [
        (1, "Jan Nowak", "+48 600 100 200"),
        (2, "Ewa Nowak", "600 100 201"),
    ]
    (panel,) = (await admin.panels()).items
    assert (panel.host, panel.port, panel.enabled) == ("10.0.0.1", 10004, True)
    assert [(one.number, one.name, one.alarm_type) for one in (await admin.zones(panel.id)).items] == [
        (1, "Drzwi", "HOLDUP"),
        (2, "Okno", None),
    ]
    told = [row.panel_id for row in await all_rows(db, OutboxRow) if row.type == names.PANEL_CHANGED]
    assert told == [panel.id]


@pytest.mark.usefixtures("relay")
async def test_every_step_and_every_object_is_audited_without_the_key(whole_api: Api, login: Login, db: Database) -> None:
    await _applied(await login(whole_api, "admin"), ONE)
    assert await _actions(db) == ["import.uploaded", "import.checked", "import.started", "object.imported", "import.applied"]
    (imported,) = [row for row in await all_rows(db, AuditEntry) if row.action == "object.imported"]
    assert imported.detail["after"]["name"] == "Apteka"
    assert imported.detail["after"]["panels"][0]["integration_key_sealed"] == "***"
    assert "klucz123" not in str([row.detail for row in await all_rows(db, AuditEntry)])


@pytest.mark.usefixtures("relay")
async def test_the_same_file_again_changes_nothing(whole_api: Api, login: Login, db: Database) -> None:
    admin = await login(whole_api, "admin")
    await _applied(admin, ONE)
    rows = len(await _actions(db))
    again = await _applied(admin, ONE)
    assert (again.planned, again.counts) == (ImportCounts(unchanged=1), ImportCounts(unchanged=1))
    assert "object.imported" not in (await _actions(db))[rows:]
    assert [row.version for row in await all_rows(db, Panel)] == [1]


@pytest.mark.usefixtures("relay")
async def test_only_what_differs_is_written_and_what_is_not_said_stays(whole_api: Api, login: Login, db: Database) -> None:
    admin = await login(whole_api, "admin")
    await _applied(admin, ONE)
    changed = {
        "objects": [["1001", "Apteka", "Rynek 2", "apteka", None, None]],
        "contacts": [["1001", 1, "Jan Nowak", "+48 600 999 999"]],
        "panels": [["1001", "Główna", "10.0.0.2", None, None, None, None]],
        "zones": [["1001", "Główna", 2, "Okno kuchni", None, None], ["1001", "Główna", 3, "Nowe", None, None]],
    }
    done = await _applied(admin, changed)
    assert done.counts == ImportCounts(changed=1)
    (row,) = (await admin.imports.objects(done.id)).items
    assert row.changes == ("address", "contacts", "panels", "zones")
    (guarded,) = await all_rows(db, GuardedObject)
    assert (guarded.address, guarded.lat, guarded.version) == ("Rynek 2", 50.06, 2)
    assert [(one.position, one.phone) for one in await all_rows(db, ObjectContact)] == [(1, "+48 600 999 999")]
    assert [(one.text, one.alarm_type) for one in await all_rows(db, ObjectProcedure)] == [
        ("Zadzwoń.", None),
        ("Powiadom straż.", AlarmType.FIRE),
    ]
    (panel,) = await all_rows(db, Panel)
    assert (panel.host, panel.port, panel.config_version, panel.description_version) == ("10.0.0.2", 10004, 2, 2)
    assert INTEGRATION_KEY.get(panel, whole_api.services.cipher) == "klucz123"
    assert guarded.plan_version == 2, "whoever edits contacts by hand sees that they have changed"
    zones = sorted(await all_rows(db, Zone), key=lambda zone: zone.number)
    assert [(one.number, one.name, one.partition) for one in zones] == [
        (1, "Drzwi", 1),
        (2, "Okno kuchni", None),
        (3, "Nowe", None),
    ]
    audited = [one.detail for one in await all_rows(db, AuditEntry) if one.action == "object.imported"][-1]
    assert audited["before"]["address"] == "Rynek 1"
    assert audited["after"]["address"] == "Rynek 2"


@pytest.mark.usefixtures("relay")
async def test_a_file_with_errors_is_refused_with_all_of_them(whole_api: Api, login: Login, db: Database) -> None:
    admin = await login(whole_api, "admin")
    checked = await _checked(
        admin,
        {
            "objects": [SHOP, ["1002", None, "Rynek", "=1+1", 99, 1], ["1001", "Inna", "x", "y"]],
            "contacts": [["1003", 1, "Jan", "12"]],
            "zones": [["1001", "Nie ma", 1, "Drzwi"]],
        },
    )
    assert checked.summary.status is ImportStatus.REFUSED
    assert [(one.sheet, one.row, one.column, one.reason) for one in checked.errors] == [
        ("Obiekty", 4, "Nazwa", "MISSING"),
        ("Obiekty", 4, "Rodzaj", "FORMULA"),
        ("Obiekty", 4, "Szerokość geograficzna", "OUT_OF_RANGE"),
        ("Obiekty", 5, "Numer obiektu", "TWICE"),
        ("Kontakty", 3, "Telefon", "NOT_A_PHONE"),
        ("Wejścia", 3, "Centrala", "NO_SUCH_PANEL"),
        ("Kontakty", 3, "Numer obiektu", "NO_SUCH_OBJECT"),
    ]
    assert checked.errors[2].found == "99"
    assert (await _count(db, GuardedObject), await _count(db, ImportRow), await _count(db, FileBlob)) == (0, 0, 0)
    assert await _code(admin.imports.apply(checked.summary.id)) is ErrorCode.CONFLICT
    report = (await admin.imports.errors_csv(checked.summary.id)).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(report), delimiter=";"))
    assert lines[0] == ["Arkusz", "Wiersz", "Kolumna", "Błąd", "Znaleziono"]
    assert lines[2] == ["Obiekty", "4", "Rodzaj", "Formuła: wklej zamiast niej wartość.", "'=1+1"]
    assert len(lines) == 8


@pytest.mark.usefixtures("relay")
async def test_errors_are_bounded_but_counted(whole_api: Api, login: Login) -> None:
    admin = await login(whole_api, "admin")
    checked = await _checked(admin, {"objects": [[f"{n}", "", "x", "y"] for n in range(700)]})
    assert (len(checked.errors), checked.summary.error_count) == (500, 700)
    assert (await admin.imports.errors_csv(checked.summary.id, language="en")).decode().strip().endswith(";and 200 more;")


@pytest.mark.usefixtures("relay")
async def test_what_contradicts_the_database_is_an_error(whole_api: Api, login: Login, db: Database) -> None:
    admin = await login(whole_api, "admin")
    await _applied(admin, ONE)
    checked = await _checked(
        admin,
        {
            "objects": [["2002", "Inny", "x", "y"]],
            "panels": [["2002", "Centrala", "10.0.0.1", 10004]],
        },
    )
    assert [(one.sheet, one.row, one.reason, one.found) for one in checked.errors] == [
        ("Centrale", 3, "ADDRESS_TAKEN", "10.0.0.1:10004")
    ]


@pytest.mark.usefixtures("relay")
async def test_one_import_at_a_time_until_it_is_cancelled(whole_api: Api, login: Login, db: Database) -> None:
    admin = await login(whole_api, "admin")
    checked = await _checked(admin, ONE)
    with pytest.raises(ApiError) as refused:
        await admin.imports.upload(filled(ONE), file_name="a.xlsx")
    assert refused.value.code is ErrorCode.CONFLICT
    assert refused.value.current is not None
    assert refused.value.current["id"] == str(checked.summary.id)
    assert (await admin.imports.cancel(checked.summary.id)).status is ImportStatus.CANCELLED
    assert [row.sealed for row in await all_rows(db, ImportRow)] == [None]
    assert await _code(admin.imports.cancel(checked.summary.id)) is ErrorCode.CONFLICT
    await _applied(admin, ONE)
    assert [one.status for one in (await admin.imports.list()).items] == [ImportStatus.APPLIED, ImportStatus.CANCELLED]


@pytest.mark.usefixtures("relay")
async def test_no_name_phone_or_key_is_in_the_history_or_the_log(
    whole_api: Api, login: Login, temporal_client: Client, capsys: pytest.CaptureFixture[str], db: Database
) -> None:
    done = await _applied(await login(whole_api, "admin"), ONE)
    handle = temporal_client.get_workflow_handle(names.import_workflow_id(done.id))
    history = (await handle.fetch_history()).to_json()
    payloads = [base64.b64decode(data).decode() for data in re.findall(r'"data": ?"([^"]+)"', history)]
    said = "".join([history, *payloads, *capsys.readouterr()])
    assert "ObjectImport" in said
    for text in ("Nowak", "600 100 20", "klucz123", "Apteka", "obiekty.xlsx"):
        assert text not in said, text
    assert [row.sealed for row in await all_rows(db, ImportRow)] == [None]


async def test_two_uploads_at_the_same_moment_leave_one(api: Api, login: Login, db: Database) -> None:
    admin = await login(api, "admin")
    answers = await asyncio.gather(
        *(admin.imports.upload(filled(ONE), file_name=f"{n}.xlsx") for n in range(3)), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["ApiError", "ApiError", "Import"]
    assert await _count(db, FileBlob) == 1


async def test_without_temporal_an_upload_waits_and_a_decision_says_so(api: Api, login: Login) -> None:
    admin = await login(api, "admin")
    uploaded = await admin.imports.upload(filled(ONE), file_name="a.xlsx")
    assert (await admin.imports.get(uploaded.id)).summary.status is ImportStatus.CHECKING
    assert await _code(admin.imports.apply(uploaded.id)) is ErrorCode.CONFLICT
    assert await _code(admin.imports.cancel(uploaded.id)) is ErrorCode.TEMPORAL_UNAVAILABLE


@pytest.mark.parametrize(
    "content",
    [
        b"no zip",
        with_entries(filled(ONE), {"xl/vbaProject.bin": b"x"}),
        with_entries(filled(ONE), {"xl/externalLinks/externalLink1.xml": b"<x/>"}),
        with_entries(filled(ONE), {"xl/media/inner.zip": b"x"}),
        with_entries(filled(ONE), {"xl/media/big.png": bytes(20_000_000)}),
    ],
)
async def test_what_is_no_harmless_workbook_is_not_even_stored(api: Api, login: Login, db: Database, content: bytes) -> None:
    admin = await login(api, "admin")
    assert await _code(admin.imports.upload(content, file_name="a.xlsx")) is ErrorCode.UNSUPPORTED_TYPE
    assert await _count(db, FileBlob) == 0


async def test_the_template_is_for_editors_and_opens(api: Api, login: Login) -> None:
    assert (await (await login(api, "master")).imports.template())[:2] == b"PK"
    for nobody in ("operator", "technician", "auditor"):
        client = await login(api, nobody)
        assert await _code(client.imports.template()) is ErrorCode.FORBIDDEN
        assert await _code(client.imports.list()) is ErrorCode.FORBIDDEN


@pytest.mark.usefixtures("relay")
async def test_an_import_can_be_cancelled_in_the_middle_and_goes_on_with_the_next(
    whole_api: Api, login: Login, db: Database
) -> None:
    admin = await login(whole_api, "admin")
    rows = many(1_500, zones=2)
    checked = await _checked(admin, rows)
    await admin.imports.apply(checked.summary.id)
    cancelled = await admin.imports.cancel(checked.summary.id)
    assert cancelled.status is ImportStatus.CANCELLED
    assert await _count(db, GuardedObject) == cancelled.done < 1_500
    rest = await _applied(admin, rows)
    assert rest.counts == ImportCounts(created=1_500 - cancelled.done, unchanged=cancelled.done)
    assert (await _count(db, Zone), await _count(db, ObjectContact)) == (3_000, 3_000)
