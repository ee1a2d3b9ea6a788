"""Callback: somebody is to be called back, and whoever is on shift then is told (R-HISTORY).

The row is the state. This workflow alone changes it after it was written: its timer makes it due and rings again while nobody
does anything about it, its updates say what people decided. It knows ids and times, belongs to no session, and does not end
with its alarm (ADR-037).
"""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from workflows import history
from workflows.contracts import names, policies
from workflows.contracts.callback import (
    CallbackDecision,
    CallbackInput,
    CallbackRef,
    Decided,
    DecisionRequest,
    RingRequest,
    decide_callback,
    read_callback,
    ring_callback,
)
from workflows.domain.callback import OPEN, Callback, Decision, next_ring

_SOONEST: Final = timedelta(seconds=1)  # a shorter timer fires no earlier (design §5); and clocks of two hosts differ
_STORY_LINES: Final = 30


@workflow.defn(name=names.CALLBACK)
class CallbackReminder:
    @workflow.init
    def __init__(self, start: CallbackInput) -> None:
        self._life = start  # everything that survives continue-as-new
        self._turn = asyncio.Lock()

    @workflow.run
    async def run(self, start: CallbackInput) -> Callback:
        self._show()
        while not (self._over() or history.is_long()):
            if self._life.row is None:
                ref = CallbackRef(callback_id=start.callback_id)
                row = await workflow.execute_activity(read_callback, ref, summary="read the row", **policies.DATABASE)
                self._adopt(row, "row read")
            else:
                await self._wait_and_ring(self._life.row)
        await workflow.wait_condition(workflow.all_handlers_finished)
        if not self._over():
            workflow.continue_as_new(self._life)
        return self.snapshot()

    async def _wait_and_ring(self, row: Callback) -> None:
        """Wait until something moves or it is time to tell people; then do."""
        rings_at = next_ring(row)
        if rings_at is None:
            await workflow.wait_condition(lambda: self._moved(row))
            return
        try:
            await workflow.wait_condition(
                lambda: self._moved(row),
                timeout=max(rings_at - workflow.now(), _SOONEST),
                timeout_summary=f"{'rings again' if row.rings else 'due'} at {rings_at:%Y-%m-%d %H:%M:%S}",
            )
        except TimeoutError:
            request = RingRequest(callback_id=self._life.callback_id, version=row.version, rings=row.rings)
            rung = await workflow.execute_activity(ring_callback, request, summary=f"ring {row.rings + 1}", **policies.DATABASE)
            self._adopt(rung, f"ring {row.rings + 1}")

    def _moved(self, row: Callback) -> bool:
        return self._life.row != row or history.is_long()

    # people

    @workflow.update
    async def done(self, request: DecisionRequest) -> Callback:
        """Somebody called."""
        return await self._decide(Decision.DONE, request)

    @workflow.update
    async def cancel(self, request: DecisionRequest) -> Callback:
        """Nobody need call any more."""
        return await self._decide(Decision.CANCEL, request)

    @workflow.update
    async def postpone(self, request: DecisionRequest) -> Callback:
        """It rings later, from the beginning."""
        return await self._decide(Decision.POSTPONE, request)

    @workflow.query
    def snapshot(self) -> Callback:
        if self._life.row is None:
            raise ApplicationError("the row has not been read yet", type=policies.UNANSWERED)
        return self._life.row

    async def _decide(self, decision: Decision, request: DecisionRequest) -> Callback:
        wanted = CallbackDecision(callback_id=self._life.callback_id, decision=decision, request=request)
        async with self._turn:
            try:
                decided = await workflow.execute_activity(
                    decide_callback, wanted, summary=f"{decision} by {request.actor_id}", **policies.OPERATOR_ACTION
                )
            except ActivityError as error:
                raise self._unanswered(error) from error
            return self._answer(decided, f"{decision} by `{request.actor_id}`")

    def _answer(self, decided: Decided, what: str) -> Callback:
        if decided.refusal is not None:
            self._adopt(decided.row, f"{what} refused: {decided.refusal.name}")
            raise ApplicationError(
                f"refused: {decided.refusal.name}", decided.refusal.value, type=policies.REFUSED, non_retryable=True
            )
        self._adopt(decided.row, what)
        return decided.row

    def _unanswered(self, error: ActivityError) -> ApplicationError:
        """Whether it was done, nobody knows: the row will tell."""
        if isinstance(error.cause, ApplicationError) and error.cause.type == policies.MISSING:
            return ApplicationError("there is no such call-back", type=policies.MISSING, non_retryable=True)
        self._life = replace(self._life, row=None)
        return ApplicationError("the database did not answer in time", type=policies.UNANSWERED, non_retryable=True)

    # the row, and what is shown of it

    def _over(self) -> bool:
        return self._life.row is not None and self._life.row.state not in OPEN

    def _adopt(self, row: Callback, what: str) -> None:
        """Take over the row unless something newer is known: two answers may overtake each other."""
        known = self._life.row
        if known is None or (row.version, row.rings) > (known.version, known.rings):
            self._life = replace(self._life, row=row)
        story = (*self._life.story, f"- {workflow.now():%Y-%m-%d %H:%M:%S} {what} → **{row.state}** v{row.version}")
        self._life = replace(self._life, story=story[-_STORY_LINES:])
        self._show()

    def _show(self) -> None:
        life, row = self._life, self._life.row
        state = f"is **{row.state}**, due {row.due_at:%Y-%m-%d %H:%M:%S}, rung {row.rings} times" if row else "is starting"
        head = f"Call-back `{life.callback_id}` for object `{life.object_id}` {state}"
        workflow.set_current_details("\n".join((head, "", *life.story)))
