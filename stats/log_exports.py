"""The file of a log: written as a job, with the lines that its filter meant when it was asked for."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from accounts.models import AuditEntry, User
from phones import cells, files, jobs, workbooks
from phones.job_kinds import JobKind, always, register
from phones.models import Job
from stats.log_details import details, learn
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
        table = _table(chosen, job.arguments.get("columns") or TABLES[log].in_file())
        files.make(job, progress, table, filter=job.arguments["filter"], log=log)


def _table(chosen: LogFilter, names: Collection[str]) -> files.Table:
    last = AuditEntry.objects.aggregate(last=Max("pk"))["last"] or 0
    entries = chosen.apply(AuditEntry.objects.filter(pk__lte=last))
    shown = files.narrowed(columns(), names)
    return files.Table(
        name=str(chosen.log.title),
        columns=shown,
        expected=entries.count(),
        pages=lambda: _pages(entries, last, [column.name for column in shown]),
        words=chosen.words(),
    )


def _pages(entries: QuerySet[AuditEntry], last: int, shown: Sequence[str]) -> Iterator[cells.Page]:
    """The lines, the newest first: each page is a query of its own, so that no snapshot is held for long."""
    before, names = last + 1, Names()
    told = _telling(names)
    while page := list(entries.filter(pk__lt=before).select_related("by").order_by("-pk")[:PAGE]):
        learn(page, names)
        rows = (tuple([row[name] for name in shown]) for row in map(told, page))
        yield cells.Page([entry.pk for entry in page], rows=rows)
        before = page[-1].pk


def _telling(names: Names) -> Callable[[AuditEntry], dict[str, workbooks.Cell]]:
    """How a line of the log is told, cell by cell."""
    clean = workbooks.clean

    def told(entry: AuditEntry) -> dict[str, workbooks.Cell]:
        said = "; ".join(
            _("%(label)s: %(text)s") % {"label": one.label, "text": one.text} for one in details(entry, names)
        )
        return {
            "time": files.local_time(entry.at),
            "who": clean(entry.by.name) if entry.by else None,
            "username": entry.by.username if entry.by else None,
            "action": words_of(entry.action),
            "object": clean(entry.object),
            "count": entry.count,
            "address": entry.address,
            "details": clean(said) or None,
        }

    return told
