"""The file of an archive: the rows of deleted numbers as they were, to which each piece of a deletion adds a member.

A member is a gzip stream of its own, so that the file as a whole is one, too: ``zcat`` shows it. Its first line names
the columns, and each further line is a number, as JSON. What a dead worker left behind its last piece is cut off.
"""

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import models

from phones.models import Archive, Job, Phone

COLUMNS = tuple(field.attname for field in Phone._meta.concrete_fields)
# What an archive of an earlier version has no column for.
DEFAULTS = {field.attname: field.get_default() for field in Phone._meta.concrete_fields}
TIMES = tuple(field.attname for field in Phone._meta.concrete_fields if isinstance(field, models.DateTimeField))
LEVEL = 3

Row = dict[str, Any]


class Missing(Exception):
    """The file is not where it was written."""


class Damaged(Exception):
    """The file is not as it was written."""


def path_of(name: str) -> Path:
    return Path(settings.ARCHIVE_DIR) / name


def name_for(job: Job) -> str:
    """What the file of a deletion is called."""
    return f"{job.pk}.jsonl.gz"


# ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def appending(path: Path, *, length: int) -> Iterator[BinaryIO]:
    """The file, cut to what is known to be good, to add members to. Raises Damaged where it is shorter than that."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        if file.seek(0, os.SEEK_END) < length:
            raise Damaged
        file.truncate(length)
        file.seek(length)
        _flush_folder(path.parent)
        yield file


def append(file: BinaryIO, rows: Iterable[tuple[Any, ...]]) -> int:
    """Add rows (COLUMNS) as a member; once this returns it is on the disk. Returns the file's length."""
    lines = [json.dumps({"columns": COLUMNS})]
    lines += [json.dumps([_plain(value) for value in row]) for row in rows]
    file.write(gzip.compress("\n".join([*lines, ""]).encode(), LEVEL))
    file.flush()
    os.fsync(file.fileno())
    return file.tell()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _flush_folder(folder: Path) -> None:
    """Let the name of a new file be on the disk, as well as what stands in it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────────


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(archive: Archive) -> Path:
    """The path of an archive's file, which is as it was written. Raises Missing, Damaged."""
    path = path_of(archive.file)
    if not path.is_file():
        raise Missing
    if digest(path) != archive.sha256:
        raise Damaged
    return path


def read(path: Path, size: int, *, after: int = 0) -> Iterator[list[Row]]:
    """The rows in pieces, behind the first ``after`` of them. Raises Damaged where they cannot be read to the end."""
    rows: list[Row] = []
    for ordinal, row in enumerate(_rows(path), start=1):
        if ordinal <= after:
            continue
        rows.append(row)
        if len(rows) == size:
            yield rows
            rows = []
    if rows:
        yield rows


def count(path: Path) -> int:
    """How many rows there are, each of which can be read. Raises Damaged."""
    return sum(1 for _row in _rows(path))


def find(archive: Archive, number: str) -> Row | None:
    """The row of one number, if it stands in an archive. Raises Missing, Damaged."""
    path = path_of(archive.file)
    if not path.is_file():
        raise Missing
    return next((row for row in _rows(path, among=json.dumps(number)) if row["number"] == number), None)


def _rows(path: Path, *, among: str = "") -> Iterator[Row]:
    """The rows; ``among`` passes over the lines that do not hold it, which takes a fraction of the time."""
    columns: list[str] = []
    try:
        with gzip.open(path, "rt", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("{"):
                    columns = _known(json.loads(line)["columns"])
                elif among in line:
                    yield _timed(DEFAULTS | dict(zip(columns, json.loads(line), strict=True)))
    except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error) as error:
        raise Damaged from error


def _known(columns: list[str]) -> list[str]:
    if not {*columns} <= {*COLUMNS}:
        raise ValueError(columns)
    return columns


def _timed(row: Row) -> Row:
    for name in TIMES:
        if row.get(name):
            row[name] = datetime.fromisoformat(row[name])
    return row
