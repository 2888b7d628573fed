"""Rows to a file: exports as jobs, streamed from pages of numbers."""

import csv
import errno
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from copy import copy
from datetime import datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, Min, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from accounts import audit
from accounts.models import User
from config.models import BusinessType, Carrier, Region
from phones import jobs, number_lists, workbooks
from phones.filters import PhoneFilter
from phones.models import Batch, Job, Phone, State
from phones.unreadable import Fault

FORMATS = ("xlsx", "csv")
PAGE = 5000
# With a given list, each page costs a look at the whole of it: so there are fewer of them.
PAGE_OF_A_LIST = 25_000
KEPT = timedelta(days=30)
# One operator's exports must not keep everybody else's jobs waiting.
OPEN_LIMIT = 5
FIELDS = (
    "pk", "number", "state", "carrier_id", "region_id", "order_region_id", "type_id", "agent_id", "classified_at",
    "batch_id", "note",
)  # fmt: skip
# What a spreadsheet program would take for a formula; the full-width signs are typed the same in Chinese.
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
NOT_IN_A_NAME = re.compile(r"[^\w.\-–]+")


Pages = Callable[[], Iterator[list[tuple[Any, ...]]]]


class TooManyOpen(Exception):
    """The operator has OPEN_LIMIT exports that are not done yet."""


def columns() -> list[workbooks.Column]:
    """The columns of an export, in the language of the moment."""
    return [
        workbooks.Column(_("Number"), 14),
        workbooks.Column(pgettext("phone", "State"), 9),
        workbooks.Column(_("Carrier"), 12),
        workbooks.Column(_("Home region"), 12),
        workbooks.Column(_("Order region"), 12),
        workbooks.Column(_("Business type"), 16),
        workbooks.Column(_("Agent"), 10),
        workbooks.Column(_("Classified at"), 19, is_time=True),
        workbooks.Column(_("Batch"), 20),
        workbooks.Column(_("Note"), 32),
    ]


@transaction.atomic
def submit(
    *, chosen: PhoneFilter, by: User, file_format: str, language: str, address: str | None, now: datetime
) -> Job:
    """Ask for the export of a valid filter; the same once more, while it is not done, is the same job.

    Raises TooManyOpen.
    """
    arguments = {"filter": chosen.arguments(), "format": file_format, "language": language, "address": address}
    mine = jobs.under_way(by=by, kind=Job.Kind.EXPORT)
    if same := mine.filter(arguments=arguments).first():
        return same
    if mine.count() >= OPEN_LIMIT:
        raise TooManyOpen
    title = ", ".join(chosen.words()) or _("All numbers")
    return jobs.submit(kind=Job.Kind.EXPORT, by=by, title=title, now=now, **arguments)


def run(job: Job, progress: jobs.Progress) -> None:
    """Write the file of an export and finish its job.

    It holds the numbers that fit the filter at the moment their page is read, among those that were there when it
    began: no transaction stays open over it, and what an agent files meanwhile is in or out as a whole row.
    """
    with override(job.arguments["language"]):
        chosen = PhoneFilter(_query(job.arguments["filter"]), user=job.by)
        if not chosen.is_valid():
            raise jobs.Failed("export_choice_gone")
        folder = _folder(job)
        # Each try has a file of its own: a worker that was given up and wakes up writes into nobody's.
        path = folder / f"{job.attempts}.{job.arguments['format']}"
        try:
            rows = _write(path, chosen, progress)
            _finish(job, progress, path, rows, chosen)
        except BaseException as error:
            path.unlink(missing_ok=True)
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                raise jobs.Failed(Fault.DISK_FULL) from error
            raise
    for left in folder.iterdir():
        if left != path:
            left.unlink(missing_ok=True)


def forget_old(*, now: datetime) -> None:
    """Remove the files of exports, and the given lists, that were kept long enough."""
    number_lists.forget_old(now=now)
    old = Job.objects.filter(kind=Job.Kind.EXPORT, finished_at__lt=now - KEPT).exclude(result="")
    for job in old:
        shutil.rmtree(Path(settings.RESULT_DIR) / str(job.pk), ignore_errors=True)
        Job.objects.filter(pk=job.pk).update(result="")
    _forget_unfinished()


def _forget_unfinished() -> None:
    """Remove what exports have left that were cancelled or given up, or whose worker was killed in the end."""
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


@lru_cache(maxsize=10_000)
def harmless(text: str) -> str:
    """A text as a cell of CSV: what would be a formula gets a leading ', which our own import takes off again."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _query(arguments: dict[str, str]) -> QueryDict:
    query = QueryDict(mutable=True)
    query.update(arguments)
    return query


def _folder(job: Job) -> Path:
    folder = Path(settings.RESULT_DIR) / str(job.pk)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _write(path: Path, chosen: PhoneFilter, progress: jobs.Progress) -> int:
    """Write the rows and say how many there were."""
    last = Phone.objects.aggregate(last=Max("pk"))["last"] or 0
    queryset = _by_id(chosen).filter(pk__lte=last)
    expected = queryset.count()
    progress.tell(stage="rows", done=0, total=expected)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    pages = partial(_pages, queryset, PAGE_OF_A_LIST if chosen.cleaned_data["list"] else PAGE)
    rows = partial(_rows, pages, progress, expected)
    if path.suffix == ".csv":
        count = write_csv(path, [column.title for column in columns()], rows())
    else:
        count = workbooks.write(path, _("Numbers"), columns(), rows, expected)
    progress.tell(done=count, total=count)
    return count


def _finish(job: Job, progress: jobs.Progress, path: Path, rows: int, chosen: PhoneFilter) -> None:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    name = file_name(chosen.words(), job.arguments["format"], job.created_at)
    facts = {"rows": rows, "size": path.stat().st_size, "sha256": sha256}
    with transaction.atomic():
        audit.record(
            by=job.by, action="export.make", about=job.title, count=rows, address=job.arguments["address"],
            job=str(job.pk), filter=job.arguments["filter"], sha256=sha256,
        )  # fmt: skip
        progress.finish(result=f"{job.pk}/{path.name}", result_name=name, cursor=facts)


def _by_id(chosen: PhoneFilter) -> QuerySet[Phone]:
    """The numbers that are meant, in such words that the database reads page after page along their ids.

    By the index of the batch it would find all of the batch for each page, and sort it anew.
    """
    batch = chosen.cleaned_data["batch"]
    if not batch:
        return chosen.numbers()
    # A batch's ids lie close together, and no number changes its batch.
    ends = Phone.objects.filter(batch=batch).aggregate(first=Min("pk"), last=Max("pk"))
    others = copy(chosen)
    others.cleaned_data = chosen.cleaned_data | {"batch": None}
    of_batch = others.numbers().alias(of=F("batch_id") + 0).filter(of=batch.pk)
    return of_batch.filter(pk__range=(ends["first"] or 0, ends["last"] or 0))


def _pages(queryset: QuerySet[Phone], size: int) -> Iterator[list[tuple[Any, ...]]]:
    """The values of the numbers by id: each page is a query of its own, so that no snapshot is held for long."""
    after = 0
    while page := list(queryset.filter(pk__gt=after).order_by("pk").values_list(*FIELDS)[:size]):
        yield page
        after = page[-1][0]


def _rows(pages: Pages, progress: jobs.Progress, expected: int) -> Iterator[workbooks.Row]:
    row_of = _naming()
    done = 0
    for page in pages():
        for values in page:
            yield row_of(values)
        done += len(page)
        progress.tell(done=done, total=max(done, expected))
    progress.tell(stage="pack")


class _Names(dict[int | None, str | None]):
    """The names of things by their ids, each asked for once: one that comes up while the export runs is found too."""

    def __init__(self, things: QuerySet[Any]) -> None:
        super().__init__({None: None})
        self._things = things

    def __missing__(self, pk: int) -> str:
        name = self[pk] = workbooks.clean(str(self._things.get(pk=pk)))
        return name


def _naming() -> Callable[[tuple[Any, ...]], workbooks.Row]:
    """How a row of ids becomes one of words."""
    clean, zone = workbooks.clean, ZoneInfo(settings.TIME_ZONE)
    states = {value: str(label) for value, label in State.choices}
    carriers, regions = _Names(Carrier.objects.all()), _Names(Region.objects.all())
    types, agents, batches = (_Names(model.objects.all()) for model in (BusinessType, User, Batch))

    def row_of(values: tuple[Any, ...]) -> workbooks.Row:
        _pk, number, state, carrier, region, order_region, type, agent, classified_at, batch, note = values
        return (
            number,
            states[state],
            carriers[carrier],
            regions[region],
            regions[order_region],
            types[type],
            agents[agent],
            classified_at and classified_at.astimezone(zone).replace(tzinfo=None, microsecond=0),
            batches[batch],
            clean(note) if note else None,
        )

    return row_of


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


def _csv_cell(cell: workbooks.Cell) -> str:
    if cell is None:
        return ""
    return harmless(cell) if type(cell) is str else str(cell)
