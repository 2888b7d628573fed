"""The file of the calls behind a figure: written as a job, with as many rows as the figure says."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from accounts.modules import Module
from callback.models import Call
from config.models import BusinessType, Carrier, Region
from phones import cells, files, job_kinds, jobs, workbooks
from phones.exported import Members
from phones.models import Batch, Job
from stats import call_list
from stats.filters import CallFilter
from stats.reports import View
from stats.tables import MY_CALLS, TEAM_CALLS

PAGE = 5000


def register_kind() -> None:
    job_kinds.register(
        Job.Kind.CALLS,
        job_kinds.JobKind(
            run=run,
            stages=files.STAGES,
            cancel_means=files.CANCEL_MEANS,
            module=lambda job: Module.MINE if job.arguments.get("own") else Module.TEAM,
            foot="stats/_job_foot_calls.html",
            facts="phones/_job_facts_file.html",
        ),
    )


def columns() -> list[workbooks.Column]:
    """The columns that the file can have, in the language of the moment."""
    return [
        workbooks.Column(_("Number"), 14, name="number"),
        workbooks.Column(_("Filed as"), 16, name="filed_as"),
        workbooks.Column(_("Stands as"), 16, name="stands_as"),
        workbooks.Column(_("Agent"), 10, name="agent"),
        workbooks.Column(_("Filed at"), 19, is_time=True, name="filed_at"),
        workbooks.Column(_("Carrier"), 12, name="carrier"),
        workbooks.Column(_("Home region"), 12, name="region"),
        workbooks.Column(_("Order region"), 12, name="order_region"),
        workbooks.Column(_("Batch"), 20, name="batch"),
        workbooks.Column(_("Note"), 32, name="note"),
        workbooks.Column(_("Late"), 8, name="late"),
        workbooks.Column(_("Taken at"), 19, is_time=True, name="taken_at"),
    ]


@transaction.atomic
def submit(
    *, chosen: CallFilter, by: User, file_format: str, language: str, address: str | None, now: datetime,
    columns: Sequence[str] = (),
) -> Job:  # fmt: skip
    """Ask for the calls of a valid filter; the same once more, while it is not done, is the same job.

    ``columns`` are the names of those that it shall have, all that are usual where none is named. Raises
    files.TooManyOpen.
    """
    return files.submit(
        kind=Job.Kind.CALLS, by=by, title=", ".join([_("Calls"), *chosen.words()])[:200], file_format=file_format,
        language=language, address=address, now=now, filter=chosen.arguments(), own=bool(chosen.own),
        columns=list(columns or _usual(bool(chosen.own))),
    )  # fmt: skip


def run(job: Job, progress: jobs.Progress) -> None:
    """Write the calls that the figure counts when their day is read, among those that were filed when it began."""
    with override(job.arguments["language"]):
        query = job.arguments["filter"]
        chosen = CallFilter(query, today=timezone.localdate(), own=job.by if job.arguments.get("own") else None)
        if not chosen.is_valid():
            raise jobs.Failed("export_choice_gone")
        own = job.arguments.get("own")
        table = _table(job, chosen, job.arguments.get("columns") or _usual(own))
        files.make(job, progress, table, filter=job.arguments["filter"], own=own)


def _usual(own: bool) -> list[str]:
    return (MY_CALLS if own else TEAM_CALLS).in_file()


def _table(job: Job, chosen: CallFilter, names: Collection[str]) -> files.Table:
    last = Call.objects.aggregate(last=Max("pk"))["last"] or 0
    days = call_list.counts(chosen)
    shown, members, sources = files.narrowed(columns(), names), Members(job), _sources(chosen.view, job.by)
    read, in_lines = files.reader(job, [sources[column.name] for column in shown], beside="phone_id")
    return files.Table(
        name=_("Calls"),
        columns=shown,
        expected=sum(days.values()),
        pages=lambda: members.watch(_pages(chosen, days, last, read), beside=True),
        words=[_("Calls"), *chosen.words()],
        keep=members.keep,
        in_lines=in_lines,
    )


def _pages(chosen: CallFilter, days: Mapping[date, int], last: int, read: cells.Read) -> Iterator[cells.Page]:
    """The calls day by day, in the order of the list: each page is a query of its own."""
    sign, side = ("", "gt") if chosen.oldest_first else ("-", "lt")
    if call_list.scattered(days):
        # So few that one page holds them all.
        found = call_list.calls(chosen, days).filter(pk__lte=last)
        if (page := read(found.order_by(f"{sign}{call_list.day_name(chosen)}", f"{sign}pk"))).keys:
            yield page
        return
    for day in sorted(days, reverse=not chosen.oldest_first):
        queryset = call_list.calls(chosen, {day: days[day]}).filter(pk__lte=last).order_by(f"{sign}pk")
        place = 0 if chosen.oldest_first else last + 1
        while (page := read(queryset.filter(**{f"pk__{side}": place})[:PAGE])).keys:
            yield page
            place = page.keys[-1]


def _sources(view: View, by: User) -> dict[str, cells.Source]:
    """Out of what each column comes."""
    standing = "standing_" if view == View.STANDING else ""
    types, regions = cells.Names(BusinessType.objects.all()), cells.Names(Region.objects.all())
    return {
        "number": cells.number_for(by),
        "filed_as": cells.Named("type_id", types),
        "stands_as": cells.Named("standing_type_id", types),
        "agent": cells.Named("agent_id", cells.Names(User.objects.all())),
        "filed_at": cells.Moment("filed_at"),
        "carrier": cells.Named("carrier_id", cells.Names(Carrier.objects.all())),
        "region": cells.Named("region_id", regions),
        "order_region": cells.Named(f"{standing}order_region_id", regions),
        "batch": cells.Named("batch_id", cells.Names(Batch.objects.all())),
        "note": cells.Text(f"{standing}note"),
        "late": cells.Flag("late", _("Late")),
        "taken_at": cells.Moment("taken_at"),
    }
