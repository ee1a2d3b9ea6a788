"""Service mode over the running API, Temporal and a worker (R-SERVICE)."""

from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select
from temporalio.client import Client
from uuid_utils.compat import uuid7

from activities import housekeeping, worker
from activities.db.models.audit_log import AuditEntry
from activities.db.models.object_alarm_config import ObjectAlarmConfig
from activities.db.models.outbox import OutboxRow
from activities.db.models.panels import Panel
from activities.db.models.service_modes import ServiceMode as Row
from activities.db.models.zones import Zone
from activities.db.session import Database
from activities.infra.settings import Settings
from api.client.errors import ApiError
from api.client.models import ObjectStatus
from tests.api.alarm_data import add_object
from tests.api.conftest import Api, serving
from tests.api.people import People, assign
from tests.support.service import add_period
from workflows.contracts import names
from workflows.domain.alarm import AlarmType
from workflows.domain.errors import ErrorCode
from workflows.domain.service import ServiceState

Login = Callable[..., Any]
REASON = "Detectors in the store are replaced"


async def refused(call: Coroutine[Any, Any, Any]) -> ApiError:
    with pytest.raises(ApiError) as error:
        await call
    return error.value


@pytest.fixture
async def place(db: Database) -> UUID:
    return await add_object(db)


async def add_panel(db: Database, object_id: UUID) -> UUID:
    """With zones 1 to 4."""
    panel_id = uuid7()
    async with db.write() as session:
        session.add(Panel(id=panel_id, object_id=object_id, name="Main", host="10.0.0.7", port=7094))
        await session.flush()
        session.add_all(Zone(panel_id=panel_id, number=number, name=f"Zone {number}") for number in range(1, 5))
    return panel_id


async def configure(db: Database, object_id: UUID, **members: Any) -> None:
    async with db.write() as session:
        await session.execute(insert(ObjectAlarmConfig).values(object_id=object_id, **members))


async def row_of(db: Database, service_id: UUID) -> Row:
    async with db.read() as session:
        return await session.get_one(Row, service_id)


async def told(db: Database) -> list[dict[str, Any]]:
    async with db.read() as session:
        query = select(OutboxRow.payload).where(OutboxRow.type == names.SERVICE_CHANGED).order_by(OutboxRow.id)
        return list(await session.scalars(query))


async def audited(db: Database) -> list[tuple[str, UUID | None]]:
    async with db.read() as session:
        query = select(AuditEntry).where(AuditEntry.action.startswith("service.")).order_by(AuditEntry.id)
        return [(row.action, row.actor_id) for row in await session.scalars(query)]


# -- its life


async def test_it_begins_is_seen_extended_and_ended(
    whole_api: Api, login: Login, db: Database, place: UUID, people: People
) -> None:
    admin, operator = await login(whole_api, "admin"), await login(whole_api, "operator")
    begun = await admin.service_modes.begin(place, minutes=30, reason=f"  {REASON} ")
    assert (begun.state, begun.in_force, begun.reason, begun.username) == (ServiceState.ACTIVE, True, REASON, "admin")
    assert begun.ends_at - begun.begun_at == timedelta(minutes=30)
    seen = await operator.object(place)
    assert (seen.status, seen.service_until) == (ObjectStatus.SERVICE, begun.ends_at)
    extended = await admin.service_modes.extend(begun, 15)
    assert (extended.ends_at - begun.ends_at, extended.version) == (timedelta(minutes=15), begun.version + 1)
    ended = await admin.service_modes.end(begun.id)
    assert (ended.state, ended.in_force, ended.ended_by) == (ServiceState.ENDED, False, people["admin"])
    assert ended.summary is not None
    assert (ended.summary.events, ended.summary.active) == (0, 0)
    assert await admin.service_modes.end(begun.id) == ended, "safe to repeat"
    assert (await operator.object(place)).status is ObjectStatus.ACTIVE
    assert [state["state"] for state in await told(db)] == ["ACTIVE", "ACTIVE", "ENDED", "ENDED"]
    admin_id = people["admin"]
    assert await audited(db) == [
        ("service.asked", admin_id), ("service.extended", admin_id), ("service.ended", admin_id), ("service.settled", None)
    ]  # fmt: skip


async def test_the_object_carries_what_is_in_force(whole_api: Api, login: Login, db: Database, place: UUID) -> None:
    admin = await login(whole_api, "admin")
    panel = await add_panel(db, place)
    begun = await admin.service_modes.begin(
        place, minutes=30, reason=REASON, zones={panel: [1, 3]}, alarm_types=["INTRUSION", "TAMPER"]
    )
    detail = await admin.object_admin.detail(place)
    assert detail.service_modes == (begun,)
    assert begun.zones is not None
    assert [(one.panel_id, one.numbers) for one in begun.zones] == [(panel, (1, 3))]
    assert begun.alarm_types == (AlarmType.INTRUSION, AlarmType.TAMPER)


async def test_objects_are_listed_by_the_status_they_show(api: Api, login: Login, db: Database, place: UUID) -> None:
    quiet = await add_object(db, "Quiet")
    await add_period(db, place)
    await add_period(db, quiet, begun=-timedelta(hours=2), ends=-timedelta(hours=1))
    operator = await login(api, "operator")

    async def found(status: ObjectStatus) -> list[UUID]:
        return [one.id for one in (await operator.objects(status=status)).items]

    assert (await found(ObjectStatus.SERVICE), await found(ObjectStatus.ACTIVE)) == ([place], [quiet])
    assert await found(ObjectStatus.CLOSED) == []
    admin = await login(api, "admin")
    closing = await refused(admin.object_admin.change(place, version=1, status="CLOSED"))
    assert [error.field for error in closing.errors] == ["status"]


async def test_periods_are_listed_newest_first_for_who_sees_the_object(
    api: Api, login: Login, db: Database, place: UUID, people: People
) -> None:
    other = await add_object(db, "Other")
    await assign(db, people["technician"], other)
    first, second = await add_period(db, place), await add_period(db, other, state=ServiceState.ENDED)
    third = await add_period(db, other)
    operator, technician = await login(api, "operator"), await login(api, "technician")

    async def listed(client: Any, **filters: Any) -> list[UUID]:
        return [mode.id for mode in (await client.service_modes.modes(**filters)).items]

    assert await listed(operator) == [third, second, first]
    assert await listed(technician) == [third, second]
    assert await listed(operator, in_force=True) == [third, first]
    assert await listed(operator, state=[ServiceState.ENDED]) == [second]
    assert await listed(operator, object_id=place) == [first]
    page = await operator.service_modes.modes(limit=2)
    rest = await operator.service_modes.modes(limit=2, cursor=page.next_cursor)
    assert [mode.id for mode in (*page.items, *rest.items)] == [third, second, first]


async def test_the_gauge_counts_what_is_in_force(db: Database, place: UUID) -> None:
    await add_period(db, place)
    await add_period(db, place, begun=-timedelta(hours=2), ends=-timedelta(hours=1))
    await housekeeping.measure_service(db)
    assert housekeeping.SERVICE_ACTIVE._value.get() == 1


# -- what is refused


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"minutes": 0}, "minutes"),
        ({"minutes": 61}, "minutes"),
        ({"minutes": 43_201}, "minutes"),
        ({"reason": " abcd "}, "reason"),
        ({"zones": {}}, "zones"),
        ({"zones": {UUID(int=7): [1]}}, "zones.0.panel_id"),
        ({"alarm_types": []}, "alarm_types"),
        ({"alarm_types": ["INTRUSION", "HOLDUP"]}, "alarm_types.1"),
        ({"alarm_types": ["FIRE"]}, "alarm_types.0"),
        ({"alarm_types": ["NOISE"]}, "alarm_types.0"),
        ({"until": "tomorrow"}, "until"),
    ],
)
async def test_what_cannot_be_is_told_by_field(
    api: Api, login: Login, db: Database, place: UUID, body: dict[str, Any], field: str
) -> None:
    await configure(db, place, service_max_minutes=60, never_silenced=["FIRE"])
    admin = await login(api, "admin")
    error = await refused(admin.service_modes.begin(place, **{"minutes": 30, "reason": REASON, **body}))
    assert (error.status, [one.field for one in error.errors]) == (422, [field])
    assert (await admin.service_modes.modes()).items == ()


async def test_a_zone_that_the_panel_does_not_have_is_told(api: Api, login: Login, db: Database, place: UUID) -> None:
    panel = await add_panel(db, place)
    admin = await login(api, "admin")
    error = await refused(admin.service_modes.begin(place, minutes=30, reason=REASON, zones={panel: [4, 5]}))
    assert [one.field for one in error.errors] == ["zones.0.numbers.1"]


async def test_what_is_not_there_is_not_found(api: Api, login: Login) -> None:
    admin = await login(api, "admin")
    calls = (
        admin.service_modes.begin(uuid4(), minutes=30, reason=REASON),
        admin.service_modes.end(uuid4()),
        admin.service_modes.release(uuid4()),
    )
    for call in calls:
        assert (await refused(call)).code is ErrorCode.NOT_FOUND


async def test_an_extension_is_refused_when_it_is_late_stale_or_too_long(
    whole_api: Api, login: Login, db: Database, place: UUID
) -> None:
    await configure(db, place, service_max_minutes=60)
    admin = await login(whole_api, "admin")
    begun = await admin.service_modes.begin(place, minutes=30, reason=REASON)
    too_long = await refused(admin.service_modes.extend(begun, 31))
    assert (too_long.status, [one.field for one in too_long.errors]) == (422, ["minutes"])
    extended = await admin.service_modes.extend(begun, 10)
    stale = await refused(admin.service_modes.extend(begun, 10))
    assert (stale.code, stale.current and stale.current["version"]) == (ErrorCode.STALE_VERSION, extended.version)
    await admin.service_modes.end(begun.id)
    newest = (await admin.service_modes.modes()).items[0]
    assert (await refused(admin.service_modes.extend(newest, 10))).code is ErrorCode.CONFLICT


# -- two persons


@pytest.fixture
async def guarded_api(
    settings: Settings, people: People, temporal_address: str, temporal_client: Client, db: Database, tmp_path: Any
) -> AsyncIterator[Api]:
    """Where some things need a second person."""
    flags = tmp_path / "flags.yaml"
    flags.write_text("flags:\n  service_mode: true\n  two_person: true\n")
    changes = {"temporal_address": temporal_address, "feature_flags_file": flags}
    with_temporal = settings.model_copy(update=changes)
    async with worker.build(temporal_client, db, with_temporal), serving(with_temporal) as running:
        yield running


async def test_a_long_one_waits_for_another_person(
    guarded_api: Api, login: Login, db: Database, place: UUID, people: People
) -> None:
    await configure(db, place, two_person=True)
    admin, master = await login(guarded_api, "admin"), await login(guarded_api, "master")
    asked = await admin.service_modes.begin(place, minutes=61, reason=REASON)
    assert (asked.state, asked.in_force) == (ServiceState.AWAITING_RELEASE, False)
    assert (await admin.object_admin.detail(place)).service_modes == (asked,)
    assert (await refused(admin.service_modes.release(asked.id))).code is ErrorCode.FORBIDDEN
    released = await master.service_modes.release(asked.id)
    assert (released.state, released.released_by) == (ServiceState.ACTIVE, people["master"])
    assert released.ends_at - released.begun_at == timedelta(minutes=61)
    assert await master.service_modes.release(asked.id) == released, "safe to repeat"
    assert (await refused(admin.service_modes.release(asked.id))).code is ErrorCode.CONFLICT
    assert ("service.released", people["master"]) in await audited(db)
    assert [state["state"] for state in await told(db)] == ["AWAITING_RELEASE", "ACTIVE"]


async def test_who_began_a_short_one_alone_does_not_make_it_long_alone(
    guarded_api: Api, login: Login, db: Database, place: UUID, people: People
) -> None:
    await configure(db, place, two_person=True)
    admin, master = await login(guarded_api, "admin"), await login(guarded_api, "master")
    begun = await admin.service_modes.begin(place, minutes=50, reason=REASON)
    assert begun.state is ServiceState.ACTIVE
    assert (await refused(admin.service_modes.extend(begun, 11))).code is ErrorCode.FORBIDDEN
    extended = await master.service_modes.extend(begun, 11)
    assert extended.released_by == people["master"]


async def test_who_asked_takes_it_back_while_it_waits(guarded_api: Api, login: Login, db: Database, place: UUID) -> None:
    await configure(db, place, two_person=True)
    admin = await login(guarded_api, "admin")
    asked = await admin.service_modes.begin(place, minutes=61, reason=REASON)
    assert (await admin.service_modes.end(asked.id)).state is ServiceState.REFUSED


# -- Temporal away


async def test_without_temporal_nothing_is_silenced(api: Api, login: Login, db: Database, place: UUID) -> None:
    admin = await login(api, "admin")
    error = await refused(admin.service_modes.begin(place, minutes=30, reason=REASON))
    assert (error.status, error.code) == (503, ErrorCode.TEMPORAL_UNAVAILABLE)
    (left,) = (await admin.service_modes.modes()).items
    assert (left.state, left.in_force) == (ServiceState.REFUSED, False)
    assert (await admin.object(place)).status is ObjectStatus.ACTIVE


async def test_without_temporal_the_end_silences_nothing_more_and_is_summed_up_later(
    api: Api, settings: Settings, login: Login, db: Database, place: UUID, temporal_client: Client, temporal_address: str
) -> None:
    admin = await login(api, "admin")
    service_id = await add_period(db, place)
    for _ in range(2):
        assert (await refused(admin.service_modes.end(service_id))).code is ErrorCode.TEMPORAL_UNAVAILABLE
    assert (await admin.object(place)).status is ObjectStatus.ACTIVE
    assert [action for action, _ in await audited(db)] == ["service.ended"]
    with_temporal = settings.model_copy(update={"temporal_address": temporal_address})
    async with worker.build(temporal_client, db, with_temporal), serving(with_temporal) as whole:
        ended = await (await login(whole, "admin")).service_modes.end(service_id)
    assert (ended.state, ended.summary is not None, ended.ended_by) == (ServiceState.ENDED, True, admin.user.id)


async def test_a_request_nobody_ever_began_is_refused_by_the_next_one(
    whole_api: Api, login: Login, db: Database, place: UUID
) -> None:
    forgotten = await add_period(db, place, begun=-timedelta(minutes=9), state=ServiceState.AWAITING_RELEASE)
    admin = await login(whole_api, "admin")
    begun = await admin.service_modes.begin(place, minutes=30, reason=REASON)
    assert (await row_of(db, forgotten)).state is ServiceState.REFUSED
    assert [mode.id for mode in (await admin.object_admin.detail(place)).service_modes] == [begun.id]


async def test_a_lost_workflow_is_started_again_by_the_end(
    whole_api: Api, login: Login, db: Database, place: UUID, temporal_client: Client
) -> None:
    admin = await login(whole_api, "admin")
    begun = await admin.service_modes.begin(place, minutes=30, reason=REASON)
    await temporal_client.get_workflow_handle(names.service_workflow_id(begun.id)).terminate()
    assert (await admin.service_modes.end(begun.id)).summary is not None


async def test_no_text_of_a_person_is_in_the_history_or_the_push(
    whole_api: Api, login: Login, db: Database, place: UUID, temporal_client: Client
) -> None:
    admin = await login(whole_api, "admin")
    begun = await admin.service_modes.begin(place, minutes=30, reason=REASON)
    await admin.service_modes.end(begun.id)
    history = await temporal_client.get_workflow_handle(names.service_workflow_id(begun.id)).fetch_history()
    assert REASON.encode() not in b"".join(event.SerializeToString() for event in history.events)
    assert REASON not in str(await told(db))
