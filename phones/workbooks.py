"""Writing .xlsx: the one module that knows the library which writes it."""

import errno
import itertools
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from openpyxl import Workbook
from rustpy_xlsxwriter import Format, write_worksheets

# A sheet has 1,048,576 rows; the first is the header.
ROWS_A_SHEET = 1_048_575
# What XML 1.0 cannot carry. Excel would show an escape of the library's, such as _x0001_, so it becomes U+FFFD.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

DISK_FULL = f"os error {errno.ENOSPC}"

Cell = str | int | float | datetime | None
Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Column:
    """A column of a sheet; its titles must differ. Times are dates of Excel's own, the rest is text unless said.

    By its ``name`` it can be chosen for a file or left out.
    """

    title: str
    width: float
    is_time: bool = False
    is_number: bool = False
    name: str = ""

    @property
    def format(self) -> Format:
        if self.is_number:
            return Format()
        return Format().set_num_format("yyyy-mm-dd hh:mm:ss" if self.is_time else "@")


def clean(text: str) -> str:
    """The text as a cell can hold it: without control characters, and with the line ends that Excel knows."""
    return FORBIDDEN.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def write(path: Path, name: str, columns: list[Column], rows: Callable[[], Iterator[Row]], expected: int) -> int:
    """Write rows into sheets called ``name``, ``name 2`` …, in constant memory, and say how many there were.

    Texts must be clean and times naive. The library wants to know its sheets beforehand: where the rows turn out to
    fill more or fewer of them than expected, ``rows`` is called again.
    """
    sheets = _sheets_for(expected)
    while True:
        written, all_of_them = _write(path, name, columns, rows(), sheets)
        fitting = _sheets_for(written) if all_of_them else sheets + 1
        if fitting == sheets:
            return written
        sheets = fitting


def _sheets_for(count: int) -> int:
    return max(1, -(-count // ROWS_A_SHEET))


def _write(path: Path, name: str, columns: list[Column], rows: Iterator[Row], sheets: int) -> tuple[int, bool]:
    first = next(rows, None)
    if first is None:
        _write_header_only(path, name, columns)
        return 0, True
    titles = [column.title for column in columns]
    # What the library takes are dicts. They are made and counted in C: each row draws one of the ordinals.
    ordinals = itertools.count(1)
    counted = itertools.compress(itertools.chain([first], rows), ordinals)
    stream = map(dict, map(partial(zip, strict=True), itertools.repeat(titles), counted))
    names = [name if ordinal == 1 else f"{name} {ordinal}" for ordinal in range(1, sheets + 1)]
    widths = {column.title: column.width for column in columns}
    formats = {column.title: column.format for column in columns}
    # Digits that are text on purpose get no green corner.
    texts = [column.title for column in columns if not (column.is_time or column.is_number)]
    try:
        write_worksheets(
            [(sheet, itertools.islice(stream, ROWS_A_SHEET)) for sheet in names],
            str(path),
            freeze_panes={"general": {"row": 1, "col": 0}},
            header_format={sheet: Format().set_bold() for sheet in names},
            column_widths=dict.fromkeys(names, widths),
            column_formats=dict.fromkeys(names, formats),
            ignore_errors=dict.fromkeys(names, texts),
        )
    except OSError as error:
        # The library says it in words alone.
        if DISK_FULL in str(error):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        raise
    return next(ordinals) - 1, next(rows, None) is None


def _write_header_only(path: Path, name: str, columns: list[Column]) -> None:
    """The library takes the header from the first row, so that without any it would write an empty sheet."""
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = name
    sheet.freeze_panes = "A2"
    sheet.append([column.title for column in columns])
    workbook.save(path)
