"""Rows to a file that is kept for whoever asked: written as a job, streamed from pages, whole or not at all."""

import csv
import errno
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.models import AuditEntry, User
from phones import jobs, workbooks
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
# What a spreadsheet program would take for a formula; the full-width signs are typed the same in Chinese.
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
NOT_IN_A_NAME = re.compile(r"[^\w.\-–]+")

Values = tuple[Any, ...]


class TooManyOpen(Exception):
    """The operator has OPEN_LIMIT files that are not done yet."""


@dataclass(frozen=True)
class Table:
    """What stands in a file.

    ``pages`` gives the values page by page, each read by a query of its own, and begins anew when it is called again;
    ``row_of`` makes a row of words of them. ``expected`` is about how many there will be. ``words`` name the file.
    ``keep`` is called in the transaction that finishes the job.
    """

    name: str
    columns: list[workbooks.Column]
    expected: int
    pages: Callable[[], Iterator[list[Values]]]
    row_of: Callable[[Values], workbooks.Row]
    words: list[str]
    keep: Callable[[], object] = lambda: None


def narrowed(table: Table, names: Collection[str]) -> Table:
    """The table with its columns of these names alone; with all of them where it has none that is called so."""
    chosen = [position for position, column in enumerate(table.columns) if column.name in names]
    row_of = table.row_of

    def picked(values: Values) -> workbooks.Row:
        row = row_of(values)
        return tuple([row[position] for position in chosen])

    return replace(table, columns=[table.columns[position] for position in chosen], row_of=picked) if chosen else table


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

    def rows() -> Iterator[workbooks.Row]:
        done = 0
        for page in table.pages():
            for values in page:
                yield table.row_of(values)
            done += len(page)
            progress.tell(done=done, total=max(done, table.expected))
        progress.tell(stage="pack")

    if path.suffix == ".csv":
        count = write_csv(path, [column.title for column in table.columns], rows())
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


class Names(dict[int | None, str | None]):
    """The names of things by their ids, each asked for once: one that comes up while a file is made is found too."""

    def __init__(self, things: QuerySet[Any]) -> None:
        super().__init__({None: None})
        self._things = things

    def __missing__(self, pk: int) -> str:
        name = self[pk] = workbooks.clean(str(self._things.get(pk=pk)))
        return name


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
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(titles)
        for row in rows:
            writer.writerow([_csv_cell(cell) for cell in row])
            count += 1
    return count


@lru_cache(maxsize=10_000)
def harmless(text: str) -> str:
    """A text as a cell of CSV: what would be a formula gets a leading ', which our own import takes off again."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _csv_cell(cell: workbooks.Cell) -> str:
    if cell is None:
        return ""
    return harmless(cell) if type(cell) is str else str(cell)
