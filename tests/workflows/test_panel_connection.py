"""PanelConnection: somebody holds the panel's line as long as the panel is wanted (R-SATEL, design §5)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.testing import WorkflowEnvironment

from tests.support.eventually import eventually
from tests.support.fakes import FakeLine
from tests.workflows.support import replay, serving
from workflows.contracts import names
from workflows.contracts.panel import ConfigChanged, LeaseEnd, LeaseResult, PanelInput, PanelSnapshot, start_options
from workflows.history import CONTINUE_AFTER
from workflows.panel_connection import PanelConnection


@dataclass(slots=True)
class Connection:
    handle: WorkflowHandle[PanelConnection, PanelSnapshot]
    line: FakeLine

    async def leases(self, attempts: int) -> None:
        await eventually(lambda: len(self.line.held) == attempts, what=f"lease {attempts}")

    async def change(self, version: int, *, request_id: str = "") -> None:
        await self.handle.signal(PanelConnection.config_changed, ConfigChanged(config_version=version, request_id=request_id))

    async def snapshot(self) -> PanelSnapshot:
        return await self.handle.query(PanelConnection.snapshot)


@pytest.fixture
async def connection(env: WorkflowEnvironment) -> AsyncIterator[Connection]:
    line = FakeLine()
    given = PanelInput(panel_id=uuid4(), object_id=uuid4())
    async with serving(env.client, line.hold_panel_line, queues=[names.PANELS_QUEUE]):
        handle = await env.client.start_workflow(PanelConnection.run, given, **start_options(given))
        yield Connection(handle, line)
        line.end(LeaseResult(end=LeaseEnd.REMOVED))
        await replay(env.client, handle.id)


async def test_a_line_that_was_handed_over_is_held_again_at_once(connection: Connection) -> None:
    await connection.leases(1)
    connection.line.end(LeaseResult(end=LeaseEnd.HANDED_OVER, lease_number=4, holder="one", config_version=3))
    await connection.leases(2)

    assert await connection.snapshot() == PanelSnapshot(
        panel_id=connection.line.held[0].panel_id,
        leased=True,
        leases=1,
        config_version=3,
        last_end=LeaseEnd.HANDED_OVER,
        lease_number=4,
        holder="one",
    )


async def test_a_disabled_panel_waits_for_a_change(env: WorkflowEnvironment, connection: Connection) -> None:
    await connection.leases(1)
    connection.line.end(LeaseResult(end=LeaseEnd.DISABLED, config_version=5))
    await eventually(lambda: ended(connection, LeaseEnd.DISABLED), what="the end of the lease")
    await connection.change(5)
    await env.sleep(timedelta(days=3))
    assert len(connection.line.held) == 1

    await connection.change(6)
    await connection.leases(2)


async def ended(connection: Connection, end: LeaseEnd) -> bool:
    return (await connection.snapshot()).last_end is end


async def test_a_removed_panel_ends_the_workflow(connection: Connection) -> None:
    await connection.leases(1)
    connection.line.end(LeaseResult(end=LeaseEnd.REMOVED))
    assert (await connection.handle.result()).last_end is LeaseEnd.REMOVED


async def test_the_lease_after_a_change_knows_the_request_that_made_it_and_the_one_after_does_not(
    connection: Connection,
) -> None:
    await connection.leases(1)
    await connection.change(7, request_id="by-signal")
    await connection.leases(2)
    connection.line.end(LeaseResult(end=LeaseEnd.CONFIG_CHANGED, config_version=8, request_id="by-the-holder"))
    await connection.leases(3)
    await connection.change(8, request_id="by-the-holder")  # the relay was slower than the holder
    connection.line.end(LeaseResult(end=LeaseEnd.HANDED_OVER))
    await connection.leases(4)
    assert [lease.request_id for lease in connection.line.held] == ["", "by-signal", "by-the-holder", ""]


async def test_a_change_recalls_the_lease_and_starts_another(connection: Connection) -> None:
    await connection.leases(1)
    await connection.change(7)
    await connection.leases(2)
    snapshot = await connection.snapshot()
    assert connection.line.cancelled == 1
    assert (snapshot.last_end, snapshot.config_version) == (LeaseEnd.CONFIG_CHANGED, 7)


async def test_a_change_told_twice_or_already_seen_by_a_lease_recalls_nothing(connection: Connection) -> None:
    await connection.leases(1)
    connection.line.end(LeaseResult(end=LeaseEnd.CONFIG_CHANGED, config_version=7))
    await connection.leases(2)
    await connection.change(7)
    await connection.change(6)
    connection.line.end(LeaseResult(end=LeaseEnd.HANDED_OVER))
    await connection.leases(3)
    assert connection.line.cancelled == 0


async def test_a_holder_that_dies_is_replaced_without_the_workflow(connection: Connection) -> None:
    await connection.leases(1)
    connection.line.end(ConnectionError("the process is gone"))
    await connection.leases(2)
    assert (await connection.snapshot()).leases == 0


async def test_a_lease_that_fails_for_good_is_tried_again(connection: Connection) -> None:
    await connection.leases(1)
    connection.line.end(ApplicationError("no such panel type", non_retryable=True))
    await connection.leases(2)
    assert (await connection.snapshot()).last_end is LeaseEnd.HANDED_OVER


async def test_leases_that_end_at_once_are_followed_by_growing_pauses(env: WorkflowEnvironment, connection: Connection) -> None:
    for lease in range(1, 5):
        await connection.leases(lease)
        connection.line.end(LeaseResult(end=LeaseEnd.HANDED_OVER))
    await eventually(lambda: lease_count(connection, 4), what="four ended leases")
    assert len(connection.line.held) == 4
    await env.sleep(timedelta(seconds=3))
    await connection.leases(5)


async def lease_count(connection: Connection, leases: int) -> bool:
    return (await connection.snapshot()).leases == leases


async def test_continue_as_new_carries_what_is_known(connection: Connection) -> None:
    await connection.leases(1)
    first_run = (await connection.handle.describe()).run_id
    while (await connection.handle.describe()).history_length < CONTINUE_AFTER:
        await connection.change(0)
    connection.line.end(LeaseResult(end=LeaseEnd.HANDED_OVER, lease_number=4, holder="one", config_version=9))
    await connection.leases(2)
    assert (await connection.handle.describe()).run_id != first_run
    snapshot = await connection.snapshot()
    assert (snapshot.leases, snapshot.lease_number, snapshot.holder, snapshot.config_version) == (1, 4, "one", 9)


async def test_a_cancelled_connection_lets_go_of_the_line_first(connection: Connection) -> None:
    await connection.leases(1)
    await connection.handle.cancel()
    with pytest.raises(WorkflowFailureError) as failed:
        await connection.handle.result()
    assert isinstance(failed.value.cause, CancelledError)
    assert connection.line.cancelled == 1
    assert (await connection.handle.describe()).status is WorkflowExecutionStatus.CANCELED
