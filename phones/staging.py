"""A list of numbers as a temporary table ``staging`` (ordinal, row, number), so that the database can compare it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import Error, connection

BLOCK = 20_000

Tell = Callable[[int], object]
Span = tuple[int, int]


def fill(numbers: Path, tell: Tell) -> int:
    """Read ``numbers.tsv`` (row, tab, number; each number once) into the table; say how many there are.

    On PostgreSQL the table ends with the transaction around, or where there is none with the block of ``forgotten``,
    and with its session in any case. On SQLite nothing but the temporary database is written, whose lock nobody else
    wants.
    """
    if connection.vendor == "postgresql":
        return _copy(numbers, tell)
    return _insert(numbers, tell)


@contextmanager
def forgotten() -> Iterator[None]:
    """Let the table go at the block's end, however that ends."""
    try:
        yield
    finally:
        schema = "temp" if connection.vendor == "sqlite" else "pg_temp"
        # Where the session is lost, the table is gone with it.
        with suppress(Error), connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {schema}.staging")


def spans(count: int, size: int, start: int = 0) -> Iterator[Span]:
    """The ordinals in pieces: ``first < ordinal <= last``."""
    for first in range(start, count, size):
        yield first, min(first + size, count)


def _blocks(numbers: Path) -> Iterator[tuple[int, list[str]]]:
    with numbers.open(encoding="ascii") as lines:
        done = 0
        while block := list(islice(lines, BLOCK)):
            yield done, block
            done += len(block)


def _copy(numbers: Path, tell: Tell) -> int:
    done = 0
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.staging")
        cursor.execute(
            'CREATE TEMPORARY TABLE staging (ordinal integer, row integer, number varchar(16) COLLATE "C")'
            f"{' ON COMMIT DROP' if connection.in_atomic_block else ''}"
        )
        with cursor.copy("COPY staging FROM STDIN") as copy:
            for before, block in _blocks(numbers):
                copy.write("".join([f"{ordinal}\t{line}" for ordinal, line in enumerate(block, before + 1)]))
                done = before + len(block)
                tell(done)
        cursor.execute("CREATE UNIQUE INDEX ON staging (ordinal)")
        cursor.execute("ANALYZE staging")
    return done


def _insert(numbers: Path, tell: Tell) -> int:
    done = 0
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS temp.staging")
        cursor.execute("CREATE TEMPORARY TABLE staging (ordinal INTEGER PRIMARY KEY, row INTEGER, number TEXT)")
        with _deferred(cursor):
            for before, block in _blocks(numbers):
                rows: list[Any] = [(before + at, *line[:-1].split("\t")) for at, line in enumerate(block, 1)]
                cursor.executemany("INSERT INTO staging VALUES (%s, %s, %s)", rows)
                done = before + len(block)
                tell(done)
    return done


class _deferred:
    """A transaction that asks for no lock before it needs one, as Django's own would; inside of one it is nothing."""

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor
        self.outermost = not connection.in_atomic_block

    def __enter__(self) -> None:
        if self.outermost:
            self.cursor.execute("BEGIN DEFERRED")

    def __exit__(self, kind: object, *rest: object) -> None:
        if self.outermost:
            self.cursor.execute("COMMIT" if kind is None else "ROLLBACK")
