"""Text files as rows: which encoding, which delimiter, and no quote that swallows the rest."""

import codecs
import csv
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from phones.columns import Row, is_numbers, lay_out
from phones.inspection import looks_like_utf_16
from phones.numbers import Undecodable
from phones.unreadable import Fault, Unreadable

MIXED = "mixed"
ENCODINGS = ("utf-8", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "big5", MIXED)
DELIMITERS = "\t,;|"
WHITESPACE = " "
SAMPLE_LINES = 200
MAX_FIELDS = 512
# A quoted field of more lines than this is taken for a stray quote, and its lines are read one by one.
MAX_QUOTED_LINES = 20
MAX_QUOTED_TEXT = 100_000
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

csv.field_size_limit(1 << 30)


class TextFile:
    """A list in a text file; ``encoding`` and ``delimiter`` are what was given or found."""

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        if encoding is not None and encoding not in ENCODINGS:
            raise Unreadable(Fault.NO_SUCH_ENCODING, encoding=encoding[:60])
        self.path = path
        self.encoding = encoding or find_encoding(path)
        sample = [line for line in islice(self._lines(), SAMPLE_LINES * 2) if line.strip()][:SAMPLE_LINES]
        self._marked = bool(sample) and re.fullmatch(r"sep=[^\w\s]|sep=\t", sample[0], re.I) is not None
        self.delimiter = sample[0][4] if self._marked else find_delimiter(sample)

    def rows(self) -> Iterator[Row]:
        """Every row with its number, blank ones too; a line that says ``sep=;`` is not counted, as in Excel."""
        lines = self._lines()
        if self._marked:
            next(line for line in lines if line.strip())
        return enumerate(_records(lines, self.delimiter), 1)

    def length(self) -> int:
        """About how many lines there are."""
        with self.path.open("rb") as file:
            return 1 + sum(
                max(block.count(b"\n"), block.count(b"\r")) for block in iter(lambda: file.read(1 << 20), b"")
            )

    def _lines(self) -> Iterator[str]:
        if self.encoding == MIXED:
            yield from _mixed_lines(self.path)
            return
        codec = "utf-8-sig" if self.encoding == "utf-8" else self.encoding
        with self.path.open(encoding=codec, errors="replace") as file:
            for line in file:
                line = line.rstrip("\n\x1a")
                yield Undecodable(line) if "\ufffd" in line else line


def find_encoding(path: Path) -> str:
    """The first encoding in which every byte makes sense, or ``mixed``: then each line is tried by itself."""
    with path.open("rb") as file:
        head = file.read(4096)
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return encoding if encoding != "utf-8" or _decodes(path, "utf-8") else MIXED
    if order := looks_like_utf_16(head):
        return order
    return next((encoding for encoding in ("utf-8", "gb18030") if _decodes(path, encoding)), MIXED)


def find_delimiter(sample: list[str]) -> str | None:
    """What parts the columns, or None where a line is one cell, as in a list with a number or more on each line."""
    if not sample:
        return None
    counts = {mark: sum(len(_split(line, mark)) > 1 for line in sample) for mark in DELIMITERS}
    mark = max(DELIMITERS, key=lambda mark: counts[mark])
    if counts[mark] * 2 >= len(sample):
        fields = [field for line in sample for field in _split(line, mark) if field.strip()]
        return None if all(map(is_numbers, fields)) else mark
    whole = sum(is_numbers(line) for line in sample)
    parted = lay_out([(0, line.split()) for line in sample]).columns
    return WHITESPACE if max((column.numbers for column in parted), default=0) > whole else None


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _mixed_lines(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        for number, raw in enumerate(file):
            line = _decode_line(raw.removeprefix(codecs.BOM_UTF8) if number == 0 else raw)
            for part in re.split("\r(?!$)", line.rstrip("\r\n\x1a")) if "\r" in line else [line.rstrip("\n\x1a")]:
                yield Undecodable(part) if isinstance(line, Undecodable) else part


def _decode_line(raw: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return Undecodable(raw.decode("utf-8", errors="replace"))


def _records(lines: Iterable[str], delimiter: str | None) -> Iterator[list[str]]:
    """Cut lines into fields; where a quoted field has several lines, they are one record."""
    if delimiter is None:
        yield from ([line if type(line) is Undecodable else _unquoted(line)] for line in lines)
        return
    opened = re.compile(rf'(?:^|{re.escape(delimiter)})"(?:[^"]++|"")*+$').search
    waiting: list[str] = []
    source = iter(lines)
    while waiting or (line := next(source, None)) is not None:
        if waiting:
            line = waiting.pop(0)
        if line is not None and '"' in line and delimiter != WHITESPACE and opened(line):
            waiting += islice(source, max(0, MAX_QUOTED_LINES - len(waiting)))
            taken = _lines_of_quote(line, waiting, delimiter, opened)
            yield _split("\n".join([line, *waiting[:taken]]), delimiter) if taken else line.split(delimiter, MAX_FIELDS)
            del waiting[:taken]
        else:
            yield _split(line or "", delimiter)


def _lines_of_quote(line: str, waiting: list[str], delimiter: str, opened: Callable[[str], object]) -> int:
    """How many further lines close the quote that this line leaves open; 0 where it is a stray one."""
    for taken, following in enumerate(waiting, 1):
        line = f"{line}\n{following}"
        if type(following) is Undecodable or len(line) > MAX_QUOTED_TEXT:
            break
        if not opened(line):
            return taken if _is_well_quoted(line, delimiter) else 0
    return 0


def _is_well_quoted(record: str, delimiter: str) -> bool:
    """Whether each closing quote ends its field: else it was the next stray one, and what lies between is lost."""
    try:
        next(csv.reader([record], delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return True


def _split(line: str, delimiter: str) -> list[str]:
    if type(line) is Undecodable:
        return [Undecodable(field) for field in line.split(delimiter, MAX_FIELDS)]
    if delimiter == WHITESPACE:
        return line.split(None, MAX_FIELDS)
    if '"' in line:
        try:
            return next(csv.reader([line], delimiter=delimiter), [])[:MAX_FIELDS]
        except csv.Error:
            pass
    return line.split(delimiter, MAX_FIELDS)


def _unquoted(line: str) -> str:
    if len(line) > 1 and line[0] == line[-1] == '"':
        return line[1:-1].replace('""', '"')
    return line
