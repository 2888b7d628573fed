"""Systems of their own, for tests that need a whole installation: a data folder, a database, programs run on them."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def installation(folder: Path) -> Iterator[dict[str, str]]:
    """The variables of a system of its own: a folder, and where the suite runs on PostgreSQL a database too."""
    variables = {"PATH": os.environ["PATH"], "HWCALL_DATA": str(folder), "PYTHONUNBUFFERED": "1"}
    if connection.vendor == "sqlite":
        yield variables
        return
    place = settings.DATABASES["default"]
    name = f"own_{os.getpid()}_{time.monotonic_ns()}"
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    try:
        user = quote(place["USER"]) + (f":{quote(place['PASSWORD'])}" if place["PASSWORD"] else "")
        yield variables | {"DATABASE_URL": f"postgres://{user}@{place['HOST']}:{place['PORT']}/{name}"}
    finally:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def run(variables: dict[str, str], *arguments: str, script: str | None = None) -> str:
    """What ``manage.py`` with these arguments, or a script, prints; it must end well."""
    command = [sys.executable, "manage.py", *arguments]
    if script:
        command = [sys.executable, "-c", f"import django; django.setup()\n{script}"]
        variables = variables | {"DJANGO_SETTINGS_MODULE": "hwcall.settings"}
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
