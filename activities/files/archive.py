"""What a ZIP is allowed to be before anything is unpacked: its directory is judged, not its content (Office files are ZIPs).

The sizes of the directory bind: `zipfile` gives no more bytes of an entry than its declared size, and refuses the rest.
"""

import zipfile
import zlib
from collections.abc import Callable
from enum import StrEnum
from typing import IO, Final
from xml.parsers.expat import ExpatError, ParserCreate

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

ENTRIES: Final = 2_000
UNPACKED: Final = 128 * 1024 * 1024  # bytes, all entries together
RATIO: Final = 100  # unpacked : packed; spreadsheets reach about 30
RATIO_FROM: Final = 4 * 1024 * 1024  # bytes; below this a ratio says nothing
_CONTENT_TYPES: Final = "[Content_Types].xml"
_CONTENT_TYPES_SIZE: Final = 1024 * 1024
_PIECE: Final = 4096
_NESTED: Final = (".zip", ".xlsx", ".xlsm", ".docx", ".docm", ".jar", ".7z", ".rar", ".gz", ".bz2", ".xz")
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_MAIN: Final = {
    f"{_OFFICE}spreadsheetml.sheet.main+xml": f"{_OFFICE}spreadsheetml.sheet",
    f"{_OFFICE}wordprocessingml.document.main+xml": f"{_OFFICE}wordprocessingml.document",
}
XLSX: Final = f"{_OFFICE}spreadsheetml.sheet"
DOCX: Final = f"{_OFFICE}wordprocessingml.document"


class ArchiveFault(StrEnum):
    NOT_A_ZIP = "NOT_A_ZIP"  # or a broken, encrypted, oddly compressed or oddly named one
    BOMB = "BOMB"
    NESTED = "NESTED"
    MACROS = "MACROS"
    EMBEDDED = "EMBEDDED"  # objects of other programs
    EXTERNAL_LINKS = "EXTERNAL_LINKS"
    NOT_OFFICE = "NOT_OFFICE"  # neither .xlsx nor .docx


class BadArchive(Exception):  # noqa: N818 - what it is
    def __init__(self, fault: ArchiveFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def office_type(file: IO[bytes]) -> str:
    """`XLSX` or `DOCX`, for a file without macros, foreign objects or links to other files. Raises BadArchive."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = _judged(archive)
            _refuse_active_content(names)
            _refuse_doctypes(archive)
            return _declared_type(archive)
    except (zipfile.BadZipFile, ExpatError, zlib.error, RuntimeError, EOFError, ValueError, OSError) as error:
        raise BadArchive(ArchiveFault.NOT_A_ZIP) from error


def _judged(archive: zipfile.ZipFile) -> list[str]:
    """The lower-case names of the entries."""
    entries = archive.infolist()
    names = [entry.filename.lower() for entry in entries]
    unpacked, packed = sum(entry.file_size for entry in entries), sum(entry.compress_size for entry in entries)
    if len(entries) > ENTRIES or unpacked > UNPACKED or (unpacked > RATIO_FROM and unpacked > RATIO * max(packed, 1)):
        raise BadArchive(ArchiveFault.BOMB)
    if any(_is_odd(entry) for entry in entries) or len(set(names)) < len(names):
        raise BadArchive(ArchiveFault.NOT_A_ZIP)
    if any(name.endswith(_NESTED) for name in names):
        raise BadArchive(ArchiveFault.NESTED)
    return names


def _is_odd(entry: zipfile.ZipInfo) -> bool:
    encrypted = bool(entry.flag_bits & 0x1)
    climbs = entry.filename.startswith("/") or "\\" in entry.filename or ".." in entry.filename.split("/")
    return encrypted or climbs or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def _refuse_active_content(names: list[str]) -> None:
    for name in names:
        parts = name.split("/")
        if "vbaproject" in parts[-1] or "vbadata" in parts[-1] or "macrosheets" in parts:
            raise BadArchive(ArchiveFault.MACROS)
        if {"embeddings", "activex", "ctrlprops"} & set(parts):
            raise BadArchive(ArchiveFault.EMBEDDED)
        if "externallinks" in parts or parts[-1] == "connections.xml" or "querytables" in parts:
            raise BadArchive(ArchiveFault.EXTERNAL_LINKS)


def _refuse_doctypes(archive: zipfile.ZipFile) -> None:
    """No part of an Office file has one (ECMA-376 part 2, §8.1.4), and every trick with entities needs one."""
    for entry in archive.infolist():
        if entry.filename.lower().endswith((".xml", ".rels", ".vml")) and _has_doctype(archive, entry):
            raise BadArchive(ArchiveFault.NOT_A_ZIP)


def _has_doctype(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    """A doctype stands before the first element, so the rest need not be read."""
    seen = ""

    def note(kind: str) -> Callable[..., None]:
        def handler(*_: object) -> None:
            nonlocal seen
            seen = seen or kind

        return handler

    parser = ParserCreate()
    parser.StartDoctypeDeclHandler, parser.StartElementHandler = note("doctype"), note("element")
    with archive.open(entry) as content:
        while not seen and (piece := content.read(_PIECE)):
            parser.Parse(piece, False)
    return seen == "doctype"


def _declared_type(archive: zipfile.ZipFile) -> str:
    """By the type of its main part (ECMA-376 part 2, §10.1.2)."""
    try:
        entry = archive.getinfo(_CONTENT_TYPES)
    except KeyError as error:
        raise BadArchive(ArchiveFault.NOT_OFFICE) from error
    if entry.file_size > _CONTENT_TYPES_SIZE:
        raise BadArchive(ArchiveFault.BOMB)
    try:
        declared = {str(part.get("ContentType")) for part in fromstring(archive.read(entry))}
    except (ParseError, DefusedXmlException, LookupError) as error:
        raise BadArchive(ArchiveFault.NOT_OFFICE) from error
    if any("macroenabled" in kind.lower() or "vbaproject" in kind.lower() for kind in declared):
        raise BadArchive(ArchiveFault.MACROS)
    found = [_MAIN[kind] for kind in declared if kind in _MAIN]
    if len(found) != 1:
        raise BadArchive(ArchiveFault.NOT_OFFICE)
    return found[0]
