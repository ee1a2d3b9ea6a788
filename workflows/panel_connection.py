"""PanelConnection: sees to it that some ingest process holds the panel's line, as long as the panel is wanted (R-SATEL).

One lease is one activity that lasts as long as the line (`hold_panel_line`); a holder that falls silent is replaced by
Temporal itself, which starts the activity again elsewhere without a word to this workflow.

Somebody who programs the panel needs its only slot for himself (R-DLOAD): while the panel is released there is no lease. The
release is a row; this workflow makes it, sees to it that the line is closed, and ends it by its timer or when it is told to.
A release it was never told of (it is new, or an answer was lost) it learns of from the lease that ends for it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception
from temporalio.workflow import ActivityHandle

from workflows import history
from workflows.contracts import names, policies
from workflows.contracts.panel import (
    ConfigChanged,
    LeaseEnd,
    LeaseRequest,
    LeaseResult,
    PanelInput,
    PanelSnapshot,
    hold_panel_line,
)
from workflows.contracts.panel_release import (
    EndRelease,
    ReleaseAsk,
    ReleaseRef,
    ReleaseRow,
    ResumeRequest,
    begin_release,
    end_release,
    keep_release,
)
from workflows.log import tell

SHORT: Final = timedelta(seconds=5)  # a lease that ends so soon did not hold a line
SHORT_ALLOWED: Final = 3  # in a row, e.g. an administrator who saves twice; then pauses grow
SOONEST: Final = timedelta(seconds=1)  # a shorter timer fires no earlier (design §5)
LONGEST_PAUSE: Final = timedelta(seconds=30)  # as the longest pause between two tries of a line (R-SATEL)


@workflow.defn(name=names.PANEL_CONNECTION)
class PanelConnection:
    @workflow.init
    def __init__(self, start: PanelInput) -> None:
        self._life = start  # everything that survives continue-as-new
        self._lease: ActivityHandle[LeaseResult] | None = None
        self._turn = asyncio.Lock()  # who asks the database about the release

    @workflow.run
    async def run(self, start: PanelInput) -> PanelSnapshot:
        while not self._over():
            await self._next()
            if self._over():  # unless somebody who is being answered changes that
                await workflow.wait_condition(lambda: workflow.all_handlers_finished() or not self._over())
        if self._life.last_end is not LeaseEnd.REMOVED:
            workflow.continue_as_new(self._life)
        return self.snapshot()

    def _over(self) -> bool:
        """Whether this run has nothing more to do. Of a release, the line is closed first and a removed panel's is ended."""
        if self._life.last_end is LeaseEnd.REMOVED:
            return self._life.release is None
        return history.is_long() and (self._life.release is None or self._life.release.freed)

    async def _next(self) -> None:
        if self._life.release is not None:
            await self._stay_away(self._life.release)
        elif self._life.last_end is LeaseEnd.DISABLED and not self._changed():
            self._show("disabled: waiting for a change")
            await workflow.wait_condition(
                lambda: self._changed() or history.is_long() or self._life.release is not None,
            )
        else:
            await self._pause()
            if self._life.release is None:
                await self._hold()

    # what others say

    @workflow.signal
    def config_changed(self, change: ConfigChanged) -> None:
        self._life = replace(self._life, config_version=max(self._life.config_version, change.config_version))
        tell("panel.config_changed", config_version=change.config_version, request_id=change.request_id)
        if self._changed():
            self._life = replace(self._life, request_id=change.request_id)
            if self._lease is not None:
                self._lease.cancel()

    @workflow.update
    async def release_for_programming(self, ask: ReleaseAsk) -> PanelSnapshot:
        """Answers when the line is closed. Asked during a release, it changes until when that lasts."""
        async with self._turn:
            row = await self._ask(begin_release, ask, f"asked by {ask.ask_id}")
            tell("panel.released", release_id=row.release_id, until=row.until.isoformat(), request_id=ask.request_id)
            if self._lease is not None and not row.ended:
                self._lease.cancel()
        await workflow.wait_condition(lambda: self._is_free(row.release_id))
        return self.snapshot()

    @workflow.update
    async def resume(self, request: ResumeRequest) -> PanelSnapshot:
        """Answers when the release is over, however it ended; the next lease begins at once."""
        end = EndRelease(release_id=request.release_id, actor_id=request.actor_id, request_id=request.request_id)
        async with self._turn:
            await self._ask(end_release, end, f"ended by {request.actor_id}")
            tell("panel.release_ended", release_id=request.release_id, request_id=request.request_id)
        return self.snapshot()

    @workflow.query
    def snapshot(self) -> PanelSnapshot:
        life = self._life
        return PanelSnapshot(
            panel_id=life.panel_id,
            leased=self._lease is not None,
            leases=life.leases,
            config_version=life.config_version,
            last_end=life.last_end,
            lease_number=life.lease_number,
            holder=life.holder,
            release=life.release,
        )

    # leases

    def _changed(self) -> bool:
        return self._life.config_version > self._life.used_version

    async def _hold(self) -> None:
        """One lease from its start to its end, whatever the end is."""
        began_at = workflow.now()
        wanted = LeaseRequest(panel_id=self._life.panel_id, request_id=self._life.request_id)
        # Every lease reads the row at its start.
        self._life = replace(self._life, used_version=self._life.config_version, request_id="")
        self._show("a lease is under way")
        tell("panel.lease_wanted", lease=self._life.leases + 1, request_id=wanted.request_id)
        self._lease = workflow.start_activity(
            hold_panel_line,
            wanted,
            summary=f"lease {self._life.leases + 1}",
            **policies.PANEL_LEASE,
        )
        try:
            result = await self._lease
        except ActivityError as error:
            if is_cancelled_exception(error) and workflow.cancellation_reason() is not None:
                raise
            result = LeaseResult(end=self._recalled())
        finally:
            self._lease = None
        self._note(result, began_at=began_at)

    def _recalled(self) -> LeaseEnd:
        """Why a lease ended that does not say so itself."""
        if self._life.release is not None:
            return LeaseEnd.RELEASED
        return LeaseEnd.CONFIG_CHANGED if self._changed() else LeaseEnd.HANDED_OVER

    def _note(self, result: LeaseResult, *, began_at: datetime) -> None:
        life = self._life
        used = max(life.used_version, result.config_version)
        self._life = replace(
            life,
            config_version=max(life.config_version, used),
            used_version=used,
            leases=life.leases + 1,
            lease_number=result.lease_number or life.lease_number,
            holder=result.holder or life.holder,
            last_end=result.end,
            request_id=life.request_id or result.request_id,
            short_leases=life.short_leases + 1 if workflow.now() - began_at < SHORT else 0,
        )
        if result.release is not None and self._life.release is None:  # nobody told; whether it still is, the row will say
            self._life = replace(self._life, release=replace(result.release, freed=False))

    async def _pause(self) -> None:
        excess = self._life.short_leases - SHORT_ALLOWED
        if excess > 0:
            pause = min(timedelta(seconds=2 ** min(excess, 10)), LONGEST_PAUSE)
            self._show(f"{self._life.short_leases} leases ended at once: pausing {pause.seconds} s")
            try:
                await workflow.wait_condition(
                    lambda: self._life.release is not None, timeout=pause, timeout_summary="after leases that ended at once"
                )
            except TimeoutError:
                return

    # releases

    async def _stay_away(self, release: ReleaseRow) -> None:
        """One step of a release."""
        self._life = replace(self._life, short_leases=0)
        if release.freed and not self._changed():
            await self._wait_for_the_end(release)
            return
        seen = self._life.config_version
        async with self._turn:
            await self._settle(keep_release, ReleaseRef(release_id=release.release_id), "the line is closed")
        self._life = replace(self._life, used_version=max(self._life.used_version, seen))

    async def _wait_for_the_end(self, release: ReleaseRow) -> None:
        self._show(f"released for programming until {release.until:%Y-%m-%d %H:%M:%S}")
        try:
            await workflow.wait_condition(
                lambda: self._life.release != release or self._changed() or history.is_long(),
                timeout=max(release.until - workflow.now(), SOONEST),
                timeout_summary=f"taken back at {release.until:%Y-%m-%d %H:%M:%S}",
            )
        except TimeoutError:
            async with self._turn:
                if self._life.release == release:  # nobody has been faster
                    await self._settle(end_release, EndRelease(release_id=release.release_id), "its time is over")
                    tell("panel.release_ended", release_id=release.release_id)

    def _is_free(self, release_id: UUID) -> bool:
        """Whether the line is closed, or that release no longer is what keeps it so."""
        release = self._life.release
        return release is None or release.release_id != release_id or release.freed

    async def _settle(self, what: Callable[..., Any], request: object, summary: str) -> None:
        """What has all the time in the world."""
        self._adopt(await workflow.execute_activity(what, request, summary=summary, **policies.DATABASE))

    async def _ask(self, what: Callable[..., Any], request: object, summary: str) -> ReleaseRow:
        """What somebody waits for. Raises ApplicationError."""
        try:
            row: ReleaseRow = await workflow.execute_activity(what, request, summary=summary, **policies.OPERATOR_ACTION)
        except ActivityError as error:
            if isinstance(error.cause, ApplicationError) and error.cause.type in {policies.REFUSED, policies.MISSING}:
                raise ApplicationError("refused", type=policies.REFUSED, non_retryable=True) from error
            raise ApplicationError("the database did not answer", type=policies.UNANSWERED, non_retryable=True) from error
        self._adopt(row)
        return row

    def _adopt(self, row: ReleaseRow) -> None:
        known = self._life.release
        if not row.ended:  # and what comes after it is a lease, whatever the last one ended for
            self._life = replace(self._life, release=row, last_end=LeaseEnd.RELEASED)
        elif known is not None and known.release_id == row.release_id:
            self._life = replace(self._life, release=None)

    def _show(self, now: str) -> None:
        life = self._life
        last = (
            f"Last lease: number {life.lease_number}, held by `{life.holder}`, ended as {life.last_end}"
            if life.last_end
            else ""
        )
        workflow.set_current_details(
            f"Panel `{life.panel_id}`: **{now}** ({life.leases} leases so far, configuration {life.config_version})\n\n{last}"
        )
