"""Workbooks to entries or errors: Excel as it is, hostile files, and never an exception."""

import io
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from activities.importing import cells
from activities.importing.cells import Bad
from activities.importing.layout import OBJECTS, SHEETS
from activities.importing.reader import Parsed, as_json, from_json, parse
from activities.importing.reasons import TEXTS, Reason
from activities.importing.template import template
from tests.support.workbooks import Rows, filled, many, saved, with_entries
from workflows.domain.alarm import AlarmType

SHOP = ["1001", "Apteka", "Rynek 1", "apteka"]


def read(workbook: bytes) -> Parsed:
    return parse(io.BytesIO(workbook))


def reasons(parsed: Parsed) -> list[tuple[str, int, Reason]]:
    return [(one.sheet, one.row, one.reason) for one in parsed.errors]


def sheet(*rows: list[Any], title: str = "Obiekty") -> Workbook:
    workbook = Workbook()
    worksheet = workbook.worksheets[0]
    worksheet.title = title
    for row in rows:
        worksheet.append(row)
    return workbook


HEADINGS = ["Numer obiektu", "Nazwa", "Adres", "Rodzaj"]


def test_the_template_alone_has_no_object_and_no_other_fault() -> None:
    assert reasons(read(template())) == [("Obiekty", 0, Reason.NOTHING)]


def test_the_template_explains_every_column() -> None:
    workbook = load_workbook(io.BytesIO(template()))
    for layout in SHEETS:
        head = next(workbook[layout.title].iter_rows(max_row=1))
        assert [cell.value for cell in head] == [column.title for column in layout.columns]
        assert all(cell.comment for cell in head)
    assert len(workbook["Wejścia"].data_validations.dataValidation) == 1


def test_every_reason_has_words_in_both_languages() -> None:
    assert TEXTS.keys() == set(Reason)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1001.0, "1001"),
        (1001, "1001"),
        ("1001.0", "1001"),
        ("  a\u00a0\u2009 b\u200b ", "a b"),
        ("o\u0301", "ó"),
        ("_x0041_", "A"),
    ],
)
def test_text_is_what_a_person_sees(value: Any, text: str) -> None:
    assert cells.identifier(value) == text


@pytest.mark.parametrize(
    ("reader", "value", "reason"),
    [
        (cells.phone, datetime(2026, 5, 1, tzinfo=UTC), Reason.IS_A_DATE),
        (cells.phone, "brak", Reason.NOT_A_PHONE),
        (cells.phone, "12", Reason.NOT_A_PHONE),
        (cells.line, "a\x07b", Reason.CONTROL),
        (cells.line, "_x0000_", Reason.CONTROL),
        (cells.line, "x" * 201, Reason.TOO_LONG),
        (cells.integration_key, "x" * 13, Reason.TOO_LONG),
        (cells.yes_or_no, "może", Reason.NOT_YES_OR_NO),
        (partial(cells.choice, of=AlarmType), "POZAR", Reason.NOT_A_CHOICE),
        (cells.time_zone, "Europe/Krakow", Reason.NOT_A_ZONE_NAME),
        (cells.host, "a b", Reason.NOT_AN_ADDRESS),
    ],
)
def test_a_bad_cell_says_why(reader: Any, value: Any, reason: Reason) -> None:
    with pytest.raises(Bad) as bad:
        reader(value)
    assert bad.value.reason is reason


@pytest.mark.parametrize("value", [5, 5.0, "5", "5,0", " 5.0 ", "+5"])
def test_five_is_five(value: Any) -> None:
    assert cells.whole(value, 1, 9) == 5


@pytest.mark.parametrize("value", [5.5, "5a", True, "1e1"])
def test_what_is_no_whole_number_is_none(value: Any) -> None:
    with pytest.raises(Bad):
        cells.whole(value, 1, 9)


def test_columns_may_come_in_any_order_with_titles_above_blanks_between_and_unknown_ones() -> None:
    workbook = sheet(
        ["Import obiektów 2026"],
        [],
        ["Rodzaj", "Uwagi", "address", None, "Nazwa", "numer  obiektu "],
        ["bank", "pilne", "Rynek", "sierota", "Bank", 7.0],
        [],
        [None, None, " ", None, None, "\u00a0"],
        ["dom", None, "Polna", None, "Dom", 8],
    )
    parsed = read(saved(workbook))
    assert [(one.external_number, one.name, one.address, one.row) for one in parsed.entries] == [
        ("7", "Bank", "Rynek", 4),
        ("8", "Dom", "Polna", 7),
    ]
    assert [one.reason for one in parsed.warnings] == [Reason.UNKNOWN_COLUMN, Reason.NO_HEADING]


def test_a_merged_heading_hides_a_required_column_which_is_said_once() -> None:
    workbook = sheet(HEADINGS, SHOP, SHOP)
    workbook.worksheets[0].merge_cells("B1:C1")
    assert reasons(read(saved(workbook))) == [("Obiekty", 1, Reason.NO_COLUMN)]


def test_a_missing_sheet_and_a_sheet_without_headings_are_said_once() -> None:
    assert reasons(read(saved(sheet(["a", "b"], title="Inny")))) == [("Obiekty", 0, Reason.NO_SHEET)]
    assert reasons(read(saved(sheet(["a", "b"], ["c"])))) == [("Obiekty", 0, Reason.NO_HEADINGS)]


def test_rows_are_joined_to_their_object_and_panel() -> None:
    parsed = read(filled(many(3)))
    assert parsed.errors == ()
    assert [len(one.contacts) for one in parsed.entries] == [2, 2, 2]
    assert [len(one.panels[0].zones) for one in parsed.entries] == [4, 4, 4]
    assert from_json(as_json(parsed)) == parsed


def test_a_wrong_key_is_not_repeated_in_the_error() -> None:
    parsed = read(filled({"objects": [SHOP], "panels": [["1001", "P", "10.0.0.1", 1, "secret-that-is-too-long"]]}))
    assert [(one.reason, one.found) for one in parsed.errors] == [(Reason.TOO_LONG, "***")]


def test_two_panels_of_the_file_cannot_have_one_address() -> None:
    rows: Rows = {"objects": [SHOP], "panels": [["1001", "A", "10.0.0.1"], ["1001", "B", "10.0.0.1", 7094]]}
    assert reasons(read(filled(rows))) == [("Centrale", 4, Reason.ADDRESS_TWICE)]


_ENTITY = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
_EXTERNAL = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><sst>&a;</sst>'
_FAR = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>'
)


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ({"xl/worksheets/sheet1.xml": _ENTITY}, Reason.NOT_A_WORKBOOK),
        ({"xl/sharedStrings.xml": _EXTERNAL}, Reason.NOT_A_WORKBOOK),
        ({"[Content_Types].xml": _EXTERNAL}, Reason.NOT_A_WORKBOOK),
        ({"xl/workbook.xml": b"<broken"}, Reason.NOT_A_WORKBOOK),
        ({"xl/worksheets/sheet1.xml": _FAR}, Reason.NO_HEADINGS),
        ({"xl/vbaProject.bin": b"x"}, Reason.MACROS),
        ({"xl/externalLinks/externalLink1.xml": b"<x/>"}, Reason.EXTERNAL_LINKS),
        ({"xl/connections.xml": b"<x/>"}, Reason.EXTERNAL_LINKS),
        ({"xl/embeddings/oleObject1.bin": b"x"}, Reason.EMBEDDED),
        ({"x.zip": b"x"}, Reason.NESTED),
        ({"x.bin": bytes(20_000_000)}, Reason.BOMB),
        ({f"x{n}": b"" for n in range(2_100)}, Reason.BOMB),
        ({"../x": b""}, Reason.NOT_A_WORKBOOK),
    ],
)
def test_a_hostile_workbook_is_refused(entries: dict[str, bytes], reason: Reason) -> None:
    parsed = read(with_entries(filled({"objects": [SHOP]}), entries))
    assert parsed.errors[0].reason is reason
    assert parsed.entries == ()


_CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.datetimes().map(lambda at: at.replace(year=2000 + at.year % 100)),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30),
    st.sampled_from(["1001", "=A1", "#REF!", "PRZYKŁAD", "TAK", "\u00a0"]),
)  # fmt: skip


@settings(max_examples=40)
@given(st.lists(st.lists(_CELLS, max_size=8), max_size=8), st.sampled_from(SHEETS), st.booleans())
def test_any_workbook_gives_errors_or_entries(rows: list[list[Any]], layout: Any, headed: bool) -> None:
    workbook = sheet(*([[column.title for column in layout.columns]] if headed else []), *rows, title=layout.title)
    if layout is not OBJECTS:
        other = workbook.create_sheet("Obiekty")
        other.append(HEADINGS)
        other.append(SHOP)
    parsed = read(saved(workbook))
    assert parsed.entries or parsed.errors
    assert from_json(as_json(parsed)) == parsed


@settings(max_examples=60)
@given(st.binary(max_size=400), st.integers(0, 10_000))
def test_any_bytes_give_an_error(noise: bytes, at: int) -> None:
    good = filled({"objects": [SHOP]})
    assert read(noise).errors
    parsed = read(good[:at] + noise + good[at + len(noise) :])
    assert parsed.entries or parsed.errors
