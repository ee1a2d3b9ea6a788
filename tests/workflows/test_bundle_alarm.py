"""BundleAlarm against the clock of a test server (R-BUNDLE)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.testing import WorkflowEnvironment

from tests.support.eventually import eventually
from tests.support.fakes import FakeRow, new_bundle
from tests.workflows.support import ANNA, BARTEK, Running, replay, serving, start
from workflows.bundle_alarm import BundleAlarm
from workflows.contracts import policies
from workflows.contracts.bundle import ActionRequest, Answered, BundleInput, BundleSnapshot, snapshot_of
from workflows.contracts.refusals import refusal_of
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import AUTO_CLOSE_AFTER, CLAIM_TTL, STALE_AFTER, Action, BundleStatus, Refusal
from workflows.history import CONTINUE_AFTER

TO_RESOLVED = (Action.CLAIM, Action.START, Action.ACK, Action.RESOLVE)
A_MOMENT = timedelta(seconds=2)


@pytest.fixture
async def row(env: WorkflowEnvironment) -> FakeRow:
    return FakeRow(env.get_current_time, new_bundle(await env.get_current_time()))


@pytest.fixture
def cached() -> int:
    """How many workflows the worker keeps; see `RESTARTING`."""
    return 100


# Once more with a worker that keeps nothing between two tasks, as if it were restarted every time.
RESTARTING = pytest.mark.parametrize("cached", [100, 0], ids=["cached", "restarting"])


@pytest.fixture
async def alarm(env: WorkflowEnvironment, row: FakeRow, cached: int) -> AsyncIterator[Running]:
    """A running alarm; when the test is over its history is replayed once more."""
    async with serving(env.client, *row.activities, cached=cached):
        running = await start(env.client, row)
        yield running
        await replay(env.client, running.handle.id)


def status_of(row: FakeRow) -> BundleStatus:
    assert row.state is not None
    return row.state.status


@RESTARTING
async def test_an_operator_works_an_alarm_from_claim_to_close(alarm: Running, row: FakeRow) -> None:
    stations = [await alarm.act(action, note_id=uuid4()) for action in (*TO_RESOLVED, Action.CLOSE)]

    assert [station.status.value for station in stations] == ["CLAIMING", "IN_PROGRESS", "ACK", "RESOLVED", "CLOSED"]
    assert [station.version for station in stations] == [2, 3, 4, 5, 6]
    assert (await alarm.handle.result()).status is BundleStatus.CLOSED
    assert row.reads == 1


@RESTARTING
async def test_a_claim_that_is_not_started_falls_back_after_30_s(
    env: WorkflowEnvironment, alarm: Running, row: FakeRow
) -> None:
    await alarm.act(Action.CLAIM)
    await env.sleep(CLAIM_TTL - A_MOMENT)
    before = await alarm.snapshot()
    await env.sleep(2 * A_MOMENT)

    await eventually(lambda: status_of(row) is BundleStatus.NEW, what="the claim's end")
    assert (before.status, before.claimed_by) == (BundleStatus.CLAIMING, ANNA)
    assert (await alarm.act(Action.CLAIM, actor_id=BARTEK)).claimed_by == BARTEK


async def test_a_claim_that_was_started_does_not_fall_back(env: WorkflowEnvironment, alarm: Running, row: FakeRow) -> None:
    await alarm.walk(Action.CLAIM, Action.START)
    await env.sleep(2 * CLAIM_TTL)
    assert (await alarm.snapshot()).status is BundleStatus.IN_PROGRESS
    assert [request.action for request in row.requests] == [Action.CLAIM, Action.START]


@RESTARTING
async def test_a_resolved_alarm_closes_after_30_min_of_quiet(alarm: Running, row: FakeRow) -> None:
    await alarm.walk(*TO_RESOLVED)
    assert row.state is not None
    resolved_at = row.state.last_activity_at

    closed = await alarm.handle.result()

    assert (closed.status, closed.version) == (BundleStatus.CLOSED, 6)
    assert closed.status_changed_at is not None
    assert AUTO_CLOSE_AFTER <= closed.status_changed_at - resolved_at < AUTO_CLOSE_AFTER + timedelta(seconds=10)
    assert [request.action for request in row.requests] == [*TO_RESOLVED, Action.AUTO_CLOSE]


async def test_a_note_puts_off_the_automatic_closing(env: WorkflowEnvironment, alarm: Running) -> None:
    await alarm.walk(*TO_RESOLVED)
    await env.sleep(timedelta(minutes=20))
    noted = await alarm.act(Action.ADD_NOTE, note_id=uuid4())
    closed = await alarm.handle.result()
    assert noted.last_activity_at is not None
    assert closed.status_changed_at is not None
    assert closed.status_changed_at - noted.last_activity_at >= AUTO_CLOSE_AFTER


async def test_an_event_told_while_resolved_puts_off_the_closing(
    env: WorkflowEnvironment, alarm: Running, row: FakeRow
) -> None:
    await alarm.walk(*TO_RESOLVED)
    await env.sleep(timedelta(minutes=20))
    told = await row.add_event()
    await alarm.tell(told)
    closed = await alarm.handle.result()
    assert closed.status_changed_at is not None
    assert closed.status_changed_at - told.last_activity_at >= AUTO_CLOSE_AFTER


async def test_an_alarm_open_for_24_h_is_marked_stale_once(env: WorkflowEnvironment, alarm: Running, row: FakeRow) -> None:
    await alarm.walk(Action.CLAIM, Action.START)
    await env.sleep(STALE_AFTER + A_MOMENT)
    await eventually(lambda: row.state is not None and row.state.stale, what="the mark")
    await env.sleep(3 * STALE_AFTER)
    assert [request.action for request in row.requests][2:] == [Action.MARK_STALE]
    assert status_of(row) is BundleStatus.IN_PROGRESS


async def test_a_refusal_reaches_the_caller_with_its_reason_and_the_row(alarm: Running) -> None:
    await alarm.act(Action.CLAIM)
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await alarm.act(Action.START, actor_id=BARTEK)

    cause = failed.value.cause
    assert isinstance(cause, ApplicationError)
    assert cause.type == policies.REFUSED
    reason, state = cause.details
    assert (reason, state["status"], state["version"]) == ("NOT_OWNER", "CLAIMING", 2)
    assert refusal_of(failed.value) == Refusal.NOT_OWNER


@pytest.mark.parametrize(
    ("done", "action", "more", "refusal"),
    [
        ((), Action.CLAIM, {"expected_version": 9}, Refusal.STALE_VERSION),
        ((), Action.START, {}, Refusal.WRONG_STATUS),
        ((Action.CLAIM,), Action.CLAIM, {}, Refusal.WRONG_STATUS),
        ((Action.CLAIM, Action.START), Action.ACK, {"actor_id": BARTEK}, Refusal.NOT_OWNER),
        ((), Action.ADD_NOTE, {}, Refusal.NOTE_REQUIRED),
    ],
)
async def test_every_refusal_is_told_and_changes_nothing(
    alarm: Running, row: FakeRow, done: tuple[Action, ...], action: Action, more: dict[str, Any], refusal: Refusal
) -> None:
    await alarm.walk(*done)
    before = row.state
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await alarm.act(action, **more)
    assert refusal_of(failed.value) == refusal
    assert row.state == before


async def test_somebody_who_may_override_takes_the_claimers_place(alarm: Running) -> None:
    await alarm.walk(Action.CLAIM, Action.START)
    acked = await alarm.act(Action.ACK, actor_id=BARTEK, may_override=True)
    assert (acked.status, acked.claimed_by) == (BundleStatus.ACK, BARTEK)


@RESTARTING
async def test_a_repeated_action_id_is_answered_alike_and_done_once(alarm: Running, row: FakeRow) -> None:
    action_id = uuid4()
    first = await alarm.act(Action.CLAIM, action_id=action_id)
    await alarm.act(Action.START)
    again = await alarm.act(Action.CLAIM, action_id=action_id, expected_version=1)
    assert again == first
    assert len(row.requests) == 2


async def test_of_two_operators_at_the_same_moment_one_is_refused(alarm: Running) -> None:
    both = [alarm.act(Action.CLAIM, actor_id=actor, expected_version=1) for actor in (ANNA, BARTEK)]
    answers = await asyncio.gather(*both, return_exceptions=True)
    refused = [refusal_of(answer) for answer in answers if isinstance(answer, BaseException)]
    assert refused == [Refusal.STALE_VERSION]


async def test_an_update_that_comes_before_the_row_was_read_is_answered(env: WorkflowEnvironment, row: FakeRow) -> None:
    row.away = True
    async with serving(env.client, *row.activities):
        alarm = await start(env.client, row)
        await eventually(lambda: row.reads > 0)
        row.away = False
        claimed = await alarm.act(Action.CLAIM)
    assert claimed.status is BundleStatus.CLAIMING


@RESTARTING
async def test_an_event_is_taken_from_the_signal_without_reading_the_row(alarm: Running, row: FakeRow) -> None:
    await eventually(lambda: row.reads == 1)
    await alarm.walk(Action.CLAIM)
    for _ in range(3):
        await alarm.tell(await row.add_event(Priority.CRITICAL))
    snapshot = await alarm.snapshot()
    assert (snapshot.version, snapshot.priority, snapshot.status) == (5, Priority.CRITICAL, BundleStatus.CLAIMING)
    assert row.reads == 1


async def test_an_event_told_twice_or_late_changes_nothing(alarm: Running, row: FakeRow) -> None:
    await alarm.walk(Action.CLAIM)
    told = await row.add_event()
    await alarm.tell(told)
    await alarm.walk(Action.START)
    await alarm.tell(told)
    assert (await alarm.snapshot()).version == 4
    assert row.reads == 1


@RESTARTING
async def test_a_gap_in_the_versions_makes_it_read_the_row(alarm: Running, row: FakeRow) -> None:
    await alarm.walk(Action.CLAIM)
    await row.add_event(Priority.CRITICAL)  # nobody tells of this one: Temporal was away
    await alarm.tell(await row.add_event())
    snapshot = await eventually(lambda: snapshot_at(alarm, 4), what="the row's version")
    assert snapshot is not None
    assert (snapshot.status, row.reads) == (BundleStatus.CLAIMING, 2)


async def snapshot_at(alarm: Running, version: int) -> BundleSnapshot | None:
    snapshot = await alarm.snapshot()
    return snapshot if snapshot.version == version else None


async def test_a_bundle_just_opened_needs_no_reading(env: WorkflowEnvironment, row: FakeRow) -> None:
    async with serving(env.client, *row.activities):
        alarm = await start(env.client, row, state=row.state)
        await alarm.walk(*TO_RESOLVED, Action.CLOSE)
        await alarm.handle.result()
    assert row.reads == 0


async def test_a_workflow_started_for_a_closed_bundle_ends_at_once(env: WorkflowEnvironment, row: FakeRow) -> None:
    assert row.state is not None
    row.state = replace(row.state, status=BundleStatus.CLOSED, version=9)
    async with serving(env.client, *row.activities):
        alarm = await start(env.client, row)
        assert (await alarm.handle.result()).version == 9


async def test_a_workflow_without_a_row_fails_visibly(env: WorkflowEnvironment) -> None:
    row = FakeRow(env.get_current_time, None)
    async with serving(env.client, *row.activities):
        alarm = await start(env.client, row)
        with pytest.raises(WorkflowFailureError) as failed:
            await alarm.handle.result()
    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.type == policies.MISSING


@RESTARTING
async def test_continue_as_new_carries_state_answers_and_story(alarm: Running, row: FakeRow) -> None:
    action_id = uuid4()
    first = await alarm.act(Action.CLAIM, action_id=action_id)
    await alarm.act(Action.START)
    await fill_a_run(alarm)

    snapshot = await alarm.snapshot()
    assert row.state is not None
    assert (snapshot.version, snapshot.status, snapshot.claimed_by) == (row.state.version, BundleStatus.IN_PROGRESS, ANNA)
    assert await alarm.act(Action.CLAIM, action_id=action_id, expected_version=1) == first
    assert (await alarm.act(Action.ACK)).status is BundleStatus.ACK
    assert row.reads == 1


async def fill_a_run(alarm: Running) -> None:
    """Tell of events until the workflow has continued as new; never faster than it can hear them."""
    first_run = (await alarm.handle.describe()).run_id
    while (now := await alarm.handle.describe()).run_id == first_run:
        if now.history_length < CONTINUE_AFTER:
            await alarm.tell(await alarm.row.add_event())


async def test_a_timer_that_was_running_fires_after_continue_as_new(
    env: WorkflowEnvironment, alarm: Running, row: FakeRow
) -> None:
    await alarm.act(Action.CLAIM)
    await fill_a_run(alarm)
    await env.sleep(CLAIM_TTL + A_MOMENT)
    await eventually(lambda: status_of(row) is BundleStatus.NEW, what="the claim's end")


async def test_without_the_database_operators_are_told_in_time(env: WorkflowEnvironment, alarm: Running, row: FakeRow) -> None:
    await eventually(lambda: row.reads == 1)
    row.away = True
    both = asyncio.gather(alarm.act(Action.CLAIM), alarm.act(Action.CLAIM, actor_id=BARTEK), return_exceptions=True)
    await eventually(lambda: len(row.requests) > 0)
    asked_at = await env.get_current_time()
    while not both.done():
        await env.sleep(timedelta(seconds=1))
    answers = await both

    assert [type_of(answer) for answer in answers] == [policies.UNANSWERED] * 2
    assert await env.get_current_time() - asked_at <= policies.OPERATOR_PATIENCE + timedelta(seconds=4)


def type_of(answer: object) -> str | None:
    assert isinstance(answer, WorkflowUpdateFailedError)
    assert isinstance(answer.cause, ApplicationError)
    return answer.cause.type


async def test_after_an_unanswered_action_the_row_is_read_again(env: WorkflowEnvironment, alarm: Running, row: FakeRow) -> None:
    await eventually(lambda: row.reads == 1)
    row.away = True
    asked = asyncio.ensure_future(alarm.act(Action.CLAIM))
    await eventually(lambda: len(row.requests) > 0)
    while not asked.done():
        await env.sleep(timedelta(seconds=1))
    with pytest.raises(WorkflowUpdateFailedError):
        await asked
    assert row.state is not None
    row.state = replace(row.state, status=BundleStatus.CLAIMING, version=2, claimed_by=ANNA)  # it had been done after all
    row.away = False
    await env.sleep(timedelta(seconds=10))

    assert (await eventually(lambda: snapshot_at(alarm, 2), what="the row's version")) is not None


async def test_a_timer_outlasts_an_absent_database(env: WorkflowEnvironment, alarm: Running, row: FakeRow) -> None:
    await alarm.act(Action.CLAIM)
    row.away = True
    await env.sleep(CLAIM_TTL + timedelta(minutes=10))
    assert status_of(row) is BundleStatus.CLAIMING
    row.away = False
    await env.sleep(timedelta(seconds=10))
    await eventually(lambda: status_of(row) is BundleStatus.NEW, what="the claim's end")


async def test_a_timer_that_is_too_early_by_the_databases_clock_waits_on(env: WorkflowEnvironment, row: FakeRow) -> None:
    async def late() -> datetime:
        return await env.get_current_time() - timedelta(seconds=5)

    row.clock = late
    async with serving(env.client, *row.activities):
        alarm = await start(env.client, row)
        await alarm.act(Action.CLAIM)
        assert row.state is not None
        row.state = replace(row.state, status_changed_at=await env.get_current_time())
        await env.sleep(CLAIM_TTL + timedelta(seconds=20))
        await eventually(lambda: status_of(row) is BundleStatus.NEW, what="the claim's end")
        tries = sum(request.action is Action.EXPIRE_CLAIM for request in row.requests)
        await replay(env.client, alarm.handle.id)
    assert 1 <= tries <= 20


async def test_timers_have_an_action_id_of_their_own_each_time(alarm: Running, row: FakeRow, env: WorkflowEnvironment) -> None:
    for _ in range(2):
        await alarm.act(Action.CLAIM)
        await env.sleep(CLAIM_TTL + A_MOMENT)
        await eventually(lambda: status_of(row) is BundleStatus.NEW, what="the claim's end")
    ids = [request.action_id for request in row.requests]
    assert len(set(ids)) == len(ids) == 4


async def test_a_cancelled_workflow_ends_as_cancelled(env: WorkflowEnvironment, alarm: Running, row: FakeRow) -> None:
    await alarm.walk(Action.CLAIM)
    await alarm.handle.cancel()
    with pytest.raises(WorkflowFailureError) as failed:
        await alarm.handle.result()
    assert isinstance(failed.value.cause, CancelledError)
    assert (await alarm.handle.describe()).status is WorkflowExecutionStatus.CANCELED
    assert status_of(row) is BundleStatus.CLAIMING


def test_a_closed_bundle_rejects_every_action_but_repeats_its_answers() -> None:
    closed = new_bundle(datetime(2026, 3, 1, tzinfo=UTC), status=BundleStatus.CLOSED, version=6)
    known = ActionRequest(action_id=uuid4(), actor_id=ANNA, expected_version=5)
    bundle_id = uuid4()
    answered = Answered(action_id=known.action_id, answer=snapshot_of(bundle_id, closed))
    workflow = BundleAlarm(
        BundleInput(bundle_id=bundle_id, object_id=uuid4(), alarm_type=AlarmType.FIRE, state=closed, answered=(answered,))
    )

    workflow.refuse_when_closed(known)
    with pytest.raises(ApplicationError) as refused:
        workflow.refuse_when_closed(replace(known, action_id=uuid4()))
    assert refusal_of(refused.value) == Refusal.WRONG_STATUS
