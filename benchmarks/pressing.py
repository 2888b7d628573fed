"""A press without its page, at full speed: HwCall's own statements against the least that files and takes."""

from collections.abc import Iterator

from django.db import connection

from benchmarks import by_pgbench, by_sqlite
from benchmarks.ratio import Ratio, Sizes


def measure(sizes: Sizes) -> Iterator[Ratio]:
    return by_sqlite.measure(sizes) if connection.vendor == "sqlite" else by_pgbench.measure(sizes)
