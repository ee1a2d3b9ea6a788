"""From a sheet's rows of raw values to rows of judged ones."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, Final

from activities.importing.cells import Bad, is_blank
from activities.importing.findings import Finding, Findings, shown
from activities.importing.layout import Column, Sheet, is_example
from activities.importing.reasons import Reason

Raw = Sequence[Any]

ROWS: Final = 200_000  # of one sheet, empty ones too
COLUMNS: Final = 40
_HEADINGS_WITHIN: Final = 10  # rows from the top: people put titles above
_RECOGNISED: Final = 2  # headings that make a row the row of headings
_EXCEL_ERRORS: Final = frozenset({"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})
_PLAIN: Final = (str, int, float, bool, date, datetime, time, timedelta)


@dataclass(frozen=True, slots=True)
class Row:
    """`values` by column id: those given and good. `whole`: nothing is wrong with the row by itself."""

    number: int
    values: dict[str, Any]
    whole: bool


@dataclass(slots=True)
class SheetReader:
    """Reads one sheet; what is wrong goes to ``errors``, what is left out to ``warnings``."""

    sheet: Sheet
    errors: Findings
    warnings: Findings
    _columns: dict[int, Column] = field(default_factory=dict)  # by place
    _without_heading: set[int] = field(default_factory=set)

    def read(self, rows: Iterable[Raw]) -> list[Row]:
        """In the order of the sheet; without blank rows and the example."""
        numbered = enumerate(islice(rows, ROWS + 1), 1)
        if not self._find_headings(numbered):
            return []
        found = [row for row in map(self._row, self._bounded(numbered)) if row is not None and not is_example(row.values)]
        return self._without_repetitions(found)

    def _bounded(self, numbered: Iterator[tuple[int, Raw]]) -> Iterator[tuple[int, Raw]]:
        for number, raw in numbered:
            if number > ROWS:
                self._error(Reason.TOO_MANY_ROWS)
                return
            yield number, raw

    def _find_headings(self, numbered: Iterator[tuple[int, Raw]]) -> bool:
        """Whether the sheet can be read: its headings are there, and every required column once."""
        written = False
        for number, raw in islice(numbered, _HEADINGS_WITHIN):
            written = written or any(not is_blank(value) for value in raw)
            found = {at: column for at, value in enumerate(raw) if (column := self._column_of(value)) is not None}
            if len(found) >= _RECOGNISED:
                return self._take_headings(number, raw, found)
        if written or self.sheet.required:
            self._error(Reason.NO_HEADINGS)
        return False

    def _column_of(self, value: Any) -> Column | None:
        return self.sheet.column_of(value) if isinstance(value, str) else None

    def _take_headings(self, number: int, raw: Raw, found: dict[int, Column]) -> bool:
        good = True
        for at, column in found.items():
            if column in self._columns.values():
                good = self._error(Reason.COLUMN_TWICE, row=number, column=column.heading)
            self._columns[at] = column
        for column in self.sheet.columns:
            if column.required and column not in self._columns.values():
                good = self._error(Reason.NO_COLUMN, row=number, column=column.heading)
        for at, value in enumerate(raw):
            if at in found:
                continue
            if is_blank(value):
                self._without_heading.add(at)
            else:
                self.warnings.add(
                    Finding(reason=Reason.UNKNOWN_COLUMN, sheet=self.sheet.title, row=number, column=shown(value))
                )
        return good

    def _row(self, numbered: tuple[int, Raw]) -> Row | None:
        number, raw = numbered
        given = {column.id: raw[at] for at, column in self._columns.items() if at < len(raw) and not is_blank(raw[at])}
        self._warn_of_orphans(number, raw)
        if not given:
            return None
        if is_example({name: value for name, value in given.items() if isinstance(value, str)}):
            return None
        before = self.errors.count
        values = {}
        for column in self._columns.values():
            if column.id in given:
                try:
                    values[column.id] = _value(column, given[column.id])
                except Bad as bad:
                    self._error(bad.reason, row=number, column=column.heading, found=_told(column, given[column.id]))
            elif column.required:
                self._error(Reason.MISSING, row=number, column=column.heading)
        return Row(number, values, self.errors.count == before)

    def _warn_of_orphans(self, number: int, raw: Raw) -> None:
        """Once for every column."""
        for at in [at for at in self._without_heading if at < len(raw) and not is_blank(raw[at])]:
            self._without_heading.discard(at)
            self.warnings.add(Finding(reason=Reason.NO_HEADING, sheet=self.sheet.title, row=number, found=shown(raw[at])))

    def _without_repetitions(self, rows: list[Row]) -> list[Row]:
        seen: set[tuple[Any, ...]] = set()
        kept = []
        for row in rows:
            key = tuple(row.values.get(name) for name in self.sheet.key)
            if key in seen and None not in key:
                headings = ", ".join(self.sheet.column(name).heading for name in self.sheet.key)
                found = ", ".join(map(str, key))
                self._error(Reason.TWICE, row=row.number, column=headings, found=shown(found))
                continue
            seen.add(key)
            kept.append(row)
        return kept

    def _error(self, reason: Reason, *, row: int = 0, column: str = "", found: str = "") -> bool:
        """Always False: it is not good."""
        self.errors.add(Finding(reason=reason, sheet=self.sheet.title, row=row, column=column, found=found))
        return False


def _value(column: Column, raw: Any) -> Any:
    """Raises Bad."""
    if not isinstance(raw, _PLAIN) or (isinstance(raw, str) and raw.lstrip().startswith("=")):
        raise Bad(Reason.FORMULA)
    if isinstance(raw, str) and raw.strip().upper() in _EXCEL_ERRORS:
        raise Bad(Reason.EXCEL_ERROR)
    return column.read(raw)


def _told(column: Column, raw: Any) -> str:
    """A key is a secret even when it is wrong."""
    return "***" if column.id == "integration_key" else shown(raw)
