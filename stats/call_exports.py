"""The file of the calls behind a figure: written as a job, with as many rows as the figure says."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from accounts.modules import Module
from callback.models import Call
from config.models import BusinessType, Carrier, Region
from phones import files, job_kinds, jobs, workbooks
from phones.exported import Members
from phones.models import Batch, Job
from stats import call_list
from stats.filters import CallFilter
from stats.reports import View

PAGE = 5000
FIELDS = ("pk", "phone_id", "number", "type_id", "standing_type_id", "agent_id", "filed_at", "carrier_id", "region_id")


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
    """The columns of the file, in the language of the moment."""
    return [
        workbooks.Column(_("Number"), 14),
        workbooks.Column(_("Filed as"), 16),
        workbooks.Column(_("Stands as"), 16),
        workbooks.Column(_("Agent"), 10),
        workbooks.Column(_("Filed at"), 19, is_time=True),
        workbooks.Column(_("Carrier"), 12),
        workbooks.Column(_("Home region"), 12),
        workbooks.Column(_("Order region"), 12),
        workbooks.Column(_("Batch"), 20),
        workbooks.Column(_("Note"), 32),
        workbooks.Column(_("Late"), 8),
    ]


@transaction.atomic
def submit(*, chosen: CallFilter, by: User, file_format: str, language: str, address: str | None, now: datetime) -> Job:
    """Ask for the calls of a valid filter; the same once more, while it is not done, is the same job.

    Raises files.TooManyOpen.
    """
    return files.submit(
        kind=Job.Kind.CALLS, by=by, title=", ".join([_("Calls"), *chosen.words()])[:200], file_format=file_format,
        language=language, address=address, now=now, filter=chosen.arguments(), own=bool(chosen.own),
    )  # fmt: skip


def run(job: Job, progress: jobs.Progress) -> None:
    """Write the calls that the figure counts when their day is read, among those that were filed when it began."""
    with override(job.arguments["language"]):
        query = job.arguments["filter"]
        chosen = CallFilter(query, today=timezone.localdate(), own=job.by if job.arguments.get("own") else None)
        if not chosen.is_valid():
            raise jobs.Failed("export_choice_gone")
        files.make(job, progress, _table(job, chosen), filter=job.arguments["filter"], own=job.arguments.get("own"))


def _table(job: Job, chosen: CallFilter) -> files.Table:
    last = Call.objects.aggregate(last=Max("pk"))["last"] or 0
    days = call_list.counts(chosen)
    members = Members(job, at=FIELDS.index("phone_id"))
    return files.Table(
        name=_("Calls"),
        columns=columns(),
        expected=sum(days.values()),
        pages=lambda: members.watch(_pages(chosen, days, last)),
        row_of=_naming(),
        words=[_("Calls"), *chosen.words()],
        keep=members.keep,
    )


def _pages(chosen: CallFilter, days: Mapping[date, int], last: int) -> Iterator[list[tuple[Any, ...]]]:
    """The values of the calls day by day, in the order of the list: each page is a query of its own."""
    standing = "standing_" if chosen.view == View.STANDING else ""
    fields = (*FIELDS, f"{standing}order_region_id", "batch_id", f"{standing}note", "late")
    if call_list.scattered(days):
        # So few that one page holds them all.
        found = call_list.calls(chosen, days).filter(pk__lte=last).order_by("-day", "-pk").values_list(*fields)
        yield list(found)
        return
    for day, count in days.items():
        before = last + 1
        queryset = call_list.calls(chosen, {day: count}).order_by("-pk").values_list(*fields)
        while page := list(queryset.filter(pk__lt=before)[:PAGE]):
            yield page
            before = page[-1][0]


def _naming() -> Callable[[tuple[Any, ...]], workbooks.Row]:
    """How a row of ids becomes one of words."""
    clean, local_time = workbooks.clean, files.local_time
    carriers, regions = files.Names(Carrier.objects.all()), files.Names(Region.objects.all())
    types, agents, batches = (files.Names(model.objects.all()) for model in (BusinessType, User, Batch))
    late_word = _("Late")

    def row_of(values: tuple[Any, ...]) -> workbooks.Row:
        _pk, _phone, number, type, standing, agent, filed_at, carrier, region, order_region, batch, note, late = values
        return (
            number,
            types[type],
            types[standing],
            agents[agent],
            local_time(filed_at),
            carriers[carrier],
            regions[region],
            regions[order_region],
            batches[batch],
            clean(note) if note else None,
            late_word if late else None,
        )

    return row_of
