"""The table of figures as a workbook: figures as numbers, all rows, and the sums at the end."""

from collections.abc import Collection, Iterator
from itertools import compress
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import User
from config.models import BusinessType
from phones import workbooks
from stats import figure_columns, figure_page, reports
from stats.filters import FigureFilter
from stats.reports import By, Figures
from stats.shares import rounded

Cells = tuple[Any, ...]


def write(path: Path, chosen: FigureFilter, shown: Collection[str] | None = None) -> int:
    """Write the table of a valid filter and say how many rows it has, the sums not counted.

    ``shown`` are the names of its columns, all where none are given; the sums are those of all.
    """
    report = figure_page.report_of(chosen)
    mask = figure_columns.mask(report.columns, shown)
    sort = reports.sort_of(chosen.data.get("sort", ""), chosen.by, report.columns)
    found = reports.grouped(chosen.tallies(), report.columns, view=chosen.view, by=chosen.by, sort=sort)
    people = {
        pk: (workbooks.clean(name), workbooks.clean(username))
        for pk, name, username in User.objects.values_list("pk", "name", "username")
    }

    def rows() -> Iterator[Cells]:
        for values in found.iterator(chunk_size=2000):
            row = reports.row(values, report.columns)
            who = people[row.agent_id] if row.agent_id else ()
            yield (*who, *([str(row.day)] if row.day else []), *compress(_figures(row.figures, report.columns), mask))
        yield (
            _("In all"),
            *[None] * (len(keys(chosen.by)) - 1),
            *compress(_figures(report.sums, report.columns), mask),
        )

    return workbooks.write(path, _("Figures"), columns(report.columns, chosen.by, mask), rows, 0) - 1


def keys(by: By) -> list[str]:
    """The titles of what a row is about."""
    agent, day = [_("Agent"), _("User name")], [pgettext("figures", "Day")]
    return {By.AGENT: agent, By.DAY: day, By.BOTH: agent + day}[by]


def columns(types: list[BusinessType], by: By, mask: list[bool]) -> list[workbooks.Column]:
    """The columns, in the language of the moment; no two have the same title."""
    titles = [
        *(_title(type) for type in types if type.valid),
        _("Valid"),
        _("Of which booked"),
        *(_title(type) for type in types if not type.valid),
        _("Invalid"),
        pgettext("figures", "Total"),
        _("Valid share, %"),
    ]
    return [
        *(workbooks.Column(title, 12) for title in keys(by)),
        *(workbooks.Column(title, 12, is_number=True) for title in compress(_distinct(titles), mask)),
    ]


def _title(type: BusinessType) -> str:
    return workbooks.clean(type.marked)


def _distinct(titles: list[str]) -> list[str]:
    """A code that changed its meaning twice, and back, has two types of one name."""
    distinct: list[str] = []
    for title in titles:
        again = sum(other == title or other.startswith(f"{title} #") for other in distinct)
        distinct.append(f"{title} #{again + 1}" if again else title)
    return distinct


def _figures(figures: Figures, types: list[BusinessType]) -> Cells:
    counts, share = figures.counts, figures.share
    return (
        *(counts.get(type.pk, 0) for type in types if type.valid),
        figures.valid,
        figures.booking,
        *(counts.get(type.pk, 0) for type in types if not type.valid),
        figures.invalid,
        figures.total,
        None if share is None else rounded(share),
    )
