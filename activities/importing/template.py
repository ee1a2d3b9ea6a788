"""The workbook that people fill in."""

import io
from typing import Final

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from activities.importing.layout import SHEETS, Column, Sheet

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILE_NAME: Final = "szablon-importu-obiektow.xlsx"
_ROWS: Final = 20_000  # how far validation and text format reach
_HEAD, _EXAMPLE = PatternFill("solid", fgColor="1F3A5F"), PatternFill("solid", fgColor="FFF4CC")


def template() -> bytes:
    """An .xlsx with one sheet for each kind of row, and in each a marked example row, which an import leaves out."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for sheet in SHEETS:
        _fill(workbook.create_sheet(sheet.title), sheet)
    made = io.BytesIO()
    workbook.save(made)
    return made.getvalue()


def _fill(worksheet: Worksheet, sheet: Sheet) -> None:
    for number, column in enumerate(sheet.columns, 1):
        head = worksheet.cell(1, number, column.title)
        head.font, head.fill, head.alignment = Font(bold=True, color="FFFFFF"), _HEAD, Alignment(wrap_text=True)
        head.comment = Comment(("Wymagane. " if column.required else "") + column.help, "STAM", width=320, height=90)
        example = worksheet.cell(2, number, column.example)
        example.font, example.fill = Font(italic=True, color="7A5C00"), _EXAMPLE
        letter = get_column_letter(number)
        worksheet.column_dimensions[letter].width = max(16, len(column.heading) + 4)
        if column.id in ("external_number", "phone", "integration_key"):  # or Excel drops zeros and plus signs
            worksheet.column_dimensions[letter].number_format = "@"
            example.number_format = "@"
        _offer_choices(worksheet, column, letter)
    worksheet.freeze_panes = "A2"


def _offer_choices(worksheet: Worksheet, column: Column, letter: str) -> None:
    if column.choices:
        offered = DataValidation(type="list", formula1=f'"{",".join(column.choices)}"', allow_blank=True)
        worksheet.add_data_validation(offered)
        offered.add(f"{letter}2:{letter}{_ROWS}")
