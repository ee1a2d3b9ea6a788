"""Imports of objects from an Excel file: their shapes, and how one is uploaded, looked at and decided."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.client.models import Page, Text
from api.client.session import Session, with_query
from workflows.domain.object_import import ImportCounts, ImportOutcome, ImportStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFinding:
    """What is wrong, and where: `row` as Excel numbers it (0: the whole sheet), `column` its heading, `found` what is there."""

    reason: str
    text: Text
    sheet: str
    row: int
    column: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """`planned` is what the dry run found, `counts` what was applied so far: `done` of `total` objects."""

    id: UUID
    status: ImportStatus
    file_name: str
    file_sha256: str
    file_size: int
    uploaded_by: UUID
    decided_by: UUID | None
    planned: ImportCounts
    counts: ImportCounts
    total: int
    done: int
    error_count: int
    created_at: datetime
    checked_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportDetail:
    """`errors` are the first of `error_count`; warnings refuse nothing."""

    summary: Import
    errors: tuple[ImportFinding, ...]
    warnings: tuple[ImportFinding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedObject:
    """What would become of an object, or became of it. `changes` names the members that differ."""

    number: int
    external_number: str
    outcome: ImportOutcome
    changes: tuple[str, ...]


_BASE = "/api/admin/import/objects"


@dataclass(frozen=True, slots=True)
class Imports:
    session: Session

    async def template(self) -> bytes:
        """The workbook to fill in."""
        return (await self.session.download(f"{_BASE}/template")).body

    async def upload(self, content: bytes, *, file_name: str) -> Import:
        """The dry run begins; ask `get` until the status is READY or REFUSED. CONFLICT while another import is open."""
        return await self.session.upload(with_query(_BASE, file_name=file_name), Import, content)

    async def list(self, *, cursor: str | None = None, limit: int = 50) -> Page[Import]:
        """Newest first."""
        return await self.session.get(_BASE, Page[Import], cursor=cursor, limit=limit)

    async def get(self, import_id: UUID) -> ImportDetail:
        return await self.session.get(f"{_BASE}/{import_id}", ImportDetail)

    async def objects(
        self, import_id: UUID, *, outcome: ImportOutcome | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[ImportedObject]:
        """In the order of the file."""
        path = f"{_BASE}/{import_id}/objects"
        return await self.session.get(path, Page[ImportedObject], outcome=outcome, cursor=cursor, limit=limit)

    async def errors_csv(self, import_id: UUID, *, language: str = "pl") -> bytes:
        """The errors for a spreadsheet."""
        return (await self.session.download(with_query(f"{_BASE}/{import_id}/errors.csv", language=language))).body

    async def apply(self, import_id: UUID) -> Import:
        return await self.session.send("POST", f"{_BASE}/{import_id}/apply", Import)

    async def cancel(self, import_id: UUID) -> Import:
        """Objects applied before stay applied."""
        return await self.session.send("POST", f"{_BASE}/{import_id}/cancel", Import)
