"""The two databases: a copy as of one moment while people work, and a copy brought back."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from hwcall.backups import manifest
from hwcall.backups.manifest import Unusable


def copy(to: Path) -> tuple[list[str], dict[str, int]]:
    """Write the database as it stands at one moment to a file; the migrations and the rows of each table in it."""
    return _copy_sqlite(to) if connection.vendor == "sqlite" else _copy_postgresql(to)


def load(copied: Path) -> None:
    """Bring a copy back into the empty place that the settings name: whole, or not at all."""
    if connection.vendor == "sqlite":
        _load_sqlite(copied)
    else:
        _load_postgresql(copied)


def is_empty() -> bool:
    """Whether nothing stands yet where a backup would go."""
    if connection.vendor == "sqlite" and not Path(settings.DATABASES["default"]["NAME"]).exists():
        return True
    empty = not connection.introspection.table_names()
    connection.close()
    return empty


def counted() -> dict[str, int]:
    """The rows of each table as they stand now."""
    with connection.cursor() as cursor:

        def execute(sql: str) -> Any:
            cursor.execute(sql)
            return cursor

        return manifest.count(execute, sorted(set(manifest.tables()) & set(connection.introspection.table_names())))


# ── SQLite ───────────────────────────────────────────────────────────────────────────────────────────────────


def _copy_sqlite(to: Path) -> tuple[list[str], dict[str, int]]:
    source = f"file:{settings.DATABASES['default']['NAME']}?mode=ro"
    with closing(sqlite3.connect(source, uri=True)) as working, closing(sqlite3.connect(to)) as copied:
        # All in one step: a reader in WAL mode holds nobody up, and a copy in steps begins anew with every write.
        working.backup(copied, pages=-1)
        # One file, without a log beside it.
        copied.execute("PRAGMA journal_mode = DELETE")
        return _migrations(copied.execute), manifest.count(copied.execute, manifest.tables())


def _load_sqlite(copied: Path) -> None:
    place = Path(settings.DATABASES["default"]["NAME"])
    with closing(sqlite3.connect(copied)) as database:
        if [fault for (fault,) in database.execute("PRAGMA integrity_check") if fault != "ok"]:
            raise Unusable("The database in this backup is damaged.")
    connection.close()
    # What an empty database has left beside it belongs to no other.
    for beside in ("-wal", "-shm"):
        place.with_name(place.name + beside).unlink(missing_ok=True)
    copied.chmod(0o600)
    copied.replace(place)


# ── PostgreSQL ───────────────────────────────────────────────────────────────────────────────────────────────


def _copy_postgresql(to: Path) -> tuple[list[str], dict[str, int]]:
    connection.ensure_connection()
    with connection.cursor() as cursor:

        def execute(sql: str) -> Any:
            cursor.execute(sql)
            return cursor

        execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        try:
            # pg_dump sees the very moment that is counted here, however long it takes.
            execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            snapshot = execute("SELECT pg_export_snapshot()").fetchone()[0]
            facts = _migrations(execute), manifest.count(execute, manifest.tables())
            _run("pg_dump", "--format=custom", "--compress=1", f"--snapshot={snapshot}", *_OURS, f"--file={to}")
        finally:
            execute("ROLLBACK")
    return facts


def _load_postgresql(copied: Path) -> None:
    connection.close()
    _run("pg_restore", "--single-transaction", "--exit-on-error", *_OURS, f"--dbname={_name()}", str(copied))


# Whoever restores owns what is restored.
_OURS = ("--no-owner", "--no-privileges", "--no-password")


def _name() -> str:
    return str(settings.DATABASES["default"]["NAME"])


def _run(program: str, *arguments: str) -> None:
    database = settings.DATABASES["default"]
    said = {"PGHOST": database["HOST"], "PGPORT": database["PORT"], "PGUSER": database["USER"], "PGDATABASE": _name()}
    # In the environment and not among the arguments, which everybody on the machine can read.
    said["PGPASSWORD"] = database["PASSWORD"]
    environment = {**os.environ, **{name: str(value) for name, value in said.items() if value}}
    ended = subprocess.run([_find(program), *arguments], env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        reason = ended.stderr.strip().splitlines() or [f"it ended with {ended.returncode}"]
        raise Unusable(f"{program} failed: {reason[0]}")


def _find(program: str) -> str:
    """The newest that there is: a dump needs one that is no older than the server."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: float(path.parts[-3]))
    if path := (str(found[-1]) if found else shutil.which(program)):
        return path
    raise Unusable(f"{program} is not installed (Debian: apt install postgresql-client).")


def _migrations(execute: Any) -> list[str]:
    rows = execute("SELECT app, name FROM django_migrations ORDER BY app, name").fetchall()
    return [f"{app}.{name}" for app, name in rows]
