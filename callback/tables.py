"""The table of number lookup. What was looked for stands in no address, so it has no saved filters."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.tables import Column, Table

FOUND = Table(
    page="callback:lookup",
    title=pgettext_lazy("module", "Number lookup"),
    columns=(
        Column("number", _("Number")),
        Column("state", pgettext_lazy("phone", "State")),
        Column("carrier", _("Carrier")),
        Column("region", _("Home region")),
        Column("type", _("Business type")),
        Column("called_at", pgettext_lazy("column", "Last call")),
        Column("agent", _("Agent")),
        Column("order_region", _("Order region"), usual=False),
        Column("batch", _("Batch"), usual=False),
        Column("note", _("Note"), usual=False),
    ),
)
