"""The child process that reads one file within limits, and writes what it finds as plain lists.

Run as ``python -m phones.reading '{"path": ...}'`` by ``phones.reader``; imports no Django. It prints a line of JSON
for every 20,000 rows, ``{"rows": n, "of": m}``, and at the end ``{"done": {...}}`` or ``{"failed": {"code", "data"}}``.
"""

import errno
import json
import resource
import sys
from itertools import dropwhile
from pathlib import Path
from typing import Any, TextIO

from phones.columns import as_text, is_blank, lay_out, letter
from phones.inspection import look_over
from phones.numbering import clean_mobile
from phones.numbers import Cell, Refusal, numbers_in, printable
from phones.parsing import Source, read_rows
from phones.texts import MIXED
from phones.unreadable import Fault, Unreadable

MAX_ROWS = 1_000_000
STEP = 20_000
SHOWN_ROWS, SHOWN_COLUMNS = 20, 40
LIMITS = (
    (resource.RLIMIT_AS, 1536 << 20),
    (resource.RLIMIT_CPU, 60),
    (resource.RLIMIT_FSIZE, 1 << 30),
    (resource.RLIMIT_NOFILE, 32),
    (resource.RLIMIT_CORE, 0),
)
encode = json.JSONEncoder(ensure_ascii=False).encode


class Ledger:
    """Files every entry of a list under exactly one of new, repeated and rejected.

    An entry is one number or one refusal; a row has one entry, or several where its cell has several numbers. So
    ``entries == rows + extra == distinct + repeated + rejected`` and ``numbers == distinct + repeated``. ``healed``
    counts those of ``numbers`` whose text was not canonical. Blank rows and the header are no rows; blank rows after
    the last row are not counted at all.
    """

    def __init__(self, folder: Path) -> None:
        self.rows = self.empty_rows = self.extra = self.repeated = self.rejected = self.healed = 0
        self._first_rows: dict[int, int] = {}
        self._numbers = _create(folder / "numbers.tsv")
        self._repetitions = _create(folder / "repeated.jsonl")
        self._refusals = _create(folder / "rejected.jsonl")
        self._healings = _create(folder / "healed.jsonl")

    def add_plain(self, row: int, number: str) -> None:
        """File a row whose cell is a number as it is dialled."""
        self.rows += 1
        self._add_number(row, number)

    def add(self, row: int, cell: Cell) -> None:
        """File a row by its cell, whatever that holds."""
        self.rows += 1
        results = numbers_in(cell)
        self.extra += len(results) - 1
        for result in results:
            if isinstance(result, Refusal):
                self.rejected += 1
                _put(self._refusals, row=row, original=result.original, reason=result.reason, data=result.data)
                continue
            if result.healed:
                self.healed += 1
                _put(self._healings, row=row, original=result.original, number=result.canonical)
            self._add_number(row, result.canonical)

    def close(self) -> dict[str, int]:
        """Finish the lists; returns the counts."""
        for file in (self._numbers, self._repetitions, self._refusals, self._healings):
            file.close()
        distinct = len(self._first_rows)
        return {
            "rows": self.rows,
            "empty_rows": self.empty_rows,
            "entries": self.rows + self.extra,
            "numbers": distinct + self.repeated,
            "distinct": distinct,
            "repeated": self.repeated,
            "rejected": self.rejected,
            "healed": self.healed,
            "extra": self.extra,
        }

    def _add_number(self, row: int, canonical: str) -> None:
        # As a number it takes half a text's memory, and is still one to one: only land lines begin with a nought.
        key = int(canonical)
        first = self._first_rows.get(key)
        if first is None:
            self._first_rows[key] = row
            self._numbers.write(f"{row}\t{canonical}\n")
        else:
            self.repeated += 1
            self._repetitions.write(f'{{"row": {row}, "number": "{canonical}", "first_row": {first}}}\n')


def read(options: dict[str, Any]) -> dict[str, Any]:
    """Read the file into lists in ``out_dir``; returns the summary, raises Unreadable."""
    kind = look_over(Path(options["path"]))
    source = read_rows(Path(options["path"]), kind, sheet=options["sheet"], encoding=options["encoding"])
    layout = lay_out(source.sample, options["column"])
    column = layout.column
    if column is not None and not 0 <= column < len(layout.columns):
        raise Unreadable(Fault.NO_SUCH_COLUMN, column=letter(column) if 0 <= column < 1 << 20 else str(column))
    only_header = bool(source.sample) and source.sample[-1][0] <= layout.header_row
    nothing = not source.sample or only_header or (column is None and len(source.sample) == 1)
    if source.encoding == MIXED and (nothing or column is None):
        raise Unreadable(Fault.WRONG_ENCODING)
    if nothing:
        raise Unreadable(Fault.NO_ROWS)
    if column is None:
        raise Unreadable(Fault.NO_NUMBERS_COLUMN)
    ledger = Ledger(Path(options["out_dir"]))
    _file_rows(source, column, layout.header_row, ledger)
    return {
        "kind": kind,
        "encoding": source.encoding,
        "delimiter": source.delimiter,
        "sheets": [sheet._asdict() for sheet in source.sheets],
        "sheet": source.sheet,
        "column": layout.columns[column]._asdict(),
        "header_row": layout.header_row or None,
        "columns": [each._asdict() for each in layout.columns],
        "first_rows": [[row, [*map(as_text, cells[:SHOWN_COLUMNS])]] for row, cells in source.sample[:SHOWN_ROWS]],
        "counts": ledger.close(),
    }


def _file_rows(source: Source, column: int, header_row: int, ledger: Ledger) -> None:
    blank = 0
    for row, cells in dropwhile(lambda row: row[0] <= header_row, source.rows):
        cell = cells[column] if column < len(cells) else None
        if type(cell) is str and clean_mobile(cell):  # what numbers_in says too, in a third of the time
            ledger.add_plain(row, cell)
        elif is_blank(cell) and all(map(is_blank, cells)):
            blank += 1
            continue
        else:
            ledger.add(row, cell)
        if blank:
            ledger.empty_rows += blank
            blank = 0
        if ledger.rows % STEP == 0:
            _say({"rows": ledger.rows, "of": source.length})
        if ledger.rows > MAX_ROWS:
            raise Unreadable(Fault.TOO_MANY_ROWS, limit=MAX_ROWS)


def _create(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8", newline="\n")


def _put(file: TextIO, **fields: Any) -> None:
    file.write(encode(fields) + "\n")


def _say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


def _failure(error: BaseException) -> Unreadable:
    """What an error means to the one who sent the file; a Rust panic is no Exception, only a BaseException."""
    if isinstance(error, Unreadable):
        return error
    if isinstance(error, MemoryError) or "capacity overflow" in str(error):
        return Unreadable(Fault.TOO_MUCH_MEMORY)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Unreadable(Fault.DISK_FULL)
    return Unreadable(Fault.DAMAGED, detail=printable(f"{type(error).__name__}: {error}", 200))


def main() -> None:
    """Read within the limits, and say how it went."""
    for limit, value in LIMITS:
        resource.setrlimit(limit, (value, value))
    try:
        message = {"done": read(json.loads(sys.argv[1]))}
    except BaseException as error:
        failure = _failure(error)
        message = {"failed": {"code": failure.code, "data": failure.data}}
    _say(message)


if __name__ == "__main__":
    main()
