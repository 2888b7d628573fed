"""The file of a log: written as a job, with the lines that its filter meant when it was asked for."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from accounts.models import AuditEntry, User
from phones import files, jobs, workbooks
from phones.job_kinds import JobKind, always, register
from phones.models import Job
from stats.log_details import details
from stats.log_words import words_of
from stats.logs import LOGS, LogFilter
from stats.names import Names
from stats.tables import LOGS as TABLES

PAGE = 5000


def register_kind() -> None:
    register(
        Job.Kind.LOG,
        JobKind(
            run=run,
            stages=files.STAGES,
            cancel_means=files.CANCEL_MEANS,
            module=always(None),
            foot="stats/_job_foot_log.html",
            facts="phones/_job_facts_file.html",
        ),
    )


def columns() -> list[workbooks.Column]:
    """The columns that the file can have, in the language of the moment."""
    return [
        workbooks.Column(_("Time"), 19, is_time=True, name="time"),
        workbooks.Column(_("Operator"), 12, name="who"),
        workbooks.Column(_("User name"), 14, name="username"),
        workbooks.Column(pgettext("log", "Action"), 18, name="action"),
        workbooks.Column(pgettext("log", "Object"), 28, name="object"),
        workbooks.Column(_("Count"), 10, is_number=True, name="count"),
        workbooks.Column(_("Address"), 16, name="address"),
        workbooks.Column(_("Details"), 60, name="details"),
    ]


@transaction.atomic
def submit(
    *, chosen: LogFilter, by: User, file_format: str, language: str, address: str | None, now: datetime,
    columns: Sequence[str] = (),
) -> Job:  # fmt: skip
    """Ask for the lines of a valid filter; the same once more, while it is not done, is the same job.

    ``columns`` are the names of those that it shall have, all that are usual where none is named. Raises
    files.TooManyOpen.
    """
    return files.submit(
        kind=Job.Kind.LOG, by=by, title=", ".join(chosen.words())[:200], file_format=file_format, language=language,
        address=address, now=now, filter=chosen.arguments(), log=chosen.log.name,
        columns=list(columns or TABLES[chosen.log.name].in_file()),
    )  # fmt: skip


def run(job: Job, progress: jobs.Progress) -> None:
    """Write the lines that there were when it began."""
    with override(job.arguments["language"]):
        chosen = LogFilter(job.arguments["filter"], log=LOGS[job.arguments["log"]])
        if not chosen.is_valid():
            raise jobs.Failed("export_choice_gone")
        log = job.arguments["log"]
        table = files.narrowed(_table(chosen), job.arguments.get("columns") or TABLES[log].in_file())
        files.make(job, progress, table, filter=job.arguments["filter"], log=log)


def _table(chosen: LogFilter) -> files.Table:
    last = AuditEntry.objects.aggregate(last=Max("pk"))["last"] or 0
    entries = chosen.apply(AuditEntry.objects.filter(pk__lte=last))
    return files.Table(
        name=str(chosen.log.title),
        columns=columns(),
        expected=entries.count(),
        pages=lambda: _pages(entries, last),
        row_of=_telling(),
        words=chosen.words(),
    )


def _pages(entries: QuerySet[AuditEntry], last: int) -> Iterator[list[tuple[Any, ...]]]:
    """The lines, the newest first: each page is a query of its own, so that no snapshot is held for long."""
    before = last + 1
    while page := list(entries.filter(pk__lt=before).select_related("by").order_by("-pk")[:PAGE]):
        yield [(entry,) for entry in page]
        before = page[-1].pk


def _telling() -> Callable[[tuple[Any, ...]], workbooks.Row]:
    clean, names = workbooks.clean, Names()

    def row_of(values: tuple[Any, ...]) -> workbooks.Row:
        entry: AuditEntry = values[0]
        told = "; ".join(
            _("%(label)s: %(text)s") % {"label": one.label, "text": one.text} for one in details(entry, names)
        )
        return (
            files.local_time(entry.at),
            clean(entry.by.name) if entry.by else None,
            entry.by.username if entry.by else None,
            words_of(entry.action),
            clean(entry.object),
            entry.count,
            entry.address,
            clean(told) or None,
        )

    return row_of
