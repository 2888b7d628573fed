"""Given numbers: lists that an export is limited to, each kept for its owner in a small file."""

import json
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField
from django.db.models.lookups import BuiltinLookup

from accounts.models import User
from phones import reader
from phones.numbers import Number, Reason, numbers_in

LIMIT = 200_000
PASTED_LIMIT = 20_000
KEPT = timedelta(days=30)
# Pasted text has its entries in lines, or side by side.
ENTRY_ENDS = re.compile(r"[\r\n\t,;，；、]+")


class TooMany(Exception):
    """More numbers than ``limit``."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


@dataclass(frozen=True)
class NumberList:
    """Distinct numbers; ``refused`` entries were none, ``repeated`` ones were there already."""

    key: UUID
    numbers: list[str]
    repeated: int
    refused: int


@CharField.register_lookup
class Among(BuiltinLookup):
    """``number__among=[…]``: like ``in``, but the whole list is one parameter, so that any length of it will do."""

    lookup_name = "among"
    prepare_rhs = False
    operators = {"postgresql": "= ANY(%s)", "sqlite": "IN (SELECT value FROM json_each(%s))"}

    def get_db_prep_lookup(self, value: Any, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        return "%s", [json.dumps(value) if connection.vendor == "sqlite" else value]

    def get_rhs_op(self, connection: BaseDatabaseWrapper, rhs: str) -> str:
        return self.operators[connection.vendor] % rhs


def keep_text(*, text: str, by: User) -> NumberList:
    """Read pasted text and keep its numbers for ``by``. Raises TooMany."""
    numbers: dict[str, None] = {}
    repeated = refused = 0
    entries = ENTRY_ENDS.split(text)
    # Pasted text is read while its sender waits; a longer list goes in as a file.
    if len(entries) > PASTED_LIMIT:
        raise TooMany(PASTED_LIMIT)
    for entry in entries:
        for result in numbers_in(entry):
            if not isinstance(result, Number):
                refused += result.reason != Reason.EMPTY
            elif result.canonical in numbers:
                repeated += 1
            else:
                numbers[result.canonical] = None
    return _keep(NumberList(uuid4(), list(numbers), repeated, refused), by)


def keep_file(*, path: Path, name: str, by: User) -> NumberList:
    """Read an uploaded file and keep its numbers for ``by``. Raises TooMany and unreadable.Unreadable."""
    with TemporaryDirectory(prefix="hwcall-list-") as folder:
        counts = reader.read(path, name, out_dir=Path(folder)).counts
        rows = (Path(folder) / "numbers.tsv").read_text().splitlines()
    numbers = [row.split("\t")[1] for row in rows]
    return _keep(NumberList(uuid4(), numbers, counts.repeated, counts.rejected), by)


def load(*, key: UUID, by: User) -> NumberList | None:
    """A list of one's own; None for another's, and for one that was forgotten."""
    try:
        stored = json.loads(_path(key).read_text())
    except FileNotFoundError:
        return None
    if stored["by"] != by.pk:
        return None
    return NumberList(key, stored["numbers"], stored["repeated"], stored["refused"])


def forget_old(*, now: datetime) -> None:
    """Remove the lists that were kept long enough."""
    for path in _folder().glob("*.json"):
        # Two workers may tidy up at once.
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < (now - KEPT).timestamp():
                path.unlink()


def _keep(found: NumberList, by: User) -> NumberList:
    if len(found.numbers) > LIMIT:
        raise TooMany(LIMIT)
    _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    stored = {"by": by.pk, "repeated": found.repeated, "refused": found.refused, "numbers": found.numbers}
    descriptor = os.open(_path(found.key), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w") as file:
        json.dump(stored, file)
    return found


def _folder() -> Path:
    return Path(settings.UPLOAD_DIR) / "lists"


def _path(key: UUID) -> Path:
    return _folder() / f"{key}.json"
