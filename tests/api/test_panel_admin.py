"""Zones and partitions as an administrator works on them, and the merge of names read from a panel (R-OBJ)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from activities.db.models.audit_log import AuditEntry
from activities.db.models.outbox import OutboxRow
from activities.db.models.panel_names import PanelName
from activities.db.session import Database
from api.client.client import StamClient
from api.client.models import Panel, Zone
from tests.api.alarm_data import add_object
from tests.api.conftest import Api
from tests.api.test_object_admin import fields, refused
from tests.support.rows import all_rows
from workflows.contracts import names
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.errors import ErrorCode
from workflows.domain.panel_names import NameKind, NameVerdict

Login = Callable[..., Any]


@pytest.fixture
async def admin(api: Api, login: Login) -> StamClient:
    client: StamClient = await login(api, "admin")
    return client


@pytest.fixture
async def panel(admin: StamClient, db: Database) -> Panel:
    return await admin.create_panel(object_id=await add_object(db), name="Main", host="10.0.0.1")


@pytest.fixture
async def zone(admin: StamClient, panel: Panel) -> Zone:
    return await admin.create_zone(panel_id=panel.id, number=7, name="Kasa", partition=1)


async def test_a_zone_is_changed_and_deleted_on_its_version(admin: StamClient, panel: Panel, zone: Zone, db: Database) -> None:
    override = {"INTRUSION": "LOW", "HOLDUP": "CRITICAL"}
    changed = await admin.panel_admin.change_zone(zone.id, version=1, name="Sejf", priority_override=override)
    assert (changed.name, changed.partition, changed.version) == ("Sejf", 1, 2)
    assert changed.priority_override == {"INTRUSION": Priority.LOW, "HOLDUP": Priority.CRITICAL}
    for act in (
        admin.panel_admin.change_zone(zone.id, version=1, name="Late"),
        admin.panel_admin.delete_zone(zone.id, version=1),
    ):
        error = await refused(act)
        assert error.code is ErrorCode.STALE_VERSION
        assert error.current is not None
        assert error.current["name"] == "Sejf"
    cleared = await admin.panel_admin.change_zone(zone.id, version=2, priority_override=None, partition=None)
    assert (cleared.priority_override, cleared.partition) == (None, None)
    await admin.panel_admin.delete_zone(zone.id, version=3)
    assert (await admin.zones(panel.id)).items == ()
    assert (await admin.panel(panel.id)).description_version == 5
    told = [row for row in await all_rows(db, OutboxRow) if row.type == names.PANEL_DESCRIBED]
    assert [row.payload["description_version"] for row in told] == [2, 3, 4, 5]
    assert {(row.payload["panel_id"], row.object_id, row.push) for row in told} == {(str(panel.id), panel.object_id, True)}
    assert (await refused(admin.panel_admin.delete_zone(zone.id, version=3))).code is ErrorCode.NOT_FOUND


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"priority_override": {"HOLDUP": "LOW"}}, "priority_override"),
        ({"priority_override": {"INTRUSION": "URGENT"}}, "priority_override.INTRUSION"),
        ({"alarm_type": "HOLDUP", "priority_override": {"priority": "LOW"}}, "priority_override"),
        ({"alarm_type": "NOISE"}, "alarm_type"),
        ({"partition": 33}, "partition"),
    ],
)
async def test_a_hold_up_is_never_lowered_and_bad_members_are_named(
    admin: StamClient, panel: Panel, zone: Zone, members: dict[str, Any], field: str
) -> None:
    assert await fields(admin.panel_admin.change_zone(zone.id, version=1, **members)) == [field]
    assert await fields(admin.create_zone(panel_id=panel.id, number=8, name="New", **members)) == [field]
    assert (await admin.zones(panel.id)).items == (zone,)


async def test_a_lowered_zone_cannot_become_a_hold_up_by_the_back_door(admin: StamClient, zone: Zone) -> None:
    lowered = await admin.panel_admin.change_zone(zone.id, version=1, priority_override={"priority": "LOW"})
    error = admin.panel_admin.change_zone(zone.id, version=lowered.version, alarm_type=AlarmType.HOLDUP)
    assert await fields(error) == ["priority_override"]


async def test_partitions_are_one_document(admin: StamClient, panel: Panel) -> None:
    put = admin.panel_admin.put_partitions
    first = await put(panel.id, {2: "Magazyn", 1: "Sklep"}, version=1)
    assert [(part.number, part.name) for part in first.partitions] == [(1, "Sklep"), (2, "Magazyn")]
    second = await put(panel.id, {1: "Salon"}, version=first.version)
    assert await admin.panel_admin.partitions(panel.id) == second
    assert [(part.number, part.name) for part in second.partitions] == [(1, "Salon")]
    assert (await refused(put(panel.id, {}, version=first.version))).code is ErrorCode.STALE_VERSION
    assert await fields(put(panel.id, {33: "Far"}, version=second.version)) == ["partitions.0.number"]


# -- names ----------------------------------------------------------------------------------------------------------------


async def told_by_panel(db: Database, panel_id: UUID) -> None:
    at = datetime.now(UTC)
    parts = [
        (NameKind.ZONE, 7, "Kasa pancerna", 1, 12),
        (NameKind.ZONE, 8, "Drzwi", 2, 0),
        (NameKind.PARTITION, 1, "Sklep", None, None),
        (NameKind.OUTPUT, 1, "Syrena", None, 1),
        (NameKind.USER, 3, "Anna", None, None),
    ]
    async with db.write() as session:
        session.add_all(
            PanelName(panel_id=panel_id, kind=kind, number=number, name=name, partition=partition, function=use, read_at=at)
            for kind, number, name, partition, use in parts
        )


async def test_chosen_names_are_taken_over_once_and_what_was_decided_here_stays(
    admin: StamClient, panel: Panel, zone: Zone, db: Database
) -> None:
    await admin.panel_admin.change_zone(zone.id, version=1, alarm_type="HOLDUP")
    await told_by_panel(db, panel.id)
    await admin.create_zone(panel_id=panel.id, number=9, name="Tylko tu")
    preview = await admin.panel_admin.names(panel.id)
    assert [(one.kind, one.number, one.verdict) for one in preview.differences] == [
        (NameKind.ZONE, 7, NameVerdict.CHANGE),
        (NameKind.ZONE, 8, NameVerdict.ADD),
        (NameKind.ZONE, 9, NameVerdict.ONLY_HERE),
        (NameKind.PARTITION, 1, NameVerdict.ADD),
        (NameKind.OUTPUT, 1, NameVerdict.ADD),
        (NameKind.USER, 3, NameVerdict.ADD),
    ]
    chosen = [(NameKind.ZONE, 7), (NameKind.PARTITION, 1), (NameKind.OUTPUT, 1), (NameKind.USER, 3)]
    after = await admin.panel_admin.merge_names(panel.id, chosen, version=preview.version)
    assert after.version == preview.version + 1
    assert [one.number for one in after.differences if one.verdict is NameVerdict.SAME] == [7, 1, 1, 3]
    merged = (await admin.zones(panel.id)).items[0]
    assert (merged.name, merged.reaction, merged.alarm_type, merged.version) == ("Kasa pancerna", 12, AlarmType.HOLDUP, 3)
    assert await admin.panel_admin.merge_names(panel.id, chosen, version=preview.version) == after, "repeated: nothing"
    rows: list[AuditEntry] = await all_rows(db, AuditEntry)
    entries = [row for row in rows if row.action == "panel.names_merged"]
    assert len(entries) == 1
    assert "Anna" not in str(entries[0].detail)


async def test_a_merge_of_an_older_preview_is_refused_whole(admin: StamClient, panel: Panel, zone: Zone, db: Database) -> None:
    await told_by_panel(db, panel.id)
    preview = await admin.panel_admin.names(panel.id)
    await admin.panel_admin.change_zone(zone.id, version=1, name="Inna")
    merge = admin.panel_admin.merge_names
    error = await refused(merge(panel.id, [(NameKind.ZONE, 7), (NameKind.ZONE, 8)], version=preview.version))
    assert error.code is ErrorCode.STALE_VERSION
    assert error.current is not None
    assert error.current["version"] == preview.version + 1
    assert await fields(merge(panel.id, [(NameKind.ZONE, 8), (NameKind.ZONE, 99)], version=error.current["version"])) == [
        "chosen.1"
    ]
    assert [found.name for found in (await admin.zones(panel.id)).items] == ["Inna"]


async def test_only_who_may_edit_sees_names_and_without_temporal_nothing_is_begun(
    api: Api, login: Login, admin: StamClient, panel: Panel
) -> None:
    operator: StamClient = await login(api, "operator")
    for act in (operator.panel_admin.names(panel.id), operator.panel_admin.read_names(panel.id)):
        assert (await refused(act)).code is ErrorCode.FORBIDDEN
    assert (await refused(admin.panel_admin.read_names(panel.id))).code is ErrorCode.TEMPORAL_UNAVAILABLE
    assert (await admin.panel_admin.names(panel.id)).last_read is None
    assert (await refused(admin.panel_admin.read_names(uuid7()))).code is ErrorCode.NOT_FOUND
