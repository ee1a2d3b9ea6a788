"""R-HISTORY: the life of a call-back, on a clock that jumps."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from tests.support.eventually import eventually
from tests.support.fakes import FakeCallback
from tests.workflows.support import ANNA, BARTEK, replay, serving
from workflows.callback import CallbackReminder
from workflows.contracts import policies
from workflows.contracts.callback import CallbackInput, DecisionRequest, start_options
from workflows.contracts.refusals import refusal_of
from workflows.domain.callback import MOST_RINGS, REMIND_EVERY, Callback, CallbackState, Decision, Refusal

# 0: every task replays the history from its beginning, as after a restart of the worker.
RESTARTING = pytest.mark.parametrize("cached", [100, 0], ids=["cached", "restarting"])
DUE_AFTER = timedelta(hours=9)  # a shift later
SLACK = timedelta(seconds=5)


@dataclass(slots=True)
class Promise:
    """A call-back that was set."""

    env: WorkflowEnvironment
    handle: WorkflowHandle[CallbackReminder, Callback]
    fake: FakeCallback

    async def decide(self, decision: Decision, **more: Any) -> Callback:
        """As the API does it: by name, with the version that is seen."""
        members: dict[str, Any] = {"actor_id": ANNA, "expected_version": self.fake.row.version, **more}
        request = DecisionRequest(decision_id=members.pop("decision_id", uuid4()), **members)
        answer: Callback = await self.handle.execute_update(decision.value, request, result_type=Callback)
        return answer

    async def sleep(self, duration: timedelta) -> None:
        await self.env.sleep(duration)

    async def rings(self, count: int) -> None:
        await eventually(lambda: len(self.fake.told) == count, what=f"{count} rings")


@asynccontextmanager
async def promised(env: WorkflowEnvironment, *, cached: int = 100) -> AsyncIterator[Promise]:
    fake = FakeCallback(env.get_current_time, await env.get_current_time() + DUE_AFTER)
    start = CallbackInput(callback_id=uuid4(), object_id=uuid4())
    async with serving(env.client, fake.read_callback, fake.ring_callback, fake.decide_callback, cached=cached):
        handle = await env.client.start_workflow(CallbackReminder.run, start, **start_options(start))
        await eventually(lambda: fake.reads > 0)
        yield Promise(env, handle, fake)


@RESTARTING
async def test_it_rings_when_it_is_due_and_not_before(env: WorkflowEnvironment, cached: int) -> None:
    async with promised(env, cached=cached) as promise:
        await promise.sleep(DUE_AFTER - timedelta(minutes=1))
        assert promise.fake.told == []
        await promise.sleep(timedelta(minutes=1) + SLACK)
        await promise.rings(1)
        assert (await promise.handle.query(CallbackReminder.snapshot)).state is CallbackState.DUE
        await promise.decide(Decision.DONE)
        assert (await promise.handle.result()).state is CallbackState.DONE
        await replay(env.client, promise.handle.id)


async def test_it_rings_again_until_an_hour_has_passed_and_then_waits_for_somebody(env: WorkflowEnvironment) -> None:
    async with promised(env) as promise:
        await promise.sleep(DUE_AFTER + MOST_RINGS * REMIND_EVERY + timedelta(hours=10))
        await promise.rings(MOST_RINGS)
        gaps = [later - earlier for earlier, later in zip(promise.fake.told, promise.fake.told[1:], strict=False)]
        assert all(REMIND_EVERY <= gap <= REMIND_EVERY + SLACK for gap in gaps), gaps
        await promise.decide(Decision.CANCEL, actor_id=BARTEK)
        assert (await promise.handle.result()).state is CallbackState.CANCELLED
        assert len(promise.fake.told) == MOST_RINGS


@RESTARTING
async def test_postponed_it_is_silent_and_rings_from_the_beginning(env: WorkflowEnvironment, cached: int) -> None:
    async with promised(env, cached=cached) as promise:
        await promise.sleep(DUE_AFTER + SLACK)
        await promise.rings(1)
        postponed = await promise.decide(Decision.POSTPONE, minutes=30)
        assert (postponed.state, postponed.rings, postponed.version) == (CallbackState.PENDING, 0, 2)
        await promise.sleep(timedelta(minutes=29))
        assert len(promise.fake.told) == 1
        await promise.sleep(timedelta(minutes=1) + SLACK)
        await promise.rings(2)
        await promise.decide(Decision.DONE)
        await promise.handle.result()
        await replay(env.client, promise.handle.id)


async def test_done_before_it_is_due_it_never_rings(env: WorkflowEnvironment) -> None:
    async with promised(env) as promise:
        await promise.decide(Decision.DONE)
        assert (await promise.handle.result()).state is CallbackState.DONE
        assert promise.fake.told == []


async def test_of_two_who_decide_at_once_one_does(env: WorkflowEnvironment) -> None:
    async with promised(env) as promise:
        both = await asyncio.gather(
            promise.decide(Decision.POSTPONE, minutes=5),
            promise.decide(Decision.POSTPONE, minutes=10, actor_id=BARTEK),
            return_exceptions=True,
        )
        (refused,) = [one for one in both if isinstance(one, BaseException)]
        assert refusal_of(refused) == Refusal.STALE_VERSION
        assert promise.fake.row.version == 2


async def test_the_same_decision_asked_again_is_answered_again(env: WorkflowEnvironment) -> None:
    async with promised(env) as promise:
        decision_id = uuid4()
        first = await promise.decide(Decision.POSTPONE, minutes=5, decision_id=decision_id)
        again = await promise.decide(Decision.POSTPONE, minutes=5, decision_id=decision_id, expected_version=1)
        assert again == first


async def test_a_long_life_goes_on_in_a_new_run_and_forgets_nothing(env: WorkflowEnvironment) -> None:
    async with promised(env) as promise:
        first = promise.handle.first_execution_run_id
        handle = promise.env.client.get_workflow_handle_for(CallbackReminder.run, promise.handle.id)
        promise.handle = handle
        while (await handle.describe()).run_id == first:
            await promise.decide(Decision.POSTPONE, minutes=1)
        reads = promise.fake.reads
        seen = await handle.query(CallbackReminder.snapshot)
        assert seen == promise.fake.row
        await promise.sleep(promise.fake.row.due_at - await env.get_current_time() + SLACK)
        await promise.rings(1)
        assert promise.fake.reads == reads, "what is known is handed on, not asked for again"
        await promise.decide(Decision.DONE)
        assert (await handle.result()).state is CallbackState.DONE


async def test_a_database_that_is_away_is_told_to_who_asks_and_the_row_says_what_became_of_it(env: WorkflowEnvironment) -> None:
    async with promised(env) as promise:
        promise.fake.away = True
        asked = asyncio.ensure_future(promise.decide(Decision.DONE))
        await eventually(lambda: len(promise.fake.asked) > 0)
        while not asked.done():
            await promise.sleep(timedelta(seconds=1))
        with pytest.raises(WorkflowUpdateFailedError) as error:
            await asked
        assert isinstance(error.value.cause, ApplicationError)
        assert error.value.cause.type == policies.UNANSWERED
        promise.fake.away = False
        await promise.sleep(DUE_AFTER + SLACK)
        await promise.rings(1)
        await promise.decide(Decision.DONE)
        await promise.handle.result()
        await replay(env.client, promise.handle.id)


async def test_the_web_ui_tells_the_story_in_ids(env: WorkflowEnvironment) -> None:
    async with promised(env) as promise:
        await promise.decide(Decision.CANCEL)
        await promise.handle.result()
        described = await promise.handle.describe()
        assert described.status is WorkflowExecutionStatus.COMPLETED
        assert "Call-back" in (await described.static_summary() or "")
        assert len(described.typed_search_attributes.search_attributes) == 1
