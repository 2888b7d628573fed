"""What must be there before HwCall can serve: translations, tables, the first administrator, static files."""

import fcntl
import hashlib
import inspect
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured

from hwcall import translations


class CannotPrepare(Exception):
    """Said to the person in one line."""


def prepare(*, demo: bool) -> None:
    """Bring all up to date; what already is costs nearly nothing. Raises CannotPrepare."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hwcall.settings")
    # What is made from here on, by the processes that are started next as well, is for its owner alone.
    os.umask(0o077)
    try:
        # First of all: a catalogue that is missing when Django looks for it is missing to this process for ever, and
        # an empty system would be furnished in English.
        translations.compile_all()
        django.setup()
    except (ImproperlyConfigured, OSError) as error:
        raise CannotPrepare(str(error)) from error

    from django.core.management import CommandError, call_command
    from django.db import OperationalError, connections

    try:
        with one_at_a_time():
            close_to_others()
            migrate()
            call_command("setup")
            collect_static_files()
            if demo:
                call_command("demo")
    except CommandError as error:
        raise CannotPrepare(str(error)) from error
    except OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise CannotPrepare(f"the database can't be used: {reason}") from error
    except OSError as error:
        raise CannotPrepare(str(error)) from error
    finally:
        connections.close_all()
        sys.stdout and sys.stdout.flush()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two starts on the same data wait for each other."""
    from django.conf import settings

    with (settings.DATA_DIR / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def close_to_others() -> None:
    """Take a database from its group and all others that was made when the data folder was open to them."""
    from django.db import connection

    if connection.vendor != "sqlite":
        return
    for ending in ("", "-wal", "-shm"):
        # It may not be there yet, or be another's who has let us in.
        with suppress(FileNotFoundError, PermissionError):
            os.chmod(f"{connection.settings_dict['NAME']}{ending}", 0o600)


def migrate() -> None:
    """Make the tables where there are migrations to apply."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)


def collect_static_files() -> None:
    """Gather the static files where one of them has changed."""
    from django.conf import settings
    from django.core.management import call_command

    stamp = settings.DATA_DIR / "static.stamp"
    fingerprint = static_fingerprint()
    if settings.STATIC_ROOT.is_dir() and stamp.exists() and stamp.read_text() == fingerprint:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(fingerprint)


def static_fingerprint() -> str:
    """Changes with any static file, and with how they are stored."""
    from django.contrib.staticfiles.finders import get_finders
    from django.contrib.staticfiles.storage import staticfiles_storage

    # __class__ asks the storage itself; type() would answer for its lazy stand-in.
    storage_source = Path(inspect.getfile(staticfiles_storage.__class__))
    parts = [f"{storage_source} {storage_source.stat().st_mtime_ns}"]
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = os.stat(storage.path(name))
            parts.append(f"{name} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()
