"""Whoever changes the stock by the thousand waits for their turn: imports and reverts go one after another.

So two imports of overlapping lists never meet, and what one has counted stays true until it is done.
"""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error, connection, transaction

from phones.jobs import Lost
from phones.models import Job

LOOK_AGAIN_SECONDS = 0.1
# Any number will do that no other program uses in this database; this one is "HwCall" in bytes.
KEY = int.from_bytes(b"HwCall")
# SQLite gives its one write lock to whoever asks just then, and who has waited long asks seldom: after each piece this
# long nobody of ours asks, so that the desk comes in.
PIECE_ROWS = 5_000
PAUSE_SECONDS = 0.02
# PostgreSQL makes the desk wait only for rows that a piece has locked, and lets it in as soon as that has ended: there
# pieces are short, and the pause is for the processor alone.
SHORT_PIECE_ROWS = 500
SHORT_PAUSE_SECONDS = 0.005
# Whoever waits looks again after a tenth of a second at the latest: where a piece takes long, so long is left to them.
LONG_PAUSE_SECONDS = 0.11

Tell = Callable[[], object]


@contextmanager
def whole(tell: Tell) -> Iterator[None]:
    """One transaction that has the turn, on a database whose readers and agents do not wait for it (PostgreSQL).

    Foreign keys are checked as rows come, so that the end is quick; the locks that it waits for are short ones.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = 0")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        while True:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [KEY])
            if cursor.fetchone()[0]:
                break
            tell()
            time.sleep(LOOK_AGAIN_SECONDS)
        yield


@contextmanager
def pieces(tell: Tell) -> Iterator[None]:
    """The turn for work in many short transactions (SQLite); a process that dies gives it up."""
    with Path(settings.DATA_DIR, "turn.lock").open("a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                tell()
                time.sleep(LOOK_AGAIN_SECONDS)
        yield


@contextmanager
def kept(tell: Tell) -> Iterator[None]:
    """The turn over many transactions, on either database; a process that dies gives it up.

    On PostgreSQL it is the session's, so that it also goes where the connection is lost. The file's lock stands before
    it: a worker that was given up and wakes up without its connection is still alone with the files that it writes.
    """
    with pieces(tell):
        if in_pieces():
            yield
            return
        while not _lock_session():
            tell()
            time.sleep(LOOK_AGAIN_SECONDS)
        try:
            yield
        finally:
            _unlock_session()


def _lock_session() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [KEY])
        return bool(cursor.fetchone()[0])


def _unlock_session() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [KEY])
    except Error:
        # Whatever it was, the turn must not stay with a connection that lives on.
        connection.close()


@contextmanager
def piece(*, long: bool = False) -> Iterator[None]:
    """One short transaction of many, and time for others after it; where it is ``long``, enough for all of them."""
    with transaction.atomic():
        yield
    if not in_pieces():
        time.sleep(SHORT_PAUSE_SECONDS)
    else:
        time.sleep(LONG_PAUSE_SECONDS if long else PAUSE_SECONDS)


def piece_rows() -> int:
    """How many numbers a piece has that changes what somebody at the desk may be working on."""
    return PIECE_ROWS if in_pieces() else min(SHORT_PIECE_ROWS, PIECE_ROWS)


def keep(job: Job, cursor: dict[str, Any]) -> None:
    """Note how far a job in pieces is, in the piece's own transaction. Raises Lost where it is another worker's."""
    mine = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts)
    if not mine.update(cursor=cursor):
        raise Lost


def in_pieces() -> bool:
    """Whether every long write would make the desk wait, as one write lock for everybody does (SQLite)."""
    return connection.vendor == "sqlite"
