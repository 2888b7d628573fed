"""Two small workbooks of the import: the rejected rows with their reasons, and a template to fill in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

from phones import sentences, workbooks

BOLD = Font(bold=True)
HEAD = PatternFill("solid", fgColor="EBEBFA")
TOP = Alignment(vertical="top", wrap_text=True)
# Rows of the template whose cells are text before anything is typed into them.
PREPARED_ROWS = 2000


def rejected(rows: Iterator[dict[str, Any]], path: Path, expected: int = 1) -> int:
    """Write rejected rows in the language of the moment; say how many. A content is text, whatever it looks like.

    ``expected`` is their exact number, where they may fill more than one sheet: they come only once.
    """
    columns = [
        workbooks.Column(_("Row"), 10, is_number=True),
        workbooks.Column(_("Content"), 28),
        workbooks.Column(_("Reason"), 34),
        workbooks.Column(_("What to do"), 44),
    ]
    return workbooks.write(path, _("Rejected rows"), columns, lambda: map(_rejected, rows), expected)


def _rejected(row: dict[str, Any]) -> workbooks.Row:
    texts = row["original"], sentences.reason(row["reason"], row["data"]), sentences.advice(row["reason"], row["data"])
    return row["row"], *map(workbooks.clean, texts)


def template(file: BinaryIO) -> None:
    """Write the template: a text column with two examples, and a sheet of hints."""
    book = Workbook()
    sheet = book.active
    sheet.title = _("Numbers")
    sheet.freeze_panes = "A2"
    for letter, title, width in (("A", _("Number"), 20), ("B", _("Name"), 16), ("C", _("Note"), 32)):
        sheet[f"{letter}1"] = title
        sheet[f"{letter}1"].font, sheet[f"{letter}1"].fill = BOLD, HEAD
        sheet.column_dimensions[letter].width = width
        sheet.column_dimensions[letter].number_format = "@"
    sheet["A2"], sheet["C2"] = "19900000017", _("Example, please replace")
    sheet["A3"], sheet["C3"] = "05380000017", _("Example of a land line with its area code")
    for row in range(2, PREPARED_ROWS + 2):
        sheet.cell(row, 1).number_format = "@"
    length = DataValidation(type="textLength", operator="between", formula1="7", formula2="20", allow_blank=True)
    length.prompt = _("A mobile number, or a land line with its area code")
    length.add(f"A2:A{PREPARED_ROWS + 1}")
    sheet.add_data_validation(length)
    hints = book.create_sheet(_("Hints"))
    hints.column_dimensions["A"].width = 90
    for row, hint in enumerate(_hints(), 1):
        hints.cell(row, 1, hint).alignment = TOP
    book.save(file)


def _hints() -> list[str]:
    return [
        _("Only the column with the numbers is read; the other columns are for you."),
        _("One number a row. The column is set to text, so that Excel keeps every digit and the 0 of the area code."),
        _("Mobile numbers: 11 digits. Land lines: with their area code, such as 0538."),
        _("Spaces, dashes, brackets and +86 may stay: they are put right on import."),
        _("Delete the two examples before you send the file. Up to 1,000,000 rows and 100 MB a file."),
    ]
