"""R-REVEAL: the life of a reveal, on a clock that jumps."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from tests.support.eventually import eventually
from tests.support.fakes import FakeReveal
from tests.workflows.support import ANNA, BARTEK, replay, serving
from workflows.contracts import names, policies
from workflows.contracts.reveal import HideRequest, RevealInput, RevealSnapshot, start_options
from workflows.domain.reveal import VISIBLE_FOR, RevealState
from workflows.secret_reveal import SecretReveal

# 0: every task replays the history from its beginning, as after a restart of the worker.
RESTARTING = pytest.mark.parametrize("cached", [100, 0], ids=["cached", "restarting"])


@dataclass(slots=True)
class Shown:
    """A reveal that Anna asked for."""

    handle: WorkflowHandle[SecretReveal, RevealSnapshot]
    row: FakeReveal
    opened: RevealSnapshot

    async def hide(self, actor: UUID = ANNA, *, may_hide_others: bool = False) -> RevealSnapshot:
        return await self.handle.execute_update(SecretReveal.hide, HideRequest(actor_id=actor, may_hide_others=may_hide_others))

    async def snapshot(self) -> RevealSnapshot:
        return await self.handle.query(SecretReveal.snapshot)


async def ask(client: Client, row: FakeReveal) -> Shown:
    """As the API does it."""
    start = RevealInput(reveal_id=uuid4(), secret_id=uuid4(), object_id=uuid4(), user_id=ANNA)
    operation = WithStartWorkflowOperation(
        SecretReveal.run, start, id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING, **start_options(start)
    )
    opened = await client.execute_update_with_start_workflow(SecretReveal.opened, start_workflow_operation=operation)
    return Shown(client.get_workflow_handle_for(SecretReveal.run, names.reveal_workflow_id(start.reveal_id)), row, opened)


@asynccontextmanager
async def asked(env: WorkflowEnvironment, row: FakeReveal, *, cached: int = 100) -> AsyncIterator[Shown]:
    async with serving(env.client, row.open_reveal, row.end_reveal, cached=cached):
        yield await ask(env.client, row)


@pytest.fixture
def row(env: WorkflowEnvironment) -> FakeReveal:
    return FakeReveal(env.get_current_time)


async def test_who_asks_is_answered_when_it_is_visible_and_until_when(env: WorkflowEnvironment, row: FakeReveal) -> None:
    async with asked(env, row) as shown:
        assert (shown.opened.state, shown.opened.expires_at) == (RevealState.VISIBLE, row.expires_at)
        assert await shown.snapshot() == shown.opened


@RESTARTING
async def test_it_expires_by_itself_after_a_minute(env: WorkflowEnvironment, row: FakeReveal, cached: int) -> None:
    async with asked(env, row, cached=cached) as shown:
        await env.sleep(VISIBLE_FOR - timedelta(seconds=2))
        assert (await shown.snapshot()).state is RevealState.VISIBLE
        assert (await shown.handle.result()).state is RevealState.EXPIRED
        assert [(end.state, end.actor_id) for end in row.ends] == [(RevealState.EXPIRED, None)]
        await replay(env.client, shown.handle.id)


@RESTARTING
async def test_hiding_ends_it_early_and_names_who_did(env: WorkflowEnvironment, row: FakeReveal, cached: int) -> None:
    async with asked(env, row, cached=cached) as shown:
        assert (await shown.hide()).state is RevealState.HIDDEN
        assert (await shown.handle.result()).state is RevealState.HIDDEN
        assert [(end.state, end.actor_id) for end in row.ends] == [(RevealState.HIDDEN, ANNA)]
        await replay(env.client, shown.handle.id)


async def test_two_who_hide_at_once_end_it_once(env: WorkflowEnvironment, row: FakeReveal) -> None:
    async with asked(env, row) as shown:
        both = await asyncio.gather(shown.hide(), shown.hide(BARTEK, may_hide_others=True))
        assert [answer.state for answer in both] == [RevealState.HIDDEN, RevealState.HIDDEN]
        assert len(row.ends) == 1


async def test_hiding_what_is_over_is_told_by_temporal(env: WorkflowEnvironment, row: FakeReveal) -> None:
    """The API then answers from the row."""
    async with asked(env, row) as shown:
        await shown.hide()
        await shown.handle.result()
        with pytest.raises(RPCError) as error:
            await shown.hide()
        assert error.value.status is RPCStatusCode.NOT_FOUND


async def test_only_the_revealer_and_who_may_override_hide_it(env: WorkflowEnvironment, row: FakeReveal) -> None:
    async with asked(env, row) as shown:
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await shown.hide(BARTEK)
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.type == policies.REFUSED
        assert (await shown.snapshot()).state is RevealState.VISIBLE
        assert (await shown.hide(BARTEK, may_hide_others=True)).state is RevealState.HIDDEN


async def test_a_hide_that_meets_the_expiry_gets_the_end_that_came_first(env: WorkflowEnvironment, row: FakeReveal) -> None:
    """The timer has fired, the database is away: who hides meanwhile waits for that end, and there is no second."""
    async with asked(env, row) as shown:
        row.away = True
        await env.sleep(VISIBLE_FOR + timedelta(seconds=1))
        await eventually(lambda: row.ends)
        hiding = asyncio.create_task(shown.hide())
        await eventually(lambda: _accepted(shown))
        row.away = False
        with env.auto_time_skipping_disabled():
            await env.sleep(timedelta(seconds=10))
            assert (await hiding).state is RevealState.EXPIRED
        assert {end.state for end in row.ends} == {RevealState.EXPIRED}
        await replay(env.client, shown.handle.id)


async def _accepted(shown: Shown) -> bool:
    events = (await shown.handle.fetch_history()).events
    return sum(event.HasField("workflow_execution_update_accepted_event_attributes") for event in events) == 2


async def test_a_row_that_the_database_ended_first_stands(env: WorkflowEnvironment, row: FakeReveal) -> None:
    async with asked(env, row) as shown:
        row.state = RevealState.EXPIRED
        assert (await shown.hide()).state is RevealState.EXPIRED


async def test_what_nobody_waits_for_any_more_is_never_opened(env: WorkflowEnvironment) -> None:
    late = FakeReveal(env.get_current_time, too_late=True)
    async with asked(env, late) as shown:
        assert shown.opened.state is RevealState.EXPIRED
        assert (await shown.handle.result()).state is RevealState.EXPIRED
        assert late.ends == []


async def test_the_web_ui_tells_the_story_in_ids(env: WorkflowEnvironment, row: FakeReveal) -> None:
    async with asked(env, row) as shown:
        await shown.hide()
        await shown.handle.result()
        described = await shown.handle.describe()
        assert described.status is WorkflowExecutionStatus.COMPLETED
        assert str(ANNA) in (await described.static_summary() or "")
        object_id = described.typed_search_attributes.get(described.typed_search_attributes.search_attributes[0].key)
        assert str(object_id) in (await described.static_details() or "")
