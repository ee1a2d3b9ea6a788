"""Service mode against a real PostgreSQL (R-SERVICE): what the recorder silences, until when, and what its end leaves."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from temporalio.exceptions import ApplicationError
from uuid_utils.compat import uuid7

from activities import service_metrics
from activities.db.ledger import balance
from activities.db.session import Database
from activities.service_modes import ServiceActivities
from tests.activities.recording import World
from tests.support.eventually import eventually
from tests.support.service import add_period, add_user, period
from tests.support.signals import edge
from workflows.contracts import names
from workflows.contracts.service_mode import BeginService, DecideService, ExtendService, ServiceRef, WarnService
from workflows.domain.alarm import AlarmType, Outcome, Signal
from workflows.domain.service import ServiceRefusal, ServiceState
from workflows.domain.two_person import ReleaseRefusal

SILENT, RINGS = Outcome.SUPPRESSED, Outcome.EVENT
HOUR = timedelta(hours=1)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database.connect(database_url, pool=8)
    yield database
    await database.dispose()


@pytest.fixture
async def world(db: Database) -> World:
    return await World.made(db, 2)


@pytest.fixture
def service(db: Database) -> ServiceActivities:
    return ServiceActivities(db)


def now() -> datetime:
    return datetime.now(UTC)


def alarm(world: World, zone: int = 1, **more: Any) -> Signal:
    return edge(world.panel, zone, now(), **more)


async def bundles(world: World, **values: Any) -> list[tuple[str, str, bool, int]]:
    rows = await world.rows("SELECT alarm_type, priority, suppressed, active_count FROM bundle_alarms ORDER BY id")
    return [(row["alarm_type"], row["priority"], row["suppressed"], row["active_count"]) for row in rows]


async def told(world: World) -> list[dict[str, Any]]:
    rows = await world.rows("SELECT payload FROM outbox WHERE type = :type ORDER BY id", type=names.SERVICE_CHANGED)
    return [row["payload"] for row in rows]


async def audited(world: World) -> list[str]:
    return [row["action"] for row in await world.rows("SELECT action FROM audit_log ORDER BY id")]


def by(actor: UUID | None, service_id: UUID) -> DecideService:
    return DecideService(service_id=service_id, actor_id=actor, request_id="r-1")


# -- the recorder


async def test_r_service_events_are_recorded_silently_and_a_hold_up_rings(world: World) -> None:
    await add_period(world.db, world.objects[0])
    before = service_metrics.SUPPRESSED._value.get()
    recorded = await world.record(
        alarm(world, 1), alarm(world, 2, alarm_type=AlarmType.HOLDUP, code=122), edge(world.panels[1], 1, now())
    )
    assert recorded.outcomes == (SILENT, RINGS, RINGS)
    assert await bundles(world) == [
        ("INTRUSION", "LOW", True, 1),
        ("HOLDUP", "CRITICAL", False, 1),
        ("INTRUSION", "HIGH", False, 1),
    ]
    assert service_metrics.SUPPRESSED._value.get() == before + 1
    pushed = await world.rows("SELECT payload FROM outbox ORDER BY id")
    assert sorted(row["payload"]["alarm"]["suppressed"] for row in pushed) == [False, False, True]
    async with world.db.read() as session:
        result = await balance(session, datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
    assert (result.balanced, result.by_outcome) == (True, {"SUPPRESSED": 1, "EVENT": 2})


@pytest.mark.parametrize(
    ("columns", "outcome"),
    [
        ({}, SILENT),
        ({"ends": timedelta(milliseconds=-1)}, RINGS),
        ({"state": ServiceState.AWAITING_RELEASE}, RINGS),
        ({"state": ServiceState.ENDED}, RINGS),
        ({"state": ServiceState.REFUSED}, RINGS),
        ({"scope": {"alarm_types": ["TAMPER"]}}, RINGS),
        ({"scope": {"alarm_types": ["INTRUSION", "TAMPER"]}}, SILENT),
    ],
)
async def test_only_an_active_period_before_its_end_by_the_database_silences(
    world: World, columns: dict[str, Any], outcome: Outcome
) -> None:
    await add_period(world.db, world.objects[0], begun=-HOUR, **columns)
    assert (await world.record(alarm(world))).outcomes == (outcome,)


async def test_zones_are_those_of_the_named_panel(world: World) -> None:
    await add_period(world.db, world.objects[0], scope={"zones": {str(world.panel): [2, 3]}})
    assert (await world.record(alarm(world, 1), alarm(world, 2), alarm(world, 3))).outcomes == (RINGS, SILENT, SILENT)


async def test_what_the_object_never_silences_rings(world: World) -> None:
    await add_period(world.db, world.objects[0])
    await world.execute("""INSERT INTO object_alarm_config (object_id, never_silenced) SELECT id, '["FIRE"]' FROM objects""")
    assert (await world.record(alarm(world, alarm_type=AlarmType.FIRE))).outcomes == (RINGS,)


async def test_an_alarm_outside_the_scope_is_not_hidden_in_the_silent_bundle(world: World) -> None:
    await add_period(world.db, world.objects[0], scope={"zones": {str(world.panel): [1]}})
    await world.record(alarm(world, 1))
    await world.execute("UPDATE bundle_alarms SET status = 'ACK'")
    await world.record(alarm(world, 2))
    await world.record(alarm(world, 1, restore=True), alarm(world, 3))
    assert await bundles(world) == [("INTRUSION", "LOW", True, 0), ("INTRUSION", "HIGH", False, 2)]
    assert await world.value("SELECT count(*) FROM bundle_alarms WHERE joinable") == 1


async def test_batches_at_the_same_time_keep_silent_and_ringing_apart(world: World) -> None:
    """Recorders on one object: one bundle of each kind. The silent one is there first: what is silenced may join one that
    rings."""
    await add_period(world.db, world.objects[0], scope={"zones": {str(world.panel): [1, 2, 3, 4, 5, 6, 7, 8]}})
    await world.record(alarm(world, 1))

    async def lane(zones: range) -> None:
        for zone in zones:
            await world.record(alarm(world, zone))

    await asyncio.gather(lane(range(1, 9)), lane(range(9, 17)), lane(range(4, 12)))
    rows = await world.rows("SELECT suppressed, priority, event_count FROM bundle_alarms ORDER BY suppressed")
    assert [(row["suppressed"], row["priority"]) for row in rows] == [(False, "HIGH"), (True, "LOW")]
    assert sum(row["event_count"] for row in rows) == await world.value("SELECT count(*) FROM events")
    assert not await world.rows(
        "SELECT 1 FROM events e JOIN bundle_alarms b ON b.id = e.bundle_id WHERE b.suppressed AND NOT e.suppressed"
    )


async def test_an_end_waits_for_what_is_being_recorded_silently_and_nothing_follows(
    world: World, service: ServiceActivities
) -> None:
    """The recorder has found the period in force and is held up: the end comes after it, and knows its alarm."""
    admin = await add_user(world.db)
    await world.record(alarm(world, 9))
    service_id = await add_period(world.db, world.objects[0])
    async with world.db.write() as blocker:
        await blocker.execute(text("SELECT 1 FROM bundle_alarms FOR UPDATE"))
        recording = asyncio.create_task(world.record(alarm(world)))
        await eventually(lambda: _waiting(world, 1))
        ending = asyncio.create_task(service.end_service(by(admin, service_id)))
        await eventually(lambda: _waiting(world, 2))
    assert (await recording).outcomes == (SILENT,)
    assert (await ending).state is ServiceState.ENDED
    settled = await service.settle_service(ServiceRef(service_id=service_id))
    assert (settled.events, settled.active, settled.rung) == (1, 1, 1)
    assert (await world.record(alarm(world, 2))).outcomes == (RINGS,)


async def test_what_waited_for_its_turn_while_service_mode_ended_rings(world: World, service: ServiceActivities) -> None:
    admin = await add_user(world.db)
    service_id = await add_period(world.db, world.objects[0])
    async with world.db.write() as other_recorder:
        lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:id, 0))")
        await other_recorder.execute(lock, {"id": str(world.objects[0])})
        recording = asyncio.create_task(world.record(alarm(world)))
        await eventually(lambda: _waiting(world, 1))
        assert (await service.end_service(by(admin, service_id))).state is ServiceState.ENDED
    assert (await recording).outcomes == (RINGS,)


async def _waiting(world: World, count: int) -> bool:
    """Whether so many transactions of this database wait for another."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return bool(await world.value(waiting) == count)


# -- the activities


async def test_one_person_begins_it_for_as_long_as_was_asked_for(world: World, service: ServiceActivities) -> None:
    service_id = await add_period(
        world.db, world.objects[0], begun=-HOUR, ends=timedelta(), state=ServiceState.AWAITING_RELEASE
    )
    waiting = await service.begin_service(BeginService(service_id=service_id, alone=False))
    assert waiting.state is ServiceState.AWAITING_RELEASE
    begun = await service.begin_service(BeginService(service_id=service_id, alone=True))
    again = await service.begin_service(BeginService(service_id=service_id, alone=True))
    assert (begun.state, begun.ends_at - begun.begun_at) == (ServiceState.ACTIVE, HOUR)
    assert begun.begun_at > now() - timedelta(minutes=1)
    assert again == begun
    assert (await audited(world), len(await told(world))) == ([], 1)


async def test_the_second_person_is_another_and_comes_once(world: World, service: ServiceActivities) -> None:
    first, second, third = [await add_user(world.db) for _ in range(3)]
    service_id = await add_period(world.db, world.objects[0], state=ServiceState.AWAITING_RELEASE, requested_by=first)
    alone = await service.release_service(by(first, service_id))
    assert (alone.release_refusal, alone.row.state) == (ReleaseRefusal.SAME_PERSON, ServiceState.AWAITING_RELEASE)
    agreed = await service.release_service(by(second, service_id))
    assert (agreed.release_refusal, agreed.row.state) == (None, ServiceState.ACTIVE)
    assert await service.release_service(by(second, service_id)) == agreed, "a repeated try"
    assert (await service.release_service(by(third, service_id))).release_refusal is ReleaseRefusal.NOT_WAITING
    assert (await period(world.db, service_id)).released_by == second
    assert await audited(world) == ["service.released"]


async def test_nobody_agreed(world: World, service: ServiceActivities) -> None:
    service_id = await add_period(world.db, world.objects[0], state=ServiceState.AWAITING_RELEASE)
    refused = await service.refuse_service(by(None, service_id))
    assert refused.state is ServiceState.REFUSED
    assert await service.refuse_service(by(None, service_id)) == refused
    assert (await world.record(alarm(world))).outcomes == (RINGS,)


async def test_an_extension_is_done_once_within_the_limit_of_the_object(world: World, service: ServiceActivities) -> None:
    admin = await add_user(world.db)
    service_id = await add_period(world.db, world.objects[0], begun=-HOUR, ends=HOUR)
    await world.execute("INSERT INTO object_alarm_config (object_id, service_max_minutes) SELECT id, 180 FROM objects")
    row = await period(world.db, service_id)
    order = ExtendService(
        service_id=service_id, actor_id=admin, seen_ends_at=row.ends_at, ends_at=row.ends_at + HOUR, request_id="r-1"
    )
    extended = await service.extend_service(order)
    assert (extended.refusal, extended.row.ends_at, extended.row.version) == (None, row.ends_at + HOUR, row.version + 1)
    assert await service.extend_service(order) == extended
    further = replace(order, seen_ends_at=order.ends_at, ends_at=order.ends_at + timedelta(minutes=1))
    assert (await service.extend_service(further)).refusal is ServiceRefusal.TOO_LONG
    other = replace(order, ends_at=row.ends_at + 2 * HOUR)
    assert (await service.extend_service(other)).refusal is ServiceRefusal.STALE_VERSION
    assert await audited(world) == ["service.extended"]


async def test_an_extension_that_two_must_agree_to_is_not_for_who_began_it(world: World, service: ServiceActivities) -> None:
    first, second = await add_user(world.db), await add_user(world.db)
    service_id = await add_period(world.db, world.objects[0], requested_by=first)
    row = await period(world.db, service_id)
    order = ExtendService(
        service_id=service_id, actor_id=first, seen_ends_at=row.ends_at, ends_at=row.ends_at + HOUR, second=True
    )
    assert (await service.extend_service(order)).refusal is ServiceRefusal.NEEDS_SECOND
    assert (await service.extend_service(replace(order, actor_id=second))).refusal is None
    assert (await period(world.db, service_id)).released_by == second


async def test_what_is_over_by_the_clock_is_not_extended(world: World, service: ServiceActivities) -> None:
    admin = await add_user(world.db)
    service_id = await add_period(world.db, world.objects[0], begun=-HOUR, ends=timedelta(seconds=-1))
    row = await period(world.db, service_id)
    order = ExtendService(service_id=service_id, actor_id=admin, seen_ends_at=row.ends_at, ends_at=row.ends_at + HOUR)
    assert (await service.extend_service(order)).refusal is ServiceRefusal.NOT_ACTIVE


async def test_the_warning_is_of_the_end_that_still_holds(world: World, service: ServiceActivities) -> None:
    service_id = await add_period(world.db, world.objects[0])
    row = await period(world.db, service_id)
    await service.warn_of_service_end(WarnService(service_id=service_id, ends_at=row.ends_at - HOUR))
    assert await told(world) == []
    await service.warn_of_service_end(WarnService(service_id=service_id, ends_at=row.ends_at))
    (warning,) = await told(world)
    assert (warning["ends_soon"], warning["service_id"], warning["state"]) == (True, str(service_id), "ACTIVE")


async def test_time_ends_it_when_it_is_due_by_the_database_and_a_person_at_once(
    world: World, service: ServiceActivities
) -> None:
    admin = await add_user(world.db)
    early = await add_period(world.db, world.objects[0])
    due = await add_period(world.db, world.objects[0], begun=-HOUR, ends=timedelta(seconds=-1))
    assert (await service.end_service(by(None, early))).state is ServiceState.ACTIVE
    assert (await service.end_service(by(admin, early))).state is ServiceState.ENDED
    assert (await service.end_service(by(None, due))).state is ServiceState.ENDED
    assert [(await period(world.db, one)).ended_by for one in (early, due)] == [admin, None]


async def test_what_is_not_there_is_said(service: ServiceActivities) -> None:
    with pytest.raises(ApplicationError, match="no such service mode"):
        await service.begin_service(BeginService(service_id=uuid7(), alone=True))


# -- the end


async def test_r_service_the_summary_tells_what_was_silenced_and_what_still_stands(
    world: World, service: ServiceActivities
) -> None:
    admin = await add_user(world.db)
    service_id = await add_period(world.db, world.objects[0])
    await world.record(alarm(world, 1), alarm(world, 2), alarm(world, 3, alarm_type=AlarmType.TAMPER))
    await world.record(alarm(world, 1, restore=True), edge(world.panels[1], 1, now()))
    await service.end_service(by(admin, service_id))
    settled = await service.settle_service(ServiceRef(service_id=service_id))
    assert (settled.events, settled.active, settled.rung) == (3, 2, 2)
    summed = (await period(world.db, service_id)).summary
    assert summed is not None
    assert (summed["events"], summed["bundles"], summed["by_type"]) == (3, 2, {"INTRUSION": 2, "TAMPER": 1})
    assert {(one["source_number"], one["alarm_type"]) for one in summed["still_active"]} == {(2, "INTRUSION"), (3, "TAMPER")}
    assert await audited(world) == ["service.ended", "service.settled"]
    ended, summed_up = await told(world)
    assert (ended["state"], "events" in ended) == ("ENDED", False)
    assert (summed_up["events"], summed_up["active"]) == (3, 2)


async def test_r_service_what_still_stands_rings_at_the_end_even_when_it_was_closed_as_silent(
    world: World, service: ServiceActivities
) -> None:
    admin = await add_user(world.db)
    service_id = await add_period(world.db, world.objects[0])
    await world.record(alarm(world, 1))
    await world.execute("UPDATE bundle_alarms SET status = 'CLOSED', joinable = false")
    await service.end_service(by(admin, service_id))
    await service.settle_service(ServiceRef(service_id=service_id))
    assert await bundles(world) == [("INTRUSION", "LOW", True, 0), ("INTRUSION", "HIGH", False, 1)]
    told_new = await world.rows("SELECT payload, orchestrate FROM outbox WHERE type = :t ORDER BY id", t=names.ALARM_NEW)
    assert [(row["payload"]["alarm"]["suppressed"], row["orchestrate"]) for row in told_new] == [(True, True), (False, True)]
    async with world.db.read() as session:
        result = await balance(session, datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
    assert result.balanced


async def test_settling_again_keeps_the_summary_and_rings_nothing_twice(world: World, service: ServiceActivities) -> None:
    admin = await add_user(world.db)
    service_id = await add_period(world.db, world.objects[0])
    await world.record(alarm(world, 1))
    await service.end_service(by(admin, service_id))
    first = await service.settle_service(ServiceRef(service_id=service_id))
    again = await service.settle_service(ServiceRef(service_id=service_id))
    assert (again.events, again.active, again.rung) == (first.events, first.active, 0)
    assert len(await bundles(world)) == 2


async def test_what_was_lost_between_the_summary_and_the_ring_is_not_settled_and_rings_by_the_next(
    world: World, service: ServiceActivities, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker is killed there, and somebody terminates the workflow: the row tells the reconciliation."""
    admin = await add_user(world.db)
    service_id = await add_period(world.db, world.objects[0])
    await world.record(alarm(world, 1))
    await service.end_service(by(admin, service_id))

    async def killed(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr("activities.service_modes.record_signals", killed)
        with pytest.raises(RuntimeError):
            await service.settle_service(ServiceRef(service_id=service_id))
    lost = await period(world.db, service_id)
    assert (lost.summary is not None, lost.settled_at) == (True, None)
    assert len(await bundles(world)) == 1
    settled = await service.settle_service(ServiceRef(service_id=service_id))
    assert (settled.active, settled.rung) == (1, 1)
    assert (await period(world.db, service_id)).settled_at is not None
    assert await bundles(world) == [("INTRUSION", "LOW", True, 0), ("INTRUSION", "HIGH", False, 1)]


async def test_what_another_period_covers_stays_silent(world: World, service: ServiceActivities) -> None:
    admin = await add_user(world.db)
    zones = {"zones": {str(world.panel): [1, 2]}}
    service_id = await add_period(world.db, world.objects[0], scope=zones)
    await add_period(world.db, world.objects[0], scope={"zones": {str(world.panel): [2]}})
    await world.record(alarm(world, 1), alarm(world, 2))
    await service.end_service(by(admin, service_id))
    settled = await service.settle_service(ServiceRef(service_id=service_id))
    assert (settled.events, settled.active, settled.rung) == (2, 2, 1)
    assert await bundles(world) == [("INTRUSION", "LOW", True, 1), ("INTRUSION", "HIGH", False, 1)]
