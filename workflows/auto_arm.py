"""AutoArm: one firing of an auto-arm schedule, from its warning to partitions that are seen to be armed (R-AUTOARM).

What follows from what it finds is decided by `domain.auto_arm`; this workflow looks, commands, waits and keeps the row. It
never gives up silently: what is not armed at the deadline is an alarm.
"""

import asyncio
import contextlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ApplicationError, ChildWorkflowError, is_cancelled_exception

from workflows import history
from workflows.contracts import command, names, policies
from workflows.contracts.auto_arm import (
    AutoArmInput,
    CancelRequest,
    FiringRef,
    PostponeRequest,
    RunChange,
    RunPlan,
    RunRef,
    RunSnapshot,
    Survey,
    Verdict,
    begin_auto_arm,
    change_auto_arm_run,
    survey_auto_arm,
)
from workflows.contracts.command import CommandOrder, CommandOutcome
from workflows.domain.auto_arm import (
    STATUS_OF,
    Answer,
    Command,
    End,
    Facts,
    Insist,
    RunOutcome,
    RunStatus,
    Tried,
    Wait,
    Wish,
    after_command,
    next_step,
    pause_after,
    put_off,
)
from workflows.domain.command import CommandKind, CommandSource, CommandStatus

_STARTED_FOR: Final = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")


@workflow.defn(name=names.AUTO_ARM)
class AutoArm:
    @workflow.init
    def __init__(self, start: AutoArmInput) -> None:
        self._life = start  # everything that survives continue-as-new
        self._commanding = self._handing_on = self._ending = False
        self._turn = asyncio.Lock()  # the row is changed by one at a time

    @workflow.run
    async def run(self, start: AutoArmInput) -> RunSnapshot:
        if start.plan is None:
            await self._begin()
        while self._life.plan is not None and not (self._over() or history.is_long()):
            await self._step(self._life.plan)
        self._handing_on = not self._over()
        await workflow.wait_condition(workflow.all_handlers_finished)
        if self._handing_on:
            workflow.continue_as_new(self._life)
        return self.snapshot()

    # -- messages

    @workflow.update
    async def postpone(self, request: PostponeRequest) -> RunSnapshot:
        """Answered when the row says so."""
        target_at = self._new_target(request)
        if target_at is None:
            raise ApplicationError("too late to put it off", type=policies.REFUSED)
        self._life = replace(self._life, target_at=target_at, last=None, waits=0, forced=False)
        self._tell(f"put off until {target_at:%Y-%m-%d %H:%M} UTC by `{request.actor_id}`")
        await self._keep(RunStatus.PENDING, actor_id=request.actor_id, request_id=request.request_id)
        return self.snapshot()

    @postpone.validator
    def refuse_postponing(self, request: PostponeRequest) -> None:
        if self._new_target(request) is None:
            raise ApplicationError("not now, or beyond the limit", type=policies.REFUSED, non_retryable=True)

    @workflow.update
    async def cancel(self, request: CancelRequest) -> RunSnapshot:
        """Answered when it has ended: cancelled, or as a command under way made it end. The first who asks is who did. A run
        that hands on answers as it stands: the next one ends at once."""
        if self._life.cancel is None:
            self._life = replace(self._life, cancel=request)
        await workflow.wait_condition(lambda: self._over() or self._handing_on)
        return self.snapshot()

    @workflow.query
    def snapshot(self) -> RunSnapshot:
        life = self._life
        return RunSnapshot(
            run_id=life.plan.run_id if life.plan else None,
            status=self._status() if life.plan or life.outcome else None,
            outcome=life.outcome or life.last,
            reason=life.reason,
            target_at=life.target_at,
            blocking=life.blocking,
            commands=life.commands,
        )

    def _over(self) -> bool:
        return self._life.begun and (self._life.plan is None or self._life.outcome is not None)

    def _new_target(self, request: PostponeRequest) -> datetime | None:
        life = self._life
        if life.plan is None or life.target_at is None or life.outcome is not None or life.cancel:
            return None
        if self._commanding or self._ending:
            return None
        return put_off(
            fire_at=life.plan.fire_at,
            target_at=life.target_at,
            now=workflow.now(),
            minutes=request.minutes,
            limit=life.plan.postpone_limit,
        )

    # -- what happens

    async def _begin(self) -> None:
        started_for = self._life.started_for or workflow.info().typed_search_attributes.get(_STARTED_FOR) or workflow.now()
        life = self._life
        ref = FiringRef(
            schedule_id=life.schedule_id,
            started_for=started_for,
            workflow_id=workflow.info().workflow_id,
            run_id=life.run_id,
        )
        found = await workflow.execute_activity(begin_auto_arm, ref, summary="read the schedule", **policies.DATABASE)
        plan = found.plan if found.verdict is Verdict.DUE else None
        target_at = plan.target_at or plan.fire_at if plan else None
        self._life = replace(
            self._life,
            begun=True,
            plan=plan,
            target_at=target_at,
            changes=plan.changes if plan else 0,
            outcome=found.outcome,
        )
        self._tell(f"{found.verdict}{f': {found.outcome}' if found.outcome else ''}")

    async def _step(self, plan: RunPlan) -> None:
        life, now = self._life, workflow.now()
        assert life.target_at is not None
        if life.cancel is not None:
            request = life.cancel
            await self._end(RunOutcome.CANCELLED, actor_id=request.actor_id, request_id=request.request_id)
        elif not life.warned and now < plan.warn_at:
            await self._wait(plan.warn_at - now, "until people are warned")
        elif not life.warned:
            self._life = replace(life, warned=True)
            self._tell(f"people are warned: to be armed at {life.target_at:%Y-%m-%d %H:%M} UTC")
            await self._keep(RunStatus.PENDING)
        elif now < life.target_at:
            await self._wait(life.target_at - now, "until it is time to arm")
        else:
            await self._try(plan)

    async def _try(self, plan: RunPlan) -> None:
        """One look, and what follows from it."""
        if self._life.last is None and not self._life.forced:
            await self._keep(RunStatus.ARMING)
        survey = await workflow.execute_activity(
            survey_auto_arm, RunRef(run_id=plan.run_id), summary="look", **policies.DATABASE
        )
        if not self._may_go_on():
            return  # somebody put it off or cancelled it meanwhile
        step = next_step(_wish(plan), _facts(survey), self._tried(plan))
        match await self._command(plan, step) if isinstance(step, Command) else step:
            case End(outcome=outcome, reason=reason):
                await self._end(outcome, reason)
            case Wait(why=why):
                await self._wait_and_look_again(plan, why)
            case Insist():
                self._life = replace(self._life, forced=True)
                self._tell(f"zones {', '.join(map(str, self._life.blocking))} are open: arming all the same")

    def _may_go_on(self) -> bool:
        assert self._life.target_at is not None
        return self._life.cancel is None and workflow.now() >= self._life.target_at

    def _tried(self, plan: RunPlan) -> Tried:
        life = self._life
        return Tried(
            commands=len(life.commands), forced=life.forced, last=life.last, late=workflow.now() >= self._deadline(plan)
        )

    def _deadline(self, plan: RunPlan) -> datetime:
        assert self._life.target_at is not None
        return self._life.target_at + plan.deadline

    async def _command(self, plan: RunPlan, step: Command) -> End | Wait | Insist:
        order = CommandOrder(
            command_id=workflow.uuid4(),
            object_id=plan.object_id,
            panel_id=plan.panel_id,
            kind=CommandKind.ARM,
            source=CommandSource.AUTO_ARM,
            numbers=step.partitions,
            arm_mode=plan.arm_mode,
            forced=step.forced,
            schedule_id=self._life.schedule_id,
        )
        self._life = replace(self._life, commands=(*self._life.commands, order.command_id))
        self._commanding = True
        try:
            outcome = await self._run_command(order)
        finally:
            self._commanding = False
        self._life = replace(self._life, blocking=outcome.blocking or self._life.blocking)
        self._tell(f"command `{order.command_id}`: {outcome.status} {outcome.reason}".rstrip())
        answer = Answer(status=outcome.status, reason=outcome.reason, confirmed=outcome.confirmed_at is not None)
        return after_command(_wish(plan), answer, forced=step.forced, whole=set(step.partitions) == set(plan.partitions))

    async def _run_command(self, order: CommandOrder) -> CommandOutcome:
        """A command that broke down said nothing: the next look tells what came of it."""
        try:
            outcome: CommandOutcome = await workflow.execute_child_workflow(
                names.SATEL_COMMAND, order, result_type=CommandOutcome, **command.start_options(order)
            )
        except ChildWorkflowError as error:
            if is_cancelled_exception(error) and workflow.cancellation_reason() is not None:
                raise
            return CommandOutcome(command_id=order.command_id, status=CommandStatus.TIMEOUT, reason="UNKNOWN_OUTCOME")
        return outcome

    async def _wait_and_look_again(self, plan: RunPlan, why: RunOutcome) -> None:
        told = self._life.last is why
        self._life = replace(self._life, last=why, waits=self._life.waits + 1)
        if not told:
            self._tell(f"waiting: {why}")
            await self._keep(RunStatus.ARMING)
        left = self._deadline(plan) - workflow.now()
        if left.total_seconds() > 0:
            await self._wait(min(pause_after(self._life.waits - 1), left), f"before looking again: {why}")

    async def _wait(self, how_long: timedelta, why: str) -> None:
        """Or until somebody puts it off or cancels it."""
        target_at = self._life.target_at
        await _or_timeout(
            workflow.wait_condition(
                lambda: self._life.cancel is not None or self._life.target_at != target_at,
                timeout=how_long,
                timeout_summary=why,
            )
        )

    # -- the row and the story

    async def _end(self, outcome: RunOutcome, reason: str = "", **who: Any) -> None:
        self._ending = True  # who wants it later now comes too late, and is told so
        await self._write(STATUS_OF[outcome], outcome, reason, **who)
        self._life = replace(self._life, outcome=outcome, reason=reason)
        self._tell(f"**{outcome}** {reason}".rstrip())

    async def _keep(self, status: RunStatus, **who: Any) -> None:
        await self._write(status, self._life.last, "", **who)

    async def _write(self, status: RunStatus, outcome: RunOutcome | None, reason: str, **who: Any) -> None:
        async with self._turn:
            life = self._life
            assert life.plan is not None
            self._life = replace(life, changes=life.changes + 1)
            change = RunChange(
                run_id=life.plan.run_id,
                number=self._life.changes,
                status=status,
                outcome=outcome,
                reason=reason,
                blocking=life.blocking,
                commands=life.commands,
                target_at=life.target_at,
                verified_at=workflow.now() if outcome in {RunOutcome.ARMED, RunOutcome.ALREADY_ARMED} else None,
                **who,
            )
            summary = f"{status} {outcome or ''}".rstrip()
            await workflow.execute_activity(change_auto_arm_run, change, summary=summary, **policies.DATABASE)

    def _status(self) -> RunStatus:
        life = self._life
        if life.outcome is not None:
            return STATUS_OF[life.outcome]
        return RunStatus.ARMING if life.target_at is not None and workflow.now() >= life.target_at else RunStatus.PENDING

    def _tell(self, line: str) -> None:
        life = self._life
        self._life = life = replace(life, story=(*life.story, f"- {workflow.now():%Y-%m-%d %H:%M:%S} {line}"))
        head = f"Schedule `{life.schedule_id}` of panel `{life.panel_id}`, object `{life.object_id}`"
        if life.plan is not None:
            head += f": partitions {', '.join(map(str, life.plan.partitions))}, run `{life.plan.run_id}`"
        workflow.set_current_details("\n".join((head, "", *life.story)))


async def _or_timeout(waiting: Any) -> None:
    with contextlib.suppress(TimeoutError):
        await waiting


def _wish(plan: RunPlan) -> Wish:
    return Wish(partitions=frozenset(plan.partitions), arm_mode=plan.arm_mode, forced=plan.forced, open_zones=plan.open_zones)


def _facts(survey: Survey) -> Facts:
    return Facts(
        states=survey.states,
        link=survey.link,
        in_service=survey.in_service,
        released=survey.released,
        withdrawn=survey.withdrawn,
        claimed=frozenset(survey.claimed),
    )
