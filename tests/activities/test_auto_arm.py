"""The activities of AutoArm in a real database: the run's row and all its traces commit together."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from prometheus_client import REGISTRY
from uuid_utils.compat import uuid7

from activities.auto_arm import AutoArmActivities
from activities.db.models.audit_log import AuditEntry
from activities.db.models.auto_arm_holidays import AutoArmHoliday
from activities.db.models.auto_arm_runs import AutoArmRun
from activities.db.models.outbox import OutboxRow
from activities.db.models.panel_releases import PanelRelease
from activities.db.models.service_modes import ServiceMode
from activities.db.models.users import User
from activities.db.session import Database
from tests.activities.recording import World
from tests.support.auto_arm_rows import ZONE, add_exception, add_schedule, add_states, in_minutes, local
from tests.support.rows import all_rows
from workflows.contracts import names
from workflows.contracts.auto_arm import FiringRef, FiringStart, RunChange, RunRef, Verdict
from workflows.domain.auto_arm import RunOutcome, RunStatus
from workflows.domain.panel import LinkStatus, PartitionState
from workflows.domain.permissions import Role
from workflows.domain.schedule import HolidayPolicy
from workflows.domain.service import ServiceState

R, S = RunOutcome, RunStatus


@pytest.fixture
async def world(db: Database) -> World:
    return await World.made(db)


@pytest.fixture
def done(db: Database) -> AutoArmActivities:
    return AutoArmActivities(db, ZONE)


async def begin(done: AutoArmActivities, schedule_id: UUID, at: datetime, workflow_id: str = "w1") -> FiringStart:
    return await done.begin_auto_arm(FiringRef(schedule_id=schedule_id, started_for=at, workflow_id=workflow_id))


async def begun(done: AutoArmActivities, panel_id: UUID, **more: Any) -> UUID:
    at = in_minutes(1)
    schedule_id = await add_schedule(done.db, panel_id, local(at), **more)
    started = await begin(done, schedule_id, at, f"w-{schedule_id}")
    assert started.plan is not None
    return started.plan.run_id


async def change(done: AutoArmActivities, run_id: UUID, number: int, status: RunStatus, **more: Any) -> None:
    await done.change_auto_arm_run(RunChange(run_id=run_id, number=number, status=status, **more))


async def test_a_firing_begins_with_a_row_as_the_schedule_says(db: Database, world: World, done: AutoArmActivities) -> None:
    at = in_minutes(15)
    schedule_id = await add_schedule(db, world.panel, local(at), warn_minutes=15, deadline_minutes=45, partitions=[3])
    started = await begin(done, schedule_id, at - timedelta(minutes=15))
    assert started.verdict is Verdict.DUE
    assert started.plan is not None
    assert (started.plan.fire_at, started.plan.warn_at) == (at, at - timedelta(minutes=15))
    assert (started.plan.partitions, started.plan.deadline) == ((3,), timedelta(minutes=45))
    (row,) = await all_rows(db, AutoArmRun)
    assert (row.status, row.fire_at, row.deadline_at) == (S.PENDING, at, at + timedelta(minutes=45))


async def test_a_repetition_finds_its_own_row_and_another_workflow_somebody_elses(
    db: Database, world: World, done: AutoArmActivities
) -> None:
    at = in_minutes(1)
    schedule_id = await add_schedule(db, world.panel, local(at))
    first = await begin(done, schedule_id, at)
    assert await begin(done, schedule_id, at) == first
    assert (await begin(done, schedule_id, at, "w2")).verdict is Verdict.REPEATED
    assert len(await all_rows(db, AutoArmRun)) == 1


@pytest.mark.parametrize("why", ["disabled", "weekday", "deleted", "panel deleted", "unknown"])
async def test_what_the_row_has_no_firing_for_is_not_due(db: Database, world: World, done: AutoArmActivities, why: str) -> None:
    at, now = in_minutes(1), datetime.now(UTC)
    weekday = at.astimezone(ZoneInfo(ZONE)).isoweekday() % 7 + 2
    more: dict[str, dict[str, Any]] = {
        "disabled": {"enabled": False},
        "weekday": {"weekdays": [(weekday - 1) % 7 + 1]},
        "deleted": {"deleted_at": now},
    }
    schedule_id = await add_schedule(db, world.panel, local(at), **more.get(why, {}))
    if why == "panel deleted":
        await world.execute("UPDATE panels SET deleted_at = now()")
    started = await begin(done, uuid4() if why == "unknown" else schedule_id, at)
    assert started.verdict is Verdict.NOT_DUE
    assert await all_rows(db, AutoArmRun) == []


@pytest.mark.parametrize("why", [R.HOLIDAY, R.EXCEPTION])
async def test_a_day_that_is_left_out_is_recorded_as_skipped_with_its_reason(
    db: Database, world: World, done: AutoArmActivities, why: RunOutcome
) -> None:
    at = in_minutes(1)
    schedule_id = await add_schedule(db, world.panel, local(at), holidays=HolidayPolicy.SKIP)
    day = at.astimezone(ZoneInfo(ZONE)).date()
    if why is R.HOLIDAY:
        async with db.write() as session:
            session.add_all(AutoArmHoliday(day=day + timedelta(days=n), name="Stock-taking") for n in (-1, 0, 1))
    else:
        for n in (-1, 0, 1):
            await add_exception(db, schedule_id, day + timedelta(days=n), None)
    started = await begin(done, schedule_id, at)
    assert (started.verdict, started.outcome) == (Verdict.ENDED, why)
    (row,) = await all_rows(db, AutoArmRun)
    assert (row.status, row.outcome, row.fire_at) == (S.SKIPPED, why, at)
    assert await world.value("SELECT count(*) FROM bundle_alarms") == 0
    (entry,) = await all_rows(db, AuditEntry)
    assert (entry.action, entry.subject_id, entry.actor_id) == ("auto_arm.skipped", row.id, None)


async def test_a_firing_that_comes_too_late_is_missed_and_raises_the_alarm(
    db: Database, world: World, done: AutoArmActivities
) -> None:
    at = in_minutes(-40)
    schedule_id = await add_schedule(db, world.panel, local(at), deadline_minutes=30)
    started = await begin(done, schedule_id, at)
    assert (started.verdict, started.outcome) == (Verdict.ENDED, R.MISSED)
    (bundle,) = await world.rows("SELECT alarm_type, priority, object_id, headline FROM bundle_alarms")
    assert (bundle["alarm_type"], bundle["priority"], bundle["object_id"]) == ("AUTO_ARM_FAILURE", "HIGH", world.objects[0])
    assert bundle["headline"]["partition"] == 1
    assert await begin(done, schedule_id, at) == started
    assert await world.value("SELECT count(*) FROM events") == 1


async def test_a_firing_that_comes_late_inside_its_window_is_due(db: Database, world: World, done: AutoArmActivities) -> None:
    at = in_minutes(-20)
    schedule_id = await add_schedule(db, world.panel, local(at), deadline_minutes=30)
    assert (await begin(done, schedule_id, at)).verdict is Verdict.DUE


async def test_a_run_that_lost_its_workflow_is_taken_up_where_it_was(
    db: Database, world: World, done: AutoArmActivities
) -> None:
    run_id = await begun(done, world.panel)
    (row,) = await all_rows(db, AutoArmRun)
    later = row.fire_at + timedelta(minutes=30)
    await change(done, run_id, 4, S.PENDING, target_at=later)
    ref = FiringRef(schedule_id=row.schedule_id, started_for=row.fire_at, workflow_id="other", run_id=run_id)
    started = await done.begin_auto_arm(ref)
    assert started.plan is not None
    assert (started.plan.run_id, started.plan.target_at, started.plan.changes) == (run_id, later, 4)
    await world.execute("UPDATE auto_arm_schedules SET deleted_at = now()")
    assert (await done.begin_auto_arm(ref)).outcome is R.WITHDRAWN


# -- changes


async def test_each_change_is_told_and_a_repetition_is_none(db: Database, world: World, done: AutoArmActivities) -> None:
    run_id = await begun(done, world.panel)
    for _ in range(2):
        await change(done, run_id, 1, S.ARMING)
    await change(done, run_id, 2, S.ARMING, outcome=R.ZONES_OPEN, blocking=(5,))
    told = [row for row in await all_rows(db, OutboxRow) if row.type == names.SCHEDULE_FIRING]
    assert [(row.payload["status"], row.payload["outcome"], row.payload["blocking"]) for row in told] == [
        ("ARMING", None, []),
        ("ARMING", "ZONES_OPEN", [5]),
    ]
    assert all(row.push and row.object_id == world.objects[0] for row in told)
    assert await all_rows(db, AuditEntry) == []


async def test_a_failure_is_row_audit_push_and_alarm_in_one_transaction(
    db: Database, world: World, done: AutoArmActivities
) -> None:
    run_id, command = await begun(done, world.panel, partitions=[2]), uuid4()
    labels = {"status": "FAILED", "outcome": "ZONES_OPEN"}
    before = REGISTRY.get_sample_value("auto_arm_runs_total", labels) or 0
    for _ in range(2):
        await change(done, run_id, 1, S.FAILED, outcome=R.ZONES_OPEN, blocking=(5, 7), commands=(command,))
    (row,) = await all_rows(db, AutoArmRun)
    assert (row.status, row.outcome, row.blocking, row.commands) == (S.FAILED, R.ZONES_OPEN, [5, 7], [command])
    assert row.ended_at is not None
    (entry,) = await all_rows(db, AuditEntry)
    assert (entry.action, entry.detail["outcome"]) == ("auto_arm.failed", "ZONES_OPEN")
    (event,) = await world.rows("SELECT alarm_type, code, source_kind, source_number, detail FROM events")
    assert tuple(event.values())[:4] == ("AUTO_ARM_FAILURE", 2007, "PARTITION", 2)
    assert event["detail"] == {"outcome": "ZONES_OPEN", "run_id": str(run_id)}
    kinds = [row.type for row in await all_rows(db, OutboxRow)]
    assert sorted(kinds) == [names.ALARM_NEW, names.SCHEDULE_FIRING]
    assert REGISTRY.get_sample_value("auto_arm_runs_total", labels) == before + 1, "a repetition counts nothing"


async def test_two_failures_at_one_object_are_one_alarm_of_two_events(world: World, done: AutoArmActivities) -> None:
    for _ in range(2):
        await change(done, await begun(done, world.panel), 1, S.FAILED, outcome=R.NOT_CONNECTED)
    (bundle,) = await world.rows("SELECT event_count FROM bundle_alarms")
    assert bundle["event_count"] == 2


async def test_an_alarm_that_cannot_be_recorded_leaves_the_run_as_it_was(
    db: Database, world: World, done: AutoArmActivities, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = await begun(done, world.panel)

    async def breaks(*_: object) -> None:
        raise RuntimeError("no alarm")

    monkeypatch.setattr("activities.auto_arm.record_within", breaks)
    with pytest.raises(RuntimeError):
        await change(done, run_id, 1, S.FAILED, outcome=R.ZONES_OPEN)
    (row,) = await all_rows(db, AutoArmRun)
    assert (row.status, row.changes) == (S.PENDING, 0)
    assert (await all_rows(db, AuditEntry), await all_rows(db, OutboxRow)) == ([], [])


async def test_a_run_that_has_ended_stays_as_it_ended(db: Database, world: World, done: AutoArmActivities) -> None:
    run_id = await begun(done, world.panel)
    await change(done, run_id, 1, S.DONE, outcome=R.ARMED)
    await change(done, run_id, 2, S.PENDING)
    (row,) = await all_rows(db, AutoArmRun)
    assert (row.status, row.outcome) == (S.DONE, R.ARMED)


async def test_putting_off_moves_time_and_deadline_and_names_who_did(
    db: Database, world: World, done: AutoArmActivities
) -> None:
    run_id, anna = await begun(done, world.panel), await _person(db)
    (before,) = await all_rows(db, AutoArmRun)
    later = before.fire_at + timedelta(minutes=20)
    await change(done, run_id, 1, S.PENDING, target_at=later, actor_id=anna, request_id="r9")
    (row,) = await all_rows(db, AutoArmRun)
    assert (row.target_at, row.deadline_at - before.deadline_at) == (later, timedelta(minutes=20))
    assert (row.postponed_by, row.fire_at) == (anna, before.fire_at)
    (entry,) = await all_rows(db, AuditEntry)
    assert (entry.action, entry.actor_id, entry.request_id) == ("auto_arm.postponed", anna, "r9")


# -- what is so


async def test_the_newest_states_are_found(db: Database, world: World, done: AutoArmActivities) -> None:
    run_id = await begun(done, world.panel)
    unknown = await done.survey_auto_arm(RunRef(run_id=run_id))
    assert (unknown.states, unknown.link) == ({1: PartitionState.UNKNOWN, 2: PartitionState.UNKNOWN}, None)
    await add_states(db, world.panel, p1="DISARMED", p2="DISARMED", p3="ALARM")
    await add_states(db, world.panel, link=None, p1="ARMED_FULL")
    found = await done.survey_auto_arm(RunRef(run_id=run_id))
    assert found.states == {1: PartitionState.ARMED_FULL, 2: PartitionState.DISARMED}
    assert (found.link, found.in_service, found.released, found.withdrawn) == (LinkStatus.CONNECTED, False, False, False)


@pytest.mark.parametrize(
    ("state", "ends_in", "scope", "expected"),
    [
        (ServiceState.ACTIVE, 5, None, True),
        (ServiceState.ACTIVE, -5, None, False),
        (ServiceState.ENDED, 5, None, False),
        (ServiceState.AWAITING_RELEASE, 5, None, False),
        (ServiceState.ACTIVE, 5, {"alarm_types": ["TAMPER"]}, True),
        (ServiceState.ACTIVE, 5, {"zones": {"mine": [1]}}, True),
        (ServiceState.ACTIVE, 5, {"zones": {"other": [1]}}, False),
    ],
)
async def test_service_mode_counts_while_it_is_active_and_for_its_panels(
    db: Database,
    world: World,
    done: AutoArmActivities,
    state: ServiceState,
    ends_in: int,
    scope: dict[str, Any] | None,
    expected: bool,
) -> None:
    run_id, anna, now = await begun(done, world.panel), await _person(db), datetime.now(UTC)
    if scope is not None and "zones" in scope:
        scope = {"zones": {str(world.panel) if name == "mine" else name: zones for name, zones in scope["zones"].items()}}
    row = ServiceMode(
        id=uuid7(),
        object_id=world.objects[0],
        state=state,
        scope=scope,
        reason="detector",
        requested_by=anna,
        begun_at=now - timedelta(hours=1),
        ends_at=now + timedelta(minutes=ends_in),
    )
    async with db.write() as session:
        session.add(row)
    assert (await done.survey_auto_arm(RunRef(run_id=run_id))).in_service is expected


@pytest.mark.parametrize(("ended", "until", "expected"), [(False, 5, True), (True, 5, False), (False, -5, False)])
async def test_a_panel_is_released_until_it_is_taken_back(
    db: Database, world: World, done: AutoArmActivities, ended: bool, until: int, expected: bool
) -> None:
    run_id, anna, now = await begun(done, world.panel), await _person(db), datetime.now(UTC)
    row = PanelRelease(
        id=uuid7(),
        panel_id=world.panel,
        requested_by=anna,
        reason="programming",
        begun_at=now - timedelta(hours=1),
        until=now + timedelta(minutes=until),
        ended_at=now if ended else None,
    )
    async with db.write() as session:
        session.add(row)
    assert (await done.survey_auto_arm(RunRef(run_id=run_id))).released is expected


async def test_of_two_that_arm_the_same_the_first_to_begin_claims_it(
    db: Database, world: World, done: AutoArmActivities
) -> None:
    first, second = await begun(done, world.panel, partitions=[1, 2]), await begun(done, world.panel, partitions=[2, 3])
    await change(done, second, 1, S.ARMING)
    await change(done, first, 1, S.ARMING)
    assert (await done.survey_auto_arm(RunRef(run_id=second))).claimed == ()
    assert (await done.survey_auto_arm(RunRef(run_id=first))).claimed == (2, 3)
    await change(done, second, 2, S.DONE, outcome=R.ARMED)
    assert (await done.survey_auto_arm(RunRef(run_id=first))).claimed == ()


@pytest.mark.parametrize("sql", ["enabled = false", "at = '03:33'", "deleted_at = now()"])
async def test_a_firing_that_the_schedule_no_longer_has_is_withdrawn(world: World, done: AutoArmActivities, sql: str) -> None:
    run_id = await begun(done, world.panel)
    await world.execute(f"UPDATE auto_arm_schedules SET {sql}")
    assert (await done.survey_auto_arm(RunRef(run_id=run_id))).withdrawn


async def _person(db: Database) -> UUID:
    person = User(id=uuid7(), username=str(uuid4()), password_hash="-", role=Role.ADMIN, display_name="Anna")
    async with db.write() as session:
        session.add(person)
    return person.id
