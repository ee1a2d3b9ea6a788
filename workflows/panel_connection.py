"""PanelConnection: sees to it that some ingest process holds the panel's line, as long as the panel is wanted (R-SATEL).

One lease is one activity that lasts as long as the line (`hold_panel_line`); a holder that falls silent is replaced by
Temporal itself, which starts the activity again elsewhere without a word to this workflow.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception
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
from workflows.log import tell

SHORT: Final = timedelta(seconds=5)  # a lease that ends so soon did not hold a line
SHORT_ALLOWED: Final = 3  # in a row, e.g. an administrator who saves twice; then pauses grow
LONGEST_PAUSE: Final = timedelta(seconds=30)  # as the longest pause between two tries of a line (R-SATEL)


@workflow.defn(name=names.PANEL_CONNECTION)
class PanelConnection:
    @workflow.init
    def __init__(self, start: PanelInput) -> None:
        self._life = start  # everything that survives continue-as-new
        self._lease: ActivityHandle[LeaseResult] | None = None

    @workflow.run
    async def run(self, start: PanelInput) -> PanelSnapshot:
        while self._life.last_end is not LeaseEnd.REMOVED and not history.is_long():
            if self._life.last_end is LeaseEnd.DISABLED and not self._changed():
                self._show("disabled: waiting for a change")
                await workflow.wait_condition(lambda: self._changed() or history.is_long())
            else:
                await self._pause()
                await self._hold()
        await workflow.wait_condition(workflow.all_handlers_finished)
        if self._life.last_end is not LeaseEnd.REMOVED:
            workflow.continue_as_new(self._life)
        return self.snapshot()

    @workflow.signal
    def config_changed(self, change: ConfigChanged) -> None:
        self._life = replace(self._life, config_version=max(self._life.config_version, change.config_version))
        tell("panel.config_changed", config_version=change.config_version, request_id=change.request_id)
        if self._changed():
            self._life = replace(self._life, request_id=change.request_id)
            if self._lease is not None:
                self._lease.cancel()

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
        )

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
            result = LeaseResult(end=LeaseEnd.CONFIG_CHANGED if self._changed() else LeaseEnd.HANDED_OVER)
        finally:
            self._lease = None
        self._note(result, began_at=began_at)

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

    async def _pause(self) -> None:
        excess = self._life.short_leases - SHORT_ALLOWED
        if excess > 0:
            pause = min(timedelta(seconds=2 ** min(excess, 10)), LONGEST_PAUSE)
            self._show(f"{self._life.short_leases} leases ended at once: pausing {pause.seconds} s")
            await workflow.sleep(pause, summary="after leases that ended at once")

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
