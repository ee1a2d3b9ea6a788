"""R-ESCALATE: who is rung when nobody claims a critical alarm, on a clock that jumps; through BundleAlarm, as it is in life."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from activities.infra.temporal import DATA_CONVERTER
from deploy.local.temporal import NAMESPACE
from tests.support.eventually import eventually
from tests.support.fakes import FakeNotifier, FakeRow, new_bundle
from tests.support.stack import Stack
from tests.workflows.support import Running, replay, serving, start
from workflows.bundle_alarm import BundleAlarm
from workflows.contracts import names
from workflows.contracts.bundle import BundleInput, BundleRef, start_options
from workflows.contracts.escalation import EscalationSnapshot, Target
from workflows.domain.alarm import AlarmType, Priority
from workflows.domain.bundle import CLAIM_TTL, Action, BundleStatus
from workflows.domain.escalation import Channel, Decline, DeliveryStatus, Ladder, Nobody, Purpose, Stance

# 0: every task replays the history from its beginning, as after a restart of the worker.
RESTARTING = pytest.mark.parametrize("cached", [100, 0], ids=["cached", "restarting"])
FIRST, BACKUP, OWNER = (
    Target(channel=Channel.EMAIL, target_id=UUID(int=number), user_id=UUID(int=number + 10)) for number in (1, 2, 3)
)
PAGER = Target(channel=Channel.PAGERDUTY, target_id=UUID(int=4))
LADDER = Ladder(
    rungs=(timedelta(), timedelta(minutes=10), timedelta(minutes=30)),
    left_after=timedelta(minutes=15),
    repeat_after=timedelta(minutes=20),
    attempts=3,
)
A_MOMENT = timedelta(seconds=5)
FAILED, REFUSED, SENT = DeliveryStatus.FAILED, DeliveryStatus.REFUSED, DeliveryStatus.SENT


@dataclass(slots=True)
class Alarmed:
    """A critical alarm, and those who are rung."""

    env: WorkflowEnvironment
    alarm: Running
    notifier: FakeNotifier

    @property
    def row(self) -> FakeRow:
        return self.alarm.row

    @property
    def id(self) -> str:
        return names.escalation_workflow_id(self.alarm.bundle_id)

    async def rang(self, *expected: tuple[Target, int]) -> None:
        """Wait until these were rung, each in that level, and nobody else."""
        await eventually(lambda: len(self.notifier.rung) >= len(expected), what=f"{len(expected)} notifications")
        assert self.levels == list(expected)

    @property
    def levels(self) -> list[tuple[Target, int]]:
        return [(one.target, one.level) for _, one in self.notifier.rung]

    @property
    def minutes(self) -> list[int]:
        """When, after the alarm."""
        assert self.row.state is not None
        return [round((at - self.row.state.opened_at) / timedelta(minutes=1)) for at, _ in self.notifier.rung]

    async def snapshot(self) -> EscalationSnapshot:
        handle = self.env.client.get_workflow_handle(self.id)
        answer: EscalationSnapshot = await handle.query(names.SNAPSHOT, result_type=EscalationSnapshot)
        return answer

    async def stands(self, stance: Stance) -> None:
        """Wait until the escalation has heard."""

        async def heard() -> bool:
            return (await self.snapshot()).watch.stance is stance

        await eventually(heard, what=str(stance))

    async def result(self) -> EscalationSnapshot:
        result: EscalationSnapshot = await self.env.client.get_workflow_handle(self.id, result_type=EscalationSnapshot).result()
        return result


@asynccontextmanager
async def alarmed(
    env: WorkflowEnvironment, *, ladder: Ladder = LADDER, cached: int = 100, priority: Priority = Priority.CRITICAL
) -> AsyncIterator[Alarmed]:
    row = FakeRow(env.get_current_time, new_bundle(await env.get_current_time(), priority=priority))
    row.declined = None
    notifier = FakeNotifier(row, ladder)
    notifier.targets = {1: (FIRST,), 2: (BACKUP,), 3: (OWNER,)}
    async with serving(env.client, *row.activities, *notifier.activities, cached=cached):
        yield Alarmed(env, await start(env.client, row), notifier)


@pytest.fixture
async def story(env: WorkflowEnvironment, request: pytest.FixtureRequest) -> AsyncIterator[Alarmed]:
    """When the test is over, both histories are replayed once more."""
    cached = request.node.callspec.params.get("cached", 100) if hasattr(request.node, "callspec") else 100
    async with alarmed(env, cached=cached) as found:
        yield found
        await replay(env.client, found.alarm.handle.id)
        await replay(env.client, found.id)


@RESTARTING
async def test_levels_ring_at_once_after_10_and_after_30_minutes(env: WorkflowEnvironment, story: Alarmed, cached: int) -> None:
    await story.rang((FIRST, 1))
    await env.sleep(timedelta(minutes=9))
    assert story.levels == [(FIRST, 1)]
    await env.sleep(timedelta(minutes=2))
    await story.rang((FIRST, 1), (BACKUP, 2))
    await env.sleep(timedelta(minutes=20))
    await story.rang((FIRST, 1), (BACKUP, 2), (OWNER, 3))
    assert story.minutes == [0, 10, 30]
    assert [(one.level, one.reached, one.nobody) for one in story.notifier.outcomes] == [
        (1, 1, None),
        (2, 1, None),
        (3, 1, None),
    ]


@RESTARTING
async def test_a_claim_stops_it_and_an_acknowledgement_ends_it(env: WorkflowEnvironment, story: Alarmed, cached: int) -> None:
    await story.rang((FIRST, 1))
    await story.alarm.walk(Action.CLAIM, Action.START)
    await story.stands(Stance.HELD)
    await env.sleep(timedelta(minutes=14))
    assert story.levels == [(FIRST, 1)]
    await story.alarm.walk(Action.ACK)
    assert (await story.result()).watch.stance is Stance.OVER
    await env.sleep(timedelta(hours=2))
    assert story.levels == [(FIRST, 1)]


async def test_a_claim_that_runs_out_rings_again_at_once(env: WorkflowEnvironment, story: Alarmed) -> None:
    await story.rang((FIRST, 1))
    await story.alarm.walk(Action.CLAIM)
    await story.stands(Stance.HELD)
    await env.sleep(CLAIM_TTL + A_MOMENT)
    await story.rang((FIRST, 1), (FIRST, 1))
    assert [one.round for _, one in story.notifier.rung] == [1, 2]
    assert story.notifier.ladders_read == 2, "a policy that was changed meanwhile counts"


async def test_a_release_rings_every_level_that_had_rung_at_once(env: WorkflowEnvironment, story: Alarmed) -> None:
    await env.sleep(timedelta(minutes=11))
    await story.rang((FIRST, 1), (BACKUP, 2))
    await story.alarm.walk(Action.CLAIM, Action.START)
    await story.stands(Stance.HELD)
    await env.sleep(timedelta(minutes=5))
    await story.alarm.walk(Action.RELEASE)
    await story.rang((FIRST, 1), (BACKUP, 2), (FIRST, 1), (BACKUP, 2))
    await env.sleep(timedelta(minutes=20))
    await eventually(lambda: story.levels[-1] == (OWNER, 3))


async def test_a_claimed_alarm_that_nobody_does_anything_about_rings_again(env: WorkflowEnvironment, story: Alarmed) -> None:
    await story.rang((FIRST, 1))
    await story.alarm.walk(Action.CLAIM, Action.START)
    await env.sleep(timedelta(minutes=10))
    await story.alarm.walk(Action.ADD_NOTE)
    await env.sleep(timedelta(minutes=10))
    assert story.levels == [(FIRST, 1)], "a note is an action"
    await env.sleep(timedelta(minutes=6))
    await story.rang((FIRST, 1), (FIRST, 1))
    assert (await story.snapshot()).watch.stance is Stance.LEFT
    await story.alarm.walk(Action.ADD_NOTE)
    await story.stands(Stance.HELD)


async def test_when_all_have_rung_all_ring_again(env: WorkflowEnvironment, story: Alarmed) -> None:
    await env.sleep(timedelta(minutes=31))
    await eventually(lambda: len(story.levels) == 3)
    await env.sleep(timedelta(minutes=20))
    await eventually(lambda: len(story.levels) == 6)
    assert story.levels[3:] == [(FIRST, 1), (BACKUP, 2), (OWNER, 3)]
    keys = [one.key for _, one in story.notifier.rung]
    assert len(set(keys)) == 6, "each of them is another notification"


async def test_a_try_that_failed_is_repeated_with_growing_pauses(env: WorkflowEnvironment, story: Alarmed) -> None:
    story.notifier.results[BACKUP.target_id] = [FAILED, FAILED, SENT]
    await env.sleep(timedelta(minutes=11))
    await eventually(lambda: len(story.levels) == 4)
    tries = [(at, one) for at, one in story.notifier.rung if one.target == BACKUP]
    assert [one.attempt for _, one in tries] == [1, 2, 3]
    assert len({one.key for _, one in tries}) == 1
    pauses = [(later - earlier).total_seconds() for (earlier, _), (later, _) in pairwise(tries)]
    assert 5 <= pauses[0] < 10 <= pauses[1] < 15
    assert story.notifier.outcomes[-1].nobody is None


@pytest.mark.parametrize("results", [[REFUSED], [FAILED]], ids=["refused", "failed"])
async def test_a_level_that_reached_nobody_is_told_and_the_next_rings_at_once(
    env: WorkflowEnvironment, results: list[DeliveryStatus]
) -> None:
    async with alarmed(env, cached=0) as story:
        story.notifier.results[FIRST.target_id] = results
        await env.sleep(timedelta(minutes=1))
        await eventually(lambda: (BACKUP, 2) in story.levels)
        assert [(one.level, one.nobody) for one in story.notifier.outcomes[:1]] == [(1, Nobody.NOT_DELIVERED)]
        assert len(story.levels) == (2 if results == [REFUSED] else 4)
        assert story.minutes[-1] == 0
        await replay(env.client, story.id)


async def test_a_level_without_anybody_is_told_and_the_next_rings_at_once(env: WorkflowEnvironment, story: Alarmed) -> None:
    story.notifier.targets = {2: (BACKUP, PAGER)}
    await eventually(lambda: len(story.notifier.outcomes) == 2)
    assert [(one.level, one.nobody) for one in story.notifier.outcomes] == [(1, Nobody.NO_TARGET), (2, None)]
    assert (story.notifier.outcomes[1].tried, story.notifier.outcomes[1].reached) == (2, 2)


async def test_without_a_policy_that_is_told_once_a_round_and_a_policy_made_later_counts(env: WorkflowEnvironment) -> None:
    async with alarmed(env, ladder=Ladder()) as story:
        await eventually(lambda: len(story.notifier.outcomes) == 1)
        await env.sleep(timedelta(hours=1))
        (outcome,) = story.notifier.outcomes
        assert (outcome.level, outcome.nobody) == (0, Nobody.NO_POLICY)
        story.notifier.ladder = LADDER
        await story.alarm.walk(Action.CLAIM, Action.RELEASE)
        await eventually(lambda: (FIRST, 1) in story.levels)
        await replay(env.client, story.id)


async def test_an_incident_is_resolved_when_the_alarm_is_dealt_with(env: WorkflowEnvironment, story: Alarmed) -> None:
    story.notifier.targets = {1: (PAGER,)}
    await story.rang((PAGER, 1))
    story.notifier.results[PAGER.target_id] = [FAILED, SENT]
    await story.alarm.walk(Action.CLAIM, Action.START, Action.ACK)
    await story.result()
    assert [one.purpose for _, one in story.notifier.rung] == [Purpose.RING, Purpose.RESOLVE, Purpose.RESOLVE]
    assert len({one.key for _, one in story.notifier.rung}) == 2


async def test_an_alarm_that_becomes_critical_is_escalated_from_then_on(env: WorkflowEnvironment) -> None:
    async with alarmed(env, priority=Priority.HIGH) as story:
        await env.sleep(timedelta(hours=1))
        assert story.row.escalation_asked == 0
        await story.alarm.tell(await story.row.add_event(Priority.CRITICAL))
        await story.rang((FIRST, 1))
        await env.sleep(timedelta(minutes=11))
        assert story.minutes == [60, 70]
        await replay(env.client, story.alarm.handle.id)


@pytest.mark.parametrize(("declined", "asked"), [(Decline.SWITCHED_OFF, 1), (Decline.SUPPRESSED, 2)])
async def test_what_is_switched_off_or_suppressed_has_no_escalation(
    env: WorkflowEnvironment, declined: Decline, asked: int
) -> None:
    """What is suppressed is asked about again when an event comes, which may be a hold-up."""
    row = FakeRow(env.get_current_time, new_bundle(await env.get_current_time(), priority=Priority.CRITICAL))
    row.declined = declined
    async with serving(env.client, *row.activities):
        alarm = await start(env.client, row)
        await eventually(lambda: row.escalation_asked == 1)
        await alarm.tell(await row.add_event(Priority.CRITICAL))
        await alarm.walk(Action.CLAIM, Action.RELEASE)
        await env.sleep(A_MOMENT)
        assert row.escalation_asked >= asked
        with pytest.raises(RPCError):
            await env.client.get_workflow_handle(names.escalation_workflow_id(alarm.bundle_id)).describe()


async def test_it_outlives_the_runs_of_its_alarm(env: WorkflowEnvironment, story: Alarmed) -> None:
    await story.rang((FIRST, 1))
    handle = story.alarm.handle
    first_run = (await handle.describe()).run_id
    while (await env.client.get_workflow_handle(handle.id).describe()).run_id == first_run:
        await story.alarm.tell(await story.row.add_event(Priority.CRITICAL))
        await story.alarm.walk(Action.CLAIM)
        await story.alarm.walk(Action.RELEASE)
    rounds = (await story.snapshot()).watch.round
    await story.alarm.walk(Action.CLAIM, Action.START, Action.ACK)
    assert (await story.result()).watch.round >= rounds > 1


async def test_it_goes_on_when_its_alarms_workflow_is_terminated_and_takes_the_row_for_true(stack: Stack) -> None:
    """On a real server: the test server cannot end the child of a workflow that was terminated."""
    client = await Client.connect(stack.temporal.url, namespace=NAMESPACE, data_converter=DATA_CONVERTER)
    ladder = replace(LADDER, rungs=(timedelta(), timedelta(seconds=2), timedelta(seconds=4)))
    async with alarmed(WorkflowEnvironment.from_client(client), ladder=ladder) as story:
        await story.rang((FIRST, 1))
        await story.alarm.handle.terminate()
        state = story.row.state
        assert state is not None
        await story.rang((FIRST, 1), (BACKUP, 2))
        story.row.state = replace(state, status=BundleStatus.ACK, version=state.version + 3)
        assert (await story.result()).watch.stance is Stance.OVER
        assert story.levels == [(FIRST, 1), (BACKUP, 2)]


async def test_a_bundle_alarm_started_anew_finds_its_escalation(env: WorkflowEnvironment, story: Alarmed) -> None:
    await story.rang((FIRST, 1))
    await story.alarm.handle.terminate()
    given = BundleInput(bundle_id=story.alarm.bundle_id, object_id=uuid4(), alarm_type=AlarmType.INTRUSION)
    options = start_options(given, status=BundleStatus.NEW, priority=Priority.CRITICAL)
    handle = await env.client.start_workflow(BundleAlarm.run, given, **options)
    again = replace(story.alarm, handle=handle)
    await again.walk(Action.CLAIM, Action.START)
    await story.stands(Stance.HELD)
    assert story.levels == [(FIRST, 1)]
    await again.walk(Action.ACK)
    await story.result()


async def test_a_claim_given_back_after_somebody_ended_the_escalation_rings_again(
    env: WorkflowEnvironment, story: Alarmed
) -> None:
    """Who ends it in Temporal's web UI silences an alarm only until somebody acts on it."""
    await story.rang((FIRST, 1))
    await env.client.get_workflow_handle(story.id).terminate()
    await story.alarm.walk(Action.CLAIM, Action.RELEASE)
    await story.rang((FIRST, 1), (FIRST, 1))
    await story.alarm.walk(Action.CLAIM, Action.START, Action.ACK)
    assert (await story.result()).watch.stance is Stance.OVER


@pytest.mark.parametrize("actions", [(), (Action.CLAIM, Action.START)], ids=["unclaimed", "claimed-and-left"])
async def test_r_escalate_one_that_somebody_ended_comes_back_without_anybodys_doing(
    stack: Stack, actions: tuple[Action, ...]
) -> None:
    """On a real server: the clock of the test server stands still once a child was terminated."""
    client = await Client.connect(stack.temporal.url, namespace=NAMESPACE, data_converter=DATA_CONVERTER)
    ladder = replace(LADDER, left_after=timedelta(seconds=6))
    async with alarmed(WorkflowEnvironment.from_client(client), ladder=ladder) as story:
        await story.rang((FIRST, 1))
        await story.alarm.walk(*actions)
        await story.stands(Stance.HELD if actions else Stance.WAITING)
        await client.get_workflow_handle(story.id).terminate()
        await story.alarm.handle.signal(BundleAlarm.escalation_lost, BundleRef(bundle_id=story.alarm.bundle_id))
        await story.rang((FIRST, 1), (FIRST, 1))
        await story.stands(Stance.LEFT if actions else Stance.WAITING)
        await story.alarm.walk(*([] if actions else [Action.CLAIM, Action.START]), Action.ACK)
        assert (await story.result()).watch.stance is Stance.OVER
        await replay(client, story.alarm.handle.id)


async def test_one_that_was_taken_for_lost_goes_on_undisturbed(env: WorkflowEnvironment, story: Alarmed) -> None:
    await story.rang((FIRST, 1))
    run_id = (await env.client.get_workflow_handle(story.id).describe()).run_id
    await story.alarm.handle.signal(BundleAlarm.escalation_lost, BundleRef(bundle_id=story.alarm.bundle_id))
    await env.sleep(timedelta(minutes=11))
    await story.rang((FIRST, 1), (BACKUP, 2))
    assert (await env.client.get_workflow_handle(story.id).describe()).run_id == run_id
    await story.alarm.walk(Action.CLAIM, Action.START, Action.ACK)
    await story.result()


async def test_an_alarm_that_is_dealt_with_begins_no_escalation_anew(env: WorkflowEnvironment, story: Alarmed) -> None:
    await story.rang((FIRST, 1))
    await story.alarm.walk(Action.CLAIM, Action.START, Action.ACK)
    await story.result()
    await story.alarm.handle.signal(BundleAlarm.escalation_lost, BundleRef(bundle_id=story.alarm.bundle_id))
    await story.alarm.walk(Action.ADD_NOTE)
    assert story.row.escalation_asked == 1
