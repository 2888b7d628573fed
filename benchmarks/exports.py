"""The export of a million numbers, against the csv module and COPY over the same rows."""

import csv
import multiprocessing
import resource
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from benchmarks import stock
from benchmarks.ratio import Ratio, Sizes, best_of, timed
from hwcall.bench import room
from phones import exports
from phones.filters import PhoneFilter
from phones.models import Job

COLUMNS = ["number", "state", "carrier", "region", "type", "agent", "classified_at", "batch"]
ROWS = """
SELECT p.number, p.state, c.name, r.name, t.name, u.name, p.classified_at, b.name FROM phones_phone p
JOIN config_carrier c ON c.id = p.carrier_id JOIN config_region r ON r.id = p.region_id
LEFT JOIN config_businesstype t ON t.id = p.type_id LEFT JOIN accounts_user u ON u.id = p.agent_id
JOIN phones_batch b ON b.id = p.batch_id ORDER BY p.id
"""
MOST_MIB = 60
TIMES = 3


def measure(sizes: Sizes) -> Iterator[Ratio]:
    stock.fill(sizes.rows, seed=sizes.seed)
    stock.classify_all()
    xlsx, grown = in_a_child("xlsx")
    # Each is over so soon that what others on the machine do just then would be most of it.
    csv_file = min(in_a_child("csv")[0] for _ in range(TIMES))
    by_module = timed(write_by_module)
    what = f"export of {sizes.rows:,} numbers × {len(COLUMNS)} columns"
    yield Ratio(4, f"{what}, .xlsx", xlsx, "s", 3, "the csv module from one cursor", by_module)
    yield Ratio(4, "memory that an export takes besides", grown, "MiB", MOST_MIB)
    if connection.vendor == "postgresql":
        yield Ratio(4, f"{what}, .csv", csv_file, "s", 1.5, "COPY … TO", best_of(TIMES, copy_out))


def in_a_child(file_format: str) -> tuple[float, float]:
    """Seconds, and by how many MiB a fresh process has grown."""
    connection.close()
    here, there = multiprocessing.Pipe()

    def work() -> None:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds = timed(lambda: export(file_format))
        there.send((seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024))

    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    child.join()
    if not here.poll():
        raise RuntimeError("the export broke off")
    seconds, grown = here.recv()
    return seconds, grown


def export(file_format: str) -> None:
    boss = stock.boss()
    chosen = PhoneFilter({}, user=boss)
    if not chosen.is_valid():
        raise RuntimeError(chosen.errors)
    job = exports.submit(
        chosen=chosen, by=boss, file_format=file_format, language="zh-hans", address=None, now=timezone.now(),
        columns=COLUMNS,
    )  # fmt: skip
    room.work()
    if Job.objects.get(pk=job.pk).state != Job.State.DONE:
        raise RuntimeError("the export failed")


# ── The limits ───────────────────────────────────────────────────────────────────────────────────────────────


def write_by_module() -> None:
    with Path(settings.DATA_DIR, "least.csv").open("w", newline="") as file, connection.chunked_cursor() as cursor:
        cursor.execute(ROWS)
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        while rows := cursor.fetchmany(5000):
            writer.writerows(rows)


def copy_out() -> None:
    copy_to(Path(settings.DATA_DIR, "copied.csv"), ROWS)


def copy_to(path: Path, rows: str) -> None:
    """Let PostgreSQL write what a query brings as CSV."""
    with (
        path.open("wb") as file,
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({rows}) TO STDOUT (FORMAT csv)") as copy,
    ):
        for block in copy:
            file.write(block)
