"""BundleAlarm: what happens to an alarm after it has reached the screen (R-BUNDLE).

The row is the state; this workflow is the only one that changes its status, through an activity that locks the row and asks
`domain.bundle.decide`. Events come as a signal that only records; operators come as updates that wait for the answer; what
nobody does in time, a timer does. A critical alarm has an escalation beside it (R-ESCALATE), which is told what is done.
"""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, WorkflowAlreadyStartedError

from workflows import history
from workflows.contracts import names, policies
from workflows.contracts.bundle import (
    ActionRequest,
    Answered,
    BundleInput,
    BundleRef,
    BundleSnapshot,
    EventAdded,
    Transition,
    TransitionRequest,
    read_bundle,
    snapshot_of,
    transition_bundle,
)
from workflows.contracts.escalation import SIGNAL_OF, BundleNews, EscalationInput, may_escalate
from workflows.contracts.escalation import start_options as escalation_options
from workflows.domain.bundle import Action, BundleState, BundleStatus, Refusal, Timer, joined, next_timer
from workflows.domain.escalation import ESCALATED, LinkStep, Stance, begin, link_step, needs_somebody, signal_for, waits_since
from workflows.log import tell

SOONEST: Final = timedelta(seconds=1)  # a shorter timer fires no earlier (design §5); and clocks of two hosts differ
ANSWERS_KEPT: Final = 50
STORY_LINES: Final = 20


@workflow.defn(name=names.BUNDLE_ALARM)
class BundleAlarm:
    @workflow.init
    def __init__(self, start: BundleInput) -> None:
        self._life = start  # everything that survives continue-as-new
        self._turn = asyncio.Lock()

    @workflow.run
    async def run(self, start: BundleInput) -> BundleSnapshot:
        self._show()
        while not (self._closed() or history.is_long()):
            if self._behind():
                await self._read_row()
            elif (step := self._link_step()) is LinkStep.ASK:
                await self._escalate()
            elif step is LinkStep.TELL:
                await self._tell_escalation()
            else:
                await self._wait_and_act()
        if self._closed() and self._link_step() is LinkStep.TELL:
            await self._tell_escalation()
        await workflow.wait_condition(workflow.all_handlers_finished)
        if not self._closed():
            workflow.continue_as_new(self._life)
        return self.snapshot()

    # what others say

    @workflow.signal
    def event_added(self, event: EventAdded) -> None:
        state = self._life.state
        if state is not None and event.version <= state.version:
            return  # told twice, or already seen by reading the row
        if state is not None and event.version == state.version + 1:
            state = joined(state, version=event.version, priority=event.priority, at=event.last_activity_at)
        self._life = replace(
            self._life,
            state=state,
            heard_version=max(self._life.heard_version, event.version),
            alarm_type=event.alarm_type or self._life.alarm_type,
            signals=self._life.signals + 1,
        )
        self._tell(f"event → v{event.version}")

    @workflow.signal
    def escalation_lost(self, seen: BundleRef) -> None:
        """Should it be there after all, the one that is begun anew finds it."""
        self._link(lost=True)

    @workflow.update
    async def claim(self, request: ActionRequest) -> BundleSnapshot:
        return await self._act(Action.CLAIM, request)

    @workflow.update
    async def start(self, request: ActionRequest) -> BundleSnapshot:
        return await self._act(Action.START, request)

    @workflow.update
    async def release(self, request: ActionRequest) -> BundleSnapshot:
        return await self._act(Action.RELEASE, request)

    @workflow.update
    async def take_over(self, request: ActionRequest) -> BundleSnapshot:
        return await self._act(Action.TAKE_OVER, request)

    @workflow.update
    async def ack(self, request: ActionRequest) -> BundleSnapshot:
        return await self._act(Action.ACK, request)

    @workflow.update
    async def resolve(self, request: ActionRequest) -> BundleSnapshot:
        return await self._act(Action.RESOLVE, request)

    @workflow.update
    async def close(self, request: ActionRequest) -> BundleSnapshot:
        return await self._act(Action.CLOSE, request)

    @workflow.update
    async def add_note(self, request: ActionRequest) -> BundleSnapshot:
        return await self._act(Action.ADD_NOTE, request)

    @claim.validator
    @start.validator
    @release.validator
    @take_over.validator
    @ack.validator
    @resolve.validator
    @close.validator
    @add_note.validator
    def refuse_when_closed(self, request: ActionRequest) -> None:
        if self._closed() and self._answer_to(request) is None:
            raise self._refusal(Refusal.WRONG_STATUS)

    @workflow.query
    def snapshot(self) -> BundleSnapshot:
        state = self._life.state
        if state is None:
            raise ApplicationError("the row has not been read yet", type=policies.UNANSWERED)
        return snapshot_of(self._life.bundle_id, state)

    # operators

    async def _act(self, action: Action, request: ActionRequest) -> BundleSnapshot:
        asked_at = workflow.now()
        async with self._turn:
            if (known := self._answer_to(request)) is not None:
                return known
            tell("alarm.asked", action=action, request_id=request.request_id)
            try:
                transition = await self._transition(action, request, asked_at)
            except ActivityError as error:
                raise self._unanswered(error) from error
            self._adopt(transition, f"{action} by `{request.actor_id}`")
            if transition.refusal is not None:
                raise self._refusal(transition.refusal, transition.state)
            return self._remember(request, transition.state)

    async def _transition(self, action: Action, request: ActionRequest, asked_at: datetime) -> Transition:
        wanted = TransitionRequest(
            bundle_id=self._life.bundle_id,
            action=action,
            action_id=request.action_id,
            actor_id=request.actor_id,
            expected_version=request.expected_version,
            may_override=request.may_override,
            note_id=request.note_id,
            result_code=request.result_code,
            request_id=request.request_id,
        )
        summary = f"{action} by {request.actor_id}"
        try:
            return await workflow.execute_local_activity(
                transition_bundle, wanted, summary=summary, **policies.OPERATOR_FIRST_TRY
            )
        except FailureError:  # the SDK does not wrap every failure of a local activity
            waited = workflow.now() - asked_at
            return await workflow.execute_activity(
                transition_bundle, wanted, summary=f"{summary}, once more", **policies.operator_action(waited=waited)
            )

    def _unanswered(self, error: ActivityError) -> ApplicationError:
        """Whether it was done, nobody knows: the row will tell."""
        if isinstance(error.cause, ApplicationError) and error.cause.type == policies.MISSING:
            return ApplicationError("there is no such bundle", type=policies.MISSING, non_retryable=True)
        known = self._life.state.version if self._life.state else 0
        self._life = replace(self._life, heard_version=max(self._life.heard_version, known + 1))
        return ApplicationError("the database did not answer in time", type=policies.UNANSWERED, non_retryable=True)

    def _refusal(self, refusal: Refusal, state: BundleState | None = None) -> ApplicationError:
        return ApplicationError(
            f"refused: {refusal}", refusal.value, state or self._life.state, type=policies.REFUSED, non_retryable=True
        )

    def _answer_to(self, request: ActionRequest) -> BundleSnapshot | None:
        return next((known.answer for known in self._life.answered if known.action_id == request.action_id), None)

    def _remember(self, request: ActionRequest, state: BundleState) -> BundleSnapshot:
        answer = snapshot_of(self._life.bundle_id, state)
        answered = (*self._life.answered, Answered(action_id=request.action_id, answer=answer))
        self._life = replace(self._life, answered=answered[-ANSWERS_KEPT:])
        return answer

    # timers

    async def _wait_and_act(self) -> None:
        """Wait until something moves or the next timer is due; then do what it says."""
        assert self._life.state is not None
        if not self._life.escalation.calm and self._life.state.priority not in ESCALATED:
            self._link(calm=True)
        timer = next_timer(self._life.state)
        if timer is None:
            await workflow.wait_condition(lambda: self._moved(timer))
            return
        action, due_at = timer
        try:
            await workflow.wait_condition(
                lambda: self._moved(timer),
                timeout=max(due_at - workflow.now(), SOONEST),
                timeout_summary=f"{action} at {due_at:%Y-%m-%d %H:%M:%S}",
            )
        except TimeoutError:
            await self._act_by_timer(action)

    async def _act_by_timer(self, action: Action) -> None:
        """A timer has all the time in the world, and no turn to wait for: the row's lock keeps the order."""
        transition = await workflow.execute_activity(
            transition_bundle,
            TransitionRequest(bundle_id=self._life.bundle_id, action=action, action_id=workflow.uuid4()),
            summary=action.value,
            **policies.DATABASE,
        )
        self._adopt(transition, f"{action} by timer")

    def _moved(self, timer: Timer | None) -> bool:
        """Whether what the waiting was for is no longer what to wait for."""
        assert self._life.state is not None
        moved = self._behind() or self._link_step() is not None or next_timer(self._life.state) != timer
        return moved or self._closed() or history.is_long()

    # the escalation beside it

    def _link_step(self) -> LinkStep | None:
        return link_step(self._life.escalation, self._life.state) if self._life.state is not None else None

    def _link(self, **changes: Any) -> None:
        self._life = replace(self._life, escalation=replace(self._life.escalation, **changes))

    async def _escalate(self) -> None:
        """Begin, unless that is switched off or the alarm is suppressed. One that is there already, of a BundleAlarm that
        somebody terminated, goes on."""
        self._link(lost=False)
        ref = BundleRef(bundle_id=self._life.bundle_id)
        asked = self._life.state
        answer = await workflow.execute_activity(may_escalate, ref, summary="escalate?", **policies.DATABASE)
        state = self._life.state
        assert asked is not None
        assert state is not None
        self._link(declined=answer.declined, asked_version=asked.version)
        if answer.declined is not None or not needs_somebody(state):
            self._tell(f"not escalated: {answer.declined or state.status}")
            return
        start = EscalationInput(
            bundle_id=self._life.bundle_id,
            object_id=self._life.object_id,
            alarm_type=self._life.alarm_type,
            priority=state.priority,
            watch=begin(state.status, waits_since(self._life.escalation, state, workflow.now())),
            heard_version=state.version,
        )
        self._link(begun=True, untold_at=None)
        try:
            await workflow.start_child_workflow(names.ESCALATION, start, **escalation_options(start))
            self._tell("escalation begins")
        except WorkflowAlreadyStartedError:
            self._link(untold_at=workflow.now())

    async def _tell_escalation(self) -> None:
        state, at = self._life.state, self._life.escalation.untold_at
        assert state is not None
        assert at is not None
        stance = signal_for(state.status)
        self._link(untold_at=None, over=stance is Stance.OVER)
        escalation = workflow.get_external_workflow_handle(names.escalation_workflow_id(self._life.bundle_id))
        try:
            await escalation.signal(SIGNAL_OF[stance], BundleNews(version=state.version, status=state.status, at=at))
        except FailureError:  # somebody ended it, and nobody has the alarm: people must be rung all the same
            self._tell("its escalation has ended")
            if needs_somebody(state):
                self._link(begun=False, over=False, asked_version=0)

    # the row, and what is shown of it

    def _closed(self) -> bool:
        return self._life.state is not None and self._life.state.status is BundleStatus.CLOSED

    def _behind(self) -> bool:
        return self._life.state is None or self._life.state.version < self._life.heard_version

    async def _read_row(self) -> None:
        heard = self._life.heard_version
        row = await workflow.execute_activity(
            read_bundle, BundleRef(bundle_id=self._life.bundle_id), summary="read the row", **policies.DATABASE
        )
        if row.state is None:
            raise ApplicationError("there is no such bundle", type=policies.MISSING)
        self._life = replace(self._life, alarm_type=row.alarm_type or self._life.alarm_type)
        if heard == self._life.heard_version:  # nothing newer was told of meanwhile: this is how it stands
            self._life = replace(self._life, heard_version=row.state.version)
        self._adopt(Transition(state=row.state), "row read", acted=False)

    def _adopt(self, transition: Transition, what: str, *, acted: bool = True) -> None:
        """Take over the row unless something newer is known: two answers may overtake each other."""
        state = transition.state
        if self._life.state is None or state.version > self._life.state.version:
            self._life = replace(self._life, state=state)
            self._link(untold_at=workflow.now() if acted else state.status_changed_at)
        self._tell(
            f"{what} → " + (f"refused: {transition.refusal}" if transition.refusal else f"**{state.status}** v{state.version}")
        )

    def _tell(self, line: str) -> None:
        story = (*self._life.story, f"- {workflow.now():%Y-%m-%d %H:%M:%S} {line}")
        self._life = replace(self._life, story=story[-STORY_LINES:])
        self._show()

    def _show(self) -> None:
        """What the web UI lists and tells: search attributes that changed, and the story so far."""
        life, state = self._life, self._life.state
        values = {names.OBJECT_ID: str(life.object_id), names.ALARM_TYPE: life.alarm_type.value}
        head = f"**{life.alarm_type}**"
        if state is not None:
            values |= {names.ALARM_STATUS: state.status.value, names.PRIORITY: state.priority.value}
            owner = f", claimed by `{state.claimed_by}`" if state.claimed_by else ""
            head = f"**{life.alarm_type}** is **{state.status}**, {state.priority}, v{state.version}{owner}"
        _upsert(values)
        head += f"; bundle `{life.bundle_id}`, object `{life.object_id}`"  # static details do not outlive a run
        workflow.set_current_details("\n".join((head, "", *life.story)))


def _upsert(values: dict[str, str]) -> None:
    """Upserts only what differs: every upsert is an event of history."""
    keys = {SearchAttributeKey.for_keyword(name): value for name, value in values.items()}
    shown = workflow.info().typed_search_attributes
    changed = [key.value_set(value) for key, value in keys.items() if shown.get(key) != value]
    if changed:
        workflow.upsert_search_attributes(changed)
