"""Systems of their own, for tests that need a whole installation: a data folder, a database, programs run on them."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def installation(folder: Path, *, like: Mapping[str, str] | None = None) -> Iterator[dict[str, str]]:
    """The variables of a system of its own: a folder, and where the suite runs on PostgreSQL a database too.

    It begins empty, or with all that is in the system whose variables it is to be ``like``; no program may be at work
    in that one.
    """
    if like:
        shutil.copytree(like["HWCALL_DATA"], folder, dirs_exist_ok=True)
    variables = {"PATH": os.environ["PATH"], "HWCALL_DATA": str(folder), "PYTHONUNBUFFERED": "1"}
    if connection.vendor == "sqlite":
        yield variables
        return
    name = f"own_{os.getpid()}_{time.monotonic_ns()}"
    template = f" TEMPLATE {like['DATABASE_URL'].rpartition('/')[2]}" if like else ""
    on_the_server(f"CREATE DATABASE {name}{template}")
    try:
        yield variables | {"DATABASE_URL": address(name)}
    finally:
        on_the_server(f"DROP DATABASE {name} WITH (FORCE)")


def address(database: str) -> str:
    """Where a database is, on the server that the suite runs on."""
    place = settings.DATABASES["default"]
    user = quote(place["USER"]) + (f":{quote(place['PASSWORD'])}" if place["PASSWORD"] else "")
    return f"postgres://{user}@{place['HOST']}:{place['PORT']}/{database}"


def on_the_server(statement: str) -> None:
    with psycopg.connect(address("postgres"), autocommit=True) as line:
        line.execute(statement)


@contextmanager
def connected(variables: Mapping[str, str]) -> Iterator[psycopg.Connection | sqlite3.Connection]:
    """A line to a system's database that is no part of HwCall; each statement is a transaction of its own."""
    if url := variables.get("DATABASE_URL"):
        with psycopg.connect(url, autocommit=True) as line:
            yield line
    else:
        place = Path(variables["HWCALL_DATA"], "hwcall.sqlite3")
        with closing(sqlite3.connect(place, timeout=20, isolation_level=None)) as line:
            yield line


def run(variables: dict[str, str], *arguments: str, script: str | None = None) -> str:
    """What ``manage.py`` with these arguments, or a script, prints; it must end well."""
    command = [sys.executable, "manage.py", *arguments]
    if script:
        command = [sys.executable, "-c", f"import django; django.setup()\n{script}"]
        variables = variables | {"DJANGO_SETTINGS_MODULE": "hwcall.settings"}
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
