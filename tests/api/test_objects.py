"""Objects, panels and zones (R-OBJ); what a new or changed panel sets in motion; the live picture (R-MODES)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis
from sqlalchemy import insert, select
from uuid_utils.compat import uuid7

from activities.db.encrypted import INTEGRATION_KEY
from activities.db.models.audit_log import AuditEntry
from activities.db.models.outbox import OutboxRow
from activities.db.models.panel_state_history import PanelStateHistory
from activities.db.models.panels import Panel as PanelRow
from activities.db.models.partitions import Partition
from activities.db.session import Database
from activities.live_state import LiveState
from api.client.client import StamClient
from api.client.errors import ApiError
from api.client.models import Panel
from tests.api.alarm_data import add_object
from tests.api.conftest import Api, serving
from tests.api.people import People, assign
from workflows.contracts import names
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.errors import ErrorCode
from workflows.domain.panel import LinkStatus, PartitionState

Login = Callable[..., Any]
_SHOP = {"name": "Apteka Pod Lwem", "address": "Rynek 1, Kraków", "kind": "shop", "external_number": "A-1"}


async def _code(call: Any) -> ErrorCode | str:
    with pytest.raises(ApiError) as refused:
        await call
    return refused.value.code


async def _new_panel(client: StamClient, object_id: UUID, **members: Any) -> Panel:
    return await client.create_panel(**{"object_id": object_id, "name": "Main", "host": "10.0.0.1", **members})


async def _told(db: Database) -> list[tuple[str, UUID | None, int]]:
    async with db.read() as session:
        rows = (await session.scalars(select(OutboxRow).where(OutboxRow.orchestrate).order_by(OutboxRow.id))).all()
    return [(row.type, row.panel_id, row.payload["config_version"]) for row in rows]


async def test_an_object_is_created_found_and_searched(api: Api, login: Login, db: Database) -> None:
    admin = await login(api, "admin")
    created = await admin.create_object(**_SHOP, lat=50.06, lon=19.94)
    assert await admin.object(created.id) == created
    await add_object(db, "Bank")
    assert [found.name for found in (await admin.objects()).items] == ["Apteka Pod Lwem", "Bank"]
    assert (await admin.objects(q="KRAKÓW")).items == (created,)
    page = await admin.objects(limit=1)
    assert [found.name for found in (await admin.objects(limit=1, cursor=page.next_cursor)).items] == ["Bank"]
    assert await _code(admin.create_object(**_SHOP)) is ErrorCode.CONFLICT
    assert await _code((await login(api, "operator")).create_object(**_SHOP)) is ErrorCode.FORBIDDEN


async def test_a_misspelt_member_is_refused_not_ignored(api: Api, login: Login) -> None:
    admin = await login(api, "admin")
    with pytest.raises(ApiError) as refused:
        await admin.create_object(**_SHOP, latitude=50.0)
    assert [error.field for error in refused.value.errors] == ["latitude"]


async def test_field_workers_see_assigned_objects_and_their_panels_only(
    api: Api, login: Login, db: Database, people: People
) -> None:
    mine, other = await add_object(db, "Mine"), await add_object(db, "Other")
    admin = await login(api, "admin")
    panel, hidden = await _new_panel(admin, mine), await _new_panel(admin, other, host="10.0.0.2")
    await assign(db, people["field_worker"], mine)
    worker = await login(api, "field_worker")
    assert [found.id for found in (await worker.objects()).items] == [mine]
    assert [found.id for found in (await worker.panels()).items] == [panel.id]
    for look in (worker.object(other), worker.panel(hidden.id), worker.panel_state(hidden.id), worker.zones(hidden.id)):
        assert await _code(look) is ErrorCode.NOT_FOUND


async def test_a_new_panel_is_told_to_the_relay_in_the_same_transaction_and_its_key_to_nobody(
    api: Api, login: Login, db: Database
) -> None:
    admin = await login(api, "admin")
    panel = await _new_panel(admin, await add_object(db), integration_key="s3cret", time_zone="Europe/Warsaw")
    assert (panel.port, panel.encrypted, panel.enabled) == (7094, True, True)
    assert await _told(db) == [(names.PANEL_CHANGED, panel.id, 1)]
    async with api.http(admin.session.access_token) as http:
        assert "s3cret" not in (await http.get("/api/panels")).text
    async with db.read() as session:
        assert "s3cret" not in str([entry.detail for entry in (await session.scalars(select(AuditEntry))).all()])
    assert await _code(_new_panel(admin, panel.object_id)) is ErrorCode.CONFLICT, "one module, one line"
    assert await _code(_new_panel(admin, uuid7(), host="10.0.0.9")) is ErrorCode.NOT_FOUND
    assert await _code(_new_panel(admin, panel.object_id, host="10.0.0.9", time_zone="Mars/Base")) is ErrorCode.VALIDATION
    assert len(await _told(db)) == 1


async def test_a_change_of_the_line_is_told_a_change_of_the_name_is_not(api: Api, login: Login, db: Database) -> None:
    admin = await login(api, "admin")
    panel = await _new_panel(admin, await add_object(db), integration_key="s3cret")
    renamed = await admin.change_panel(panel.id, version=1, name="Backup")
    assert (renamed.name, renamed.version, renamed.config_version, renamed.encrypted) == ("Backup", 2, 1, True)
    moved = await admin.change_panel(panel.id, version=2, port=10004, integration_key=None)
    assert (moved.port, moved.version, moved.config_version, moved.encrypted) == (10004, 3, 2, False)
    assert await _told(db) == [(names.PANEL_CHANGED, panel.id, 1), (names.PANEL_CHANGED, panel.id, 2)]
    assert await _code(admin.change_panel(panel.id, version=2, name="Late")) is ErrorCode.STALE_VERSION
    assert await _code(admin.change_panel(panel.id, version=3, host=None)) is ErrorCode.VALIDATION
    assert (await admin.panel(panel.id)) == moved


async def test_zones_are_added_once_and_listed_by_number(api: Api, login: Login, db: Database) -> None:
    admin = await login(api, "admin")
    panel = await _new_panel(admin, await add_object(db))
    override = {"INTRUSION": "LOW"}
    zone = await admin.create_zone(
        panel_id=panel.id, number=7, name="Kasa", alarm_type=AlarmType.HOLDUP, priority_override=override
    )
    await admin.create_zone(panel_id=panel.id, number=2, name="Drzwi")
    assert zone.priority_override == {"INTRUSION": Priority.LOW}
    assert [found.number for found in (await admin.zones(panel.id)).items] == [2, 7]
    assert await _code(admin.create_zone(panel_id=panel.id, number=2, name="Twice")) is ErrorCode.CONFLICT
    assert await _code(admin.create_zone(panel_id=panel.id, number=300, name="Far")) is ErrorCode.VALIDATION


async def test_the_live_picture_has_names_and_is_unknown_once_it_expires(
    api: Api, login: Login, db: Database, valkey_url: str
) -> None:
    admin = await login(api, "admin")
    panel = await _new_panel(admin, await add_object(db))
    await admin.create_zone(panel_id=panel.id, number=5, name="Magazyn", partition=1)
    async with db.write() as session:
        session.add(Partition(panel_id=panel.id, number=1, name="Sklep"))
    before = await admin.panel_state(panel.id)
    assert (before.stale, before.link.status) == (True, LinkStatus.UNKNOWN)
    assert [(partition.name, partition.state) for partition in before.partitions] == [("Sklep", PartitionState.UNKNOWN)]
    assert [(zone.name, zone.violated) for zone in before.zones] == [("Magazyn", None)]
    async with Redis.from_url(valkey_url) as redis:
        await _draw(LiveState(redis), panel.id)
    now = await admin.panel_state(panel.id)
    assert (now.stale, now.link.status, now.link.clock_offset_seconds) == (False, LinkStatus.CONNECTED, 1.5)
    assert [(partition.number, partition.state) for partition in now.partitions] == [(1, PartitionState.ARMED_FULL)]
    assert [(zone.number, zone.name, zone.violated, zone.alarm) for zone in now.zones] == [
        (5, "Magazyn", True, False),
        (9, None, False, True),
    ]
    assert (now.outputs_on, [trouble.kind for trouble in now.troubles]) == ((3,), ["MAINS"])


async def _draw(live: LiveState, panel_id: UUID) -> None:
    at = datetime.now(UTC).isoformat()
    link = {"status": "CONNECTED", "since": at, "holder": "h", "clock_offset_seconds": 1.5, "last_frame_at": at}
    await live.write(panel_id, "link", link)
    await live.write(panel_id, "zones", {"violated": [5], "alarm": [9], "at": at})
    await live.write(panel_id, "partitions", {"states": {"1": "ARMED_FULL"}, "at": at})
    await live.write(panel_id, "outputs", {"on": [3], "at": at})
    await live.write(panel_id, "troubles", {"items": [{"kind": "MAINS", "source": 1}], "at": at})


async def test_the_live_picture_is_unknown_while_redis_is_away(
    settings: Any, people: People, login: Login, db: Database
) -> None:
    away = settings.model_copy(update={"redis_url": type(settings.redis_url)("redis://127.0.0.1:1/0")})
    async with serving(away) as api:
        admin = await login(api, "admin")
        panel = await _new_panel(admin, await add_object(db))
        state = await admin.panel_state(panel.id)
        assert (state.stale, state.link.status, state.troubles) == (True, LinkStatus.UNKNOWN, None)
        assert (await admin.system_status()).panels.connected is None


async def test_the_history_of_a_panel_is_told_newest_first(api: Api, login: Login, db: Database) -> None:
    admin = await login(api, "admin")
    panel = await _new_panel(admin, await add_object(db))
    began = datetime(2026, 11, 1, tzinfo=UTC)
    states = [(None, "CONNECTED"), (1, "ARMED_FULL"), (1, "DISARMED"), (None, "DISCONNECTED")]
    rows = [
        {"id": uuid7(), "panel_id": panel.id, "partition": partition, "state": state, "at": began + timedelta(hours=number)}
        for number, (partition, state) in enumerate(states)
    ]
    async with db.write() as session:
        await session.execute(insert(PanelStateHistory), rows)
    page = await admin.panel_history(panel.id, limit=3)
    rest = await admin.panel_history(panel.id, limit=3, cursor=page.next_cursor)
    assert [change.state for change in (*page.items, *rest.items)] == ["DISCONNECTED", "DISARMED", "ARMED_FULL", "CONNECTED"]
    assert [change.state for change in (await admin.panel_history(panel.id, partition=0)).items] == [
        "DISCONNECTED",
        "CONNECTED",
    ]
    assert [change.state for change in (await admin.panel_history(panel.id, partition=1, from_=began)).items] == [
        "DISARMED",
        "ARMED_FULL",
    ]


async def test_the_same_key_typed_again_is_no_change_of_the_line(api: Api, login: Login, db: Database) -> None:
    """Keys are sealed, each time to another ciphertext: what is compared is what was typed."""
    admin = await login(api, "admin")
    panel = await _new_panel(admin, await add_object(db), integration_key="s3cret")
    async with db.read() as session:
        row = await session.get_one(PanelRow, panel.id)
    assert b"s3cret" not in (row.integration_key_sealed or b"")
    assert INTEGRATION_KEY.get(row, api.services.cipher) == "s3cret"
    same = await admin.change_panel(panel.id, version=1, integration_key="s3cret")
    assert same.config_version == 1
    other = await admin.change_panel(panel.id, version=2, integration_key="s3cret2")
    assert other.config_version == 2
