"""R-AUTOARM: the life of a firing, on a clock that jumps."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from tests.support.auto_arm import FakeSchedule, arms, fire, says, worker
from tests.support.eventually import eventually
from tests.workflows.support import ANNA, BARTEK, replay
from workflows.auto_arm import AutoArm
from workflows.contracts import policies
from workflows.contracts.auto_arm import CancelRequest, FiringStart, PostponeRequest, RunSnapshot, Verdict
from workflows.contracts.command import CommandOrder, CommandOutcome
from workflows.domain.auto_arm import ZONES_BYPASSED, OpenZones, RunOutcome, RunStatus
from workflows.domain.command import FORGOTTEN_AFTER, CommandKind, CommandSource, CommandStatus
from workflows.domain.panel import LinkStatus, PartitionState

RESTARTING = pytest.mark.parametrize("cached", [100, 0], ids=["cached", "restarting"])
R, S = RunOutcome, RunStatus
ACK, NACK, TIMEOUT = CommandStatus.ACK, CommandStatus.NACK, CommandStatus.TIMEOUT
Handle = WorkflowHandle[AutoArm, RunSnapshot]


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


async def in_20_minutes(env: WorkflowEnvironment, **plan: Any) -> FakeSchedule:
    """Fires in 20 minutes, warns in 5, may be tried for 30 and put off for 60."""
    return FakeSchedule(await env.get_current_time() + minutes(20), **plan)


async def ended(env: WorkflowEnvironment, schedule: FakeSchedule, *, cached: int = 100) -> tuple[RunSnapshot, timedelta]:
    """How it ends when nobody says anything, and how long after its time; its history replays."""
    async with worker(env.client, schedule, cached=cached):
        handle = await fire(env.client, schedule)
        result = await handle.result()
        late = await closed_at(handle) - schedule.plan.fire_at
        await replay(env.client, handle.id)
    return result, late


async def closed_at(handle: Handle) -> datetime:
    """The clock of the environment jumps on when nothing runs any more, so the history is asked."""
    close_time = (await handle.describe()).close_time
    assert close_time is not None
    return close_time


async def postpone(handle: Handle, by: int, **who: Any) -> RunSnapshot:
    return await handle.execute_update(AutoArm.postpone, PostponeRequest(minutes=by, actor_id=ANNA, **who))


async def cancel(handle: Handle, who: Any = ANNA) -> RunSnapshot:
    return await handle.execute_update(AutoArm.cancel, CancelRequest(actor_id=who, request_id="r1"))


@RESTARTING
async def test_people_are_warned_and_then_it_arms_and_is_seen_to_be_armed(env: WorkflowEnvironment, cached: int) -> None:
    schedule = await in_20_minutes(env)
    result, late = await ended(env, schedule, cached=cached)
    assert (result.status, result.outcome) == (S.DONE, R.ARMED)
    assert timedelta(0) <= late < timedelta(minutes=1)
    assert [(change.status, change.outcome) for change in schedule.changes] == [
        (S.PENDING, None),
        (S.ARMING, None),
        (S.DONE, R.ARMED),
    ]
    assert [change.number for change in schedule.changes] == [1, 2, 3]
    assert schedule.changes[-1].verified_at is not None
    (order,) = schedule.orders
    assert (order.kind, order.source, order.numbers, order.forced) == (CommandKind.ARM, CommandSource.AUTO_ARM, (1, 2), False)
    assert (order.schedule_id, result.commands) == (schedule.refs[0].schedule_id, (order.command_id,))


async def test_the_warning_comes_at_its_time_and_nothing_before(env: WorkflowEnvironment) -> None:
    schedule = await in_20_minutes(env)
    async with worker(env.client, schedule):
        handle = await fire(env.client, schedule)
        await env.sleep(minutes(4))
        assert schedule.changes == []
        await env.sleep(minutes(2))
        await eventually(lambda: [change.status for change in schedule.changes] == [S.PENDING])
        await env.sleep(minutes(13))
        assert (schedule.orders, (await handle.query(AutoArm.snapshot)).status) == ([], S.PENDING)
        assert (await handle.result()).outcome is R.ARMED


@pytest.mark.parametrize(
    ("facts", "states", "outcome"),
    [
        ({}, PartitionState.ARMED_FULL, R.ALREADY_ARMED),
        ({"in_service": True}, PartitionState.DISARMED, R.SERVICE_MODE),
        ({"claimed": (1, 2)}, PartitionState.DISARMED, R.DUPLICATE),
        ({"withdrawn": True}, PartitionState.DISARMED, R.WITHDRAWN),
    ],
)
async def test_where_there_is_nothing_to_arm_no_command_is_sent(
    env: WorkflowEnvironment, facts: dict[str, Any], states: PartitionState, outcome: RunOutcome
) -> None:
    schedule = await in_20_minutes(env)
    schedule.facts |= facts
    schedule.states = {1: states, 2: states}
    result, late = await ended(env, schedule)
    assert (result.outcome, schedule.orders) == (outcome, [])
    assert late < minutes(1)


@pytest.mark.parametrize(
    ("facts", "states", "outcome"),
    [
        ({"released": True}, PartitionState.DISARMED, R.PANEL_RELEASED),
        ({"link": LinkStatus.DISCONNECTED}, PartitionState.DISARMED, R.NOT_CONNECTED),
        ({}, PartitionState.ALARM, R.IN_ALARM),
    ],
)
async def test_what_is_in_the_way_until_the_deadline_is_a_failure_without_a_command(
    env: WorkflowEnvironment, facts: dict[str, Any], states: PartitionState, outcome: RunOutcome
) -> None:
    schedule = await in_20_minutes(env)
    schedule.facts |= facts
    schedule.states[1] = states
    result, late = await ended(env, schedule)
    assert (result.status, result.outcome, schedule.orders) == (S.FAILED, outcome, [])
    assert minutes(30) <= late < minutes(31)
    waited = [(change.status, change.outcome) for change in schedule.changes[2:]]
    assert waited == [(S.ARMING, outcome), (S.FAILED, outcome)], "told once that it waits, and once that it failed"


@RESTARTING
async def test_it_waits_for_a_released_panel_and_arms_when_it_is_back(env: WorkflowEnvironment, cached: int) -> None:
    schedule = await in_20_minutes(env)
    schedule.facts["released"] = True
    async with worker(env.client, schedule, cached=cached):
        handle = await fire(env.client, schedule)
        await env.sleep(minutes(30))
        await eventually(lambda: schedule.surveys > 3)
        schedule.facts["released"] = False
        assert (await handle.result()).outcome is R.ARMED
        await replay(env.client, handle.id)


async def test_open_zones_are_waited_for(env: WorkflowEnvironment) -> None:
    schedule = await in_20_minutes(env)
    schedule.script = [says(NACK, "ZONES_OPEN", (5,))] * 3 + [arms(schedule)]
    result, late = await ended(env, schedule)
    assert (result.outcome, result.blocking, len(result.commands)) == (R.ARMED, (5,), 4)
    assert minutes(2) < late < minutes(30)


async def test_open_zones_until_the_deadline_are_a_failure_that_names_them(env: WorkflowEnvironment) -> None:
    schedule = await in_20_minutes(env)
    schedule.script = [says(NACK, "ZONES_OPEN", (5, 7))]
    result, late = await ended(env, schedule)
    assert (result.status, result.outcome) == (S.FAILED, R.ZONES_OPEN)
    assert schedule.changes[-1].blocking == (5, 7)
    assert minutes(30) <= late < minutes(31)
    assert not any(order.forced for order in schedule.orders)


async def test_open_zones_are_bypassed_where_the_schedule_says_so(env: WorkflowEnvironment) -> None:
    schedule = await in_20_minutes(env, open_zones=OpenZones.BYPASS)
    schedule.script = [says(NACK, "ZONES_OPEN", (5,)), arms(schedule)]
    result, late = await ended(env, schedule)
    assert (result.outcome, result.reason, result.blocking) == (R.ARMED, ZONES_BYPASSED, (5,))
    assert [order.forced for order in schedule.orders] == [False, True]
    assert late < minutes(1)


async def test_open_zones_are_an_alarm_at_once_where_the_schedule_says_so(env: WorkflowEnvironment) -> None:
    schedule = await in_20_minutes(env, open_zones=OpenZones.ALERT)
    schedule.script = [says(NACK, "ZONES_OPEN", (5,))]
    result, late = await ended(env, schedule)
    assert (result.status, result.outcome, len(schedule.orders)) == (S.FAILED, R.ZONES_OPEN, 1)
    assert late < minutes(1)


async def test_an_accepted_command_that_is_not_confirmed_is_verified_by_looking(env: WorkflowEnvironment) -> None:
    schedule = await in_20_minutes(env)

    def accepts_quietly(order: Any) -> Any:
        arms(schedule)(order)
        return says(ACK)(order)

    schedule.script = [accepts_quietly]
    result, _ = await ended(env, schedule)
    assert (result.outcome, len(schedule.orders)) == (R.ARMED, 1)


async def test_what_is_never_seen_to_be_armed_is_a_failure(env: WorkflowEnvironment) -> None:
    schedule = await in_20_minutes(env)
    schedule.script = [says(ACK)]
    result, _ = await ended(env, schedule)
    assert (result.status, result.outcome) == (S.FAILED, R.UNVERIFIED)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((TIMEOUT, "UNKNOWN_OUTCOME"), R.NO_ANSWER),
        ((TIMEOUT, "NO_HOLDER"), R.NOT_CONNECTED),
        ((NACK, "PANEL_RELEASED"), R.PANEL_RELEASED),
        ((NACK, "NOT_CONNECTED"), R.NOT_CONNECTED),
        ((NACK, "USER_CODE_REJECTED"), R.REFUSED),
    ],
)
async def test_a_command_that_does_not_arm_is_tried_again_until_the_deadline(
    env: WorkflowEnvironment, answer: tuple[CommandStatus, str], outcome: RunOutcome
) -> None:
    schedule = await in_20_minutes(env)
    schedule.script = [says(*answer)]
    result, late = await ended(env, schedule)
    assert (result.status, result.outcome) == (S.FAILED, outcome)
    assert len(schedule.orders) >= 5
    assert minutes(30) <= late < minutes(31)


async def test_a_command_that_breaks_down_is_as_one_without_an_answer(env: WorkflowEnvironment) -> None:
    schedule = await in_20_minutes(env)

    def breaks(_: Any) -> Any:
        raise ApplicationError("the line is gone", non_retryable=True)

    schedule.script = [breaks, arms(schedule)]
    result, _ = await ended(env, schedule)
    assert (result.outcome, len(schedule.orders)) == (R.ARMED, 2)


async def test_only_what_nobody_else_arms_is_commanded_and_all_of_it_verified(env: WorkflowEnvironment) -> None:
    schedule = await in_20_minutes(env)
    schedule.facts["claimed"] = (2,)

    def arms_both(order: Any) -> Any:
        schedule.states[2] = PartitionState.ARMED_FULL  # the other schedule
        return arms(schedule)(order)

    schedule.script = [arms_both]
    result, _ = await ended(env, schedule)
    assert (result.outcome, schedule.orders[0].numbers) == (R.ARMED, (1,))


# -- what people say


@RESTARTING
async def test_a_firing_that_is_put_off_arms_so_much_later(env: WorkflowEnvironment, cached: int) -> None:
    schedule = await in_20_minutes(env)
    async with worker(env.client, schedule, cached=cached):
        handle = await fire(env.client, schedule)
        await env.sleep(minutes(6))
        told = await postpone(handle, 45, request_id="r7")
        assert told.target_at == schedule.plan.fire_at + minutes(45)
        change = schedule.changes[-1]
        assert (change.status, change.actor_id, change.request_id) == (S.PENDING, ANNA, "r7")
        result = await handle.result()
        assert (result.outcome, result.target_at) == (R.ARMED, schedule.plan.fire_at + minutes(45))
        assert minutes(45) <= await closed_at(handle) - schedule.plan.fire_at < minutes(46)
        await replay(env.client, handle.id)


async def test_nobody_puts_it_off_beyond_the_limit(env: WorkflowEnvironment) -> None:
    schedule = await in_20_minutes(env)
    async with worker(env.client, schedule):
        handle = await fire(env.client, schedule)
        await eventually(lambda: schedule.refs)
        await postpone(handle, 60)
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await postpone(handle, 1)
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.type == policies.REFUSED
        await handle.result()


async def test_a_command_that_never_ends_is_given_up_and_raises_the_alarm(env: WorkflowEnvironment) -> None:
    """One that is stuck, as after an upgrade that its history does not fit: nobody would ever know that nothing is armed."""
    schedule = await in_20_minutes(env)

    def stuck(order: CommandOrder) -> CommandOutcome:
        raise RuntimeError("stuck")

    schedule.script = [stuck]
    async with worker(env.client, schedule):
        handle = await fire(env.client, schedule)
        await env.sleep(minutes(20) + FORGOTTEN_AFTER + minutes(5))
        await eventually(lambda: schedule.changes[-1].status is S.FAILED, what="it has failed")
        assert (await handle.result()).outcome is R.NO_ANSWER
        await replay(env.client, handle.id)


@RESTARTING
async def test_what_is_to_be_put_off_while_its_end_is_written_is_too_late(env: WorkflowEnvironment, cached: int) -> None:
    """Nobody is told that it is later when it has been skipped."""
    schedule = await in_20_minutes(env)
    schedule.facts["in_service"] = True
    schedule.may_end.clear()
    async with worker(env.client, schedule, cached=cached):
        handle = await fire(env.client, schedule)
        await env.sleep(minutes(20))
        await eventually(lambda: schedule.changes and schedule.changes[-1].status is S.SKIPPED, what="its end is being written")
        async with asyncio.timeout(10):
            with pytest.raises(WorkflowUpdateFailedError):
                await postpone(handle, 10)
        schedule.may_end.set()
        assert (await handle.result()).outcome is R.SERVICE_MODE
        assert schedule.changes[-1].status is S.SKIPPED
        await replay(env.client, handle.id)


async def test_put_off_while_it_waits_it_starts_anew_with_a_new_deadline(env: WorkflowEnvironment) -> None:
    schedule = await in_20_minutes(env)
    schedule.script = [says(NACK, "ZONES_OPEN", (5,))]
    async with worker(env.client, schedule):
        handle = await fire(env.client, schedule)
        await env.sleep(minutes(30))
        told = await postpone(handle, 30)
        assert (told.status, told.target_at) == (S.PENDING, _about(schedule.plan.fire_at + minutes(40)))
        assert (await handle.result()).outcome is R.ZONES_OPEN
        assert await closed_at(handle) >= schedule.plan.fire_at + minutes(69)


def _about(wanted: datetime) -> Any:
    class About:
        def __eq__(self, other: object) -> bool:
            return isinstance(other, datetime) and abs(other - wanted) < timedelta(minutes=1)

        def __hash__(self) -> int:
            return 0

    return About()


@RESTARTING
@pytest.mark.parametrize("after", [1, 10, 30], ids=["before the warning", "before its time", "while it waits"])
async def test_a_firing_is_cancelled_whenever_it_has_not_ended(env: WorkflowEnvironment, after: int, cached: int) -> None:
    schedule = await in_20_minutes(env)
    schedule.facts["released"] = True
    async with worker(env.client, schedule, cached=cached):
        handle = await fire(env.client, schedule)
        await env.sleep(minutes(after))
        told = await cancel(handle)
        assert (told.status, told.outcome) == (S.CANCELLED, R.CANCELLED)
        assert (await handle.result()).outcome is R.CANCELLED
        change = schedule.changes[-1]
        assert (change.status, change.actor_id, change.request_id) == (S.CANCELLED, ANNA, "r1")
        assert schedule.orders == []
        await replay(env.client, handle.id)


async def test_the_first_who_cancels_is_who_did(env: WorkflowEnvironment) -> None:
    schedule = await in_20_minutes(env)
    async with worker(env.client, schedule):
        handle = await fire(env.client, schedule)
        await cancel(handle)
        await handle.result()
        assert schedule.changes[-1].actor_id == ANNA != BARTEK


@pytest.mark.parametrize(
    "begun",
    [
        FiringStart(verdict=Verdict.NOT_DUE),
        FiringStart(verdict=Verdict.REPEATED),
        FiringStart(verdict=Verdict.ENDED, outcome=R.HOLIDAY),
        FiringStart(verdict=Verdict.ENDED, outcome=R.MISSED),
    ],
    ids=lambda begun: f"{begun.verdict} {begun.outcome}",
)
async def test_what_is_not_to_be_run_ends_at_once(env: WorkflowEnvironment, begun: FiringStart) -> None:
    schedule = await in_20_minutes(env)
    schedule.begun = begun
    async with worker(env.client, schedule):
        result = await (await fire(env.client, schedule)).result()
    assert (result.run_id, result.outcome) == (None, begun.outcome)
    assert (schedule.changes, schedule.surveys) == ([], 0)


async def test_a_firing_that_begins_late_arms_at_once(env: WorkflowEnvironment) -> None:
    schedule = FakeSchedule(await env.get_current_time() - minutes(10))
    result, late = await ended(env, schedule)
    assert result.outcome is R.ARMED
    assert minutes(10) <= late < minutes(11)


async def test_a_long_wait_hands_on_to_a_new_run_and_forgets_nothing(env: WorkflowEnvironment) -> None:
    schedule = await in_20_minutes(env, deadline=timedelta(hours=12))
    schedule.script = [says(NACK, "ZONES_OPEN", (5,))]
    result, late = await ended_across_runs(env, schedule)
    assert (result.outcome, result.blocking) == (R.ZONES_OPEN, (5,))
    assert timedelta(hours=12) <= late < timedelta(hours=12, minutes=1)
    assert len(schedule.refs) == 1
    assert [change.number for change in schedule.changes] == list(range(1, len(schedule.changes) + 1))


async def ended_across_runs(env: WorkflowEnvironment, schedule: FakeSchedule) -> tuple[RunSnapshot, timedelta]:
    async with worker(env.client, schedule):
        handle = await fire(env.client, schedule)
        result = await handle.result()
        last = await env.client.get_workflow_handle(handle.id).describe()
        assert last.run_id != handle.first_execution_run_id
        assert last.close_time is not None
        return result, last.close_time - schedule.plan.fire_at


async def test_the_web_ui_tells_the_story_in_ids(env: WorkflowEnvironment) -> None:
    schedule = await in_20_minutes(env)
    async with worker(env.client, schedule):
        handle = await fire(env.client, schedule)
        await handle.result()
        described = await handle.describe()
    assert str(schedule.plan.panel_id) in (await described.static_summary() or "")
    values = {pair.key.name: pair.value for pair in described.typed_search_attributes}
    assert values == {"ObjectId": str(schedule.plan.object_id), "PanelId": str(schedule.plan.panel_id)}
