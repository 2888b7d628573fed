"""The export of numbers: which columns, which rows, and which numbers an export has held."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from accounts.models import User
from config.models import BusinessType, Carrier, Region
from phones import cells, files, jobs, workbooks
from phones.exported import Members
from phones.filters import PhoneFilter
from phones.models import Batch, Job, Phone, State
from phones.paging import Order
from phones.tables import NUMBERS
from phones.totals import Total

PAGE = 20_000
# With a given list, each page costs a look at the whole of it: so there are fewer of them.
PAGE_OF_A_LIST = 25_000


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
    return chosen.numbers_in_order(), chosen.order


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
        table = _table(job, chosen, job.arguments.get("columns") or NUMBERS.in_file())
        files.make(job, progress, table, filter=job.arguments["filter"])


def _table(job: Job, chosen: PhoneFilter, names: Collection[str]) -> files.Table:
    last = Phone.objects.aggregate(last=Max("pk"))["last"] or 0
    # What loads now stays out; what begins to load later has higher ids. To ask each number would cost a fifth more.
    loading = list(Batch.objects.filter(state=Batch.State.LOADING).values_list("pk", flat=True))
    queryset = chosen.numbers_in_order(Phone.objects.exclude(batch__in=loading)).filter(pk__lte=last)
    size = PAGE_OF_A_LIST if chosen.cleaned_data["list"] else PAGE
    shown, members, order, all_sources = files.narrowed(columns(), names), Members(job), chosen.order, _sources(job.by)
    read, in_lines = files.reader(job, [all_sources[column.name] for column in shown], beside=order.field or None)
    return files.Table(
        name=_("Numbers"),
        columns=shown,
        expected=queryset.count(),
        pages=lambda: members.watch(_pages(queryset, order, size, read)),
        words=chosen.words(),
        keep=members.keep,
        in_lines=in_lines,
    )


def _pages(queryset: QuerySet[Phone], order: Order, size: int, read: cells.Read) -> Iterator[cells.Page]:
    """The numbers in their order: each page is a query of its own, so that no snapshot is held long."""
    last: Phone | None = None
    while True:
        behind = queryset.filter(order.behind(last, backward=False)) if last else queryset
        page = read(behind.order_by(*order.of(backward=False))[:size])
        if not page.keys:
            return
        yield page
        last = Phone(pk=page.keys[-1], **({order.field: page.beside[-1]} if order.field else {}))


def _sources(by: User) -> dict[str, cells.Source]:
    """Out of what each column comes."""
    regions = cells.Names(Region.objects.all())
    return {
        "number": cells.number_for(by),
        "state": cells.Named("state", {value: str(label) for value, label in State.choices}),
        "carrier": cells.Named("carrier_id", cells.Names(Carrier.objects.all())),
        "region": cells.Named("region_id", regions),
        "order_region": cells.Named("order_region_id", regions),
        "type": cells.Named("type_id", cells.Names(BusinessType.objects.all())),
        "agent": cells.Named("agent_id", cells.Names(User.objects.all())),
        "classified_at": cells.Moment("classified_at"),
        "batch": cells.Named("batch_id", cells.Names(Batch.objects.all())),
        "note": cells.Text("note"),
        "taken_at": cells.Moment("taken_at"),
        "suppressed": cells.Flag("suppressed", _("yes")),
    }
