"""R-CMD: the life of a command, on a clock that jumps."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from temporalio import activity, workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from tests.support.eventually import eventually
from tests.workflows.support import ANNA, BARTEK, replay
from workflows.contracts import names, policies
from workflows.contracts.command import (
    CommandOrder,
    CommandOutcome,
    CommandRef,
    CommandRelease,
    CommandSettled,
    CommandStanding,
    ConfirmEnd,
    ConfirmRequest,
    ConfirmResult,
    ReleaseRequest,
    SendRequest,
    SendResult,
    start_options,
)
from workflows.domain.command import (
    LOST_PATIENCE,
    UNSENT_PATIENCE,
    CommandKind,
    CommandReason,
    CommandSource,
    CommandStatus,
    SendEnd,
)
from workflows.domain.two_person import RELEASE_WITHIN, ReleaseRefusal
from workflows.registry import WORKFLOWS, workflow_runner
from workflows.satel_command import SatelCommand

RESTARTING = pytest.mark.parametrize("cached", [100, 0], ids=["cached", "restarting"])
ACCEPTED = SendResult(end=SendEnd.ANSWERED, result_code=0xFF)
UNANSWERED = SendResult(end=SendEnd.UNANSWERED)


@dataclass(slots=True)
class FakeCommands:
    """The row, and the panel's line at `hosts` (the last one stays). `sends` and `confirms`: what each try comes to, the last
    for all that follow; an exception is raised. `refusals`: likewise, for each look at the line."""

    sends: list[SendResult | Exception] = field(default_factory=lambda: [ACCEPTED])
    confirms: list[ConfirmEnd | Exception] = field(default_factory=lambda: [ConfirmEnd.CONFIRMED])
    hosts: list[str] = field(default_factory=lambda: ["one"])
    refusals: list[str] = field(default_factory=lambda: [""])
    begun_late: bool = False
    away: bool = False  # the database, when it is to be settled
    hiccups: list[str] = field(default_factory=list)  # activities that fail the next time
    outcome: CommandOutcome | None = None
    released_by: UUID | None = None
    sent: list[SendRequest] = field(default_factory=list)
    confirmed: list[ConfirmRequest] = field(default_factory=list)
    settled: list[CommandSettled] = field(default_factory=list)

    @activity.defn(name="begin_command")
    async def begin_command(self, order: CommandOrder) -> CommandStanding:
        self._hiccup("begin")
        waits = CommandStatus.AWAITING_RELEASE if order.two_person else CommandStatus.PENDING
        self.outcome = CommandOutcome(command_id=order.command_id, status=waits)
        if self.begun_late:
            self.outcome = replace(self.outcome, status=CommandStatus.TIMEOUT, reason=CommandReason.NOT_STARTED.value)
        return self._standing()

    @activity.defn(name="release_command")
    async def release_command(self, release: CommandRelease) -> CommandStanding:
        assert self.outcome is not None
        self.released_by, self.outcome = release.released_by, replace(self.outcome, status=CommandStatus.PENDING)
        return self._standing()

    @activity.defn(name="find_command_line")
    async def find_command_line(self, ref: CommandRef) -> CommandStanding:
        return self._standing()

    @activity.defn(name="send_panel_command")
    async def send_panel_command(self, request: SendRequest) -> SendResult:
        self.sent.append(request)
        result: SendResult = _next(self.sends)
        return result

    @activity.defn(name="confirm_panel_command")
    async def confirm_panel_command(self, request: ConfirmRequest) -> ConfirmResult:
        self.confirmed.append(request)
        end = _next(self.confirms)
        return ConfirmResult(end=end, confirmed_at=_NOON if end is ConfirmEnd.CONFIRMED else None)

    @activity.defn(name="settle_command")
    async def settle_command(self, settled: CommandSettled) -> CommandOutcome:
        self.settled.append(settled)
        self._hiccup("settle")
        if self.away:
            raise ConnectionError("the database is away")
        self.outcome = settled.outcome
        return settled.outcome

    def _hiccup(self, what: str) -> None:
        if what in self.hiccups:
            self.hiccups.remove(what)
            raise ConnectionError("the database hiccups")

    def _standing(self) -> CommandStanding:
        assert self.outcome is not None
        if self.outcome.status is not CommandStatus.PENDING and self.outcome.status is not CommandStatus.ACK:
            return CommandStanding(outcome=self.outcome)
        refusal = _next(self.refusals)
        return CommandStanding(outcome=self.outcome, refusal=refusal, host="" if refusal else _next(self.hosts))


_NOON = datetime.fromisoformat("2026-11-25T12:00:00+00:00")


def _next(told: list[Any]) -> Any:
    """The first, and the last one for ever."""
    one = told.pop(0) if len(told) > 1 else told[0]
    if isinstance(one, Exception):
        raise one
    return one


def crash() -> Exception:
    """What a process that dies over an activity looks like to the workflow, without its time-out."""
    return ApplicationError("the process is gone", non_retryable=True)


@asynccontextmanager
async def served(client: Client, fake: FakeCommands, *hosts: str, cached: int = 100) -> AsyncIterator[None]:
    """The core and the ingest processes ``hosts``."""
    core = Worker(
        client,
        task_queue=names.CORE_QUEUE,
        workflows=WORKFLOWS,
        activities=[fake.begin_command, fake.release_command, fake.find_command_line, fake.settle_command],
        workflow_runner=workflow_runner(),
        max_cached_workflows=cached,
        sticky_queue_schedule_to_start_timeout=policies.STICKY_SCHEDULE_TO_START,
    )
    lines: list[Callable[..., Any]] = [fake.send_panel_command, fake.confirm_panel_command]
    own = [Worker(client, task_queue=names.ingest_queue(host), activities=lines) for host in hosts]
    async with AsyncExitStack() as stack:
        for worker in (core, *own):
            await stack.enter_async_context(worker)
        yield


Handle = WorkflowHandle[SatelCommand, CommandOutcome]


def an_order(**more: Any) -> CommandOrder:
    given = {"kind": CommandKind.ARM, "source": CommandSource.OPERATOR, "numbers": (1, 2), "requested_by": ANNA, **more}
    return CommandOrder(command_id=uuid4(), object_id=uuid4(), panel_id=uuid4(), **given)


async def started(client: Client, **more: Any) -> Handle:
    order = an_order(**more)
    return await client.start_workflow(SatelCommand.run, order, **start_options(order))


async def lasted(handle: Handle) -> timedelta:
    """By its own clock."""
    described = await handle.describe()
    assert described.close_time is not None
    return described.close_time - described.start_time


# -- from sending to the effect


@RESTARTING
async def test_it_is_accepted_first_and_confirmed_when_the_panel_shows_it(env: WorkflowEnvironment, cached: int) -> None:
    fake = FakeCommands()
    async with served(env.client, fake, "one", cached=cached):
        handle = await started(env.client)
        outcome = await handle.result()
        assert (outcome.status, outcome.result_code, outcome.confirmed_at) == (CommandStatus.ACK, 0xFF, _NOON)
        assert [(one.outcome.confirmed_at, one.ended) for one in fake.settled] == [(None, False), (_NOON, True)]
        assert await handle.query(SatelCommand.snapshot) == outcome
        await replay(env.client, handle.id)


@RESTARTING
@pytest.mark.parametrize("hiccups", [["begin"], ["settle"], ["settle", "begin"]], ids=str)
async def test_what_fails_within_the_workflows_own_task_is_done_again_and_nothing_is_sent_twice(
    env: WorkflowEnvironment, hiccups: list[str], cached: int
) -> None:
    fake = FakeCommands(hiccups=list(hiccups))
    async with served(env.client, fake, "one", cached=cached):
        handle = await started(env.client)
        outcome = await handle.result()
        assert (outcome.status, outcome.confirmed_at) == (CommandStatus.ACK, _NOON)
        assert (len(fake.sent), fake.hiccups) == (1, [])
        await replay(env.client, handle.id)


async def test_accepted_and_never_seen_stays_accepted_without_a_confirmation(env: WorkflowEnvironment) -> None:
    fake = FakeCommands(confirms=[ConfirmEnd.UNSEEN])
    async with served(env.client, fake, "one"):
        outcome = await (await started(env.client)).result()
        assert (outcome.status, outcome.confirmed_at, fake.settled[-1].ended) == (CommandStatus.ACK, None, True)


async def test_a_refusal_of_the_panel_is_told_with_its_code_and_what_stands_against_it(env: WorkflowEnvironment) -> None:
    fake = FakeCommands(sends=[SendResult(end=SendEnd.ANSWERED, result_code=0x11, blocking=(3, 7))])
    async with served(env.client, fake, "one"):
        outcome = await (await started(env.client)).result()
        assert (outcome.status, outcome.result_code) == (CommandStatus.NACK, 0x11)
        assert (outcome.reason, outcome.blocking) == (CommandReason.ZONES_OPEN, (3, 7))
        assert (len(fake.sent), fake.confirmed) == (1, [])


async def test_what_was_on_before_a_toggle_goes_to_the_read_back(env: WorkflowEnvironment) -> None:
    fake = FakeCommands(sends=[replace(ACCEPTED, before=(2,))])
    async with served(env.client, fake, "one"):
        await (await started(env.client, kind=CommandKind.OUTPUTS_TOGGLE)).result()
        assert fake.confirmed[0].before == (2,)


# -- impossible before it is sent


@pytest.mark.parametrize(
    "refusal", ["PANEL_RELEASED", "PANEL_DISABLED", "OBJECT_CLOSED", "NO_CODE", "NO_HOLDER"], ids=str.lower
)
async def test_what_cannot_reach_its_panel_is_refused_at_once(env: WorkflowEnvironment, refusal: str) -> None:
    fake = FakeCommands(refusals=[refusal])
    async with served(env.client, fake, "one"):
        handle = await started(env.client)
        outcome = await handle.result()
        assert (outcome.status, outcome.reason, fake.sent) == (CommandStatus.NACK, refusal, [])
        assert not await waiting(handle), "it has waited for nothing"


@pytest.mark.parametrize(
    "end", [SendEnd.NOT_CONNECTED, SendEnd.OUT_OF_RANGE, SendEnd.NO_CODE, SendEnd.CODE_UNREADABLE, SendEnd.LINE_OCCUPIED]
)
async def test_what_the_holder_cannot_send_is_refused_at_once(env: WorkflowEnvironment, end: SendEnd) -> None:
    fake = FakeCommands(sends=[SendResult(end=end)])
    async with served(env.client, fake, "one"):
        outcome = await (await started(env.client)).result()
        assert (outcome.status, outcome.reason) == (CommandStatus.NACK, end.value)
        assert len(fake.sent) == 1


async def test_a_line_that_has_just_changed_hands_is_found(env: WorkflowEnvironment) -> None:
    fake = FakeCommands(sends=[SendResult(end=SendEnd.NOT_HELD), ACCEPTED], hosts=["one", "two"])
    async with served(env.client, fake, "one", "two"):
        outcome = await (await started(env.client)).result()
        assert outcome.confirmed_at is not None
        assert [request.attempt for request in fake.sent] == [1, 2]


async def test_a_holder_that_takes_nothing_is_given_up_soon(env: WorkflowEnvironment) -> None:
    """No process serves the queue: schedule-to-start. The bytes never went out, so it is no mystery."""
    fake = FakeCommands()
    async with served(env.client, fake):
        handle = await started(env.client)
        outcome = await handle.result()
        assert (outcome.status, outcome.reason) == (CommandStatus.NACK, CommandReason.NO_HOLDER)
        assert await lasted(handle) < UNSENT_PATIENCE + timedelta(seconds=10)


async def test_a_panel_released_while_its_line_is_looked_for_refuses(env: WorkflowEnvironment) -> None:
    fake = FakeCommands(sends=[SendResult(end=SendEnd.NOT_HELD)], refusals=["", "PANEL_RELEASED"])
    async with served(env.client, fake, "one"):
        outcome = await (await started(env.client)).result()
        assert (outcome.status, outcome.reason) == (CommandStatus.NACK, CommandReason.PANEL_RELEASED)


async def test_what_cannot_be_noted_down_is_not_sent(env: WorkflowEnvironment) -> None:
    fake = FakeCommands(sends=[SendResult(end=SendEnd.UNRECORDED)])
    async with served(env.client, fake, "one"):
        outcome = await (await started(env.client)).result()
        assert (outcome.status, outcome.reason) == (CommandStatus.NACK, CommandReason.DATABASE_AWAY)


async def test_an_order_that_was_taken_up_too_late_is_over(env: WorkflowEnvironment) -> None:
    fake = FakeCommands(begun_late=True)
    async with served(env.client, fake, "one"):
        outcome = await (await started(env.client)).result()
        assert (outcome.status, outcome.reason) == (CommandStatus.TIMEOUT, CommandReason.NOT_STARTED)
        assert (fake.sent, fake.settled) == ([], [])


async def test_an_order_that_ran_out_before_it_was_sent_is_too_late(env: WorkflowEnvironment) -> None:
    fake = FakeCommands(sends=[SendResult(end=SendEnd.WITHDRAWN)])
    async with served(env.client, fake, "one"):
        outcome = await (await started(env.client)).result()
        assert (outcome.status, outcome.reason) == (CommandStatus.TIMEOUT, CommandReason.TOO_LATE)


# -- lost answers


@RESTARTING
async def test_a_lost_answer_is_looked_for_by_the_next_try(env: WorkflowEnvironment, cached: int) -> None:
    fake = FakeCommands(sends=[UNANSWERED, SendResult(end=SendEnd.NOT_CONNECTED), SendResult(end=SendEnd.SEEN)])
    async with served(env.client, fake, "one", cached=cached):
        handle = await started(env.client)
        outcome = await handle.result()
        assert (outcome.status, outcome.result_code, outcome.confirmed_at) == (CommandStatus.ACK, None, _NOON)
        assert [request.attempt for request in fake.sent] == [1, 2, 3]
        await replay(env.client, handle.id)


async def test_a_process_that_dies_over_it_may_have_sent_it(env: WorkflowEnvironment) -> None:
    fake = FakeCommands(sends=[crash(), SendResult(end=SendEnd.UNSEEN)], hosts=["one", "two"])
    async with served(env.client, fake, "one", "two"):
        outcome = await (await started(env.client)).result()
        assert (outcome.status, outcome.reason) == (CommandStatus.TIMEOUT, CommandReason.UNKNOWN_OUTCOME)


async def test_a_line_that_does_not_come_back_leaves_the_outcome_unknown(env: WorkflowEnvironment) -> None:
    fake = FakeCommands(sends=[UNANSWERED, SendResult(end=SendEnd.NOT_CONNECTED)], refusals=["", "", "NO_HOLDER"])
    async with served(env.client, fake, "one"):
        handle = await started(env.client)
        outcome = await handle.result()
        assert (outcome.status, outcome.reason) == (CommandStatus.TIMEOUT, CommandReason.UNKNOWN_OUTCOME)
        assert LOST_PATIENCE <= await lasted(handle) < LOST_PATIENCE + timedelta(seconds=15)


async def test_the_read_back_follows_the_line_to_another_process(env: WorkflowEnvironment) -> None:
    fake = FakeCommands(confirms=[crash(), ConfirmEnd.NO_LINE, ConfirmEnd.CONFIRMED], hosts=["one", "one", "two"])
    async with served(env.client, fake, "one", "two"):
        outcome = await (await started(env.client)).result()
        assert (outcome.status, outcome.confirmed_at, len(fake.sent)) == (CommandStatus.ACK, _NOON, 1)


async def test_a_read_back_without_a_line_ends(env: WorkflowEnvironment) -> None:
    fake = FakeCommands(confirms=[ConfirmEnd.NO_LINE])
    async with served(env.client, fake, "one"):
        outcome = await (await started(env.client)).result()
        assert (outcome.status, outcome.confirmed_at, fake.settled[-1].ended) == (CommandStatus.ACK, None, True)


# -- two persons


async def release(handle: Handle, actor: UUID = BARTEK) -> CommandOutcome:
    return await handle.execute_update(SatelCommand.release, ReleaseRequest(actor_id=actor))


async def waiting(handle: Handle) -> bool:
    """Its timer runs."""
    kinds = [event.event_type for event in (await handle.fetch_history()).events]
    return EventType.EVENT_TYPE_TIMER_STARTED in kinds


@RESTARTING
async def test_a_second_person_sets_it_on_its_way(env: WorkflowEnvironment, cached: int) -> None:
    fake = FakeCommands()
    async with served(env.client, fake, "one", cached=cached):
        handle = await started(env.client, two_person=True, kind=CommandKind.DISARM)
        await eventually(lambda: waiting(handle))
        assert fake.sent == []
        assert (await release(handle)).status in (CommandStatus.PENDING, CommandStatus.ACK)
        assert (await handle.result()).status is CommandStatus.ACK
        assert fake.released_by == BARTEK
        await replay(env.client, handle.id)


@RESTARTING
async def test_without_a_second_person_it_ends_after_two_minutes(env: WorkflowEnvironment, cached: int) -> None:
    fake = FakeCommands()
    async with served(env.client, fake, "one", cached=cached):
        handle = await started(env.client, two_person=True)
        await eventually(lambda: waiting(handle))
        await env.sleep(RELEASE_WITHIN - timedelta(seconds=2))
        assert (await handle.query(SatelCommand.snapshot)).status is CommandStatus.AWAITING_RELEASE
        outcome = await handle.result()
        assert (outcome.status, outcome.reason) == (CommandStatus.TIMEOUT, CommandReason.RELEASE_EXPIRED)
        assert fake.sent == []
        await replay(env.client, handle.id)


async def test_who_asked_cannot_be_the_second_person_and_nobody_can_twice(env: WorkflowEnvironment) -> None:
    fake = FakeCommands(confirms=[ConfirmEnd.NO_LINE])  # it goes on for a while
    async with served(env.client, fake, "one"):
        handle = await started(env.client, two_person=True)
        with env.auto_time_skipping_disabled():
            await eventually(lambda: waiting(handle))
            assert await _refused(release(handle, ANNA)) == ReleaseRefusal.SAME_PERSON
            await release(handle)
            assert await _refused(release(handle)) == ReleaseRefusal.NOT_WAITING
        await handle.result()


async def test_a_release_that_comes_while_its_end_is_written_is_too_late(env: WorkflowEnvironment) -> None:
    fake = FakeCommands(away=True)
    async with served(env.client, fake, "one"):
        handle = await started(env.client, two_person=True)
        await eventually(lambda: waiting(handle))
        await env.sleep(RELEASE_WITHIN + timedelta(seconds=1))
        await eventually(lambda: fake.settled)
        assert await _refused(release(handle)) == ReleaseRefusal.NOT_WAITING
        fake.away = False
        assert (await handle.result()).reason == CommandReason.RELEASE_EXPIRED


async def _refused(call: Any) -> str:
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await call
    cause = refused.value.cause
    assert isinstance(cause, ApplicationError)
    assert cause.type == policies.REFUSED
    return str(cause.details[0])


# -- how others see it


@workflow.defn(name="Parent", sandboxed=False)
class Parent:
    """As AutoArm runs it."""

    @workflow.run
    async def run(self, order: CommandOrder) -> CommandOutcome:
        return await workflow.execute_child_workflow(SatelCommand.run, order, **start_options(order))


async def test_a_parent_runs_it_and_gets_the_outcome(env: WorkflowEnvironment) -> None:
    fake = FakeCommands()
    async with served(env.client, fake, "one"), Worker(env.client, task_queue="parent", workflows=[Parent]):
        order = an_order(requested_by=None, schedule_id=uuid4(), source=CommandSource.AUTO_ARM)
        outcome = await env.client.execute_workflow(Parent.run, order, id=f"parent-{uuid4()}", task_queue="parent")
        assert outcome == fake.outcome
        assert outcome.confirmed_at == _NOON


async def test_the_web_ui_tells_the_story(env: WorkflowEnvironment) -> None:
    fake = FakeCommands(sends=[SendResult(end=SendEnd.ANSWERED, result_code=0x12)])
    async with served(env.client, fake, "one"):
        handle = await started(env.client)
        await handle.result()
        described = await handle.describe()
        assert described.status is WorkflowExecutionStatus.COMPLETED
        assert (await described.static_summary() or "").startswith("ARM 1, 2 for panel")
        details = await asyncio.wait_for(handle.query("__temporal_workflow_metadata"), 5)
        assert "CANNOT_ARM" in str(details)
        assert "try 1 at `one`" in str(details)
