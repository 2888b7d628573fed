"""The statistics of a month, against the same question to the call log, and to DuckDB where that is installed."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connection
from django.test import Client

from benchmarks import looking, stock
from benchmarks.exports import copy_to
from benchmarks.ratio import Ratio, Sizes, best_of
from callback.models import Tally
from config.models import BusinessType
from stats import reports

TIMES = 5
GROUPED = "SELECT agent_id, type_id, count(*) FROM {table} WHERE day BETWEEN '{0}' AND '{1}' GROUP BY 1, 2"
OWN_PAGE_MS = 10


def measure(sizes: Sizes) -> Iterator[Ratio]:
    batch = stock.fill(1000, seed=sizes.seed)
    stock.log_calls(sizes.calls, batch)
    ours = best_of(TIMES, month)
    what = f"a month by agent and type, of {sizes.calls:,} calls"
    yield Ratio(5, what, 1000 * ours, "ms", 0.1, "GROUP BY over the log", 1000 * best_of(2, by_the_log))
    if duck := by_duckdb():
        yield Ratio(5, what, 1000 * ours, "ms", 2, "DuckDB over the log", 1000 * duck)
    agent, client = stock.people(1)[0], Client()
    client.force_login(agent)
    first, last = stock.month()
    spent = looking.sql_ms(client, f"/stats/mine/?start={first}&end={last}")
    yield Ratio(5, "one's own page for a month, in SQL", spent, "ms", OWN_PAGE_MS)


def month() -> None:
    """The rows of the page's table."""
    types = list(BusinessType.objects.in_order())
    by = reports.By.AGENT
    tallies = Tally.objects.filter(day__range=stock.month())
    list(reports.grouped(tallies, types, view=reports.View.FILED, by=by, sort=reports.sort_of("", by, types)))


def by_the_log() -> None:
    with connection.cursor() as cursor:
        cursor.execute(GROUPED.format(*stock.month(), table="callback_call"))
        cursor.fetchall()


def by_duckdb() -> float | None:
    """The limit of what is possible: the log in columns, in memory. None where DuckDB is not installed."""
    try:
        import duckdb
    except ImportError:
        print("  (DuckDB is not installed: pip install duckdb)")
        return None
    table: Any = duckdb.connect()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "log.csv")
        copy_to(path, "SELECT day, agent_id, type_id FROM callback_call")
        columns = "{'day': 'DATE', 'agent_id': 'BIGINT', 'type_id': 'BIGINT'}"
        table.execute(f"CREATE TABLE log AS FROM read_csv('{path}', columns = {columns}, header = false)")
    return best_of(TIMES, lambda: table.execute(GROUPED.format(*stock.month(), table="log")).fetchall())
