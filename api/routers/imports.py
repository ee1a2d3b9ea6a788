"""Objects from an Excel file (R-IMPORT): template, dry run, decision, progress, errors."""

import csv
import io
from collections.abc import Mapping
from typing import IO, Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import RowMapping
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from activities.db.models.import_log import ImportLog
from activities.db.repositories import imports
from activities.files import blobs
from activities.files.archive import XLSX, ArchiveFault, BadArchive, office_type
from activities.files.blobs import NewFile
from activities.importing import template
from activities.importing.findings import Finding
from activities.importing.reader import FAULTS
from activities.importing.reasons import TEXTS, Reason
from activities.infra.log import current_request_id
from activities.infra.settings import Settings
from api.audit import audit
from api.client.imports import Import, ImportDetail, ImportedObject, ImportFinding
from api.client.models import Page, Text
from api.deps import Access, Served, require
from api.limits import Upload
from api.problems import Problem, as_json, problems
from api.schemas import answers
from api.schemas.parameters import Cursor, Limit
from api.services import Services
from api.updates import NotDone, Refused
from api.uploads import BODY, FileName, received
from workflows.contracts import names
from workflows.contracts.object_import import ImportDecision
from workflows.domain.errors import ErrorCode
from workflows.domain.object_import import ImportCounts, ImportOutcome, ImportStatus
from workflows.domain.permissions import Permission

_PATH: Final = "/api/admin/import/objects"
router = APIRouter(prefix=_PATH, tags=["Imports"])

Editor = Annotated[Access, Depends(require(Permission.OBJECT_EDIT))]

_DECIDED: Final = problems(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT, ErrorCode.TEMPORAL_UNAVAILABLE)
_WORKBOOK: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {template.MEDIA_TYPE: {}}}}
_CSV: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"text/csv": {}}}}


def uploads(settings: Settings) -> tuple[Upload, ...]:
    """The route that takes a file."""
    return (Upload("POST", _PATH, settings.import_max_bytes),)


@router.get("/template", response_class=Response, responses={**problems(), **_WORKBOOK}, summary="The workbook to fill in")
def get_template(access: Editor) -> Response:
    """An .xlsx with a sheet each for objects, contacts, procedures, panels and zones. The example rows are left out."""
    return _file(template.template(), template.MEDIA_TYPE, template.FILE_NAME)


@router.post(
    "",
    status_code=202,
    responses=problems(ErrorCode.CONFLICT, ErrorCode.TOO_LARGE, ErrorCode.UNSUPPORTED_TYPE),
    openapi_extra=BODY,
    summary="Upload a workbook: the dry run begins",
)
async def upload(request: Request, access: Editor, served: Served, file_name: FileName) -> Import:
    """The body is the file. Nothing is changed before `apply`. 409 CONFLICT while another import is open (`current`)."""
    await _refuse_a_second(served)
    async with received(request, _kind) as file:
        added = ImportLog(
            id=uuid7(),
            status=ImportStatus.CHECKING,
            file_name=file_name,
            file_sha256=file.sha256,
            file_size=file.size,
            uploaded_by=access.user_id,
            request_id=current_request_id(),
        )
        try:
            return await _added(added, file, access, served)
        except IntegrityError as error:
            await _refuse_a_second(served)
            raise Problem(ErrorCode.CONFLICT, "Another import has just ended; try again.") from error


async def _added(added: ImportLog, file: NewFile, access: Access, served: Services) -> Import:
    async with served.db.write() as session:
        added.blob_id = await blobs.store(session, file)
        await imports.add_import(session, added)
        audit(session, access, "import.uploaded", "import", added.id, {"file_sha256": file.sha256.hex(), "size": file.size})
        await session.flush()
        row = await imports.find_import(session, added.id)
        assert row is not None
        return _import(row)


@router.get("", responses=problems(), summary="List imports")
async def list_imports(access: Editor, served: Served, cursor: Cursor = None, limit: Limit = 50) -> Page[Import]:
    """Newest first."""
    async with served.db.read() as session:
        rows = await imports.list_imports(session, cursor=cursor, limit=limit)
    return answers.page_of(rows, map(_import, rows.items))


@router.get("/{import_id}", responses=problems(ErrorCode.NOT_FOUND), summary="One import, with its errors")
async def one_import(import_id: UUID, access: Editor, served: Served) -> ImportDetail:
    """Also its progress: `done` of `total` objects."""
    row = await _found(served, import_id)
    return ImportDetail(
        summary=_import(row),
        errors=tuple(map(_finding, row["errors"])),
        warnings=tuple(map(_finding, row["warnings"])),
    )


@router.get("/{import_id}/objects", responses=problems(ErrorCode.NOT_FOUND), summary="What becomes of every object")
async def imported_objects(
    import_id: UUID,
    access: Editor,
    served: Served,
    outcome: Annotated[ImportOutcome | None, Query(description="Only this outcome.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[ImportedObject]:
    """In the order of the file: by the dry run, and once applied, by what was done."""
    await _found(served, import_id)
    async with served.db.read() as session:
        rows = await imports.list_rows(session, import_id, outcome=outcome, cursor=cursor, limit=limit)
    return answers.page_of(rows, map(_imported, rows.items))


@router.get(
    "/{import_id}/errors.csv",
    response_class=Response,
    responses={**problems(ErrorCode.NOT_FOUND), **_CSV},
    summary="The errors for a spreadsheet",
)
async def errors_csv(import_id: UUID, access: Editor, served: Served, language: Literal["pl", "en"] = "pl") -> Response:
    """Semicolons and UTF-8 with a mark, as Excel opens it here."""
    row = await _found(served, import_id)
    report = _report([Finding.from_json(one) for one in row["errors"]], row["error_count"], language)
    return _file(b"\xef\xbb\xbf" + report.encode(), "text/csv; charset=utf-8", f"import-{import_id}.csv")


@router.post("/{import_id}/apply", status_code=202, responses=_DECIDED, summary="Apply an import whose dry run is good")
async def apply_import(import_id: UUID, access: Editor, served: Served) -> Import:
    """Goes on by itself, over every restart. 409 CONFLICT when the import is not READY. Said again it is answered again."""
    return await _decided(import_id, names.APPLY, access, served)


@router.post("/{import_id}/cancel", status_code=202, responses=_DECIDED, summary="Cancel an import")
async def cancel_import(import_id: UUID, access: Editor, served: Served) -> Import:
    """Objects applied before stay applied. 409 CONFLICT when it has ended."""
    return await _decided(import_id, names.CANCEL, access, served)


async def _decided(import_id: UUID, update: str, access: Access, served: Services) -> Import:
    row = await _found(served, import_id)
    refusal = Problem(ErrorCode.CONFLICT, f"The import is {row['status']}.", current=as_json(_import(row)))
    allowed = row["open"] and (update == names.CANCEL or row["status"] is not ImportStatus.CHECKING)
    if not allowed:
        raise refusal
    decision = ImportDecision(actor_id=access.user_id, request_id=current_request_id())
    try:
        await served.imports.decide(import_id, update, decision)
    except Refused:
        raise refusal from None
    except NotDone:
        raise Problem(ErrorCode.TEMPORAL_UNAVAILABLE, retry_after=2) from None
    return _import(await _found(served, import_id))


async def _refuse_a_second(served: Services) -> None:
    async with served.db.read() as session:
        open_one = await imports.open_import(session)
    if open_one is not None:
        detail = "Another import is open: apply it, cancel it or wait for its end."
        raise Problem(ErrorCode.CONFLICT, detail, current=as_json(_import(open_one)))


def _kind(content: IO[bytes]) -> str:
    """The first look; the rest is the dry run's."""
    try:
        if office_type(content) == XLSX:
            return XLSX
        fault = ArchiveFault.NOT_OFFICE
    except BadArchive as error:
        fault = error.fault
    raise Problem(ErrorCode.UNSUPPORTED_TYPE, TEXTS[FAULTS.get(fault, Reason.NOT_A_WORKBOOK)][0])


async def _found(served: Services, import_id: UUID) -> RowMapping:
    async with served.db.read() as session:
        row = await imports.find_import(session, import_id)
    if row is None:
        raise Problem(ErrorCode.NOT_FOUND)
    return row


_TITLES: Final = {
    "pl": ("Arkusz", "Wiersz", "Kolumna", "Błąd", "Znaleziono"),
    "en": ("Sheet", "Row", "Column", "Error", "Found"),
}
_MORE: Final = {"pl": "i jeszcze {n}", "en": "and {n} more"}


def _report(findings: list[Finding], count: int, language: Literal["pl", "en"]) -> str:
    made = io.StringIO(newline="")
    writer = csv.writer(made, delimiter=";")
    writer.writerow(_TITLES[language])
    for one in findings:
        text = TEXTS[one.reason][("en", "pl").index(language)]
        writer.writerow([one.sheet, one.row or "", *map(_harmless, (one.column, text, one.found))])
    if count > len(findings):
        writer.writerow(["", "", "", _MORE[language].format(n=count - len(findings)), ""])
    return made.getvalue()


def _harmless(text: str) -> str:
    """A spreadsheet must not take what somebody wrote for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _file(content: bytes, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _import(row: Mapping[Any, Any]) -> Import:
    return answers.same_named(
        Import,
        row,
        file_sha256=row["file_sha256"].hex(),
        planned=ImportCounts(**(row["planned"] or {})),
        counts=ImportCounts(created=row["created"], changed=row["changed"], unchanged=row["unchanged"], failed=row["failed"]),
    )


def _finding(told: Mapping[str, Any]) -> ImportFinding:
    finding = Finding.from_json(told)
    english, polish = TEXTS[finding.reason]
    return ImportFinding(
        reason=finding.reason.value,
        text=Text(en=english, pl=polish),
        sheet=finding.sheet,
        row=finding.row,
        column=finding.column,
        found=finding.found,
    )


def _imported(row: Mapping[Any, Any]) -> ImportedObject:
    return answers.same_named(ImportedObject, row, changes=tuple(row["changes"]))
