"""Who is heard and who is silent, as people see it; and the class of a panel (principle 7)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from activities.db.recorder import Batch, record_signals
from activities.db.session import Database
from activities.supervision.sources import PROMISES, beat, ensure_centre
from api.client.client import StamClient
from tests.api.alarm_data import add_object
from tests.api.conftest import Api
from tests.api.people import People, assign
from tests.api.test_object_admin import fields, refused
from workflows.domain.alarm import CLOCK_DRIFT, LINK_LOST, AlarmType, Family, Signal, SignalSource
from workflows.domain.errors import ErrorCode
from workflows.domain.supervision import MONITORING_CENTRE, SourceKind, SourceState, SupervisionClass

Login = Callable[..., Any]


@pytest.fixture
async def admin(api: Api, login: Login) -> StamClient:
    client: StamClient = await login(api, "admin")
    return client


async def now_happens(db: Database, panel_id: UUID, family: Family, code: int, kind: AlarmType) -> None:
    async with db.fast() as connection:
        at = await connection.fetchval("SELECT now()")
    signal = Signal(source=SignalSource.SYSTEM, family=family, code=code, received_at=at, panel_id=panel_id, alarm_type=kind)
    await record_signals(db, Batch(signals=(signal,)))


async def test_every_wanted_panel_is_shown_with_its_promise_and_whether_it_keeps_it(
    admin: StamClient, db: Database, people: People
) -> None:
    object_id = await add_object(db)
    fine, lost, released, _ = [
        await admin.create_panel(object_id=object_id, name=name, host=f"10.0.0.{n}", supervision_class=kind, enabled=n != 3)
        for n, (name, kind) in enumerate([("Fine", "SP6"), ("Lost", "SP4"), ("Released", "SP2"), ("Disabled", "SP5")])
    ]
    await now_happens(db, lost.id, Family.LINK, LINK_LOST, AlarmType.COMM_LOSS)
    await now_happens(db, fine.id, Family.CLOCK, CLOCK_DRIFT, AlarmType.CLOCK_DRIFT)
    async with db.fast() as connection:
        await connection.execute(
            """INSERT INTO panel_leases (panel_id, lease_number, holder, renewed_at, heard_at)
               VALUES ($1, 1, 'a', now(), now() - interval '5 seconds')""",
            fine.id,
        )
        await connection.execute(
            """INSERT INTO panel_releases (id, panel_id, requested_by, reason, until)
               VALUES (gen_random_uuid(), $1, $2, 'new zones', now() + interval '1 hour')""",
            released.id,
            people["admin"],
        )
    seen = await admin.supervision.look()
    assert [(each.name, each.promised_seconds, each.state) for each in seen.panels.items] == [
        ("Fine", 20, SourceState.HEARD),
        ("Lost", 180, SourceState.SILENT),
        ("Released", 90_000, SourceState.RELEASED),
    ]
    first, second, _ = seen.panels.items
    assert (first.clock_wrong, second.clock_wrong) == (True, False)
    assert first.holder_seen_at is not None
    assert first.last_seen_at == first.holder_seen_at - timedelta(seconds=5)
    assert second.silent_since is not None
    assert (second.last_seen_at, second.holder_seen_at) == (None, None)
    assert [each.panel_id for each in (await admin.supervision.look(silent=True)).panels.items] == [lost.id]
    page = (await admin.supervision.look(limit=2)).panels
    rest = (await admin.supervision.look(limit=2, cursor=page.next_cursor)).panels
    assert [each.panel_id for each in (*page.items, *rest.items)] == [fine.id, lost.id, released.id]


async def test_the_parts_of_the_system_are_shown_too(admin: StamClient, db: Database) -> None:
    assert (await admin.supervision.look()).parts == ()
    async with db.fast() as connection:
        await ensure_centre(connection)
    await beat(db, SourceKind.PROBE, "probe", timedelta(minutes=5))
    parts = (await admin.supervision.look()).parts
    assert [(each.kind, each.key) for each in parts] == [*PROMISES, (SourceKind.PROBE, "probe")]
    assert (parts[-1].promised_seconds, parts[-1].state) == (300, SourceState.HEARD)


async def test_a_technician_sees_panels_of_assigned_objects_only(
    api: Api, admin: StamClient, login: Login, db: Database, people: People
) -> None:
    mine, other = await add_object(db, "Mine"), await add_object(db, "Other")
    for n, object_id in enumerate((mine, other)):
        await admin.create_panel(object_id=object_id, name="Panel", host=f"10.0.0.{n}")
    await assign(db, people["technician"], mine)
    technician = await login(api, "technician")
    assert [each.object_id for each in (await technician.supervision.look()).panels.items] == [mine]


async def test_the_class_of_a_panel_is_changed_without_touching_its_line(admin: StamClient, db: Database) -> None:
    panel = await admin.create_panel(object_id=await add_object(db), name="Main", host="10.0.0.1")
    assert panel.supervision_class is SupervisionClass.SP5
    changed = await admin.change_panel(panel.id, version=1, supervision_class="SP6")
    assert (changed.supervision_class, changed.config_version, changed.description_version) == (SupervisionClass.SP6, 1, 2)
    same = await admin.change_panel(panel.id, version=2, supervision_class="SP6")
    assert (same.config_version, same.description_version) == (1, 2)
    assert await fields(admin.change_panel(panel.id, version=3, supervision_class="SP7")) == ["supervision_class"]
    assert (await refused(admin.change_panel(panel.id, version=3, supervision_class=None))).code is ErrorCode.VALIDATION


async def test_the_object_that_stands_for_the_system_is_not_deleted(admin: StamClient, db: Database) -> None:
    async with db.fast() as connection:
        await ensure_centre(connection)
    error = await refused(admin.object_admin.delete(MONITORING_CENTRE, version=1))
    assert error.code is ErrorCode.CONFLICT
    config = await admin.object_admin.alarm_config(MONITORING_CENTRE)
    assert config.priorities == {AlarmType.COMM_LOSS: "HIGH"}
