"""A place of its own: a data folder and a database that are made for one run, and gone after it."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

SQLITE = "sqlite"
# Whose settings would lead back to the real room, or hide the server from clients that speak plain HTTP.
OURS = ("HWCALL_", "DJANGO_", "DATABASE_URL")


class Unavailable(Exception):
    """The place can't be made; said to the person in one line."""


@contextmanager
def made(database: str, beside: Path) -> Iterator[dict[str, str]]:
    """The environment of a place that ends with the block; nothing of the caller's own settings is in it.

    ``database`` is the URL of a PostgreSQL in which a database of its own is created, or SQLITE. The folder is made
    ``beside`` the real data, so that it lies on the same disk.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    with tempfile.TemporaryDirectory(prefix="bench-", dir=beside) as folder:
        variables = kept | {"HWCALL_DATA": folder, "PYTHONUNBUFFERED": "1"}
        if database.partition(":")[0] == SQLITE:
            yield variables
            return
        with created(database) as url:
            yield variables | {"DATABASE_URL": url}


@contextmanager
def created(server: str) -> Iterator[str]:
    """The URL of a fresh database on a server, dropped at the end. Raises Unavailable."""
    asked = urlsplit(server)._replace(scheme="postgresql")
    name = f"hwcall_bench_{secrets.token_hex(6)}"
    try:
        _execute(asked.geturl(), "CREATE DATABASE {}", name)
    except psycopg.errors.InsufficientPrivilege as error:
        raise Unavailable("This user may not create a database: ALTER ROLE … CREATEDB, as an administrator.") from error
    except psycopg.Error as error:
        raise Unavailable(f"No database could be created: {str(error).strip()}") from error
    try:
        yield asked._replace(scheme="postgres", path=f"/{name}").geturl()
    finally:
        _execute(asked.geturl(), "DROP DATABASE {} WITH (FORCE)", name)


def _execute(url: str, statement: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
