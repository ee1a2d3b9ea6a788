"""ObjectImport: checks an uploaded file, waits for somebody's decision, and applies it bit by bit (R-IMPORT).

The row is the state; each bit commits its objects together with the cursor, so that whoever dies in between, the next attempt
goes on exactly there.
"""

from dataclasses import replace
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception
from temporalio.workflow import ActivityHandle

from workflows import history
from workflows.contracts import names, policies
from workflows.contracts.object_import import (
    ImportBegin,
    ImportChunk,
    ImportDecision,
    ImportEnd,
    ImportInput,
    ImportProgress,
    ImportRef,
    apply_import_chunk,
    begin_import,
    check_import,
    end_import,
)
from workflows.domain.object_import import EXPIRES_AFTER, FINAL, ImportStatus, ImportStep, Standing, next_step

_PAUSED: Final = "nobody decided"


@workflow.defn(name=names.OBJECT_IMPORT)
class ObjectImport:
    @workflow.init
    def __init__(self, start: ImportInput) -> None:
        self._life = start  # everything that survives continue-as-new
        self._checking: ActivityHandle[ImportProgress] | None = None

    @workflow.run
    async def run(self, start: ImportInput) -> ImportProgress:
        while not (self._ended() or history.is_long()):
            try:
                await self._step()
            except ActivityError as error:
                if not is_cancelled_exception(error):
                    await self._end(ImportStatus.FAILED)
                elif self._life.cancelled_by is None:
                    raise  # not the import was cancelled but this execution, by an operator of Temporal
        await workflow.wait_condition(workflow.all_handlers_finished)
        if not self._ended():
            workflow.continue_as_new(self._life)
        return self.progress()

    @workflow.update
    async def apply(self, decision: ImportDecision) -> ImportProgress:
        """Refused when the dry run was not good, or somebody decided otherwise. Said again, it is answered again."""
        await workflow.wait_condition(lambda: self._life.status is not ImportStatus.CHECKING)
        if self._life.status in (ImportStatus.APPLYING, ImportStatus.APPLIED):
            return self.progress()
        if self._life.status is not ImportStatus.READY or self._life.cancelled_by is not None:
            raise ApplicationError("the import is not ready", type=policies.REFUSED)
        self._life = replace(self._life, applied_by=decision.actor_id, request_id=decision.request_id)
        await workflow.wait_condition(lambda: self._life.status is not ImportStatus.READY)
        return self.progress()

    @workflow.update
    async def cancel(self, decision: ImportDecision) -> ImportProgress:
        """Answered when it has ended: cancelled, or already done."""
        self._life = replace(self._life, cancelled_by=decision.actor_id, request_id=decision.request_id)
        if self._checking is not None:
            self._checking.cancel()
        await workflow.wait_condition(self._ended)
        return self.progress()

    @workflow.query(name=names.PROGRESS)
    def progress(self) -> ImportProgress:
        life = self._life
        return ImportProgress(status=life.status, done=life.done, total=life.total, counts=life.counts)

    async def _step(self) -> None:
        life = self._life
        step, status = next_step(self._standing())
        match step:
            case ImportStep.WAIT if life.status is ImportStatus.CHECKING:
                await self._check()
            case ImportStep.WAIT:
                await self._wait_for_a_decision()
            case ImportStep.BEGIN:
                assert life.applied_by is not None
                begin = ImportBegin(import_id=life.import_id, actor_id=life.applied_by, request_id=life.request_id)
                self._note(await workflow.execute_activity(begin_import, begin, **policies.DATABASE))
            case ImportStep.APPLY:
                chunk = ImportChunk(import_id=life.import_id, done=life.done)
                self._note(await workflow.execute_activity(apply_import_chunk, chunk, **policies.IMPORT_CHUNK))
            case ImportStep.END:
                await self._end(status)

    async def _check(self) -> None:
        ref = ImportRef(import_id=self._life.import_id)
        self._checking = workflow.start_activity(check_import, ref, **policies.IMPORT_CHECK)
        try:
            self._note(await self._checking)
        finally:
            self._checking = None

    async def _wait_for_a_decision(self) -> None:
        try:
            await workflow.wait_condition(
                lambda: next_step(self._standing())[0] is not ImportStep.WAIT, timeout=EXPIRES_AFTER, timeout_summary=_PAUSED
            )
        except TimeoutError:
            await self._end(ImportStatus.EXPIRED)

    async def _end(self, status: ImportStatus) -> None:
        life = self._life
        actor = life.cancelled_by if status is ImportStatus.CANCELLED else life.applied_by
        end = ImportEnd(import_id=life.import_id, status=status, actor_id=actor, request_id=life.request_id)
        self._note(await workflow.execute_activity(end_import, end, **policies.DATABASE))

    def _standing(self) -> Standing:
        life = self._life
        return Standing(
            status=life.status,
            done=life.done,
            total=life.total,
            wanted=life.applied_by is not None,
            cancelled=life.cancelled_by is not None,
        )

    def _ended(self) -> bool:
        return self._life.status in FINAL

    def _note(self, seen: ImportProgress) -> None:
        self._life = replace(self._life, status=seen.status, done=seen.done, total=seen.total, counts=seen.counts)
        workflow.set_current_details(f"**{seen.status}**: {seen.done} of {seen.total} objects")
