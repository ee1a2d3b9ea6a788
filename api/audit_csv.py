"""The audit log as CSV: for spreadsheets, which must not take an entry's words for a formula."""

import csv
import io
from collections.abc import AsyncIterator, Iterable
from typing import Any, Final

import orjson

from activities.db.push import plain
from activities.db.repositories.audit_log import AuditFilter, list_entries
from activities.db.session import Database

COLUMNS: Final = (
    *("seq", "at", "actor_username", "actor_name", "actor_id", "action"),
    *("subject_kind", "subject_id", "detail", "request_id", "id"),
)
_BOM: Final = "\ufeff"
_ROWS_AT_ONCE: Final = 1_000
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # OWASP, "CSV Injection"


async def lines(db: Database, wanted: AuditFilter) -> AsyncIterator[bytes]:
    """Newest first, a thousand rows at a time, each in a transaction of its own: neither a long file nor a slow reader holds a
    connection or fills the memory. The log only grows, so what is between fixed times does not move meanwhile."""
    yield (_BOM + _written([COLUMNS])).encode()
    cursor: str | None = None
    while True:
        async with db.read() as session:
            rows = await list_entries(session, wanted, cursor=cursor, limit=_ROWS_AT_ONCE)
        yield _written([[_cell(row[name]) for name in COLUMNS] for row in rows.items]).encode()
        cursor = rows.next_cursor
        if cursor is None:
            return


def _written(rows: Iterable[Iterable[str]]) -> str:
    target = io.StringIO()
    csv.writer(target, lineterminator="\r\n").writerows(rows)  # RFC 4180
    return target.getvalue()


def _cell(value: Any) -> str:
    """A text that a spreadsheet would calculate gets an apostrophe in front."""
    if value is None:
        return ""
    told = orjson.dumps(value).decode() if isinstance(value, dict) else str(plain(value))
    return f"'{told}" if told.startswith(_FORMULA) else told
