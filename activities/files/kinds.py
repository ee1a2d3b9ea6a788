"""What a file is, by its content: the name and the client's word count for nothing.

A table of our own, because it is short and must be closed: libraries know hundreds of kinds, and what is not here is refused.
No markup and no scripts: a browser would run them with our origin.
"""

import codecs
import re
from typing import IO, Final

from activities.files.archive import DOCX, XLSX, BadArchive, office_type

TEXT: Final = "text/plain"
EXTENSIONS: Final = {
    "application/pdf": ("pdf",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/webp": ("webp",),
    TEXT: ("txt", "csv", "log"),
    XLSX: ("xlsx",),
    DOCX: ("docx",),
}
_SIGNATURES: Final = (
    (re.compile(rb"%PDF-[12]\.\d"), "application/pdf"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
)
_ZIP: Final = b"PK\x03\x04"
_CHUNK: Final = 256 * 1024
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_ACTIVE: Final = re.compile(
    r"<\s*(?:!doctype|\?xml|html|svg|script|iframe|body|head|img|object|embed)\b|javascript:", re.IGNORECASE
)
_SEAM: Final = 64  # characters of the chunk before, so that no tag is missed between two


class UnknownKind(Exception):  # noqa: N818 - what the file is
    """None of the kinds that are accepted; the words say why, in a sentence for whoever uploaded it."""


def media_type_of(file: IO[bytes], file_name: str) -> str:
    """One of `EXTENSIONS`; the name's ending must be one of that kind's. Reads the file once, in chunks. Raises UnknownKind."""
    file.seek(0)
    found = _by_content(file)
    if _ending(file_name) not in EXTENSIONS[found]:
        raise UnknownKind(f"The content is {found}; a file name for it ends in .{' or .'.join(EXTENSIONS[found])}.")
    return found


def _by_content(file: IO[bytes]) -> str:
    head = file.read(16)
    for signature, kind in _SIGNATURES:
        if signature.match(head):
            return kind
    file.seek(0)
    if head.startswith(_ZIP):
        try:
            return office_type(file)
        except BadArchive as error:
            raise UnknownKind(f"A ZIP that is no plain .xlsx or .docx: {error.fault}.") from error
    if head and _is_plain_text(file):
        return TEXT
    raise UnknownKind("Accepted are PDF, PNG, JPEG, WebP, plain text in UTF-8, .xlsx and .docx; no markup, no scripts.")


def _ending(file_name: str) -> str:
    return file_name.rpartition(".")[2].lower() if "." in file_name else ""


def _is_plain_text(file: IO[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    before = ""
    try:
        while chunk := file.read(_CHUNK):
            text = before + decoder.decode(chunk)
            if _CONTROL.search(text) or _ACTIVE.search(text) or (not before and text.lstrip().startswith(("#!", "<"))):
                return False
            before = text[-_SEAM:]
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
