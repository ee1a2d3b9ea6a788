"""ObjectImport: waits for a decision, goes on after failures exactly where it was, and ends when nobody decides."""

from dataclasses import dataclass, field
from uuid import uuid4

from temporalio import activity
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from tests.workflows.support import replay, serving
from workflows.contracts.object_import import (
    ImportBegin,
    ImportChunk,
    ImportDecision,
    ImportEnd,
    ImportInput,
    ImportProgress,
    ImportRef,
    start_options,
)
from workflows.domain.object_import import ImportStatus
from workflows.object_import import ObjectImport


@dataclass
class FakeImport:
    """The row; every second chunk fails once."""

    row: ImportProgress = field(default_factory=lambda: ImportProgress(status=ImportStatus.READY, total=5))
    asked: list[int] = field(default_factory=list)

    @activity.defn(name="check_import")
    async def check_import(self, ref: ImportRef) -> ImportProgress:
        return self.row

    @activity.defn(name="begin_import")
    async def begin_import(self, request: ImportBegin) -> ImportProgress:
        self.row = ImportProgress(status=ImportStatus.APPLYING, total=self.row.total)
        return self.row

    @activity.defn(name="apply_import_chunk")
    async def apply_import_chunk(self, request: ImportChunk) -> ImportProgress:
        self.asked.append(request.done)
        if request.done % 2 and self.asked.count(request.done) == 1:
            raise ConnectionError("the database is away")
        self.row = ImportProgress(status=ImportStatus.APPLYING, total=self.row.total, done=request.done + 1)
        return self.row

    @activity.defn(name="end_import")
    async def end_import(self, request: ImportEnd) -> ImportProgress:
        self.row = ImportProgress(status=request.status, total=self.row.total, done=self.row.done)
        return self.row


async def started(env: WorkflowEnvironment) -> WorkflowHandle[ObjectImport, ImportProgress]:
    given = ImportInput(import_id=uuid4())
    return await env.client.start_workflow(ObjectImport.run, given, **start_options(given))


async def test_an_import_goes_on_after_failures_where_it_was(env: WorkflowEnvironment) -> None:
    fake = FakeImport()
    async with serving(env.client, fake.check_import, fake.begin_import, fake.apply_import_chunk, fake.end_import):
        handle = await started(env)
        answer = await handle.execute_update(ObjectImport.apply, ImportDecision(actor_id=uuid4()))
        assert answer.status is ImportStatus.APPLYING
        assert (await handle.result()).status is ImportStatus.APPLIED
        assert fake.asked == [0, 1, 1, 2, 3, 3, 4]
        await replay(env.client, handle.id)


async def test_an_import_that_nobody_decides_expires(env: WorkflowEnvironment) -> None:
    fake = FakeImport()
    async with serving(env.client, fake.check_import, fake.begin_import, fake.apply_import_chunk, fake.end_import):
        handle = await started(env)
        assert (await handle.result()).status is ImportStatus.EXPIRED
        assert fake.asked == []
