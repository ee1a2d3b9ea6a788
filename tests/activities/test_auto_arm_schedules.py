"""Auto-arm at a real Temporal: a Schedule for each row, whatever somebody does to either, and a run for every firing."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from temporalio.client import (
    Client,
    ScheduleActionStartWorkflow,
    ScheduleCalendarSpec,
    ScheduleDescription,
    ScheduleOverlapPolicy,
    ScheduleRange,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.common import Priority, RetryPolicy
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from activities.auto_arm import AutoArmActivities
from activities.auto_arm_schedules import AutoArmSchedules
from activities.db.models.auto_arm_runs import AutoArmRun
from activities.db.repositories import auto_arm, objects
from activities.db.session import Database
from activities.infra.crypto import FieldCipher, new_key
from tests.activities.recording import World
from tests.support.auto_arm_rows import ZONE, add_exception, add_schedule, add_states, in_minutes, local
from tests.support.eventually import eventually
from tests.support.rows import all_rows
from workflows.auto_arm import AutoArm
from workflows.contracts import names
from workflows.contracts.auto_arm import AutoArmInput
from workflows.domain.auto_arm import RunOutcome, RunStatus
from workflows.domain.schedule import HolidayPolicy
from workflows.registry import workflow_runner

Harm = Callable[[ScheduleUpdateInput], None]

CIPHER = FieldCipher.parse(new_key())
SPRING = date(2027, 3, 28)  # the night in which Warsaw has no 2:30


@pytest.fixture
async def world(db: Database) -> World:
    return await World.made(db)


@pytest.fixture
async def keeper(db: Database, temporal_client: Client) -> AsyncIterator[AutoArmSchedules]:
    keeper = AutoArmSchedules(db, temporal_client, ZONE, on=True, task_queue=f"auto-arm-{uuid4()}")
    yield keeper
    await AutoArmSchedules(db, temporal_client, ZONE, on=False).reconcile()


async def described(keeper: AutoArmSchedules, schedule_id: UUID) -> ScheduleDescription | None:
    try:
        return await keeper.client.get_schedule_handle(names.auto_arm_schedule_id(schedule_id)).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None


async def settled(keeper: AutoArmSchedules) -> None:
    """Until the listing shows what was done: a second look finds nothing amiss."""
    await eventually(lambda: _finds_nothing(keeper), within=20, what="nothing is amiss")


async def _finds_nothing(keeper: AutoArmSchedules) -> bool:
    return await keeper.reconcile() == 0


async def test_a_row_has_a_schedule_of_its_calendar(keeper: AutoArmSchedules, world: World) -> None:
    schedule_id = await add_schedule(keeper.db, world.panel, time(20), weekdays=[5, 7], warn_minutes=15, updated_at=_now())
    assert await keeper.reconcile() == 1
    found = await described(keeper, schedule_id)
    assert found is not None
    assert [(at.isoweekday(), at.astimezone(_zone()).time()) for at in found.info.next_action_times[:3]] == _cycle(
        found.info.next_action_times[0].isoweekday(), time(19, 45)
    )
    assert found.schedule.policy.catchup_window == timedelta(minutes=45)
    assert not found.schedule.state.paused
    await settled(keeper)


def _cycle(first: int, at: time) -> list[tuple[int, time]]:
    other = {5: 7, 7: 5}
    return [(first, at), (other[first], at), (first, at)]


def _zone() -> ZoneInfo:
    return ZoneInfo(ZONE)


def _now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.parametrize(
    "harm", ["deleted", "paused", "edited", "many days edited"], ids=lambda harm: str(harm).replace(" ", "-")
)
async def test_what_somebody_does_to_a_schedule_at_temporal_does_not_last(
    keeper: AutoArmSchedules, world: World, harm: str
) -> None:
    schedule_id = await add_schedule(keeper.db, world.panel, updated_at=_now())
    if harm.startswith("many"):
        for day in range(1, 15):  # more than a listing tells
            await add_exception(keeper.db, schedule_id, date(2027, 5, day), time(12))
    await keeper.reconcile()
    await settled(keeper)
    handle = keeper.client.get_schedule_handle(names.auto_arm_schedule_id(schedule_id))
    before = await handle.describe()
    match harm:
        case "deleted":
            await handle.delete()
        case "paused":
            await handle.pause()
        case _:
            await handle.update(_at_noon_on_mondays)
    await eventually(lambda: _mended(keeper), within=20, what="it was noticed and mended")
    after = await described(keeper, schedule_id)
    assert after is not None
    assert (after.schedule.spec, after.schedule.state.paused) == (before.schedule.spec, False)


async def _mended(keeper: AutoArmSchedules) -> bool:
    return await keeper.reconcile() == 1


def _at_noon_on_mondays(found: ScheduleUpdateInput) -> ScheduleUpdate:
    changed = found.description.schedule
    noon = ScheduleCalendarSpec(hour=[ScheduleRange(12)], day_of_week=[ScheduleRange(1)])
    changed.spec.calendars = [noon, *list(changed.spec.calendars)[1:]]
    return ScheduleUpdate(changed)


def _action(found: ScheduleUpdateInput) -> ScheduleActionStartWorkflow:
    action = found.description.schedule.action
    assert isinstance(action, ScheduleActionStartWorkflow)
    return action


def _other_action(**changes: Any) -> Harm:
    def harm(found: ScheduleUpdateInput) -> None:
        for name, value in changes.items():
            setattr(_action(found), name, value)

    return harm


def _other(part: str, **changes: Any) -> Harm:
    def harm(found: ScheduleUpdateInput) -> None:
        for name, value in changes.items():
            setattr(getattr(found.description.schedule, part), name, value)

    return harm


def _of_another_row(found: ScheduleUpdateInput) -> None:
    _action(found).args = [AutoArmInput(schedule_id=uuid4(), object_id=uuid4(), panel_id=uuid4())]


DRIFTS: dict[str, Harm] = {
    "workflow": _other_action(workflow="SomethingElse"),
    "arguments": _of_another_row,
    "no-arguments": _other_action(args=[]),
    "id": _other_action(id="auto-arm/of-another"),
    "task-queue": _other_action(task_queue="nobody-listens"),
    "summary": _other_action(static_summary="Something else"),
    "no-summary": _other_action(static_summary=None),
    "time-out": _other_action(execution_timeout=timedelta(seconds=1)),
    "retries": _other_action(retry_policy=RetryPolicy(maximum_attempts=9)),
    "priority": _other_action(priority=Priority(priority_key=5)),
    "overlap": _other("policy", overlap=ScheduleOverlapPolicy.SKIP),
    "catch-up": _other("policy", catchup_window=timedelta(days=300)),
    "pause-on-failure": _other("policy", pause_on_failure=True),
    "limited": _other("state", limited_actions=True, remaining_actions=0),
    "jitter": _other("spec", jitter=timedelta(hours=3)),
}


@pytest.mark.parametrize("drift", DRIFTS)
async def test_a_schedule_that_starts_something_else_or_otherwise_is_mended(
    keeper: AutoArmSchedules, world: World, drift: str
) -> None:
    schedule_id = await add_schedule(keeper.db, world.panel, updated_at=_now())
    await keeper.reconcile()
    await settled(keeper)
    handle = keeper.client.get_schedule_handle(names.auto_arm_schedule_id(schedule_id))
    before = (await handle.describe()).raw_description.schedule

    def harmed(found: ScheduleUpdateInput) -> ScheduleUpdate:
        DRIFTS[drift](found)
        return ScheduleUpdate(found.description.schedule)

    await handle.update(harmed)
    assert (await handle.describe()).raw_description.schedule != before
    await eventually(lambda: _mended(keeper), within=20, what="it was noticed and mended")
    assert (await handle.describe()).raw_description.schedule == before
    await settled(keeper)


async def test_schedules_in_order_are_left_alone_and_each_of_many_has_its_turn(
    keeper: AutoArmSchedules, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.auto_arm_schedules.DESCRIBED", 2)
    ids = [await add_schedule(keeper.db, world.panel, updated_at=_now()) for _ in range(5)]
    await keeper.reconcile()
    await settled(keeper)
    handles = [keeper.client.get_schedule_handle(names.auto_arm_schedule_id(schedule_id)) for schedule_id in ids]
    written = [(await handle.describe()).info.last_updated_at for handle in handles]
    assert [await keeper.reconcile() for _ in range(3)] == [0, 0, 0]
    assert [(await handle.describe()).info.last_updated_at for handle in handles] == written
    for handle in handles:
        await handle.update(_of_nobody)
    assert [await keeper.reconcile() for _ in range(3)] == [2, 2, 1]


def _of_nobody(found: ScheduleUpdateInput) -> ScheduleUpdate:
    _action(found).task_queue = "nobody-listens"
    return ScheduleUpdate(found.description.schedule)


async def test_one_that_temporal_refuses_holds_up_no_other(
    keeper: AutoArmSchedules, world: World, working: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = await add_schedule(keeper.db, world.panel, updated_at=_now())
    late = await add_schedule(keeper.db, world.panel, local(in_minutes(-90)), deadline_minutes=30)
    create = Client.create_schedule

    async def create_unless(self: Client, name: str, *given: Any, **more: Any) -> Any:
        if name == names.auto_arm_schedule_id(refused):
            raise RPCError("no such time zone", RPCStatusCode.INVALID_ARGUMENT, b"")
        return await create(self, name, *given, **more)

    monkeypatch.setattr(Client, "create_schedule", create_unless)
    with pytest.raises(RPCError, match="no such time zone"):
        await keeper.reconcile()
    assert await described(keeper, late) is not None
    row = await _one(keeper.db, RunStatus.FAILED)
    assert (row.schedule_id, row.outcome) == (late, RunOutcome.MISSED)


@pytest.mark.parametrize("how", ["DELETE FROM auto_arm_schedules", "UPDATE auto_arm_schedules SET deleted_at = now()"])
async def test_a_schedule_whose_row_is_gone_goes(keeper: AutoArmSchedules, world: World, how: str) -> None:
    schedule_id = await add_schedule(keeper.db, world.panel, updated_at=_now())
    await keeper.reconcile()
    await settled(keeper)
    await world.execute(how)
    assert await keeper.reconcile() == 1
    assert await described(keeper, schedule_id) is None


async def test_each_change_of_a_row_is_followed_at_once(keeper: AutoArmSchedules, world: World) -> None:
    schedule_id = await add_schedule(keeper.db, world.panel, updated_at=_now())
    await keeper.sync(schedule_id)
    await world.execute("UPDATE auto_arm_schedules SET enabled = false")
    await keeper.sync(schedule_id)
    found = await described(keeper, schedule_id)
    assert found is not None
    assert found.schedule.state.paused
    await world.execute("UPDATE panels SET deleted_at = now()")
    await keeper.sync(schedule_id)
    assert await described(keeper, schedule_id) is None
    await keeper.sync(schedule_id)  # there is nothing left to delete


async def test_where_the_flag_is_off_there_are_no_schedules(keeper: AutoArmSchedules, world: World) -> None:
    schedule_id = await add_schedule(keeper.db, world.panel, updated_at=_now())
    await keeper.sync(schedule_id)
    off = AutoArmSchedules(keeper.db, keeper.client, ZONE, on=False)
    await eventually(lambda: _mended(off), within=20, what="it was found and deleted")
    assert await described(keeper, schedule_id) is None


@pytest.mark.parametrize("at", [time(2, 30), time(20)])
async def test_temporal_starts_the_firing_of_the_night_without_that_time(
    keeper: AutoArmSchedules, world: World, at: time
) -> None:
    """Taken literally there is no 2:30 on that day; the pattern says 3:00 instead."""
    schedule_id = await add_schedule(keeper.db, world.panel, at, weekdays=[7], valid_from=date(2027, 3, 20), updated_at=_now())
    await keeper.sync(schedule_id)
    handle = keeper.client.get_schedule_handle(names.auto_arm_schedule_id(schedule_id))

    def from_march(found: ScheduleUpdateInput) -> ScheduleUpdate:
        changed = found.description.schedule
        changed.spec.start_at = datetime(2027, 3, 20, tzinfo=UTC)
        return ScheduleUpdate(changed)

    await handle.update(from_march)
    times = [found.astimezone(_zone()) for found in (await handle.describe()).info.next_action_times]
    assert [(found.date(), found.time()) for found in times[:3]] == [
        (date(2027, 3, 21), at),
        (SPRING, time(3) if at == time(2, 30) else at),
        (date(2027, 4, 4), at),
    ]


async def test_holidays_alone_are_days_of_their_own(keeper: AutoArmSchedules, world: World) -> None:
    schedule_id = await add_schedule(keeper.db, world.panel, holidays=HolidayPolicy.ONLY, region="PL", updated_at=_now())
    await keeper.reconcile()
    found = await described(keeper, schedule_id)
    assert found is not None
    days = {at.astimezone(_zone()).date() for at in found.info.next_action_times}
    year = _now().year + (_now().date() > date(_now().year, 11, 11))
    assert date(year, 11, 11) in days or date(_now().year, 12, 25) in days
    await settled(keeper)


# -- firings


@pytest.fixture
async def working(keeper: AutoArmSchedules) -> AsyncIterator[Worker]:
    done = AutoArmActivities(keeper.db, ZONE)
    worker = Worker(
        keeper.client,
        task_queue=keeper.task_queue,
        workflows=[AutoArm],
        activities=[done.begin_auto_arm, done.survey_auto_arm, done.change_auto_arm_run],
        workflow_runner=workflow_runner(),
    )
    async with worker:
        yield worker


async def _run(db: Database, status: RunStatus) -> AutoArmRun | None:
    return next((row for row in await all_rows(db, AutoArmRun) if row.status is status), None)


async def _one(db: Database, status: RunStatus) -> AutoArmRun:
    await eventually(lambda: _run(db, status), within=30, what=f"a run is {status}")
    (row,) = await all_rows(db, AutoArmRun)
    assert isinstance(row, AutoArmRun)
    return row


async def test_a_firing_that_was_missed_while_all_was_down_is_recorded_and_raised(
    keeper: AutoArmSchedules, world: World, working: Worker
) -> None:
    at = in_minutes(-90)
    await add_schedule(keeper.db, world.panel, local(at), deadline_minutes=30)
    await keeper.reconcile()
    row = await _one(keeper.db, RunStatus.FAILED)
    assert (row.outcome, row.fire_at) == (RunOutcome.MISSED, at)
    assert await world.value("SELECT alarm_type FROM bundle_alarms") == "AUTO_ARM_FAILURE"
    await settled(keeper)
    assert len(await all_rows(keeper.db, AutoArmRun)) == 1


async def test_after_days_without_us_every_firing_of_them_is_raised(
    keeper: AutoArmSchedules, world: World, working: Worker
) -> None:
    month_ago = _now() - timedelta(days=30)
    await add_schedule(keeper.db, world.panel, local(in_minutes(-90)), deadline_minutes=30, updated_at=month_ago)
    await world.execute("INSERT INTO watcher_sights VALUES ('auto-arm', now() - interval '30 days', now() - interval '2 days')")
    await keeper.reconcile()
    await eventually(lambda: _all_failed(keeper.db, 4), within=30, what="of four days")
    runs = await all_rows(keeper.db, AutoArmRun)
    assert {row.outcome for row in runs} == {RunOutcome.MISSED}
    await settled(keeper)
    assert len(await all_rows(keeper.db, AutoArmRun)) == 4


async def _all_failed(db: Database, count: int) -> bool:
    return [row.status for row in await all_rows(db, AutoArmRun)] == count * [RunStatus.FAILED]


async def test_what_was_due_while_it_was_switched_off_is_owed_by_nobody(
    keeper: AutoArmSchedules, world: World, working: Worker
) -> None:
    await add_schedule(keeper.db, world.panel, local(in_minutes(-90)), deadline_minutes=30)
    await AutoArmSchedules(keeper.db, keeper.client, ZONE, on=False).reconcile()
    await keeper.reconcile()
    await settled(keeper)
    assert await all_rows(keeper.db, AutoArmRun) == []


async def test_a_firing_that_nobody_began_is_raised_though_its_schedule_was_changed_since(
    keeper: AutoArmSchedules, world: World, working: Worker, db: Database
) -> None:
    """Somebody renames a schedule, or adds a holiday, before the system has noticed what it missed."""
    at = in_minutes(-90)
    schedule_id = await add_schedule(db, world.panel, local(at), deadline_minutes=30)
    async with db.write() as session:
        found = await auto_arm.lock_schedule(session, schedule_id)
        assert found is not None
        await auto_arm.keep_owed(session, ZONE, [schedule_id])
        await auto_arm.keep_owed(session, ZONE, [schedule_id])  # by the next change: once
        await auto_arm.change_schedule(session, found, {"name": "Late"})
    assert [row.status for row in await all_rows(db, AutoArmRun)] == [RunStatus.PENDING]
    await world.execute("UPDATE auto_arm_runs SET begun_at = now() - interval '1 minute'")
    await keeper.reconcile()
    row = await _one(db, RunStatus.FAILED)
    assert (row.outcome, row.fire_at) == (RunOutcome.MISSED, at)


async def test_another_time_zone_of_the_panel_owes_no_firing_of_before(
    keeper: AutoArmSchedules, world: World, working: Worker, db: Database
) -> None:
    """Taken literally in the new zone, a time of an hour ago would arm those who work there now."""
    schedule_id = await add_schedule(db, world.panel, local(in_minutes(+50)), deadline_minutes=600)
    await keeper.sync(schedule_id)
    async with db.write() as session:
        panel = await objects.lock_panel(session, world.panel)
        assert panel is not None
        await objects.change_panel(session, panel, {"time_zone": "Europe/Helsinki"}, CIPHER)  # an hour ahead
    await keeper.reconcile()
    await settled(keeper)
    assert await all_rows(db, AutoArmRun) == []


async def test_another_setting_of_the_time_zone_raises_no_firing_of_before(
    keeper: AutoArmSchedules, world: World, working: Worker, db: Database
) -> None:
    """A restart with another `STAM_PANEL_TIME_ZONE`: the Schedule follows, and an hour ago nothing was to be done."""
    schedule_id = await add_schedule(db, world.panel, local(in_minutes(+50)), deadline_minutes=30)
    await keeper.reconcile()
    moved = AutoArmSchedules(db, keeper.client, "Europe/Helsinki", on=True, task_queue=keeper.task_queue)
    await eventually(lambda: _mended(moved), within=20, what="the zone was followed")
    found = await described(keeper, schedule_id)
    assert found is not None
    assert found.schedule.spec.time_zone_name == "Europe/Helsinki"
    await settled(moved)
    assert await all_rows(db, AutoArmRun) == []


async def test_a_firing_that_is_late_but_inside_its_window_begins(
    keeper: AutoArmSchedules, world: World, working: Worker
) -> None:
    await add_states(keeper.db, world.panel, link="BUSY")
    await add_schedule(keeper.db, world.panel, local(in_minutes(-10)), deadline_minutes=600)
    await keeper.reconcile()
    row = await _one(keeper.db, RunStatus.ARMING)
    await keeper.client.get_workflow_handle(row.workflow_id).terminate()


async def test_what_became_a_firing_only_after_its_time_is_owed_by_nobody(
    keeper: AutoArmSchedules, world: World, working: Worker
) -> None:
    await add_schedule(keeper.db, world.panel, local(in_minutes(-10)), updated_at=_now())
    await keeper.reconcile()
    await settled(keeper)
    assert await all_rows(keeper.db, AutoArmRun) == []


async def test_a_schedule_made_within_the_time_of_its_warning_fires_today(
    keeper: AutoArmSchedules, world: World, working: Worker
) -> None:
    at = in_minutes(20)
    schedule_id = await add_schedule(keeper.db, world.panel, local(at), warn_minutes=60, updated_at=_now())
    await keeper.sync(schedule_id)
    row = await _one(keeper.db, RunStatus.PENDING)
    assert row.fire_at == at
    assert row.workflow_id == names.auto_arm_workflow_id(schedule_id, at - timedelta(minutes=60))
    await keeper.client.get_workflow_handle(row.workflow_id).terminate()


async def test_a_run_whose_workflow_was_terminated_is_taken_up_again(
    keeper: AutoArmSchedules, world: World, working: Worker
) -> None:
    schedule_id = await add_schedule(keeper.db, world.panel, local(in_minutes(20)), warn_minutes=60, updated_at=_now())
    await keeper.sync(schedule_id)
    row = await _one(keeper.db, RunStatus.PENDING)
    handle = keeper.client.get_workflow_handle(row.workflow_id)
    await eventually(lambda: _changed(keeper.db, 1), what="people were warned")
    await handle.terminate()
    await world.execute("UPDATE auto_arm_runs SET begun_at = begun_at - interval '1 minute'")
    await eventually(lambda: _mended(keeper), within=20, what="it was noticed")
    await eventually(lambda: _changed(keeper.db, 2), what="the new workflow has gone on")
    await handle.terminate()


async def _changed(db: Database, times: int) -> bool:
    return [row.changes for row in await all_rows(db, AutoArmRun)] == [times]
