"""A file as rows: one face for workbooks and text files."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from phones.columns import SAMPLE_ROWS, Row, is_blank, lay_out
from phones.inspection import Kind
from phones.numbers import Cell, printable
from phones.texts import TextFile
from phones.unreadable import Fault, Unreadable

WIDER_SAMPLE_ROWS = 5000


class Sheet(NamedTuple):
    """A sheet of a workbook: its last row's number, and about how many numbers it holds by its first rows."""

    name: str
    rows: int
    hidden: bool
    numbers: int


class Workbook:
    """A list in a workbook; one sheet is held in memory at a time."""

    def __init__(self, path: Path, kind: Kind) -> None:
        # Calamine believes a file's ending before its content, so that it is given the ending that is true.
        with TemporaryDirectory() as folder:
            link = Path(folder) / f"list.{kind}"
            link.symlink_to(path.resolve())
            try:
                self._book = CalamineWorkbook.from_path(str(link))
            except CalamineError as error:
                raise _unreadable(error) from error
        # A sheet is known by its name as it is shown; names that differ in invisible characters alone are one.
        self._metas = {
            printable(meta.name, 100): meta
            for meta in reversed(self._book.sheets_metadata)
            if meta.typ == SheetTypeEnum.WorkSheet
        }
        self._loaded: tuple[str, CalamineSheet] | None = None

    def sheets(self) -> list[Sheet]:
        """All worksheets, in the workbook's order; charts and macro sheets are none."""
        sheets = []
        for name, meta in reversed(self._metas.items()):
            end = self._load(name).end
            rows = end[0] + 1 if end else 0
            sheets.append(Sheet(name, rows, meta.visible != SheetVisibleEnum.Visible, self._estimate(name, rows)))
        return sheets

    def rows(self, name: str) -> Iterator[Row]:
        """Every row of a sheet with the number that a spreadsheet shows, blank ones too."""
        sheet = self._load(name)
        left: list[Cell] = [None] * (sheet.start[1] if sheet.start else 0)
        for number, cells in enumerate(sheet.iter_rows(), 1):
            yield number, [*left, *cells] if left else cells

    def _load(self, name: str) -> CalamineSheet:
        if self._loaded is None or self._loaded[0] != name:
            self._loaded = None  # the one before is freed first
            try:
                self._loaded = name, self._book.get_sheet_by_name(self._metas[name].name)
            except CalamineError as error:
                raise _unreadable(error) from error
        return self._loaded[1]

    def _estimate(self, name: str, rows: int) -> int:
        sample = first_rows(self.rows(name), SAMPLE_ROWS)
        best = max((column.numbers for column in lay_out(sample).columns), default=0)
        return best * rows // sample[-1][0] if sample else 0


class Source(NamedTuple):
    """The rows of one sheet or text file, chosen and ready to be read; ``length`` is about how many there are."""

    rows: Iterator[Row]
    sample: list[Row]
    length: int
    sheets: list[Sheet]
    sheet: str | None
    encoding: str | None
    delimiter: str | None


def read_rows(path: Path, kind: Kind, *, sheet: str | None = None, encoding: str | None = None) -> Source:
    """Open a file that was looked over; without a ``sheet``, the one with the most numbers, hidden ones last.

    The sample holds the first 200 rows that are not blank, or 5,000 where those hold no number.
    """
    if kind is Kind.TEXT:
        text = TextFile(path, encoding)
        return Source(text.rows(), _sample(text.rows), text.length(), [], None, text.encoding, text.delimiter)
    book = Workbook(path, kind)
    sheets = book.sheets()
    chosen = _choose(sheets, sheet)
    return Source(
        book.rows(chosen.name), _sample(lambda: book.rows(chosen.name)), chosen.rows, sheets, chosen.name, None, None
    )


def _unreadable(error: CalamineError) -> Unreadable:
    if isinstance(error, PasswordError):
        return Unreadable(Fault.ENCRYPTED)
    if "limit exceeded" in str(error):  # an .ods that repeats a cell a billion times
        return Unreadable(Fault.TOO_MUCH_MEMORY)
    return Unreadable(Fault.DAMAGED, detail=printable(str(error), 200))


def first_rows(rows: Iterator[Row], count: int) -> list[Row]:
    """The first rows that are not blank."""
    return list(islice(((number, cells) for number, cells in rows if not all(map(is_blank, cells))), count))


def _choose(sheets: list[Sheet], name: str | None) -> Sheet:
    if name is not None:
        for sheet in sheets:
            if sheet.name == name:
                return sheet
        raise Unreadable(Fault.NO_SUCH_SHEET, sheet=printable(name))
    if not sheets:
        raise Unreadable(Fault.NO_ROWS)
    return max(sheets, key=lambda sheet: (sheet.numbers > 0, not sheet.hidden, sheet.numbers, sheet.rows))


def _sample(rows: Callable[[], Iterator[Row]]) -> list[Row]:
    sample = first_rows(rows(), SAMPLE_ROWS)
    if len(sample) == SAMPLE_ROWS and not any(column.numbers for column in lay_out(sample).columns):
        return first_rows(rows(), WIDER_SAMPLE_ROWS)
    return sample
