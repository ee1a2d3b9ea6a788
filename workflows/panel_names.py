"""PanelNames: reads what a panel calls its parts, wherever its line is held (R-SATEL: EE)."""

from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from workflows.contracts import names, policies
from workflows.contracts.panel_names import (
    Holder,
    HolderRequest,
    NamesEnd,
    NamesFailed,
    NamesInput,
    NamesOutcome,
    NamesRequest,
    NamesResult,
    fail_names_read,
    find_panel_holder,
    read_panel_names,
)
from workflows.domain.panel_names import ReadFailure

TRIES: Final = 5
PAUSE: Final = timedelta(seconds=5)  # a line that was lost or taken over is up again by then

# What a try that came to nothing means when it was the last one, and at once where another would be no better.
_FAILURES: Final = {
    NamesEnd.SILENT: ReadFailure.SILENT,
    NamesEnd.NOT_CONNECTED: ReadFailure.NOT_CONNECTED,
    NamesEnd.NOT_HELD: ReadFailure.INTERRUPTED,
    NamesEnd.LINK_LOST: ReadFailure.INTERRUPTED,
}
_AT_ONCE: Final = {NamesEnd.SILENT, NamesEnd.NOT_CONNECTED}


@workflow.defn(name=names.PANEL_NAMES)
class PanelNames:
    @workflow.init
    def __init__(self, start: NamesInput) -> None:
        self._start = start

    @workflow.run
    async def run(self, start: NamesInput) -> NamesOutcome:
        failure = ReadFailure.NO_HOLDER
        for number in range(1, TRIES + 1):
            holder = await self._holder()
            if not holder.wanted:
                return await self._failed(ReadFailure.GONE)
            end = None
            if holder.host:
                result = await self._read(holder.host, number)
                if result.end is NamesEnd.READ:
                    self._show(f"{result.found} names read")
                    return NamesOutcome(found=result.found)
                end, failure = result.end, _FAILURES[result.end]
            if end in _AT_ONCE or number == TRIES:
                break
            self._show(f"try {number} came to nothing: {failure}")
            await workflow.sleep(PAUSE, summary="before looking for the holder again")
        return await self._failed(failure)

    async def _holder(self) -> Holder:
        request = HolderRequest(panel_id=self._start.panel_id)
        return await workflow.execute_activity(find_panel_holder, request, **policies.DATABASE)

    async def _read(self, host: str, number: int) -> NamesResult:
        """One try at one process; one that does not answer, or dies over it, does not hold the line any more."""
        self._show(f"try {number}, at `{host}`")
        request = NamesRequest(panel_id=self._start.panel_id, read_id=self._start.read_id)
        try:
            return await workflow.execute_activity(
                read_panel_names, request, summary=f"try {number}", **policies.panel_names(host)
            )
        except ActivityError as error:
            if is_cancelled_exception(error) and workflow.cancellation_reason() is not None:
                raise
            return NamesResult(end=NamesEnd.NOT_HELD)

    async def _failed(self, failure: ReadFailure) -> NamesOutcome:
        self._show(f"failed: {failure}")
        failed = NamesFailed(panel_id=self._start.panel_id, read_id=self._start.read_id, failure=failure)
        return await workflow.execute_activity(fail_names_read, failed, **policies.DATABASE)

    def _show(self, now: str) -> None:
        workflow.set_current_details(f"Panel `{self._start.panel_id}`: **{now}**")
