"""A table of a section as plain values; `components/table.py` draws it."""

from dataclasses import dataclass
from typing import Any

from ui_flutter.state.listing import Listing
from ui_flutter.state.views import ListPhase, Mood


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCell:
    """One text, with a quieter one below it; ``mood`` makes it a pill in that colour, ``rank`` one of that class of alarms."""

    text: str
    detail: str = ""
    mood: Mood | None = None
    mono: bool = False
    rank: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """``id`` names the row for a click and in the semantics tree (`row-<id>`)."""

    id: str
    cells: tuple[TableCell, ...]
    selected: bool = False
    faded: bool = False

    @property
    def spoken(self) -> str:
        return ", ".join(part for cell in self.cells for part in (cell.text, cell.detail) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """``width`` px; None: its share of what the others leave. ``leads``: on a phone it heads the row's card, in the place of
    the first one. ``explains``: there its title stands before what is in it, which says nothing by itself."""

    title: str
    width: float | None = None
    leads: bool = False
    explains: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """``error`` stands above rows that are kept, or in their place where there are none."""

    columns: tuple[Column, ...] = ()
    rows: tuple[TableRow, ...] = ()
    phase: ListPhase = ListPhase.LOADING
    empty: str = ""
    error: str = ""
    footer: str = ""
    can_show_more: bool = False
    busy: bool = False


def table(
    listing: Listing[Any], columns: tuple[Column, ...], rows: tuple[TableRow, ...], *, empty: str, footer: str = ""
) -> TableView:
    return TableView(
        columns=columns,
        rows=rows,
        phase=listing.phase,
        empty=empty,
        error=listing.error,
        footer=footer if rows else "",
        can_show_more=listing.next_cursor is not None,
        busy=listing.busy,
    )
