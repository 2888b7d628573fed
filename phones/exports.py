"""The export of numbers: which columns, which rows, and which numbers an export has held."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from accounts.models import User
from config.models import BusinessType, Carrier, Region
from phones import files, jobs, workbooks
from phones.exported import Members
from phones.filters import PhoneFilter
from phones.models import Batch, Job, Phone, State
from phones.paging import Order
from phones.tables import NUMBERS
from phones.totals import Total

PAGE = 5000
# With a given list, each page costs a look at the whole of it: so there are fewer of them.
PAGE_OF_A_LIST = 25_000
FIELDS = (
    "pk", "number", "state", "carrier_id", "region_id", "order_region_id", "type_id", "agent_id", "classified_at",
    "batch_id", "note", "taken_at", "suppressed",
)  # fmt: skip


def columns() -> list[workbooks.Column]:
    """The columns that an export can have, in the language of the moment."""
    return [
        workbooks.Column(_("Number"), 14, name="number"),
        workbooks.Column(pgettext("phone", "State"), 9, name="state"),
        workbooks.Column(_("Carrier"), 12, name="carrier"),
        workbooks.Column(_("Home region"), 12, name="region"),
        workbooks.Column(_("Order region"), 12, name="order_region"),
        workbooks.Column(_("Business type"), 16, name="type"),
        workbooks.Column(_("Agent"), 10, name="agent"),
        workbooks.Column(_("Classified at"), 19, is_time=True, name="classified_at"),
        workbooks.Column(_("Batch"), 20, name="batch"),
        workbooks.Column(_("Note"), 32, name="note"),
        workbooks.Column(_("Last taken at"), 19, is_time=True, name="taken_at"),
        workbooks.Column(_("Never re-queued"), 12, name="suppressed"),
    ]


def on_page(chosen: PhoneFilter, total: Total) -> tuple[QuerySet[Phone], Order]:
    """The numbers that an export would hold, and their order, in such words that any page of them is found quickly."""
    if not total.many or (chosen.order.field and chosen.cleaned_data["batch"]):
        return chosen.numbers(), chosen.order.of_few()
    return (chosen.numbers() if chosen.order.field else chosen.numbers_in_order()), chosen.order


@transaction.atomic
def submit(
    *, chosen: PhoneFilter, by: User, file_format: str, language: str, address: str | None, now: datetime,
    columns: Sequence[str] = (),
) -> Job:  # fmt: skip
    """Ask for the export of a valid filter; the same once more, while it is not done, is the same job.

    ``columns`` are the names of those that it shall have, all that are usual where none is named. Raises
    files.TooManyOpen.
    """
    return files.submit(
        kind=Job.Kind.EXPORT, by=by, title=", ".join(chosen.words()) or _("All numbers"), file_format=file_format,
        language=language, address=address, now=now, filter=chosen.arguments(),
        columns=list(columns or NUMBERS.in_file()),
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
        table = files.narrowed(_table(job, chosen), job.arguments.get("columns") or NUMBERS.in_file())
        files.make(job, progress, table, filter=job.arguments["filter"])


def _table(job: Job, chosen: PhoneFilter) -> files.Table:
    last = Phone.objects.aggregate(last=Max("pk"))["last"] or 0
    queryset = chosen.numbers_in_order().filter(pk__lte=last)
    size = PAGE_OF_A_LIST if chosen.cleaned_data["list"] else PAGE
    members = Members(job)
    order = chosen.order
    return files.Table(
        name=_("Numbers"),
        columns=columns(),
        expected=queryset.count(),
        pages=lambda: members.watch(_pages(queryset, order, size)),
        row_of=_naming(),
        words=chosen.words(),
        keep=members.keep,
    )


def _pages(queryset: QuerySet[Phone], order: Order, size: int) -> Iterator[list[tuple[Any, ...]]]:
    """The values of the numbers in their order: each page is a query of its own, so that no snapshot is held long."""
    last: Phone | None = None
    while True:
        behind = queryset.filter(order.behind(last, backward=False)) if last else queryset
        page = list(behind.order_by(*order.of(backward=False)).values_list(*FIELDS)[:size])
        if not page:
            return
        yield page
        last = Phone(pk=page[-1][0], number=page[-1][1])


def _naming() -> Callable[[tuple[Any, ...]], workbooks.Row]:
    """How a row of ids becomes one of words."""
    clean, local_time = workbooks.clean, files.local_time
    states = {value: str(label) for value, label in State.choices}
    carriers, regions = files.Names(Carrier.objects.all()), files.Names(Region.objects.all())
    types, agents, batches = (files.Names(model.objects.all()) for model in (BusinessType, User, Batch))
    never_word = _("yes")

    def row_of(values: tuple[Any, ...]) -> workbooks.Row:
        _pk, number, state, carrier, region, order_region, type, agent, classified_at, batch, note, taken_at, never = (
            values
        )
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
            local_time(taken_at),
            never_word if never else None,
        )

    return row_of
