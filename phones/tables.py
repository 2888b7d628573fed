"""The tables of phones: what their columns are called, and what they are asked by."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.tables import Column, Table
from hwcall import days
from phones.batch_list import BatchFilter
from phones.filters import PhoneFilter
from phones.job_list import JobFilter

NUMBERS = Table(
    page="phones:export",
    title=pgettext_lazy("module", "Export numbers"),
    columns=(
        Column("number", _("Number")),
        Column("state", pgettext_lazy("phone", "State")),
        Column("carrier", _("Carrier")),
        Column("region", _("Home region")),
        Column("order_region", _("Order region")),
        Column("type", _("Business type")),
        Column("agent", _("Agent")),
        Column("classified_at", _("Classified at")),
        Column("batch", _("Batch")),
        Column("note", _("Note")),
        Column("taken_at", _("Last taken at"), usual=False),
        Column("suppressed", _("Never re-queued"), usual=False),
    ),
    # A list of given numbers is kept for some days only, so no saved filter has one.
    conditions=("region", "by", "carrier", "state", "type", "agent", "batch", "start", "end", days.NAME, "order"),
    form=lambda query, user, today: PhoneFilter(query, user=user),
)
BATCHES = Table(
    page="phones:batches",
    title=_("Batches"),
    columns=(
        Column("batch", _("Batch")),
        Column("state", _("State of the numbers")),
        Column("carrier", _("Carrier")),
        Column("region", _("Region")),
        Column("entries", _("Entries"), figure=True),
        Column("new", _("New"), figure=True),
        Column("known", _("Known"), figure=True),
        Column("repeated", _("Repeated"), usual=False, figure=True),
        Column("rejected", _("Rejected"), usual=False, figure=True),
        Column("deleted", _("Deleted"), usual=False, figure=True),
        Column("file", _("File"), usual=False),
        Column("by", _("By")),
        Column("at", _("Imported")),
    ),
    conditions=("name", "kind", "state", "carrier", "region", "start", "end", days.NAME),
    form=lambda query, user, today: BatchFilter(query),
)
JOBS = Table(
    page="phones:jobs",
    title=_("Jobs"),
    columns=(
        Column("job", _("Job")),
        Column("state", _("State")),
        Column("progress", _("Progress"), figure=True),
        Column("kind", _("Kind")),
        Column("by", _("Asked for by")),
        Column("begun", _("Begun")),
        Column("ended", _("Ended")),
    ),
    conditions=("kind", "state", "by", "start", "end", days.NAME),
    form=lambda query, user, today: JobFilter(query, user=user),
)
# Who sees no jobs but their own need not be told whose they are.
OWN_JOBS = replace(JOBS, columns=tuple(column for column in JOBS.columns if column.name != "by"))
TABLES = (NUMBERS, BATCHES, JOBS)
