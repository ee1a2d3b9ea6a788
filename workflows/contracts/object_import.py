"""What crosses the border of the ObjectImport workflow, and the activities it calls (typed stubs).

The relay starts it once the upload is committed; the API decides by the updates `apply` and `cancel`, with start, so that a
lost execution goes on from its row. Only ids and counts travel: the file, its rows and its errors stay in the database.
"""

from dataclasses import dataclass, field
from typing import TypedDict
from uuid import UUID

from temporalio import activity

from workflows.contracts import names
from workflows.domain.object_import import ImportCounts, ImportStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportInput:
    """Start of the workflow (the id), and all it knows while it runs: continue-as-new hands it on as it is."""

    import_id: UUID
    status: ImportStatus = ImportStatus.CHECKING
    done: int = 0
    total: int = 0
    counts: ImportCounts = field(default_factory=ImportCounts)
    applied_by: UUID | None = None  # who said: apply
    cancelled_by: UUID | None = None
    request_id: str = ""  # of the last decision


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRef:
    import_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportDecision:
    """Argument of the updates `apply` and `cancel`."""

    actor_id: UUID
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProgress:
    """Answer of the updates, of query `progress`, and of every activity: the row's status and how far it is."""

    status: ImportStatus
    done: int = 0
    total: int = 0
    counts: ImportCounts = field(default_factory=ImportCounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportBegin:
    import_id: UUID
    actor_id: UUID
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportChunk:
    """Apply what follows after the first ``done`` objects."""

    import_id: UUID
    done: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportEnd:
    """``actor_id`` None: nobody, the import came to its end by itself."""

    import_id: UUID
    status: ImportStatus
    actor_id: UUID | None = None
    request_id: str = ""


@activity.defn(name="check_import")
async def check_import(ref: ImportRef) -> ImportProgress:
    """Read the file in a process of its own, compare it with the database and keep both results: READY or REFUSED.

    An import that is further than CHECKING is answered as its row is. Fails with `policies.MISSING` when there is no row.
    """
    raise NotImplementedError


@activity.defn(name="begin_import")
async def begin_import(request: ImportBegin) -> ImportProgress:
    """READY becomes APPLYING, with who wanted it; any other status stays."""
    raise NotImplementedError


@activity.defn(name="apply_import_chunk")
async def apply_import_chunk(request: ImportChunk) -> ImportProgress:
    """Apply the next objects and move the row's cursor in one transaction.

    A row that is further than ``done`` is answered as it is: the attempt before has committed.
    """
    raise NotImplementedError


@activity.defn(name="end_import")
async def end_import(request: ImportEnd) -> ImportProgress:
    """Give the row its final status and drop what is no longer needed; a row that has one keeps it."""
    raise NotImplementedError


class StartOptions(TypedDict):
    """Keyword arguments of `Client.start_workflow`."""

    id: str
    task_queue: str
    static_summary: str


def start_options(start: ImportInput) -> StartOptions:
    """How an ObjectImport is started, by whomever."""
    return StartOptions(
        id=names.import_workflow_id(start.import_id),
        task_queue=names.CORE_QUEUE,
        static_summary=f"Import of objects {start.import_id}",
    )
