"""Workbooks to import, good and hostile."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook, load_workbook

from activities.importing.layout import SHEETS
from activities.importing.template import template

Rows = Mapping[str, Sequence[Sequence[Any]]]


def filled(rows: Rows) -> bytes:
    """The template with ``rows`` by the sheet's id, in the order of its columns."""
    workbook = load_workbook(io.BytesIO(template()))
    for sheet in SHEETS:
        for row in rows.get(sheet.id, ()):
            workbook[sheet.title].append(list(row))
    return saved(workbook)


def saved(workbook: Workbook) -> bytes:
    made = io.BytesIO()
    workbook.save(made)
    return made.getvalue()


def many(objects: int, *, zones: int = 4, contacts: int = 2) -> Rows:
    """``objects`` with a panel each."""
    numbers = [f"N{number:05}" for number in range(1, objects + 1)]
    return {
        "objects": [[number, f"Sklep {number}", f"ul. Polna {number}", "sklep", 52.1, 21.0] for number in numbers],
        "contacts": [
            [number, position, f"Osoba {position} {number}", f"+48 600 {position:03} {place % 1000:03}"]
            for place, number in enumerate(numbers)
            for position in range(1, contacts + 1)
        ],
        "procedures": [[number, 1, "Zadzwoń do właściciela."] for number in numbers],
        "panels": [
            [number, "Centrala", f"10.{place // 250 // 250}.{place // 250 % 250}.{place % 250}", 7094, None, None, "NIE"]
            for place, number in enumerate(numbers)
        ],
        "zones": [[number, "Centrala", zone, f"Wejście {zone}", 1, None] for number in numbers for zone in range(1, zones + 1)],
    }


def with_entries(workbook: bytes, entries: Mapping[str, bytes], *, without: Sequence[str] = ()) -> bytes:
    """The same ZIP with ``entries`` added or replaced."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in entries and name not in without:
                new.writestr(name, old.read(name))
        for name, content in entries.items():
            new.writestr(name, content)
    return made.getvalue()
