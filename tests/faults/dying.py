"""The web application with a weak point: where the test says so, its process ends itself, or stops, in a press.

``HWCALL_WEAK_POINT`` names a file. Which point is weak stands in it: ``before`` the commit of a call, ``after`` it and
before the answer, or ``arrival`` of the press. Whoever takes the file away has it happen to them, once.
"""

import contextlib
import os
import signal
from pathlib import Path
from threading import get_ident, local

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from hwcall.wsgi import application as hwcall

WEAK_POINT = Path(os.environ["HWCALL_WEAK_POINT"])
HAPPENS = {"before": signal.SIGKILL, "after": signal.SIGKILL, "arrival": signal.SIGSTOP}
here = local()
commit = BaseDatabaseWrapper.commit


def perhaps(point: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        if WEAK_POINT.read_text() == point:
            WEAK_POINT.unlink()
            # Sent to the process, another thread may take it, and this one go on for a while.
            signal.pthread_kill(get_ident(), HAPPENS[point])


def notice(execute, sql, params, many, context):
    if "INSERT INTO callback_call" in sql.replace('"', ""):
        here.files_a_call = True
    return execute(sql, params, many, context)


def commit_or_die(self: BaseDatabaseWrapper) -> None:
    files_a_call, here.files_a_call = getattr(here, "files_a_call", False), False
    if files_a_call:
        perhaps("before")
    commit(self)
    if files_a_call:
        perhaps("after")


def watch(connection: BaseDatabaseWrapper, **_: object) -> None:
    connection.execute_wrappers.append(notice)


BaseDatabaseWrapper.commit = commit_or_die
connection_created.connect(watch)


def application(environ, start_response):
    if environ["REQUEST_METHOD"] == "POST":
        perhaps("arrival")
    return hwcall(environ, start_response)
