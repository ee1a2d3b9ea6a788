"""Objects as an administrator works on them (R-OBJ): changes, search, deletion and what becomes of the lines."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from uuid_utils.compat import uuid7

from activities.db import fold
from activities.db.models.audit_log import AuditEntry
from activities.db.models.outbox import OutboxRow
from activities.db.models.panels import Panel as PanelRow
from activities.db.session import Database
from api.client.client import StamClient
from api.client.errors import ApiError
from api.client.models import Object, ObjectStatus, Panel
from tests.api.alarm_data import add_alarms
from tests.api.conftest import Api
from tests.api.people import People, assign
from tests.support.rows import all_rows
from workflows.contracts import names
from workflows.domain.alarm import Priority
from workflows.domain.bundle import BundleStatus
from workflows.domain.errors import ErrorCode

Login = Callable[..., Any]


@pytest.fixture
async def admin(api: Api, login: Login) -> StamClient:
    client: StamClient = await login(api, "admin")
    return client


async def refused(call: Any) -> ApiError:
    with pytest.raises(ApiError) as error:
        await call
    return error.value


async def fields(call: Any) -> list[str]:
    error = await refused(call)
    assert error.code is ErrorCode.VALIDATION
    return [one.field for one in error.errors]


async def add(admin: StamClient, name: str = "Apteka", address: str = "Rynek 1", **more: Any) -> Object:
    members = {"name": name, "address": address, "kind": "shop", "external_number": str(uuid7()), **more}
    return await admin.create_object(**members)


async def add_panel(admin: StamClient, object_id: UUID, host: str = "10.0.0.1") -> Panel:
    return await admin.create_panel(object_id=object_id, name="Main", host=host)


async def told(db: Database, panel_id: UUID) -> list[int]:
    """The configuration versions the relay was told of."""
    rows: list[OutboxRow] = await all_rows(db, OutboxRow)
    return [row.payload["config_version"] for row in rows if (row.type, row.panel_id) == (names.PANEL_CHANGED, panel_id)]


# -- changing -------------------------------------------------------------------------------------------------------------


async def test_only_the_members_given_change_and_the_audit_log_has_both_sides(admin: StamClient, db: Database) -> None:
    found = await add(admin, lat=50.0, lon=20.0)
    changed = await admin.object_admin.change(found.id, version=1, name="Apteka Nowa", lat=None, lon=None)
    assert (changed.name, changed.address, changed.lat, changed.version) == ("Apteka Nowa", "Rynek 1", None, 2)
    entries: list[AuditEntry] = await all_rows(db, AuditEntry)
    entry = next(entry for entry in entries if entry.action == "object.changed")
    assert entry.detail == {
        "before": {"name": "Apteka", "lat": 50.0, "lon": 20.0, "version": 1},
        "after": {"name": "Apteka Nowa", "lat": None, "lon": None, "version": 2},
    }


async def test_a_change_based_on_an_older_version_is_answered_with_the_object_as_it_is(admin: StamClient) -> None:
    found = await add(admin)
    current = await admin.object_admin.change(found.id, version=1, name="First")
    error = await refused(admin.object_admin.change(found.id, version=1, name="Second"))
    assert (error.status, error.code) == (409, ErrorCode.STALE_VERSION)
    assert error.current is not None
    assert (error.current["name"], error.current["version"]) == ("First", current.version)


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"lat": 91, "lon": 0}, "lat"),
        ({"lon": -180.5, "lat": 0}, "lon"),
        ({"status": "SERVICE"}, "status"),
        ({"status": "ASLEEP"}, "status"),
        ({"name": "  "}, "name"),
        ({"nam": "Apteka"}, "nam"),
    ],
)
async def test_a_bad_member_is_named(admin: StamClient, members: dict[str, Any], field: str) -> None:
    found = await add(admin)
    assert await fields(admin.object_admin.change(found.id, version=1, **members)) == [field]


@pytest.mark.parametrize("members", [{"name": None}, {"lat": 50.0}, {"lat": 50.0, "lon": None}])
async def test_what_belongs_together_or_must_be_there_stays_so(admin: StamClient, members: dict[str, Any]) -> None:
    found = await add(admin)
    assert (await refused(admin.object_admin.change(found.id, version=1, **members))).code is ErrorCode.VALIDATION
    assert await admin.object(found.id) == found


async def test_an_external_number_is_unique_even_among_the_deleted(admin: StamClient) -> None:
    await add(admin, external_number="A-1")
    other = await add(admin, external_number="A-2")
    assert (await refused(admin.object_admin.change(other.id, version=1, external_number="A-1"))).code is ErrorCode.CONFLICT
    await admin.object_admin.delete(other.id, version=1)
    assert (await refused(add(admin, external_number="A-2"))).code is ErrorCode.CONFLICT


# -- finding --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "q",
    ["łódź", "lodz", "ŁÓDŹ", "Lodz piotrkowska", "piotrkowska zolw", "ŻÓŁW", "ą-7", "A-7 łodz"],
)
async def test_words_are_found_with_and_without_polish_letters_in_any_order(admin: StamClient, q: str) -> None:
    wanted = await add(admin, "Sklep Żółw", "ul. Piotrkowska 5, Łódź", external_number="Ą-7")
    await add(admin, "Sklep Lew", "Kraków")
    assert (await admin.objects(q=q)).items == (wanted,)


async def test_a_place_written_without_marks_is_found_with_them(admin: StamClient) -> None:
    plain = await add(admin, "Magazyn", "Lodz")
    assert (await admin.objects(q="łódź")).items == (plain,)
    assert (await admin.objects(q="łódź kraków")).items == ()


@pytest.mark.parametrize("q", ["100%", "a_b", "\\"])
async def test_signs_of_patterns_stand_for_themselves(admin: StamClient, q: str) -> None:
    await add(admin, "Sklep 1000 axb")
    exact = await add(admin, f"Sklep {q}")
    assert (await admin.objects(q=q)).items == (exact,)


async def test_the_database_folds_as_we_do(db: Database) -> None:
    async with db.read() as session:
        folded = await session.scalar(select(text("stam_fold(:text)")).params(text=fold.MARKED + "XyZ"))
    assert folded == fold.fold(fold.MARKED + "XyZ") == fold.PLAIN + "xyz"


async def test_a_search_among_many_uses_the_index(db: Database) -> None:
    async with db.write() as session:
        await session.execute(
            text(
                """INSERT INTO objects (id, name, address, kind, external_number)
                   SELECT gen_random_uuid(), 'Sklep ' || md5(n::text), 'Rynek ' || n, 'shop', n::text
                   FROM generate_series(1, 20000) AS n"""
            )
        )
        await session.execute(text("ANALYZE objects"))
        plan = await session.scalars(
            text(
                "EXPLAIN SELECT id FROM objects WHERE search LIKE '%deadbe%' AND deleted_at IS NULL ORDER BY name, id LIMIT 51"
            )
        )
    assert "ix_objects_search" in "\n".join(plan)


async def test_the_filters_combine_and_pages_follow_each_other(admin: StamClient, db: Database, people: People) -> None:
    first = await add(admin, "A", kind="bank", lat=1.0, lon=2.0)
    second = await add(admin, "B", kind="bank")
    third = await add(admin, "C", kind="shop")
    await assign(db, people["technician"], third.id)
    closed = await admin.object_admin.change(second.id, version=1, status="CLOSED")
    find = admin.object_admin.find
    assert (await find(kind="bank")).items == (first, closed)
    assert (await find(located=True)).items == (first,)
    assert (await find(located=False, status=ObjectStatus.CLOSED)).items == (closed,)
    assert (await find(assigned_to=people["technician"])).items == (third,)
    page = await find(limit=2)
    assert [item.name for item in page.items] == ["A", "B"]
    assert [item.name for item in (await find(limit=2, cursor=page.next_cursor)).items] == ["C"]
    assert await fields(find(cursor="nonsense")) == ["cursor"]


async def test_a_technician_finds_and_opens_only_what_is_assigned_to_him(
    api: Api, login: Login, admin: StamClient, db: Database, people: People
) -> None:
    mine, other = await add(admin, "Mine"), await add(admin, "Other")
    await assign(db, people["technician"], mine.id)
    technician: StamClient = await login(api, "technician")
    assert (await technician.objects()).items == (mine,)
    assert (await technician.object_admin.detail(mine.id)).plan.contacts == ()
    for look in (
        technician.object_admin.detail(other.id),
        technician.object_admin.plan(other.id),
        technician.object_admin.alarm_config(other.id),
    ):
        assert (await refused(look)).code is ErrorCode.NOT_FOUND
    for act in (
        technician.object_admin.change(mine.id, version=1, name="X"),
        technician.object_admin.delete(mine.id, version=1),
        technician.object_admin.put_plan(mine.id, version=1, contacts=[], steps=[]),
        technician.object_admin.find(deleted=True),
    ):
        assert (await refused(act)).code is ErrorCode.FORBIDDEN


# -- deleting and restoring -----------------------------------------------------------------------------------------------


async def test_a_deleted_object_lets_go_of_its_panels_and_comes_back_with_them(admin: StamClient, db: Database) -> None:
    found = await add(admin)
    gone, panel = await add_panel(admin, found.id, "10.0.0.9"), await add_panel(admin, found.id)
    await admin.panel_admin.delete(gone.id, version=1)
    await admin.object_admin.delete(found.id, version=1)
    assert (await refused(admin.object(found.id))).code is ErrorCode.NOT_FOUND
    assert (await refused(admin.panel(panel.id))).code is ErrorCode.NOT_FOUND
    assert (await admin.objects()).items == ()
    assert await told(db, panel.id) == [1, 2]
    (deleted,) = (await admin.object_admin.find(deleted=True)).items
    assert (deleted.id, deleted.version) == (found.id, 2)
    assert deleted.deleted_at is not None
    restored = await admin.object_admin.restore(found.id, version=2)
    assert (restored.version, restored.deleted_at) == (3, None)
    assert [item.id for item in (await admin.panels(object_id=found.id)).items] == [panel.id], "not the one deleted before"
    assert await told(db, panel.id) == [1, 2, 3]
    assert (await refused(admin.object_admin.restore(found.id, version=3))).code is ErrorCode.NOT_FOUND


async def test_an_object_with_open_alarms_is_not_deleted(admin: StamClient, db: Database) -> None:
    found = await add(admin)
    panel = await add_panel(admin, found.id)
    await add_alarms(db, found.id, Priority.LOW, status=BundleStatus.CLOSED)
    await add_alarms(db, found.id, Priority.LOW, status=BundleStatus.RESOLVED)
    assert (await admin.object_admin.detail(found.id)).open_alarms == 1
    error = await refused(admin.object_admin.delete(found.id, version=1))
    assert error.code is ErrorCode.CONFLICT
    assert "open alarms" in error.detail
    assert await told(db, panel.id) == [1], "nothing was let go"
    assert (await admin.panel(panel.id)).id == panel.id


async def test_a_panel_whose_place_was_taken_keeps_its_object_from_coming_back(admin: StamClient, db: Database) -> None:
    found, other = await add(admin), await add(admin)
    await add_panel(admin, found.id)
    await admin.object_admin.delete(found.id, version=1)
    taker = await add_panel(admin, other.id)
    assert (await refused(admin.object_admin.restore(found.id, version=2))).code is ErrorCode.CONFLICT
    await admin.panel_admin.delete(taker.id, version=1)
    assert (await admin.object_admin.restore(found.id, version=2)).version == 3
    rows: list[PanelRow] = await all_rows(db, PanelRow)
    assert [row.object_id for row in rows if row.deleted_at is None] == [found.id]


async def test_deleting_on_an_older_version_is_refused(admin: StamClient) -> None:
    found = await add(admin)
    panel = await add_panel(admin, found.id)
    await admin.object_admin.change(found.id, version=1, name="B")
    await admin.change_panel(panel.id, version=1, name="B")
    for act in (admin.object_admin.delete(found.id, version=1), admin.panel_admin.delete(panel.id, version=1)):
        error = await refused(act)
        assert error.code is ErrorCode.STALE_VERSION
        assert error.current is not None
        assert error.current["version"] == 2
