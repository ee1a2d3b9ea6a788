"""ServiceMode: alarms of an object are silent for a while, and are not longer than was said (R-SERVICE).

The row is what the recorder goes by, and it counts `ends_at` by the database's clock: that this workflow is late silences
nothing. It alone brings the row through its states; at the end it sums up, and what still stands in alarm rings.
"""

import asyncio
import contextlib
from collections.abc import Awaitable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from workflows.contracts import names, policies
from workflows.contracts.service_mode import (
    BeginService,
    DecideService,
    ExtendRequest,
    ExtendService,
    ServiceChange,
    ServiceDecision,
    ServiceInput,
    ServiceRef,
    ServiceRow,
    ServiceSnapshot,
    WarnService,
    begin_service,
    end_service,
    extend_service,
    refuse_service,
    release_service,
    settle_service,
    warn_of_service_end,
)
from workflows.domain.service import OVER, ServiceRefusal, ServiceState, ServiceTimer, next_timer
from workflows.domain.two_person import RELEASE_WITHIN, ReleaseRefusal

SOONEST: Final = timedelta(seconds=1)  # a shorter timer fires no earlier (design §5); and clocks of two hosts differ
STORY_LINES: Final = 20


@workflow.defn(name=names.SERVICE_MODE)
class ServiceMode:
    @workflow.init
    def __init__(self, start: ServiceInput) -> None:
        self._life = start
        self._behind = True  # the row may be another than we know
        self._turn = asyncio.Lock()

    @workflow.run
    async def run(self, start: ServiceInput) -> ServiceSnapshot:
        await self._read(alone=start.alone)
        if self._is(ServiceState.AWAITING_RELEASE):
            await self._until_released()
        while self._is(ServiceState.ACTIVE):
            await self._step()
        if self._is(ServiceState.ENDED):
            ref = ServiceRef(service_id=start.service_id)
            settled = await workflow.execute_activity(settle_service, ref, summary="settle", **policies.DATABASE)
            self._life = replace(self._life, settled=settled)
            self._tell(f"{settled.events} silenced, {settled.active} still in alarm, {settled.rung} ring now")
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.snapshot()

    # what people say

    @workflow.update
    async def begun(self) -> ServiceSnapshot:
        """Answers when it is in force, waits for a second person, or never will be."""
        await workflow.wait_condition(lambda: self._life.row is not None)
        return self.snapshot()

    @workflow.update
    async def release(self, decision: ServiceDecision) -> ServiceSnapshot:
        """The second person agrees."""
        await workflow.wait_condition(self._knows_the_row)
        order = self._decide(decision)
        async with self._turn:
            change = await self._asked(workflow.execute_activity(release_service, order, **policies.OPERATOR_ACTION))
            self._adopt(change, f"released by `{decision.actor_id}`")
        return self.snapshot()

    @workflow.update
    async def extend(self, request: ExtendRequest) -> ServiceSnapshot:
        """Moves the end."""
        await workflow.wait_condition(self._knows_the_row)
        async with self._turn:
            row = self._life.row
            assert row is not None
            if row.version != request.version:
                raise _refusal(ServiceRefusal.STALE_VERSION)
            order = ExtendService(
                service_id=self._life.service_id,
                actor_id=request.actor_id,
                seen_ends_at=row.ends_at,
                ends_at=row.ends_at + timedelta(minutes=request.minutes),
                second=request.second,
                request_id=request.request_id,
            )
            change = await self._asked(workflow.execute_activity(extend_service, order, **policies.OPERATOR_ACTION))
            self._adopt(change, f"extended by `{request.actor_id}`")
        return self.snapshot()

    @workflow.update
    async def end(self, decision: ServiceDecision) -> ServiceSnapshot:
        """Answers when it is over and summed up. The first who asks is who ended it."""
        if not self._over() and self._life.end is None:
            self._life = replace(self._life, end=decision)
            self._tell(f"to be ended by `{decision.actor_id}`")
        await workflow.wait_condition(self._over)
        return self.snapshot()

    @workflow.query
    def snapshot(self) -> ServiceSnapshot:
        return ServiceSnapshot(service_id=self._life.service_id, row=self._life.row, settled=self._life.settled)

    # what time does

    async def _until_released(self) -> None:
        deadline = workflow.now() + RELEASE_WITHIN
        while self._is(ServiceState.AWAITING_RELEASE):
            if self._behind:
                await self._read(alone=False)
            elif self._life.end is not None or workflow.now() >= deadline:
                await self._refuse()
            else:
                await self._wait_for_the_second(deadline - workflow.now())

    async def _wait_for_the_second(self, patience: timedelta) -> None:
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._behind or self._life.end is not None or not self._is(ServiceState.AWAITING_RELEASE),
                timeout=patience,
                timeout_summary="nobody agreed",
            )

    async def _refuse(self) -> None:
        async with self._turn:  # somebody may agree at this very moment: the row knows who came first
            order = self._decide(self._life.end)
            self._note(await workflow.execute_activity(refuse_service, order, summary="refuse", **policies.DATABASE))

    async def _step(self) -> None:
        """Wait for what comes next, and do it."""
        if self._behind:
            await self._read(alone=False)
            return
        ends_at = self._ends_at()
        timer, at = next_timer(now=workflow.now(), ends_at=ends_at, warned_of=self._life.warned_of)
        try:
            await workflow.wait_condition(
                lambda: self._behind or self._life.end is not None or self._ends_at() != ends_at,
                timeout=max(at - workflow.now(), SOONEST),
                timeout_summary=timer.value,
            )
        except TimeoutError:
            if timer is ServiceTimer.WARN:
                await self._warn()
            else:
                await self._end()
            return
        if self._life.end is not None:
            await self._end()

    async def _warn(self) -> None:
        ends_at = self._ends_at()
        warning = WarnService(service_id=self._life.service_id, ends_at=ends_at)
        async with self._turn:
            row = await workflow.execute_activity(warn_of_service_end, warning, summary="warn", **policies.DATABASE)
            self._life = replace(self._life, warned_of=ends_at)
            self._note(row, f"warned of the end at {ends_at:%H:%M}")

    async def _end(self) -> None:
        async with self._turn:
            order = self._decide(self._life.end)
            self._note(await workflow.execute_activity(end_service, order, summary="end", **policies.DATABASE))

    async def _read(self, *, alone: bool) -> None:
        async with self._turn:
            begin = BeginService(service_id=self._life.service_id, alone=alone)
            self._behind = False
            self._note(await workflow.execute_activity(begin_service, begin, summary="begin", **policies.DATABASE))

    # helpers

    def _decide(self, decision: ServiceDecision | None) -> DecideService:
        actor = decision.actor_id if decision is not None else None
        request_id = decision.request_id if decision is not None else ""
        return DecideService(service_id=self._life.service_id, actor_id=actor, request_id=request_id)

    async def _asked(self, activity: Awaitable[ServiceChange]) -> ServiceChange:
        """What somebody waits for. Whether it was done is not known when there is no answer: the row is read again."""
        try:
            return await activity
        except ActivityError as error:
            self._behind = True
            raise ApplicationError("the database did not answer", type=policies.UNANSWERED) from error

    def _adopt(self, change: ServiceChange, what: str) -> None:
        refusal = change.refusal or change.release_refusal
        self._note(change.row, f"{what}: {refusal or 'ok'}")
        if refusal is not None:
            raise _refusal(refusal)

    def _note(self, row: ServiceRow, what: str = "") -> None:
        self._life = replace(self._life, row=row)
        self._tell(what or f"**{row.state}**")

    def _is(self, state: ServiceState) -> bool:
        return self._life.row is not None and self._life.row.state is state

    def _ends_at(self) -> datetime:
        assert self._life.row is not None
        return self._life.row.ends_at

    def _knows_the_row(self) -> bool:
        """Or will not read it again."""
        row = self._life.row
        return row is not None and (not self._behind or row.state in OVER)

    def _over(self) -> bool:
        return self._is(ServiceState.REFUSED) or self._life.settled is not None

    def _tell(self, line: str) -> None:
        story = (*self._life.story, f"- {workflow.now():%Y-%m-%d %H:%M:%S} {line}")[-STORY_LINES:]
        self._life = replace(self._life, story=story)
        life, row = self._life, self._life.row
        until = f" until {row.ends_at:%Y-%m-%d %H:%M}" if row is not None and row.state not in OVER else ""
        head = f"Service mode of object `{life.object_id}` is **{row.state if row else 'being begun'}**{until}"
        workflow.set_current_details("\n".join((head, "", *life.story)))


def _refusal(refusal: ServiceRefusal | ReleaseRefusal) -> ApplicationError:
    return ApplicationError("refused", refusal.value, type=policies.REFUSED, non_retryable=True)
