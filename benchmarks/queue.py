"""The queue: as quick with ten million numbers as with a million, and after 100,000 takes as at the first."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from uuid import uuid4

import psycopg
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import User
from benchmarks import pressing, stock
from benchmarks.ratio import Point, Ratio, Sizes, quiet_median_ms
from callback import actions
from config.models import BusinessType, Carrier
from hwcall.bench.times import percentile
from phones import queue

# How many takes a median is of, and how many go before it.
LOOKED_AT, WARM_UP = 500, 50
AGENTS = 500
# SQLite is for smaller rooms: what ten million rows cost there is not asked.
MOST_ON_SQLITE = 1_000_000


def measure(sizes: Sizes) -> Iterator[Ratio | Point]:
    # Many, as in a room that takes so much: each leaves traces of its own takes behind.
    agents = stock.people(AGENTS)
    few, many = sizes.few, sizes.many
    if connection.vendor == "sqlite":
        few, many = min(few, MOST_ON_SQLITE // 10), min(many, MOST_ON_SQLITE)
    medians, there = [], 0
    for count in (few, round((few * many) ** 0.5), many):
        stock.fill(count - there, seed=sizes.seed)
        there, seconds = count, takes(agents, LOOKED_AT)
        medians.append(quiet_median_ms(seconds))
        yield Point("a take", count, medians[-1], 1000 * percentile(sorted(seconds), 0.99))
    yield Ratio(2, f"a take from {many:,} numbers", medians[-1], "ms", 1.2, f"one from {few:,}", medians[0])
    with old_snapshot():
        passing = takes(agents, sizes.takes)
    window = min(LOOKED_AT, sizes.takes // 4)
    first, last = quiet_median_ms(passing[:window]), quiet_median_ms(passing[-window:])
    what = f"a take after {sizes.takes:,} takes beside an old snapshot"
    yield Ratio(2, what, last, "ms", 1.5, "the first ones", first)
    yield from pressing.measure(sizes)


def takes(agents: list[User], count: int) -> list[float]:
    """The seconds of so many takes, in this process; the number is filed each time, which does not count."""
    carrier, type = Carrier.objects.in_order()[0], BusinessType.objects.get(code=29)
    queue.forget_floors()
    seconds = []
    for agent in islice(cycle(agents), count + WARM_UP):
        now, began = timezone.now(), time.perf_counter()
        phone = actions.take(agent=agent, carrier=carrier, now=now)
        seconds.append(time.perf_counter() - began)
        filed = {"token": phone.token, "request_id": uuid4(), "type": type, "order_region": None, "note": ""}
        actions.classify(agent=agent, now=now, **filed)
    return seconds[WARM_UP:]


@contextmanager
def old_snapshot() -> Iterator[None]:
    """Somebody reads for a long time, as a dump does: what was taken since then cannot be cleared away."""
    if connection.vendor == "sqlite":
        reader = sqlite3.connect(settings.DATABASES["default"]["NAME"], isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM phones_batch")
    else:
        reader = psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor})
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT count(*) FROM phones_batch")
    try:
        yield
    finally:
        reader.close()
