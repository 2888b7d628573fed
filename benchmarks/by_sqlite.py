"""Takes and results of four processes on SQLite, through HwCall's actions and with bare sqlite3."""

import multiprocessing
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.utils import timezone

from benchmarks import stock
from benchmarks.ratio import Ratio, Sizes
from callback import actions
from config.models import BusinessType, Carrier

PROCESSES = 4
ROWS = 50_000
# The same promise as HwCall's: what was acknowledged is on the disk.
OPENING = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8192;"
TABLES = """
CREATE TABLE phone (id INTEGER PRIMARY KEY, number TEXT UNIQUE, carrier INTEGER, state INTEGER DEFAULT 0,
    holder INTEGER, token TEXT, type INTEGER);
CREATE INDEX waiting ON phone (carrier, id) WHERE state = 0 AND holder IS NULL;
CREATE TABLE call (id INTEGER PRIMARY KEY, request_id TEXT UNIQUE, phone INTEGER, agent INTEGER, type INTEGER, at TEXT);
CREATE INDEX of_agent ON call (agent, at);
CREATE TABLE tally (day TEXT, agent INTEGER, type INTEGER, count INTEGER, PRIMARY KEY (day, agent, type));
"""


def measure(sizes: Sizes) -> Iterator[Ratio]:
    stock.people(PROCESSES)
    connection.close()
    ours = at_once(press, sizes.seconds)
    prepare()
    bare = at_once(press_bare, sizes.seconds)
    what = f"take and result on SQLite, {PROCESSES} processes"
    yield Ratio(2, what, sum(ours) / sizes.seconds, "a second", 0.3, "bare sqlite3", sum(bare) / sizes.seconds, True)


def at_once(work: Callable[[int, float], int], seconds: float) -> list[int]:
    """How often each of the processes got it done. Whatever one fails at breaks off all: "database is locked" too."""
    with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
        return pool.starmap(work, [(ordinal, seconds) for ordinal in range(PROCESSES)])


def press(ordinal: int, seconds: float) -> int:
    agent, carrier = stock.people(PROCESSES)[ordinal], Carrier.objects.in_order()[0]
    type, done, until = BusinessType.objects.get(code=29), 0, time.perf_counter() + seconds
    while time.perf_counter() < until:
        now = timezone.now()
        phone = actions.take(agent=agent, carrier=carrier, now=now)
        if phone is None:
            raise RuntimeError("there is no number left")
        filed = {"token": phone.token, "request_id": uuid4(), "type": type, "order_region": None, "note": ""}
        actions.classify(agent=agent, now=now, **filed)
        done += 1
    return done


def place() -> Path:
    return Path(settings.DATA_DIR, "bare.sqlite3")


def bare() -> sqlite3.Connection:
    opened = sqlite3.connect(place(), isolation_level=None, timeout=20)
    opened.executescript(OPENING)
    return opened


def prepare() -> None:
    with bare() as made:
        made.executescript(TABLES)
        made.execute("BEGIN")
        made.executemany(
            "INSERT INTO phone (number, carrier) VALUES (?, 1)", ((str(13_000_000_000 + at),) for at in range(ROWS))
        )
        made.execute("COMMIT")


def press_bare(ordinal: int, seconds: float) -> int:
    """The limit: one statement to take, three to file, in two transactions."""
    line, done, until = bare(), 0, time.perf_counter() + seconds
    while time.perf_counter() < until:
        line.execute("BEGIN IMMEDIATE")
        (phone,) = line.execute(
            "UPDATE phone SET holder = ?, token = ? WHERE id = (SELECT id FROM phone WHERE carrier = 1 AND state = 0"
            " AND holder IS NULL ORDER BY id LIMIT 1) RETURNING id",
            [ordinal, uuid4().hex],
        ).fetchone()
        line.execute("COMMIT")
        line.execute("BEGIN IMMEDIATE")
        line.execute("UPDATE phone SET state = 1, type = 29, holder = NULL WHERE id = ?", [phone])
        line.execute(
            "INSERT INTO call (request_id, phone, agent, type, at) VALUES (?, ?, ?, 29, '')",
            [uuid4().hex, phone, ordinal],
        )
        line.execute(
            "INSERT INTO tally VALUES ('2026-11-23', ?, 29, 1)"
            " ON CONFLICT (day, agent, type) DO UPDATE SET count = count + 1",
            [ordinal],
        )
        line.execute("COMMIT")
        done += 1
    return done
