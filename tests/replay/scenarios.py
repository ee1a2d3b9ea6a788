"""Lives of workflows, each told step by step so that its commands come in one order only.

Recorded once (`record.py`), a history is replayed for ever: it stands for the executions that were running when the code
changed. Run again on today's code, a scenario gives the fingerprint that is compared with the committed one.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment

from tests.support.auto_arm import FakeSchedule, arms, fire, says
from tests.support.auto_arm import worker as auto_arm_worker
from tests.support.eventually import eventually
from tests.support.fake_service import FakeService
from tests.support.fakes import (
    FakeCallback,
    FakeKeys,
    FakeLine,
    FakeNames,
    FakeNotifier,
    FakeReleases,
    FakeReveal,
    FakeRow,
    new_bundle,
)
from tests.workflows.support import ANNA, BARTEK, Running, names_served, serving, start
from tests.workflows.test_object_import import FakeImport
from tests.workflows.test_satel_command import FakeCommands, served, started, waiting
from workflows.auto_arm import AutoArm
from workflows.bundle_alarm import BundleAlarm
from workflows.callback import CallbackReminder
from workflows.contracts import names, object_import
from workflows.contracts.auto_arm import CancelRequest, FiringStart, PostponeRequest, Verdict
from workflows.contracts.bundle import BundleRef
from workflows.contracts.callback import CallbackInput, DecisionRequest
from workflows.contracts.callback import start_options as callback_options
from workflows.contracts.command import ConfirmEnd, ReleaseRequest, SendResult
from workflows.contracts.escalation import EscalationSnapshot, Target
from workflows.contracts.keys import KeyRotationInput
from workflows.contracts.object_import import ImportDecision, ImportInput, ImportProgress
from workflows.contracts.panel import ConfigChanged, LeaseEnd, LeaseResult, PanelInput, PanelSnapshot, start_options
from workflows.contracts.panel_names import Holder, NamesEnd, NamesInput, NamesResult
from workflows.contracts.panel_names import start_options as names_start_options
from workflows.contracts.panel_release import ReleaseAsk, ResumeRequest
from workflows.contracts.reveal import HideRequest, RevealInput, RevealSnapshot
from workflows.contracts.reveal import start_options as reveal_options
from workflows.contracts.service_mode import ExtendRequest, ServiceDecision, ServiceInput, ServiceRow, ServiceSnapshot
from workflows.contracts.service_mode import start_options as service_options
from workflows.domain.alarm import Priority
from workflows.domain.auto_arm import OpenZones
from workflows.domain.bundle import CLAIM_TTL, STALE_AFTER, Action
from workflows.domain.callback import REMIND_EVERY, Callback, Decision
from workflows.domain.command import CommandKind, CommandStatus, SendEnd
from workflows.domain.escalation import Channel, DeliveryStatus, Ladder, Stance
from workflows.domain.keys import ACCEPTED_FOR
from workflows.domain.object_import import ImportStatus
from workflows.domain.service import ServiceState
from workflows.key_rotation import KeyRotation
from workflows.object_import import ObjectImport
from workflows.panel_connection import PanelConnection
from workflows.panel_names import PanelNames
from workflows.satel_command import SatelCommand
from workflows.secret_reveal import SecretReveal
from workflows.service_mode import ServiceMode

Scenario = Callable[[WorkflowEnvironment], Awaitable[tuple[str, str]]]  # -> workflow id, run id
TO_RESOLVED = (Action.CLAIM, Action.START, Action.ACK, Action.RESOLVE)


@asynccontextmanager
async def _alarm(env: WorkflowEnvironment) -> AsyncIterator[Running]:
    row = FakeRow(env.get_current_time, new_bundle(await env.get_current_time()))
    async with serving(env.client, *row.activities):
        alarm = await start(env.client, row)
        await eventually(lambda: _at_rest(alarm))
        yield alarm


# The last event of a history whose workflow has nothing to do before somebody speaks or a timer fires.
_AT_REST = {
    EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
    EventType.EVENT_TYPE_TIMER_STARTED,
}


async def _at_rest(alarm: Running) -> bool:
    """Whether the row was read and everything said so far has been dealt with."""
    events = (await alarm.handle.fetch_history()).events
    return alarm.row.reads > 0 and events[-1].event_type in _AT_REST


async def _ids(alarm: Running) -> tuple[str, str]:
    return alarm.handle.id, alarm.handle.first_execution_run_id or ""


async def worked_and_closed(env: WorkflowEnvironment) -> tuple[str, str]:
    async with _alarm(env) as alarm:
        await alarm.walk(*TO_RESOLVED, Action.CLOSE)
        await alarm.handle.result()
        return await _ids(alarm)


async def left_to_its_timers(env: WorkflowEnvironment) -> tuple[str, str]:
    """A claim that expires, a day without an end, and the automatic closing."""
    async with _alarm(env) as alarm:
        await alarm.walk(Action.CLAIM)
        await env.sleep(CLAIM_TTL + timedelta(seconds=2))
        await eventually(lambda: len(alarm.row.requests) == 2)
        await eventually(lambda: _at_rest(alarm))
        await env.sleep(STALE_AFTER)
        await eventually(lambda: len(alarm.row.requests) == 3)
        await eventually(lambda: _at_rest(alarm))
        await alarm.walk(*TO_RESOLVED)
        await alarm.handle.result()
        return await _ids(alarm)


async def told_refused_and_released(env: WorkflowEnvironment) -> tuple[str, str]:
    """Events (one with a gap before it), a refusal, a note and a release; still running."""
    async with _alarm(env) as alarm:
        await alarm.tell(await alarm.row.add_event(Priority.CRITICAL))
        await eventually(lambda: _at_rest(alarm))
        await alarm.walk(Action.CLAIM)
        try:
            await alarm.act(Action.START, actor_id=BARTEK)
        except WorkflowUpdateFailedError:
            await alarm.walk(Action.ADD_NOTE, Action.RELEASE)
        await alarm.row.add_event()
        await alarm.tell(await alarm.row.add_event())
        await eventually(lambda: _at_rest(alarm))
        return await _ids(alarm)


async def taken_over(env: WorkflowEnvironment) -> tuple[str, str]:
    """Somebody else goes on with what one has begun."""
    async with _alarm(env) as alarm:
        await alarm.walk(Action.CLAIM, Action.START)
        for action in (Action.TAKE_OVER, Action.ACK, Action.RESOLVE, Action.CLOSE):
            await alarm.act(action, actor_id=BARTEK, note_id=uuid4())
        await alarm.handle.result()
        return await _ids(alarm)


async def unanswered(env: WorkflowEnvironment) -> tuple[str, str]:
    """The database is away while somebody claims, and comes back."""
    async with _alarm(env) as alarm:
        alarm.row.away = True
        asked = asyncio.ensure_future(alarm.act(Action.CLAIM))
        await eventually(lambda: len(alarm.row.requests) > 0)
        while not asked.done():
            await env.sleep(timedelta(seconds=1))
        await asyncio.wait([asked])
        assert isinstance(asked.exception(), WorkflowUpdateFailedError)
        await eventually(lambda: alarm.row.reads > 1)
        alarm.row.away = False
        while alarm.row.reads < 3:
            await env.sleep(timedelta(seconds=1))
        await eventually(lambda: _at_rest(alarm))
        await alarm.walk(*TO_RESOLVED, Action.CLOSE)
        await alarm.handle.result()
        return await _ids(alarm)


async def continued(env: WorkflowEnvironment) -> tuple[str, str]:
    """The first run of an alarm with many notes; it ends by continuing as new."""
    async with _alarm(env) as alarm:
        ids = await _ids(alarm)
        await alarm.walk(Action.CLAIM, Action.START)
        await alarm.tell(await alarm.row.add_event())
        await eventually(lambda: _at_rest(alarm))
        while (await alarm.handle.describe()).run_id == ids[1]:  # only notes: a signal may or may not share a task with one
            await alarm.walk(Action.ADD_NOTE)
        return ids


_FIRST, _PAGER = (
    Target(channel=Channel.EMAIL, target_id=UUID(int=1), user_id=ANNA),
    Target(channel=Channel.PAGERDUTY, target_id=UUID(int=2)),
)
_LADDER = Ladder(rungs=(timedelta(), timedelta(minutes=10)), left_after=timedelta(minutes=15))


@asynccontextmanager
async def _critical(env: WorkflowEnvironment) -> AsyncIterator[tuple[Running, FakeNotifier]]:
    """A critical alarm whose first level has failed once and then rung."""
    row = FakeRow(env.get_current_time, new_bundle(await env.get_current_time(), priority=Priority.CRITICAL))
    row.declined = None
    notifier = FakeNotifier(row, _LADDER)
    notifier.targets = {1: (_FIRST,), 2: (_PAGER,)}
    notifier.results = {_FIRST.target_id: [DeliveryStatus.FAILED, DeliveryStatus.SENT]}
    async with serving(env.client, *row.activities, *notifier.activities):
        alarm = await start(env.client, row)
        await eventually(lambda: len(notifier.rung) == 1)
        await env.sleep(timedelta(seconds=6))
        await eventually(lambda: len(notifier.outcomes) == 1)
        yield alarm, notifier


async def _step(env: WorkflowEnvironment, alarm: Running, action: Action, stance: Stance) -> None:
    """Do it, and wait until alarm and escalation have nothing more to do about it."""
    await alarm.walk(action)
    escalation = env.client.get_workflow_handle(names.escalation_workflow_id(alarm.bundle_id))

    async def done() -> bool:
        snapshot = await escalation.query(names.SNAPSHOT, result_type=EscalationSnapshot)
        heard = snapshot.watch.stance is stance and await _at_rest(alarm)
        return heard and (await escalation.fetch_history()).events[-1].event_type in _AT_REST

    await eventually(done)


async def escalated_alarm(env: WorkflowEnvironment) -> tuple[str, str]:
    """What a critical alarm tells the escalation beside it."""
    async with _critical(env) as (alarm, _):
        for action in (Action.CLAIM, Action.RELEASE, Action.CLAIM, Action.START):
            await _step(env, alarm, action, Stance.WAITING if action is Action.RELEASE else Stance.HELD)
        await alarm.walk(Action.ACK)
        await env.client.get_workflow_handle(names.escalation_workflow_id(alarm.bundle_id)).result()
        await eventually(lambda: _at_rest(alarm))
        await alarm.walk(Action.RESOLVE, Action.CLOSE)
        await alarm.handle.result()
        return await _ids(alarm)


async def escalation_taken_for_lost(env: WorkflowEnvironment) -> tuple[str, str]:
    """The alarm asks once more, finds its escalation where it was, and tells it how it stands."""
    async with _critical(env) as (alarm, _):
        await alarm.handle.signal(BundleAlarm.escalation_lost, BundleRef(bundle_id=alarm.bundle_id))
        await eventually(lambda: alarm.row.escalation_asked == 2)
        await eventually(lambda: _at_rest(alarm))
        for action in (Action.CLAIM, Action.START):
            await _step(env, alarm, action, Stance.HELD)
        await alarm.walk(Action.ACK)
        await env.client.get_workflow_handle(names.escalation_workflow_id(alarm.bundle_id)).result()
        await eventually(lambda: _at_rest(alarm))
        await alarm.walk(Action.RESOLVE, Action.CLOSE)
        await alarm.handle.result()
        return await _ids(alarm)


async def escalation_of_two_levels(env: WorkflowEnvironment) -> tuple[str, str]:
    """A try that is repeated, the second level, an alarm that is claimed and left, and one that is dealt with."""
    async with _critical(env) as (alarm, notifier):
        await env.sleep(timedelta(minutes=10))
        await eventually(lambda: len(notifier.outcomes) == 2)
        await _step(env, alarm, Action.CLAIM, Stance.HELD)
        await _step(env, alarm, Action.START, Stance.HELD)
        await env.sleep(timedelta(minutes=16))
        await eventually(lambda: len(notifier.outcomes) == 4)
        await alarm.walk(Action.ACK)
        handle = env.client.get_workflow_handle(names.escalation_workflow_id(alarm.bundle_id))
        await handle.result()
        return handle.id, (await handle.describe()).run_id or ""


async def escalation_without_a_policy(env: WorkflowEnvironment) -> tuple[str, str]:
    row = FakeRow(env.get_current_time, new_bundle(await env.get_current_time(), priority=Priority.CRITICAL))
    row.declined = None
    notifier = FakeNotifier(row, Ladder())
    async with serving(env.client, *row.activities, *notifier.activities):
        alarm = await start(env.client, row)
        await eventually(lambda: len(notifier.outcomes) == 1)
        await _step(env, alarm, Action.CLAIM, Stance.HELD)
        await _step(env, alarm, Action.START, Stance.HELD)
        await alarm.walk(Action.ACK)
        handle = env.client.get_workflow_handle(names.escalation_workflow_id(alarm.bundle_id))
        await handle.result()
        return handle.id, (await handle.describe()).run_id or ""


@asynccontextmanager
async def _line(env: WorkflowEnvironment) -> AsyncIterator[tuple[str, str, FakeLine]]:
    line = FakeLine()
    given = PanelInput(panel_id=uuid4(), object_id=uuid4())
    async with serving(env.client, line.hold_panel_line, queues=[names.PANELS_QUEUE]):
        handle = await env.client.start_workflow(PanelConnection.run, given, **start_options(given))
        await eventually(lambda: len(line.held) == 1)
        yield handle.id, handle.first_execution_run_id or "", line


async def leased_changed_and_removed(env: WorkflowEnvironment) -> tuple[str, str]:
    async with _line(env) as (workflow_id, run_id, line):
        handle = env.client.get_workflow_handle(workflow_id)
        line.end(LeaseResult(end=LeaseEnd.HANDED_OVER, lease_number=1, holder="one", config_version=1))
        await eventually(lambda: len(line.held) == 2)
        await handle.signal(PanelConnection.config_changed, ConfigChanged(config_version=2))
        await eventually(lambda: len(line.held) == 3)
        line.end(LeaseResult(end=LeaseEnd.REMOVED, lease_number=3, holder="two", config_version=2))
        await handle.result()
        return workflow_id, run_id


async def _task_done_after_lease(handle: WorkflowHandle[Any, Any]) -> bool:
    kinds = [event.event_type for event in (await handle.fetch_history()).events]
    done = EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED
    return done in kinds and EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED in kinds[kinds.index(done) :]


async def disabled_and_enabled(env: WorkflowEnvironment) -> tuple[str, str]:
    async with _line(env) as (workflow_id, run_id, line):
        handle = env.client.get_workflow_handle(workflow_id)
        line.end(LeaseResult(end=LeaseEnd.DISABLED, config_version=1))

        await eventually(lambda: _task_done_after_lease(handle))
        await handle.signal(PanelConnection.config_changed, ConfigChanged(config_version=2))
        await eventually(lambda: len(line.held) == 2)
        return workflow_id, run_id


async def ended_at_once(env: WorkflowEnvironment) -> tuple[str, str]:
    """Leases that end as they begin, until the workflow pauses."""
    async with _line(env) as (workflow_id, run_id, line):
        for lease in range(1, 5):
            await eventually(lambda lease=lease: len(line.held) == lease)  # type: ignore[misc]
            line.end(LeaseResult(end=LeaseEnd.HANDED_OVER))
        while len(line.held) < 5:
            await env.sleep(timedelta(seconds=1))
        return workflow_id, run_id


@asynccontextmanager
async def _released(env: WorkflowEnvironment) -> AsyncIterator[tuple[WorkflowHandle[Any, Any], FakeLine, PanelSnapshot]]:
    """A panel just released for half an hour."""
    line, releases = FakeLine(), FakeReleases(env.get_current_time)
    given = PanelInput(panel_id=uuid4(), object_id=uuid4())
    async with serving(env.client, line.hold_panel_line, queues=[names.PANELS_QUEUE], core=releases.all):
        handle = await env.client.start_workflow(PanelConnection.run, given, **start_options(given))
        await eventually(lambda: len(line.held) == 1)
        told = await _ask_for_release(handle)
        yield handle, line, told


async def _ask_for_release(handle: WorkflowHandle[Any, Any]) -> PanelSnapshot:
    told = await handle.execute_update(PanelConnection.release_for_programming, ReleaseAsk(ask_id=uuid4()))
    await eventually(lambda: _waits_for_its_timer(handle))
    return told


async def _waits_for_its_timer(handle: WorkflowHandle[Any, Any]) -> bool:
    kinds = [event.event_type for event in (await handle.fetch_history()).events]
    running = kinds.count(EventType.EVENT_TYPE_TIMER_STARTED) - kinds.count(EventType.EVENT_TYPE_TIMER_CANCELED)
    return running == 1 and kinds[-1] in _AT_REST


async def released_and_taken_back_by_time(env: WorkflowEnvironment) -> tuple[str, str]:
    """Asked for twice; the panel is reconfigured meanwhile."""
    async with _released(env) as (handle, line, _):
        told = await _ask_for_release(handle)
        await handle.signal(PanelConnection.config_changed, ConfigChanged(config_version=2))
        await eventually(lambda: _has_set(handle, timers=3))
        await eventually(lambda: _waits_for_its_timer(handle))
        assert told.release is not None
        await env.sleep(told.release.until - await env.get_current_time() + timedelta(seconds=0.2))
        await eventually(lambda: len(line.held) == 2)
        return handle.id, handle.first_execution_run_id or ""


async def _has_set(handle: WorkflowHandle[Any, Any], *, timers: int) -> bool:
    kinds = [event.event_type for event in (await handle.fetch_history()).events]
    return kinds.count(EventType.EVENT_TYPE_TIMER_STARTED) == timers


async def released_and_resumed(env: WorkflowEnvironment) -> tuple[str, str]:
    async with _released(env) as (handle, line, told):
        assert told.release is not None
        request = ResumeRequest(release_id=told.release.release_id, actor_id=ANNA)
        await handle.execute_update(PanelConnection.resume, request)
        await eventually(lambda: len(line.held) == 2)
        return handle.id, handle.first_execution_run_id or ""


async def names_read_at_the_second_holder(env: WorkflowEnvironment) -> tuple[str, str]:
    """The line goes to another process while its names are read."""
    fake = FakeNames(
        [Holder(host="one"), Holder(host="two")],
        [NamesResult(end=NamesEnd.NOT_HELD), NamesResult(end=NamesEnd.READ, found=9)],
    )
    return await _names(env, fake)


async def names_of_a_silent_module(env: WorkflowEnvironment) -> tuple[str, str]:
    return await _names(env, FakeNames([Holder(host="one")], [NamesResult(end=NamesEnd.SILENT)]))


async def _names(env: WorkflowEnvironment, fake: FakeNames) -> tuple[str, str]:
    async with names_served(env.client, fake, "one", "two"):
        given = NamesInput(panel_id=uuid4(), object_id=uuid4(), read_id=uuid4())
        handle = await env.client.start_workflow(PanelNames.run, given, **names_start_options(given))
        await handle.result()
        return handle.id, handle.first_execution_run_id or ""


async def imported(env: WorkflowEnvironment) -> tuple[str, str]:
    """An import that is checked, applied in five bits, two of which fail once."""
    fake, given = FakeImport(), ImportInput(import_id=uuid4())
    async with serving(env.client, fake.check_import, fake.begin_import, fake.apply_import_chunk, fake.end_import):
        handle = await env.client.start_workflow(ObjectImport.run, given, **object_import.start_options(given))
        await eventually(lambda: _is_ready(handle))
        await handle.execute_update(ObjectImport.apply, ImportDecision(actor_id=uuid4()))
        await handle.result()
        return handle.id, handle.first_execution_run_id or ""


@asynccontextmanager
async def _reveal(env: WorkflowEnvironment) -> AsyncIterator[WorkflowHandle[SecretReveal, RevealSnapshot]]:
    """Visible, and its timer set."""
    row = FakeReveal(env.get_current_time)
    start = RevealInput(reveal_id=uuid4(), secret_id=uuid4(), object_id=uuid4(), user_id=ANNA)
    async with serving(env.client, row.open_reveal, row.end_reveal):
        handle = await env.client.start_workflow(SecretReveal.run, start, **reveal_options(start))
        await eventually(lambda: _timer_is_set(handle))
        await handle.execute_update(SecretReveal.opened)
        yield handle


async def _timer_is_set(handle: WorkflowHandle[Any, Any]) -> bool:
    kinds = [event.event_type for event in (await handle.fetch_history()).events]
    return EventType.EVENT_TYPE_TIMER_STARTED in kinds


async def revealed_and_expired(env: WorkflowEnvironment) -> tuple[str, str]:
    async with _reveal(env) as handle:
        await handle.result()
        return handle.id, handle.first_execution_run_id or ""


async def revealed_and_hidden(env: WorkflowEnvironment) -> tuple[str, str]:
    async with _reveal(env) as handle:
        await handle.execute_update(SecretReveal.hide, HideRequest(actor_id=ANNA))
        await handle.result()
        return handle.id, handle.first_execution_run_id or ""


@asynccontextmanager
async def _service(
    env: WorkflowEnvironment, *, alone: bool
) -> AsyncIterator[tuple[WorkflowHandle[ServiceMode, ServiceSnapshot], FakeService]]:
    """An hour that Anna asked for, begun or waiting for a second person."""
    now = await env.get_current_time()
    row = ServiceRow(state=ServiceState.AWAITING_RELEASE, version=1, begun_at=now, ends_at=now + timedelta(hours=1))
    fake, start = (
        FakeService(env.get_current_time, row, requested_by=ANNA),
        ServiceInput(service_id=uuid4(), object_id=uuid4(), alone=alone),
    )
    async with serving(env.client, *fake.activities):
        handle = await env.client.start_workflow(ServiceMode.run, start, **service_options(start))
        await eventually(lambda: _timer_is_set(handle))
        yield handle, fake


async def serviced_warned_extended_and_over(env: WorkflowEnvironment) -> tuple[str, str]:
    async with _service(env, alone=True) as (handle, fake):
        await env.sleep(timedelta(minutes=55))
        request = ExtendRequest(actor_id=BARTEK, minutes=30, version=fake.row.version)
        await handle.execute_update(ServiceMode.extend, request)
        await env.sleep(timedelta(minutes=40))
        await handle.result()
        return handle.id, handle.first_execution_run_id or ""


async def serviced_and_ended(env: WorkflowEnvironment) -> tuple[str, str]:
    """Released by a second person, and ended by the first."""
    async with _service(env, alone=False) as (handle, _):
        await handle.execute_update(ServiceMode.release, ServiceDecision(actor_id=BARTEK))
        await handle.execute_update(ServiceMode.end, ServiceDecision(actor_id=ANNA))
        await handle.result()
        return handle.id, handle.first_execution_run_id or ""


async def service_refused(env: WorkflowEnvironment) -> tuple[str, str]:
    """Nobody agreed in time."""
    async with _service(env, alone=False) as (handle, _):
        await handle.result()
        return handle.id, handle.first_execution_run_id or ""


async def commanded_and_confirmed(env: WorkflowEnvironment) -> tuple[str, str]:
    return await _command(env, FakeCommands())


async def command_refused_by_the_panel(env: WorkflowEnvironment) -> tuple[str, str]:
    return await _command(env, FakeCommands(sends=[SendResult(end=SendEnd.ANSWERED, result_code=0x11, blocking=(3,))]))


async def command_lost_and_read_back(env: WorkflowEnvironment) -> tuple[str, str]:
    """No answer, no line, and then the effect; the read-back moves to another process."""
    sends = [SendResult(end=end) for end in (SendEnd.UNANSWERED, SendEnd.NOT_CONNECTED, SendEnd.SEEN)]
    confirms = [ConfirmEnd.NO_LINE, ConfirmEnd.CONFIRMED]
    return await _command(env, FakeCommands(sends=list(sends), confirms=list(confirms)))


async def _command(env: WorkflowEnvironment, fake: FakeCommands) -> tuple[str, str]:
    async with served(env.client, fake, "one"):
        handle = await started(env.client)
        await handle.result()
        return handle.id, handle.first_execution_run_id or ""


async def command_released_by_a_second_person(env: WorkflowEnvironment) -> tuple[str, str]:
    async with served(env.client, FakeCommands(), "one"):
        handle = await started(env.client, two_person=True, kind=CommandKind.DISARM)
        await eventually(lambda: waiting(handle))
        await handle.execute_update(SatelCommand.release, ReleaseRequest(actor_id=BARTEK))
        await handle.result()
        return handle.id, handle.first_execution_run_id or ""


async def command_released_by_nobody(env: WorkflowEnvironment) -> tuple[str, str]:
    async with served(env.client, FakeCommands(), "one"):
        handle = await started(env.client, two_person=True)
        await handle.result()
        return handle.id, handle.first_execution_run_id or ""


@asynccontextmanager
async def _callback(env: WorkflowEnvironment) -> AsyncIterator[tuple[WorkflowHandle[CallbackReminder, Callback], FakeCallback]]:
    """Set, and its timer running."""
    fake = FakeCallback(env.get_current_time, await env.get_current_time() + timedelta(hours=1))
    start = CallbackInput(callback_id=uuid4(), object_id=uuid4())
    async with serving(env.client, fake.read_callback, fake.ring_callback, fake.decide_callback):
        handle = await env.client.start_workflow(CallbackReminder.run, start, **callback_options(start))
        await eventually(lambda: _timers_set(handle, 1))
        yield handle, fake


async def _timers_set(handle: WorkflowHandle[Any, Any], count: int) -> bool:
    kinds = [event.event_type for event in (await handle.fetch_history()).events]
    return kinds.count(EventType.EVENT_TYPE_TIMER_STARTED) == count


async def _decide(handle: WorkflowHandle[Any, Any], decision: Decision, version: int, minutes: int = 0) -> None:
    request = DecisionRequest(decision_id=uuid4(), actor_id=ANNA, expected_version=version, minutes=minutes)
    await handle.execute_update(decision.value, request)


async def called_back_after_two_rings(env: WorkflowEnvironment) -> tuple[str, str]:
    """It rings, is put off, and rings twice until somebody calls."""
    async with _callback(env) as (handle, _):
        await env.sleep(timedelta(hours=1, seconds=2))
        await eventually(lambda: _timers_set(handle, 2))
        await _decide(handle, Decision.POSTPONE, 1, minutes=60)
        await eventually(lambda: _timers_set(handle, 3))
        for wait, timers in ((timedelta(hours=1), 4), (REMIND_EVERY, 5)):
            await env.sleep(wait + timedelta(seconds=2))
            await eventually(lambda timers=timers: _timers_set(handle, timers))  # type: ignore[misc]
        await _decide(handle, Decision.DONE, 2)
        await handle.result()
        return handle.id, handle.first_execution_run_id or ""


async def callback_cancelled(env: WorkflowEnvironment) -> tuple[str, str]:
    """Somebody who saw an old version is refused; then it is cancelled before it is due."""
    async with _callback(env) as (handle, _):
        with contextlib.suppress(WorkflowUpdateFailedError):
            await _decide(handle, Decision.CANCEL, 7)
        await _decide(handle, Decision.CANCEL, 1)
        await handle.result()
        return handle.id, handle.first_execution_run_id or ""


async def key_rotated(env: WorkflowEnvironment) -> tuple[str, str]:
    """A key was due; a week later the one before is gone."""
    keys = FakeKeys(rotated="new", removal_at=await env.get_current_time() + ACCEPTED_FOR)
    async with serving(env.client, keys.rotate_signing_key, keys.remove_retired_keys):
        return await _rotation(env)


async def key_not_due(env: WorkflowEnvironment) -> tuple[str, str]:
    keys = FakeKeys()
    async with serving(env.client, keys.rotate_signing_key, keys.remove_retired_keys):
        return await _rotation(env)


async def _rotation(env: WorkflowEnvironment) -> tuple[str, str]:
    handle = await env.client.start_workflow(
        KeyRotation.run, KeyRotationInput(), id=names.KEY_ROTATION_ID, task_queue=names.CORE_QUEUE
    )
    await handle.result()
    return handle.id, handle.first_execution_run_id or ""


async def armed_by_schedule(env: WorkflowEnvironment) -> tuple[str, str]:
    """Warned, put off once, found open once, and armed."""
    schedule = FakeSchedule(await env.get_current_time() + timedelta(minutes=20))
    schedule.script = [says(CommandStatus.NACK, "ZONES_OPEN", (5,)), arms(schedule)]
    async with auto_arm_worker(env.client, schedule):
        handle = await fire(env.client, schedule)
        await env.sleep(timedelta(minutes=6))
        await eventually(lambda: schedule.changes)
        await handle.execute_update(AutoArm.postpone, PostponeRequest(minutes=10, actor_id=ANNA))
        await handle.result()
        return handle.id, handle.first_execution_run_id or ""


async def not_armed_until_the_deadline(env: WorkflowEnvironment) -> tuple[str, str]:
    schedule = FakeSchedule(await env.get_current_time(), deadline=timedelta(0), open_zones=OpenZones.BYPASS)
    schedule.script = [says(CommandStatus.NACK, "ZONES_OPEN", (5,)), says(CommandStatus.TIMEOUT, "UNKNOWN_OUTCOME")]
    async with auto_arm_worker(env.client, schedule):
        handle = await fire(env.client, schedule)
        await handle.result()
        return handle.id, handle.first_execution_run_id or ""


async def firing_cancelled(env: WorkflowEnvironment) -> tuple[str, str]:
    schedule = FakeSchedule(await env.get_current_time() + timedelta(minutes=20))
    async with auto_arm_worker(env.client, schedule):
        handle = await fire(env.client, schedule)
        await env.sleep(timedelta(minutes=6))
        await eventually(lambda: schedule.changes)
        await handle.execute_update(AutoArm.cancel, CancelRequest(actor_id=ANNA))
        await handle.result()
        return handle.id, handle.first_execution_run_id or ""


async def firing_of_another(env: WorkflowEnvironment) -> tuple[str, str]:
    schedule = FakeSchedule(await env.get_current_time())
    schedule.begun = FiringStart(verdict=Verdict.REPEATED)
    async with auto_arm_worker(env.client, schedule):
        handle = await fire(env.client, schedule)
        await handle.result()
        return handle.id, handle.first_execution_run_id or ""


async def _is_ready(handle: WorkflowHandle[ObjectImport, ImportProgress]) -> bool:
    return (await handle.query(ObjectImport.progress)).status is ImportStatus.READY


SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        worked_and_closed,
        left_to_its_timers,
        told_refused_and_released,
        taken_over,
        unanswered,
        continued,
        escalated_alarm,
        escalation_taken_for_lost,
        escalation_of_two_levels,
        escalation_without_a_policy,
        leased_changed_and_removed,
        disabled_and_enabled,
        ended_at_once,
        released_and_taken_back_by_time,
        released_and_resumed,
        names_read_at_the_second_holder,
        names_of_a_silent_module,
        revealed_and_expired,
        revealed_and_hidden,
        serviced_warned_extended_and_over,
        serviced_and_ended,
        service_refused,
        key_rotated,
        key_not_due,
        imported,
        called_back_after_two_rings,
        callback_cancelled,
        commanded_and_confirmed,
        command_refused_by_the_panel,
        command_lost_and_read_back,
        command_released_by_a_second_person,
        command_released_by_nobody,
        armed_by_schedule,
        not_armed_until_the_deadline,
        firing_cancelled,
        firing_of_another,
    )
}
