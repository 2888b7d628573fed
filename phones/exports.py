"""The export of numbers: which columns, which rows, and which numbers an export has held."""

from collections.abc import Callable, Iterator
from copy import copy
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Min, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from accounts.models import User
from config.models import BusinessType, Carrier, Region
from phones import files, jobs, workbooks
from phones.exported import Members
from phones.filters import PhoneFilter
from phones.models import Batch, Job, Phone, State

PAGE = 5000
# With a given list, each page costs a look at the whole of it: so there are fewer of them.
PAGE_OF_A_LIST = 25_000
FIELDS = (
    "pk", "number", "state", "carrier_id", "region_id", "order_region_id", "type_id", "agent_id", "classified_at",
    "batch_id", "note",
)  # fmt: skip


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

    Raises files.TooManyOpen.
    """
    return files.submit(
        kind=Job.Kind.EXPORT, by=by, title=", ".join(chosen.words()) or _("All numbers"), file_format=file_format,
        language=language, address=address, now=now, filter=chosen.arguments(),
    )  # fmt: skip


def run(job: Job, progress: jobs.Progress) -> None:
    """Write the file of an export and finish its job.

    It holds the numbers that fit the filter at the moment their page is read, among those that were there when it
    began: no transaction stays open over it, and what an agent files meanwhile is in or out as a whole row.
    """
    with override(job.arguments["language"]):
        chosen = PhoneFilter(job.arguments["filter"], user=job.by)
        if not chosen.is_valid():
            raise jobs.Failed("export_choice_gone")
        files.make(job, progress, _table(job, chosen), filter=job.arguments["filter"])


def _table(job: Job, chosen: PhoneFilter) -> files.Table:
    last = Phone.objects.aggregate(last=Max("pk"))["last"] or 0
    queryset = _by_id(chosen).filter(pk__lte=last)
    size = PAGE_OF_A_LIST if chosen.cleaned_data["list"] else PAGE
    members = Members(job)
    return files.Table(
        name=_("Numbers"),
        columns=columns(),
        expected=queryset.count(),
        pages=lambda: members.watch(_pages(queryset, size)),
        row_of=_naming(),
        words=chosen.words(),
        keep=members.keep,
    )


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


def _naming() -> Callable[[tuple[Any, ...]], workbooks.Row]:
    """How a row of ids becomes one of words."""
    clean, local_time = workbooks.clean, files.local_time
    states = {value: str(label) for value, label in State.choices}
    carriers, regions = files.Names(Carrier.objects.all()), files.Names(Region.objects.all())
    types, agents, batches = (files.Names(model.objects.all()) for model in (BusinessType, User, Batch))

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
            local_time(classified_at),
            batches[batch],
            clean(note) if note else None,
        )

    return row_of
