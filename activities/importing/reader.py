"""From an .xlsx to entries. `python -m activities.importing.reader < file` does it in a process of its own: whatever a hostile
workbook costs in memory or time costs neither the worker nor anybody's alarm. It answers JSON.
"""

import resource
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, Any, Final

import openpyxl
import openpyxl.xml
import orjson
from cattrs import Converter

from activities.files.archive import XLSX, ArchiveFault, BadArchive, office_type
from activities.importing.entries import Composer
from activities.importing.entry import ObjectEntry
from activities.importing.findings import Finding, Findings, shown
from activities.importing.layout import SHEETS, sheet_of
from activities.importing.reasons import Reason
from activities.importing.sheets import COLUMNS, ROWS, Row, SheetReader

MEMORY: Final = 1536 * 1024 * 1024  # bytes of address space
PROCESSOR: Final = 60  # s; 5 000 objects with 80 000 zones take about ten
_SHEETS: Final = 50

CONVERTER: Final = Converter(detailed_validation=False)

FAULTS: Final = {
    ArchiveFault.BOMB: Reason.BOMB,
    ArchiveFault.NESTED: Reason.NESTED,
    ArchiveFault.MACROS: Reason.MACROS,
    ArchiveFault.EMBEDDED: Reason.EMBEDDED,
    ArchiveFault.EXTERNAL_LINKS: Reason.EXTERNAL_LINKS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """`entries` is complete only without `errors`; of these the first are kept and all are counted."""

    entries: tuple[ObjectEntry, ...] = ()
    errors: tuple[Finding, ...] = ()
    error_count: int = 0
    warnings: tuple[Finding, ...] = ()


def refused(reason: Reason) -> Parsed:
    return Parsed(errors=(Finding(reason=reason),), error_count=1)


def parse(file: IO[bytes]) -> Parsed:
    """Whatever ``file`` is, the answer says so; nothing is raised."""
    if not openpyxl.xml.DEFUSEDXML:
        raise RuntimeError("openpyxl reads XML without defusedxml")
    try:
        if office_type(file) != XLSX:
            return refused(Reason.NOT_A_WORKBOOK)
        file.seek(0)
        return _workbook(file)
    except BadArchive as error:
        return refused(FAULTS.get(error.fault, Reason.NOT_A_WORKBOOK))
    except MemoryError:
        return refused(Reason.TOO_MUCH)
    except Exception:  # openpyxl raises anything at all when the XML is not what it expects
        return refused(Reason.NOT_A_WORKBOOK)


def _workbook(file: IO[bytes]) -> Parsed:
    workbook = openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
    errors, warnings = Findings(), Findings()
    rows: dict[str, list[Row]] = {}
    try:
        for worksheet in workbook.worksheets[:_SHEETS]:
            sheet = sheet_of(worksheet.title)
            if sheet is None or sheet.id in rows:
                warnings.add(Finding(reason=Reason.UNKNOWN_SHEET, sheet=shown(worksheet.title)))
                continue
            rows[sheet.id] = SheetReader(sheet, errors, warnings).read(_values(worksheet))
    finally:
        workbook.close()
    for sheet in SHEETS:
        if sheet.required and sheet.id not in rows:
            errors.add(Finding(reason=Reason.NO_SHEET, sheet=sheet.title))
    entries = Composer(rows, errors).entries()
    return Parsed(entries=entries, errors=tuple(errors.kept), error_count=errors.count, warnings=tuple(warnings.kept))


def _values(worksheet: Any) -> Iterable[tuple[Any, ...]]:
    worksheet.reset_dimensions()  # what the file says of its own size may be a lie
    rows: Iterable[tuple[Any, ...]] = worksheet.iter_rows(max_row=ROWS + 1, max_col=COLUMNS, values_only=True)
    return rows


def as_json(parsed: Parsed) -> bytes:
    return orjson.dumps(parsed)


def from_json(data: bytes) -> Parsed:
    return CONVERTER.structure(orjson.loads(data), Parsed)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR, PROCESSOR))
    sys.stdout.buffer.write(as_json(parse(sys.stdin.buffer)))


if __name__ == "__main__":
    main()
