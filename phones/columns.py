"""Which column of a list holds the numbers, and where its header ends."""

from collections.abc import Sequence
from typing import NamedTuple

from phones.numbers import Cell, Number, numbers_in, printable

SAMPLE_ROWS = 200
HEADER_ROWS = 10

Row = tuple[int, Sequence[Cell]]


class Column(NamedTuple):
    """A column of the sample: ``numbers`` counts the rows whose cell reads as numbers and nothing else."""

    position: int
    letter: str
    header: str | None
    numbers: int


class Layout(NamedTuple):
    """How a list is laid out; rows up to and including ``header_row`` are above the data."""

    column: int | None
    header_row: int
    columns: list[Column]


def lay_out(sample: Sequence[Row], column: int | None = None) -> Layout:
    """Find the column with the most numbers (the leftmost of equals), or take the one given.

    ``sample`` holds the first non-empty rows with their row numbers. ``column`` is None in the answer where no column
    reads as numbers, unless the list has one column alone.
    """
    width = max((len(cells) for _, cells in sample), default=0)
    counts = [sum(is_numbers(cells[i]) for _, cells in sample if i < len(cells)) for i in range(width)]
    if column is None and any(counts):
        column = counts.index(max(counts))
    elif column is None:
        column = _only_column(sample, width)
    header = _header(sample, column) if column is not None else None
    number, cells = header or (0, [])
    columns = [
        Column(i, letter(i), as_text(cells[i]) or None if i < len(cells) else None, n) for i, n in enumerate(counts)
    ]
    return Layout(column, number, columns)


def is_numbers(cell: Cell) -> bool:
    """Whether the cell reads as one number or more, and nothing else."""
    return not is_blank(cell) and all(isinstance(result, Number) for result in numbers_in(cell))


def is_blank(cell: Cell) -> bool:
    """Whether a reader would call the cell empty."""
    if cell is None or cell == "":
        return True
    return isinstance(cell, str) and not cell.isalnum() and not printable(cell)


def as_text(cell: Cell) -> str:
    """The cell as a spreadsheet shows it, fit for a page."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return printable(str(cell))


def letter(index: int) -> str:
    """A spreadsheet's name of a column: 0 is A, 26 is AA."""
    name = ""
    while index >= 0:
        index, rest = divmod(index, 26)
        name = chr(65 + rest) + name
        index -= 1
    return name


def _only_column(sample: Sequence[Row], width: int) -> int | None:
    used = [i for i in range(width) if any(i < len(cells) and not is_blank(cells[i]) for _, cells in sample)]
    return used[0] if len(used) == 1 and any(_has_digit(cells[used[0]]) for _, cells in sample) else None


def _has_digit(cell: Cell) -> bool:
    return any(c.isdigit() for c in as_text(cell))


def _header(sample: Sequence[Row], column: int) -> Row | None:
    """The last of the leading rows that have no digit in the column; a title above the header is one of them."""
    above: list[Row] = []
    for row in sample[:HEADER_ROWS]:
        if column < len(row[1]) and _has_digit(row[1][column]):
            return above[-1] if above else None
        above.append(row)
    return sample[0] if above else None
