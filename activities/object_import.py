"""The activities of ObjectImport: the only place that changes an import's row after the upload."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

import orjson
import structlog
from sqlalchemy import func, insert, select, update
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.db.audit import record
from activities.db.models.import_log import ImportLog
from activities.db.models.import_rows import ImportRow
from activities.db.session import Database, DatabaseUnavailable, WriteSession
from activities.files import blobs
from activities.importing.apply import apply, compare
from activities.importing.entry import ObjectEntry
from activities.importing.findings import KEPT, Finding, Findings
from activities.importing.plan import Address, Plan
from activities.importing.process import read_blob
from activities.importing.reader import CONVERTER, Parsed
from activities.infra.crypto import FieldCipher, Sealed
from workflows.contracts import policies
from workflows.contracts.object_import import ImportBegin, ImportChunk, ImportEnd, ImportProgress, ImportRef
from workflows.domain.object_import import FINAL, ImportCounts, ImportOutcome, ImportStatus

log = structlog.get_logger(__name__)

CHUNK: Final = 200  # objects of one transaction
COMPARED_AT_ONCE: Final = 500
_BEAT_EVERY: Final = policies.IMPORT_HEARTBEAT.total_seconds() / 4


@dataclass(frozen=True, slots=True)
class _Checked:
    """A dry run. `plans` are those of `parsed.entries`, empty when the file itself is bad."""

    parsed: Parsed
    plans: Sequence[Plan]
    errors: Findings


@dataclass(frozen=True, slots=True)
class ImportActivities:
    db: Database
    cipher: FieldCipher

    @activity.defn(name="check_import")
    async def check_import(self, ref: ImportRef) -> ImportProgress:
        """See `workflows.contracts.object_import.check_import`."""
        async with _quietly_away(), _beating():
            async with self.db.read() as session:
                row = await session.get(ImportLog, ref.import_id)
            if row is None:
                raise ApplicationError("there is no such import", type=policies.MISSING, non_retryable=True)
            if row.status is not ImportStatus.CHECKING or row.blob_id is None:
                return _progress(row)
            checked = await self._dry_run(await read_blob(self.db, row.blob_id))
            sealed = await asyncio.to_thread(lambda: list(self._staged(ref.import_id, checked)))
            return await self._keep(ref.import_id, checked, sealed)

    @activity.defn(name="begin_import")
    async def begin_import(self, request: ImportBegin) -> ImportProgress:
        """See `workflows.contracts.object_import.begin_import`."""
        async with _quietly_away(), self.db.write() as session:
            row = await _locked(session, request.import_id)
            if row.status is ImportStatus.READY:
                row.status, row.decided_by, row.request_id = ImportStatus.APPLYING, request.actor_id, request.request_id
                _audit(session, row, "import.started", request.actor_id)
            return _progress(row)

    @activity.defn(name="apply_import_chunk")
    async def apply_import_chunk(self, request: ImportChunk) -> ImportProgress:
        """See `workflows.contracts.object_import.apply_import_chunk`."""
        async with _quietly_away(), self.db.write() as session:
            row = await _locked(session, request.import_id)
            if row.status is ImportStatus.APPLYING and row.done <= request.done and row.decided_by is not None:
                await self._apply_next(session, row, row.decided_by)
            return _progress(row)

    @activity.defn(name="end_import")
    async def end_import(self, request: ImportEnd) -> ImportProgress:
        """See `workflows.contracts.object_import.end_import`."""
        async with _quietly_away(), self.db.write() as session:
            row = await _locked(session, request.import_id)
            if row.status not in FINAL:
                await _end(session, row, request.status)
                row.request_id = request.request_id or row.request_id
                _audit(session, row, f"import.{request.status.lower()}", request.actor_id)
                log.info("import.ended", import_id=str(row.id), status=row.status.value, done=row.done, total=row.total)
            return _progress(row)

    async def _dry_run(self, parsed: Parsed) -> _Checked:
        errors = Findings(list(parsed.errors), parsed.error_count)
        plans: list[Plan] = []
        owners: dict[Address, UUID] = {}
        for some in _parts(parsed.entries, COMPARED_AT_ONCE):
            async with self.db.read() as session:
                plans += await compare(session, some, owners, self.cipher)
        for finding in (finding for made in plans for finding in made.findings):
            errors.add(finding)
        return _Checked(parsed, plans, errors)

    def _staged(self, import_id: UUID, checked: _Checked) -> Iterator[dict[str, Any]]:
        """Rows of `import_rows`; none when the file is refused."""
        if checked.errors.count:
            return
        for number, (entry, made) in enumerate(zip(checked.parsed.entries, checked.plans, strict=True), 1):
            sealed = self.cipher.seal(orjson.dumps(entry).decode(), place=_place(import_id, number))
            yield {
                "import_id": import_id,
                "number": number,
                "external_number": entry.external_number,
                "outcome": made.outcome,
                "changes": made.changes if made.outcome is ImportOutcome.CHANGED else [],
                "key_id": sealed.key_id,
                "sealed": sealed.ciphertext,
            }

    async def _keep(self, import_id: UUID, checked: _Checked, staged: list[dict[str, Any]]) -> ImportProgress:
        async with self.db.write() as session:
            row = await _locked(session, import_id)
            if row.status is not ImportStatus.CHECKING:
                return _progress(row)
            row.checked_at = await session.scalar(select(func.clock_timestamp()))
            row.errors = [finding.as_json() for finding in checked.errors.kept]
            row.error_count = checked.errors.count
            row.warnings = [finding.as_json() for finding in checked.parsed.warnings]
            row.planned = asdict(_counted(checked.plans))
            row.total = len(checked.plans)
            if checked.errors.count:
                await _end(session, row, ImportStatus.REFUSED)
            else:
                row.status = ImportStatus.READY
                await (await session.connection()).execute(insert(ImportRow), staged)
                await _forget_file(session, row)
            _audit(session, row, "import.checked", row.uploaded_by)
            return _progress(row)

    async def _apply_next(self, session: WriteSession, row: ImportLog, actor_id: UUID) -> None:
        staged = await session.execute(
            select(ImportRow.number, ImportRow.key_id, ImportRow.sealed)
            .where(ImportRow.import_id == row.id, ImportRow.number > row.done)
            .order_by(ImportRow.number)
            .limit(CHUNK)
        )
        numbered = [(one.number, self._opened(row.id, one.number, Sealed(one.key_id, one.sealed))) for one in staged]
        entries = [entry for _, entry in numbered]
        plans = await apply(session, entries, self.cipher, actor_id=actor_id, request_id=row.request_id or "", import_id=row.id)
        await _note_outcomes(session, row.id, [number for number, _ in numbered], plans)
        counts = _counted(plans, _counts(row))
        row.created, row.changed, row.unchanged, row.failed = counts.created, counts.changed, counts.unchanged, counts.failed
        _add_errors(row, [finding for made in plans for finding in made.findings])
        row.done = numbered[-1][0] if numbered else row.total

    def _opened(self, import_id: UUID, number: int, sealed: Sealed) -> ObjectEntry:
        return CONVERTER.structure(orjson.loads(self.cipher.open(sealed, place=_place(import_id, number))), ObjectEntry)


def _place(import_id: UUID, number: int) -> str:
    return f"import_rows:{import_id}:{number}:sealed"


def _parts(entries: Sequence[ObjectEntry], size: int) -> Iterator[Sequence[ObjectEntry]]:
    return (entries[at : at + size] for at in range(0, len(entries), size))


def _counts(row: ImportLog) -> ImportCounts:
    return ImportCounts(created=row.created, changed=row.changed, unchanged=row.unchanged, failed=row.failed)


def _counted(plans: Sequence[Plan], counts: ImportCounts | None = None) -> ImportCounts:
    counts = counts or ImportCounts()
    for made in plans:
        counts = counts.and_also(made.outcome)
    return counts


def _progress(row: ImportLog) -> ImportProgress:
    return ImportProgress(status=row.status, done=row.done, total=row.total, counts=_counts(row))


async def _locked(session: WriteSession, import_id: UUID) -> ImportLog:
    row = await session.get(ImportLog, import_id, with_for_update=True)
    if row is None:
        raise ApplicationError("there is no such import", type=policies.MISSING, non_retryable=True)
    return row


def _add_errors(row: ImportLog, findings: list[Finding]) -> None:
    row.error_count += len(findings)
    row.errors = [*row.errors, *(finding.as_json() for finding in findings)][:KEPT]


async def _note_outcomes(session: WriteSession, import_id: UUID, numbers: list[int], plans: list[Plan]) -> None:
    """What the dry run said is replaced by what was done, where it differs."""
    for outcome in ImportOutcome:
        those = [number for number, made in zip(numbers, plans, strict=True) if made.outcome is outcome]
        change = update(ImportRow).where(
            ImportRow.import_id == import_id, ImportRow.number.in_(those), ImportRow.outcome != outcome
        )
        if those:
            await session.execute(change.values(outcome=outcome))


async def _end(session: WriteSession, row: ImportLog, status: ImportStatus) -> None:
    """What the file said of people and keys is dropped: what it changed is in the tables and the audit log."""
    row.status, row.open = status, False
    row.finished_at = await session.scalar(select(func.clock_timestamp()))
    await session.execute(update(ImportRow).where(ImportRow.import_id == row.id).values(sealed=None, key_id=None))
    await _forget_file(session, row)


async def _forget_file(session: WriteSession, row: ImportLog) -> None:
    blob_id, row.blob_id = row.blob_id, None
    if blob_id is not None:
        await session.flush()
        await blobs.remove(session, blob_id)


def _audit(session: WriteSession, row: ImportLog, action: str, actor_id: UUID | None) -> None:
    counts = {"total": row.total, "done": row.done, "error_count": row.error_count, **asdict(_counts(row))}
    detail = {"status": row.status, "file_sha256": row.file_sha256.hex(), **counts}
    record(session, action, "import", row.id, actor_id=actor_id, request_id=row.request_id or "", detail=detail)


@asynccontextmanager
async def _beating() -> AsyncIterator[None]:
    """Heartbeats as long as the block runs, so that a killed worker is missed soon and a cancellation noticed."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(_BEAT_EVERY)

    beats = asyncio.create_task(beat())
    try:
        yield
    finally:
        beats.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beats


@asynccontextmanager
async def _quietly_away() -> AsyncIterator[None]:
    """A database that is away is no bug: Temporal tries again, and no stack trace of it stays in the history. Nor does any
    other error's text: the driver repeats in it what it was to write."""
    try:
        yield
    except DatabaseUnavailable as error:
        log.warning("import.database_away", error=type(error).__name__)
        raise ApplicationError(
            "the database is away", type=DatabaseUnavailable.__name__, category=ApplicationErrorCategory.BENIGN
        ) from None
    except ApplicationError:
        raise
    except Exception as error:
        log.error("import.failed", error=type(error).__name__, where=_where(error))
        raise ApplicationError("the import failed; see the worker's log", type=type(error).__name__) from None


def _where(error: BaseException) -> str:
    """The innermost place of its trace, without any value."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        place = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
