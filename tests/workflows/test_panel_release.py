"""PanelConnection gives up its line for programming, and takes it back by itself (R-DLOAD)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from tests.support.eventually import eventually
from tests.support.fakes import FakeLine, FakeReleases
from tests.workflows.support import ANNA, replay, serving
from workflows.contracts import names, policies
from workflows.contracts.panel import ConfigChanged, LeaseEnd, LeaseResult, PanelInput, PanelSnapshot, start_options
from workflows.contracts.panel_release import ReleaseAsk, ReleaseRow, ResumeRequest
from workflows.history import CONTINUE_AFTER
from workflows.panel_connection import PanelConnection

MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Panel:
    env: WorkflowEnvironment
    handle: WorkflowHandle[PanelConnection, PanelSnapshot]
    line: FakeLine
    releases: FakeReleases

    async def leases(self, attempts: int) -> None:
        await eventually(lambda: len(self.line.held) == attempts, what=f"lease {attempts}")

    async def release(self, minutes: int = 30) -> ReleaseRow:
        """As the API does it; answers when the line is closed."""
        self.releases.minutes = minutes
        told = await self.handle.execute_update(PanelConnection.release_for_programming, ReleaseAsk(ask_id=uuid4()))
        assert told.release is not None
        return told.release

    async def resume(self, release_id: UUID) -> PanelSnapshot:
        request = ResumeRequest(release_id=release_id, actor_id=ANNA)
        return await self.handle.execute_update(PanelConnection.resume, request)

    async def change(self, version: int) -> None:
        await self.handle.signal(PanelConnection.config_changed, ConfigChanged(config_version=version))

    async def snapshot(self) -> PanelSnapshot:
        return await self.handle.query(PanelConnection.snapshot)

    async def grow_old(self) -> None:
        while (await self.handle.describe()).history_length < CONTINUE_AFTER:
            await self.change(0)

    async def at_the_end_of(self, release: ReleaseRow) -> None:
        """A moment later: with a lease under way time stands still."""
        await self.env.sleep(release.until - await self.env.get_current_time() + timedelta(seconds=0.2))


@pytest.fixture
async def panel(env: WorkflowEnvironment) -> AsyncIterator[Panel]:
    line, releases = FakeLine(), FakeReleases(env.get_current_time)
    given = PanelInput(panel_id=uuid4(), object_id=uuid4())
    async with serving(env.client, line.hold_panel_line, queues=[names.PANELS_QUEUE], core=releases.all):
        handle = await env.client.start_workflow(PanelConnection.run, given, **start_options(given))
        yield Panel(env, handle, line, releases)
        await replay(env.client, handle.id)


async def test_the_line_is_closed_before_the_answer_and_taken_back_when_the_time_is_over(panel: Panel) -> None:
    await panel.leases(1)
    release = await panel.release(30)
    assert (panel.line.cancelled, release.freed) == (1, True)
    assert panel.releases.calls == ["begin", "keep"]
    assert not (await panel.snapshot()).leased
    await panel.env.sleep(29 * MINUTE)
    assert len(panel.line.held) == 1
    await panel.at_the_end_of(release)
    await panel.leases(2)
    assert (panel.releases.ended_by, panel.releases.open) == ([None], None)


async def test_resuming_takes_the_line_back_at_once_and_only_the_first_end_counts(panel: Panel) -> None:
    await panel.leases(1)
    release = await panel.release()
    assert (await panel.resume(release.release_id)).release is None
    await panel.leases(2)
    assert (await panel.resume(release.release_id)).release is None
    assert panel.releases.ended_by == [ANNA]
    kinds = [event.event_type for event in (await panel.handle.fetch_history()).events]
    assert kinds.count(EventType.EVENT_TYPE_TIMER_CANCELED) == kinds.count(EventType.EVENT_TYPE_TIMER_STARTED) == 1
    assert (len(panel.line.held), panel.line.cancelled) == (2, 1)


async def test_asking_again_moves_the_end_and_keeps_the_line_closed(panel: Panel) -> None:
    await panel.leases(1)
    first = await panel.release(30)
    await panel.env.sleep(20 * MINUTE)
    second = await panel.release(30)
    assert (second.release_id, second.freed) == (first.release_id, True)
    assert second.until >= first.until + 19 * MINUTE
    await panel.env.sleep(20 * MINUTE)
    assert len(panel.line.held) == 1, "the first end does not count any more"
    await panel.at_the_end_of(second)
    await panel.leases(2)


async def test_asking_again_may_bring_the_end_nearer(panel: Panel) -> None:
    await panel.leases(1)
    await panel.release(240)
    await panel.at_the_end_of(await panel.release(1))
    await panel.leases(2)


async def test_a_release_survives_continue_as_new(panel: Panel) -> None:
    await panel.leases(1)
    first_run = (await panel.handle.describe()).run_id
    release = await panel.release(30)
    await panel.grow_old()
    await panel.change(0)
    await eventually(lambda: _is_another_run(panel, first_run), what="the next run")
    again = await panel.snapshot()
    assert (again.release, again.leased) == (release, False)
    await panel.env.sleep(20 * MINUTE)
    assert len(panel.line.held) == 1
    await panel.at_the_end_of(release)
    await panel.leases(2)


async def test_a_release_that_begins_in_a_long_run_is_closed_before_the_next_run(panel: Panel) -> None:
    await panel.leases(1)
    first_run = (await panel.handle.describe()).run_id
    await panel.grow_old()
    release = await panel.release(30)
    assert release.freed
    await eventually(lambda: _is_another_run(panel, first_run), what="the next run")
    assert (await panel.snapshot()).release == release
    await panel.resume(release.release_id)
    await panel.leases(2)


async def _is_another_run(panel: Panel, run_id: str) -> bool:
    return (await panel.handle.describe()).run_id != run_id


async def test_a_worker_that_is_killed_forgets_nothing(env: WorkflowEnvironment) -> None:
    line, releases = FakeLine(), FakeReleases(env.get_current_time)
    given = PanelInput(panel_id=uuid4(), object_id=uuid4())

    def served() -> AbstractAsyncContextManager[None]:
        return serving(env.client, line.hold_panel_line, queues=[names.PANELS_QUEUE], core=releases.all, cached=0)

    async with served():
        handle = await env.client.start_workflow(PanelConnection.run, given, **start_options(given))
        panel = Panel(env, handle, line, releases)
        await panel.leases(1)
        release = await panel.release(30)
    await panel.at_the_end_of(release)  # nobody is there
    assert releases.open is not None
    async with served():
        await panel.leases(2)
        assert releases.open is None
        assert releases.ended_by == [None]


async def test_a_new_address_is_used_by_the_lease_after_the_release(panel: Panel) -> None:
    await panel.leases(1)
    release = await panel.release()
    await panel.change(7)
    await eventually(lambda: panel.releases.calls.count("keep") == 2, what="the row was looked at")
    assert (await panel.snapshot()).release == release
    assert len(panel.line.held) == 1
    await panel.resume(release.release_id)
    await panel.leases(2)
    assert (await panel.snapshot()).config_version == 7


@pytest.mark.parametrize("end", [LeaseEnd.DISABLED, LeaseEnd.REMOVED])
async def test_a_panel_that_is_no_longer_wanted_is_not_released_either(panel: Panel, end: LeaseEnd) -> None:
    await panel.leases(1)
    await panel.release()
    panel.releases.unwanted = True
    await panel.change(7)
    await panel.leases(2)  # which finds out what became of the panel
    assert panel.releases.open is None
    panel.line.end(LeaseResult(end=end, config_version=7))
    if end is LeaseEnd.REMOVED:
        assert (await panel.handle.result()).last_end is LeaseEnd.REMOVED
    else:
        await eventually(lambda: _ended(panel, end), what="the end of the lease")


async def _ended(panel: Panel, end: LeaseEnd) -> bool:
    return (await panel.snapshot()).last_end is end


async def test_a_panel_removed_while_its_line_is_being_closed_ends_release_and_workflow(panel: Panel) -> None:
    await panel.leases(1)
    panel.releases.unwanted = True
    panel.line.deaf = True
    asked = asyncio.ensure_future(
        panel.handle.execute_update(PanelConnection.release_for_programming, ReleaseAsk(ask_id=uuid4()))
    )
    await eventually(lambda: _knows_a_release(panel), what="the release has begun")
    panel.line.end(LeaseResult(end=LeaseEnd.REMOVED))
    assert (await asked).release is None
    assert (await panel.handle.result()).last_end is LeaseEnd.REMOVED
    assert panel.releases.open is None


async def _knows_a_release(panel: Panel) -> bool:
    return (await panel.snapshot()).release is not None


async def test_a_disabled_panel_that_is_enabled_during_its_release_is_held_after_it(panel: Panel) -> None:
    await panel.leases(1)
    panel.line.end(LeaseResult(end=LeaseEnd.DISABLED, config_version=5))
    await eventually(lambda: _ended(panel, LeaseEnd.DISABLED), what="the end of the lease")
    release = await panel.release()  # the row was enabled already
    await panel.change(6)
    await eventually(lambda: panel.releases.calls.count("keep") == 2, what="the row was looked at")
    await panel.resume(release.release_id)
    await panel.leases(2)


async def test_the_answer_waits_until_the_holder_has_closed_the_line(panel: Panel) -> None:
    await panel.leases(1)
    panel.line.deaf = True
    asked = asyncio.ensure_future(panel.release())
    await eventually(lambda: panel.releases.open is not None, what="the release has begun")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(asked), 0.5)
    assert "keep" not in panel.releases.calls
    panel.line.end(LeaseResult(end=LeaseEnd.RELEASED, release=panel.releases.open))
    assert (await asked).freed


async def test_a_release_nobody_told_of_is_learned_from_the_lease(panel: Panel) -> None:
    """The answer of the activity was lost, or this workflow is younger than the release."""
    await panel.leases(1)
    until = await panel.env.get_current_time() + 30 * MINUTE
    row = panel.releases._keep(ReleaseRow(release_id=uuid4(), until=until))
    panel.line.end(LeaseResult(end=LeaseEnd.RELEASED, release=row))
    await eventually(lambda: panel.releases.calls == ["keep"], what="the row was looked at")
    await panel.env.sleep(29 * MINUTE)
    assert len(panel.line.held) == 1
    await panel.at_the_end_of(row)
    await panel.leases(2)


async def test_a_lease_that_ends_for_a_release_that_is_over_is_followed_by_another_at_once(panel: Panel) -> None:
    await panel.leases(1)
    until = await panel.env.get_current_time() + 30 * MINUTE
    row = panel.releases._keep(ReleaseRow(release_id=uuid4(), until=until, ended=True))
    panel.line.end(LeaseResult(end=LeaseEnd.RELEASED, release=ReleaseRow(release_id=row.release_id, until=until)))
    panel.releases.unwanted = True  # as the row stays: ended
    await panel.leases(2)


async def test_what_the_database_refuses_changes_nothing(panel: Panel) -> None:
    await panel.leases(1)
    panel.releases.refusing = True
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await panel.release()
    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.type == policies.REFUSED
    assert (await panel.snapshot()).leased
    assert panel.line.cancelled == 0


async def test_a_release_ends_the_pause_after_leases_that_ended_at_once(panel: Panel) -> None:
    for lease in range(1, 5):
        await panel.leases(lease)
        panel.line.end(LeaseResult(end=LeaseEnd.HANDED_OVER))
    await eventually(lambda: _has_ended(panel, 4), what="four ended leases")
    release = await panel.release()
    await panel.env.sleep(10 * MINUTE)
    assert len(panel.line.held) == 4
    await panel.resume(release.release_id)
    await panel.leases(5)


async def _has_ended(panel: Panel, leases: int) -> bool:
    return (await panel.snapshot()).leases == leases
