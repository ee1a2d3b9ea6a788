"""R-SERVICE: the life of a period of service mode, on a clock that jumps."""

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
from temporalio.testing import WorkflowEnvironment

from tests.support.eventually import eventually
from tests.support.fake_service import FakeService
from tests.workflows.support import ANNA, BARTEK, replay, serving
from workflows.contracts import names
from workflows.contracts.refusals import refusal_of
from workflows.contracts.service_mode import (
    ExtendRequest,
    ServiceDecision,
    ServiceInput,
    ServiceRow,
    ServiceSnapshot,
    start_options,
)
from workflows.domain.service import WARN_BEFORE, ServiceRefusal, ServiceState
from workflows.domain.two_person import RELEASE_WITHIN, ReleaseRefusal
from workflows.service_mode import ServiceMode

# 0: every task replays the history from its beginning, as after a restart of the worker.
RESTARTING = pytest.mark.parametrize("cached", [100, 0], ids=["cached", "restarting"])
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


@dataclass(slots=True)
class Service:
    """A period that Anna asked for."""

    handle: WorkflowHandle[ServiceMode, ServiceSnapshot]
    row: FakeService
    begun: ServiceSnapshot

    async def state(self) -> ServiceState:
        found = (await self.handle.query(ServiceMode.snapshot)).row
        assert found is not None
        return found.state

    async def extend(self, minutes: int = 60, *, version: int | None = None) -> ServiceSnapshot:
        request = ExtendRequest(actor_id=ANNA, minutes=minutes, version=version or self.row.row.version)
        return await self.handle.execute_update(ServiceMode.extend, request)

    async def release(self, actor: UUID = BARTEK) -> ServiceSnapshot:
        return await self.handle.execute_update(ServiceMode.release, ServiceDecision(actor_id=actor))

    async def end(self, actor: UUID = ANNA) -> ServiceSnapshot:
        return await self.handle.execute_update(ServiceMode.end, ServiceDecision(actor_id=actor))


async def ask(client: Client, row: FakeService, *, alone: bool = True) -> Service:
    """As the API does it."""
    start = ServiceInput(service_id=uuid4(), object_id=uuid4(), alone=alone)
    operation = WithStartWorkflowOperation(
        ServiceMode.run, start, id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING, **start_options(start)
    )
    begun = await client.execute_update_with_start_workflow(ServiceMode.begun, start_workflow_operation=operation)
    return Service(client.get_workflow_handle_for(ServiceMode.run, names.service_workflow_id(start.service_id)), row, begun)


@asynccontextmanager
async def asked(env: WorkflowEnvironment, row: FakeService, *, alone: bool = True, cached: int = 100) -> AsyncIterator[Service]:
    async with serving(env.client, *row.activities, cached=cached):
        yield await ask(env.client, row, alone=alone)


async def an_hour(env: WorkflowEnvironment, lasts: timedelta = HOUR) -> FakeService:
    """A row as the API inserts it."""
    now = await env.get_current_time()
    row = ServiceRow(state=ServiceState.AWAITING_RELEASE, version=1, begun_at=now, ends_at=now + lasts)
    return FakeService(env.get_current_time, row, requested_by=ANNA)


@pytest.fixture
async def row(env: WorkflowEnvironment) -> FakeService:
    return await an_hour(env)


async def refused(call: object) -> str | None:
    with pytest.raises(WorkflowUpdateFailedError) as error:
        await call  # type: ignore[misc]
    return refusal_of(error.value)


@RESTARTING
async def test_it_warns_ten_minutes_before_its_end_and_ends_by_itself(
    env: WorkflowEnvironment, row: FakeService, cached: int
) -> None:
    async with asked(env, row, cached=cached) as service:
        assert service.begun.row == row.row
        assert row.row.state is ServiceState.ACTIVE
        await env.sleep(HOUR - WARN_BEFORE - 5 * SECOND)
        assert row.warnings == []
        await env.sleep(10 * SECOND)
        assert [warning.ends_at for warning in row.warnings] == [row.row.ends_at]
        await env.sleep(WARN_BEFORE - 10 * SECOND)
        assert await service.state() is ServiceState.ACTIVE
        result = await service.handle.result()
        assert result.row is not None
        assert result.settled is not None
        assert (result.row.state, result.settled.events) == (ServiceState.ENDED, 3)
        assert (len(row.settled), len(row.warnings)) == (1, 1)
        assert [end.actor_id for end in row.ends] == [None]
        await replay(env.client, service.handle.id)


async def test_one_that_is_no_longer_than_the_warning_is_not_warned_of(env: WorkflowEnvironment) -> None:
    row = await an_hour(env, 9 * MINUTE)
    async with asked(env, row) as service:
        await env.sleep(9 * MINUTE)
        await service.handle.result()
        assert row.warnings == []


@RESTARTING
async def test_an_extension_moves_the_end_and_the_warning(env: WorkflowEnvironment, row: FakeService, cached: int) -> None:
    async with asked(env, row, cached=cached) as service:
        await env.sleep(HOUR - MINUTE)
        assert len(row.warnings) == 1
        extended = await service.extend(60)
        assert extended.row == row.row
        await env.sleep(2 * MINUTE)
        assert await service.state() is ServiceState.ACTIVE
        await env.sleep(HOUR - WARN_BEFORE)
        assert [warning.ends_at for warning in row.warnings][1:] == [row.row.ends_at]
        await env.sleep(WARN_BEFORE)
        await service.handle.result()
        assert await env.get_current_time() >= row.row.ends_at
        await replay(env.client, service.handle.id)


async def test_an_extension_is_refused_when_somebody_was_quicker_or_it_is_too_long(
    env: WorkflowEnvironment, row: FakeService
) -> None:
    async with asked(env, row) as service:
        seen = row.row.version
        both = await asyncio.gather(service.extend(version=seen), service.extend(version=seen), return_exceptions=True)
        (failed,) = (answer for answer in both if isinstance(answer, WorkflowUpdateFailedError))
        assert refusal_of(failed) == ServiceRefusal.STALE_VERSION
        assert await refused(service.extend(60 * 24)) == ServiceRefusal.TOO_LONG
        assert row.row.ends_at - row.row.begun_at == 2 * HOUR


@RESTARTING
async def test_a_person_ends_it_early_and_is_told_when_it_is_summed_up(
    env: WorkflowEnvironment, row: FakeService, cached: int
) -> None:
    async with asked(env, row, cached=cached) as service:
        ended = await service.end()
        assert ended.row is not None
        assert (ended.row.state, ended.settled is not None) == (ServiceState.ENDED, True)
        await service.handle.result()
        assert [end.actor_id for end in row.ends] == [ANNA]
        await replay(env.client, service.handle.id)


async def test_two_who_end_at_once_end_it_once(env: WorkflowEnvironment, row: FakeService) -> None:
    async with asked(env, row) as service:
        both = await asyncio.gather(service.end(), service.end(BARTEK))
        assert both[0] == both[1]
        assert (len(row.ends), len(row.settled)) == (1, 1)


async def test_a_database_whose_clock_is_behind_is_asked_again(env: WorkflowEnvironment, row: FakeService) -> None:
    async with asked(env, row) as service:

        async def behind() -> object:
            return await env.get_current_time() - 3 * SECOND

        row.clock = behind  # type: ignore[assignment]
        await env.sleep(HOUR)
        assert await service.state() is ServiceState.ACTIVE
        await env.sleep(5 * SECOND)
        await service.handle.result()
        assert len(row.ends) > 1
        assert row.row.state is ServiceState.ENDED


async def test_an_extension_whose_answer_was_lost_is_found_in_the_row(env: WorkflowEnvironment, row: FakeService) -> None:
    async with asked(env, row) as service:
        row.lost = 100
        with pytest.raises(WorkflowUpdateFailedError) as error:
            await service.extend(60)
        assert refusal_of(error.value) is None
        row.lost = 0
        await env.sleep(HOUR + MINUTE)
        assert await service.state() is ServiceState.ACTIVE
        await env.sleep(HOUR)
        await service.handle.result()
        assert await env.get_current_time() >= row.row.ends_at


async def test_the_end_waits_for_a_database_that_is_away(env: WorkflowEnvironment, row: FakeService) -> None:
    async with asked(env, row) as service:
        row.away = True
        await env.sleep(HOUR + MINUTE)
        assert row.row.state is ServiceState.ACTIVE
        row.away = False
        assert (await service.handle.result()).settled is not None


# -- two persons


@RESTARTING
async def test_without_a_second_person_it_is_refused_after_two_minutes(
    env: WorkflowEnvironment, row: FakeService, cached: int
) -> None:
    async with asked(env, row, alone=False, cached=cached) as service:
        assert service.begun.row is not None
        assert service.begun.row.state is ServiceState.AWAITING_RELEASE
        await env.sleep(RELEASE_WITHIN - 5 * SECOND)
        assert await service.state() is ServiceState.AWAITING_RELEASE
        result = await service.handle.result()
        assert result.row is not None
        assert (result.row.state, row.settled) == (ServiceState.REFUSED, [])
        await replay(env.client, service.handle.id)


@RESTARTING
async def test_a_second_person_releases_it_and_it_lasts_from_then(
    env: WorkflowEnvironment, row: FakeService, cached: int
) -> None:
    async with asked(env, row, alone=False, cached=cached) as service:
        await env.sleep(MINUTE)
        assert await refused(service.release(ANNA)) == ReleaseRefusal.SAME_PERSON
        released = await service.release(BARTEK)
        assert released.row is not None
        assert released.row.state is ServiceState.ACTIVE
        assert await refused(service.release(BARTEK)) == ReleaseRefusal.NOT_WAITING
        await env.sleep(HOUR - MINUTE)
        assert await service.state() is ServiceState.ACTIVE
        await env.sleep(MINUTE)
        await service.handle.result()
        await replay(env.client, service.handle.id)


async def test_who_asked_may_take_it_back_while_it_waits(env: WorkflowEnvironment, row: FakeService) -> None:
    async with asked(env, row, alone=False) as service:
        ended = await service.end()
        assert ended.row is not None
        assert ended.row.state is ServiceState.REFUSED


async def test_a_release_whose_answer_was_lost_is_found_in_the_row(env: WorkflowEnvironment, row: FakeService) -> None:
    async with asked(env, row, alone=False) as service:
        row.lost = 100
        with pytest.raises(WorkflowUpdateFailedError):
            await service.release()

        async def active() -> bool:
            return await service.state() is ServiceState.ACTIVE

        await eventually(active)


async def test_a_row_that_is_over_is_left_as_it_is(env: WorkflowEnvironment, row: FakeService) -> None:
    """A workflow that is started again for a row that has ended."""
    row._become(ServiceState.REFUSED)
    async with asked(env, row) as service:
        result = await service.handle.result()
        assert result.row is not None
        assert (result.row.state, row.settled) == (ServiceState.REFUSED, [])


async def test_the_web_ui_tells_the_story_in_ids(env: WorkflowEnvironment, row: FakeService) -> None:
    async with asked(env, row) as service:
        await service.extend()
        await service.end()
        await service.handle.result()
        described = await service.handle.describe()
        assert described.status is WorkflowExecutionStatus.COMPLETED
        assert "Service mode of object" in (await described.static_summary() or "")
        object_id = described.typed_search_attributes.get(described.typed_search_attributes.search_attributes[0].key)
        assert str(object_id) in (await described.static_details() or "")
