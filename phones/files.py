"""Rows to a file that is kept for whoever asked: written as a job, streamed from pages, whole or not at all."""

import csv
import errno
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.models import AuditEntry, User
from phones import cells, csv_lines, jobs, workbooks
from phones.models import Job
from phones.unreadable import Fault

FORMATS = ("xlsx", "csv")
KEPT = timedelta(days=30)
# One operator's files must not keep everybody else's jobs waiting.
OPEN_LIMIT = 5
# The kinds of jobs that make files; the same limit and the same end for all.
KINDS = (Job.Kind.EXPORT, Job.Kind.CALLS, Job.Kind.LOG)
STAGES = (("rows", gettext_lazy("Collect the rows")), ("pack", gettext_lazy("Write the file")))
CANCEL_MEANS = gettext_lazy("If you cancel now, the unfinished file is removed. Nothing else changes.")
# Of a file that Excel opens without asking.
LINE_END = "\r\n"
ROWS_AT_ONCE = 1000
NOT_IN_A_NAME = re.compile(r"[^\w.\-–]+")


class TooManyOpen(Exception):
    """The operator has OPEN_LIMIT files that are not done yet."""


@dataclass(frozen=True)
class Table:
    """What stands in a file.

    ``pages`` gives the rows page by page, each read by a query of its own, and begins anew when it is called again;
    ``in_lines`` where they are lines of CSV. ``expected`` is about how many rows there will be. ``words`` name the
    file. ``keep`` is called in the transaction that finishes the job.
    """

    name: str
    columns: list[workbooks.Column]
    expected: int
    pages: Callable[[], Iterator[cells.Page]]
    words: list[str]
    keep: Callable[[], object] = lambda: None
    in_lines: bool = False


def narrowed(columns: list[workbooks.Column], names: Collection[str]) -> list[workbooks.Column]:
    """The columns of these names alone; all of them where none is called so."""
    return [column for column in columns if column.name in names] or columns


def reader(job: Job, sources: Sequence[cells.Source], *, beside: str | None = None) -> tuple[cells.Read, bool]:
    """How the pages of a job's file are read the quickest, and whether they are lines of CSV then."""
    masked = any(isinstance(source, cells.Masked) for source in sources)
    if job.arguments["format"] == "csv" and connection.vendor == "postgresql" and not masked:
        return csv_lines.reader(sources, beside=beside), True
    return cells.reader(sources, beside=beside), False


@transaction.atomic
def submit(
    *, kind: Job.Kind, by: User, title: str, file_format: str, language: str, address: str | None, now: datetime,
    **arguments: Any,
) -> Job:  # fmt: skip
    """Ask for a file; the same once more, while it is not done, is the same job. Raises TooManyOpen."""
    # Whoever asks twice at once is answered one after the other.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    arguments |= {"format": file_format, "language": language, "address": address}
    if same := jobs.under_way(by=by, kind=kind).filter(arguments=arguments).first():
        return same
    if Job.objects.open().filter(by=by, kind__in=KINDS, cancel_requested=False).count() >= OPEN_LIMIT:
        raise TooManyOpen
    return jobs.submit(kind=kind, by=by, title=title, now=now, **arguments)


def recent(user: User) -> QuerySet[Job]:
    """The files that were made or are being made, the newest first: an administrator sees everybody's."""
    made = Job.objects.filter(kind__in=KINDS).select_related("by").order_by("-created_at", "-pk")
    return made if user.is_administrator else made.filter(by=user)


def downloads(job: Job) -> QuerySet[AuditEntry]:
    """Who fetched the file of a job, and when."""
    since = job.finished_at or job.created_at
    fetched = AuditEntry.objects.filter(action="export.download", at__gte=since, data__job=str(job.pk))
    return fetched.select_related("by").order_by("at", "pk")


def make(job: Job, progress: jobs.Progress, table: Table, **recorded: Any) -> None:
    """Write the file of a job, put it on record with what is ``recorded`` besides, and finish the job."""
    folder = _folder(job)
    # Each try has a file of its own: a worker that was given up and wakes up writes into nobody's.
    path = folder / f"{job.attempts}.{job.arguments['format']}"
    try:
        rows = _write(path, table, progress)
        _finish(job, progress, path, rows, table, recorded)
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise jobs.Failed(Fault.DISK_FULL) from error
        raise
    for left in folder.iterdir():
        if left != path:
            left.unlink(missing_ok=True)


def _folder(job: Job) -> Path:
    folder = Path(settings.RESULT_DIR) / str(job.pk)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _write(path: Path, table: Table, progress: jobs.Progress) -> int:
    """Write the rows and say how many there were."""
    progress.tell(stage="rows", done=0, total=table.expected)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))

    def pages() -> Iterator[cells.Page]:
        done = 0
        for page in table.pages():
            yield page
            done += len(page.keys)
            progress.tell(done=done, total=max(done, table.expected))
        progress.tell(stage="pack")

    def rows() -> Iterator[workbooks.Row]:
        return chain.from_iterable(page.rows for page in pages())

    titles = [column.title for column in table.columns]
    if table.in_lines:
        count = write_lines(path, titles, pages())
    elif path.suffix == ".csv":
        count = write_csv(path, titles, rows())
    else:
        count = workbooks.write(path, table.name, table.columns, rows, table.expected)
    progress.tell(done=count, total=count)
    return count


def _finish(job: Job, progress: jobs.Progress, path: Path, rows: int, table: Table, recorded: dict[str, Any]) -> None:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    name = file_name(table.words, job.arguments["format"], job.created_at)
    facts = {"rows": rows, "size": path.stat().st_size, "sha256": sha256}
    with transaction.atomic():
        table.keep()
        audit.record(
            by=job.by, action="export.make", about=job.title, count=rows, address=job.arguments["address"],
            job=str(job.pk), kind=str(job.kind), sha256=sha256, **recorded,
        )  # fmt: skip
        progress.finish(result=f"{job.pk}/{path.name}", result_name=name, cursor=facts)


def forget_old(*, now: datetime) -> None:
    """Remove the files that were kept long enough, and what unfinished jobs have left."""
    old = Job.objects.filter(kind__in=KINDS, finished_at__lt=now - KEPT).exclude(result="")
    for job in old:
        shutil.rmtree(Path(settings.RESULT_DIR) / str(job.pk), ignore_errors=True)
        Job.objects.filter(pk=job.pk).update(result="")
    _forget_unfinished()


def _forget_unfinished() -> None:
    """Remove what jobs have left that were cancelled or given up, or whose worker was killed in the end."""
    root = Path(settings.RESULT_DIR)
    for found in root.iterdir() if root.exists() else ():
        try:
            job = Job.objects.filter(pk=UUID(found.name)).first()
        except ValueError:
            continue
        if job is None or not (job.open or job.result):
            shutil.rmtree(found, ignore_errors=True)


def file_name(words: list[str], file_format: str, now: datetime) -> str:
    """A name that any system can store: HwCall, the words, and when it was asked for."""
    plain = NOT_IN_A_NAME.sub("-", "_".join(words)).strip("-._")[:80]
    return "_".join(filter(None, ("HwCall", plain, f"{timezone.localtime(now):%Y%m%d-%H%M}"))) + f".{file_format}"


# ── Cells ────────────────────────────────────────────────────────────────────────────────────────────────────


def local_time(at: datetime | None) -> datetime | None:
    """A moment as a cell holds it: the room's clock, without a zone, to the second."""
    return at and at.astimezone(ZoneInfo(settings.TIME_ZONE)).replace(tzinfo=None, microsecond=0)


def write_csv(path: Path, titles: list[str], rows: Iterator[workbooks.Row]) -> int:
    """Write rows as CSV that Excel opens without asking: UTF-8 with its mark, CRLF, every field in quotes.

    Numbers are plain digits: Excel drops the leading 0 of land lines when it opens the file by a double click, and
    the only spelling that it would keep, ="0538…", is a formula. Who needs them in Excel takes .xlsx.
    """
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = _csv_writer(file, titles)
        while some := list(islice(rows, ROWS_AT_ONCE)):
            writer.writerows(cells.all_harmless(some))
            count += len(some)
    return count


def write_lines(path: Path, titles: list[str], pages: Iterator[cells.Page]) -> int:
    """Write the same CSV of rows that are lines already."""
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        _csv_writer(file, titles)
        for page in pages:
            file.write(page.lines)
            file.write(LINE_END)
            count += len(page.keys)
    return count


def _csv_writer(file: TextIO, titles: list[str]) -> Any:
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator=LINE_END)
    writer.writerow(titles)
    return writer
