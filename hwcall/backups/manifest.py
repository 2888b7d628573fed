"""What a backup says of itself: of which version it is, what was counted in it, and the checksum of each member."""

import hashlib
import json
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Self

from django.apps import apps
from django.conf import settings
from django.db import connection

NAME = "manifest.json"
FORMAT = 1
# The member that is the database, by the kind of database; each can be restored only into its own kind.
DATABASE = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
CHUNK = 1 << 20


class Unusable(Exception):
    """A backup that cannot be made or restored, with the reason in one line."""


@dataclass(frozen=True)
class Manifest:
    """``counts`` has the rows of each table, ``members`` size and SHA-256 of each file in the backup."""

    format: int
    version: str
    made_at: str
    vendor: str
    migrations: list[str]
    counts: dict[str, int]
    members: dict[str, tuple[int, str]]

    def text(self) -> str:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False)

    @classmethod
    def read(cls, backup: zipfile.ZipFile) -> Self:
        """Raises Unusable where there is none, or one of another form."""
        try:
            said = json.loads(backup.read(NAME))
            members = {name: (int(size), str(digest)) for name, (size, digest) in said.pop("members").items()}
            manifest = cls(**said, members=members)
        except (KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as error:
            raise Unusable("This is no backup of HwCall: it has no manifest that can be read.") from error
        if manifest.format != FORMAT:
            raise Unusable("This backup was made by another version of HwCall, in a form that this one can't read.")
        return manifest


def version() -> str:
    return str(tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]["version"])


def tables() -> list[str]:
    """Every table that HwCall has, in the order of their names."""
    models = apps.get_models(include_auto_created=True)
    return sorted({model._meta.db_table for model in models if model._meta.managed})


def count(execute: Any, names: list[str]) -> dict[str, int]:
    """The rows of each table, asked by a cursor's ``execute`` that returns something with ``fetchone``."""
    quote = connection.ops.quote_name
    return {name: execute(f"SELECT count(*) FROM {quote(name)}").fetchone()[0] for name in names}  # noqa: S608


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(CHUNK):
        yield piece


def checksum(file: IO[bytes]) -> tuple[int, str]:
    """Size and SHA-256 of what is left of a file."""
    size, digest = 0, hashlib.sha256()
    for piece in pieces(file):
        size += len(piece)
        digest.update(piece)
    return size, digest.hexdigest()


def folders() -> dict[str, Path]:
    """The folders whose files belong to the database, by their names in a backup."""
    return {"archives": settings.ARCHIVE_DIR, "results": settings.RESULT_DIR, "uploads": settings.UPLOAD_DIR}
