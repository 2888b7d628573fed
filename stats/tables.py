"""The tables of statistics: what their columns are called, and what they are asked by."""

from dataclasses import replace

from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.tables import Column, Table
from hwcall import days
from stats import figure_columns, logs
from stats.filters import CallFilter, FigureFilter
from stats.hour_filter import HourFilter

FIGURES = ("start", "end", days.NAME, "region", "carrier", "batch", "view", "sort")

TEAM = Table(
    page="stats:team",
    title=pgettext_lazy("module", "Call statistics"),
    conditions=(*FIGURES, "agent", "by"),
    form=lambda query, user, today: FigureFilter(query, today=today),
    following=lambda: figure_columns.columns(gettext("Agent or day")),
)
MINE = Table(
    page="stats:mine",
    title=pgettext_lazy("module", "My statistics"),
    conditions=FIGURES,
    form=lambda query, user, today: FigureFilter(query, today=today, own=user),
    following=lambda: figure_columns.columns(pgettext("figures", "Day")),
)
TEAM_HOURS = Table(
    page="stats:hours",
    title=_("Hours and trend"),
    conditions=("start", "end", days.NAME, "carrier", "agent"),
    form=lambda query, user, today: HourFilter(query, today=today),
)
TEAM_CALLS = Table(
    page="stats:team_calls",
    title=_("Calls"),
    columns=(
        Column("number", _("Number")),
        Column("type", _("Filed as"), in_file=("filed_as", "stands_as", "late")),
        Column("agent", _("Agent")),
        Column("filed_at", _("Filed at")),
        Column("carrier", _("Carrier")),
        Column("region", _("Home region")),
        Column("order_region", _("Order region")),
        Column("batch", _("Batch")),
        Column("note", _("Note")),
        Column("taken_at", _("Taken at"), usual=False),
    ),
    conditions=(
        "start",
        "end",
        days.NAME,
        "region",
        "carrier",
        "batch",
        "agent",
        "type",
        "weekday",
        "hour",
        "view",
        "order",
    ),
    form=lambda query, user, today: CallFilter(query, today=today),
)
MY_CALLS = replace(
    TEAM_CALLS,
    page="stats:my_calls",
    title=_("My calls"),
    # Whose they are goes without saying.
    columns=tuple(column for column in TEAM_CALLS.columns if column.name != "agent"),
    form=lambda query, user, today: CallFilter(query, today=today, own=user),
)
AUDIT = Table(
    page=logs.AUDIT.url_name,
    title=logs.AUDIT.title,
    columns=(
        Column("time", _("Time")),
        Column("who", _("Operator"), in_file=("who", "username")),
        Column("action", pgettext_lazy("log", "Action")),
        Column("object", pgettext_lazy("log", "Object")),
        Column("count", _("Count"), figure=True),
        Column("address", _("Address")),
        Column("details", _("Details")),
    ),
    conditions=("who", "group", "address", "object", "start", "end", days.NAME),
    form=lambda query, user, today: logs.LogFilter(query, log=logs.AUDIT),
)
LOGINS = Table(
    page=logs.LOGIN.url_name,
    title=logs.LOGIN.title,
    columns=(
        Column("time", _("Time")),
        # A name that was tried and is nobody's is what the line is about.
        Column("who", _("Operator"), in_file=("who", "username", "object")),
        Column("action", pgettext_lazy("log", "Action")),
        Column("address", _("Address")),
        Column("details", _("Details"), usual=False),
    ),
    conditions=("who", "group", "address", "start", "end", days.NAME),
    form=lambda query, user, today: logs.LogFilter(query, log=logs.LOGIN),
)
LOGS = {"audit": AUDIT, "logins": LOGINS}
TABLES = (TEAM, MINE, TEAM_HOURS, TEAM_CALLS, MY_CALLS, AUDIT, LOGINS)
