"""What the pages of figures show: the table with a link behind each figure, and the charts beside it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import compress
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Window
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import User
from callback.models import Tally
from config.models import BusinessType
from hwcall import days
from stats import charts, figure_columns, reports
from stats.charts import units
from stats.figure_columns import SHARE
from stats.filters import FigureFilter, day_ranges
from stats.origins import origin
from stats.reports import By, Figures, Grouped, Report, Row, Sort, View

ROWS = 100
LAST_PAGE = 1_000_000
# A single day alone makes no chart: it is shown with the days before it.
DAYS_BEFORE = timedelta(days=6)
# What a page has room for on a screen of 1200 pixels: a wider table scrolls in a box of its own.
ROOM = 952


@dataclass(frozen=True)
class Page:
    """Some rows of a long table: the page's number, its rows as they were counted, and how many there are in all."""

    number: int
    rows: list[dict[str, Any]]
    count: int

    @property
    def first(self) -> int:
        return (self.number - 1) * ROWS + 1

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.last < self.count else None


@dataclass(frozen=True)
class Cell:
    """A figure, and the page of the calls behind it; there is none behind a 0."""

    count: int
    href: str
    sub: bool


@dataclass(frozen=True)
class Line:
    """A row as it is shown: what it is about, its cells, its share."""

    cells: list[Cell]
    share: float | None
    agent: User | None = None
    day: Any = None
    weekday: str = ""


@dataclass(frozen=True)
class Head:
    """A column's head: how a press on it sorts, and how it is sorted now."""

    label: str
    sort: str
    sorted: str
    code: int | None = None
    mark: str = ""
    sub: bool = False


def report_of(chosen: FigureFilter) -> Report:
    """The sums of a valid filter, and the days of its chart."""
    since = _chart_start(chosen)
    return reports.report(chosen.tallies(since=since), view=chosen.view, start=chosen.first)


def context(chosen: FigureFilter, query: QueryDict, columns: Collection[str] | None = None) -> dict[str, Any]:
    """Everything that the template of figures names, for a valid filter; ``query`` is what its page was asked by.

    ``columns`` are the names of those that are shown, all where none are given: what is hidden is counted all the same.
    """
    report = report_of(chosen)
    sort = reports.sort_of(chosen.data.get("sort", ""), chosen.by, report.columns)
    rows = reports.grouped(chosen.tallies(), report.columns, view=chosen.view, by=chosen.by, sort=sort)
    shown = page_of(rows, query.get("page"))
    back = _back(chosen, query)
    sums, mask = (
        _cells(Row(report.sums, None, None), report, chosen, back),
        figure_columns.mask(report.columns, columns),
    )
    return {
        "report": report,
        "page": shown,
        **shown_heads(report.columns, sort, mask),
        "row_heads": row_heads(chosen.by, sort),
        "lines": list(lines(shown, report, chosen, back, mask)),
        "sum": list(compress(sums, mask)),
        "ties": dict(zip(reports.SUMS, (cell for cell in sums if cell.sub), strict=True)),
        "sort": sort,
        "wide": width(figure_columns.of(report.columns, columns), chosen.by) > ROOM,
        "daily": charts.daily(report.days, _chart_start(chosen), chosen.last),
        "single_day": chosen.first == chosen.last,
        "outcomes": charts.outcomes(report.columns, report.sums),
        "arguments": urlencode(chosen.arguments()),
    }


def page_of(rows: Grouped, asked: str | None) -> Page:
    """The page that a query asks for by its number: the first where that is none, the last where there are fewer."""
    number = min(int(asked), LAST_PAGE) if asked and asked.isascii() and asked.isdigit() and len(asked) < 10 else 1
    number = max(number, 1)
    # The database says with each row how many there are: to ask for that alone would count everything once more.
    found = rows.annotate(row_count=Window(Count("*")))[(number - 1) * ROWS : number * ROWS]
    shown = list(found)
    if not shown and number > 1:
        return page_of(rows, str(max(1, -(-rows.count() // ROWS))))
    return Page(number, shown, shown[0]["row_count"] if shown else 0)


def today(chosen: FigureFilter, query: QueryDict) -> dict[str, Any]:
    """One's own figures of the day, each with its calls, whatever days the table shows."""
    day = chosen.today
    tallies = Tally.objects.filter(agent=chosen.own, day=day)
    figures = reports.report(tallies, view=chosen.view, start=day).sums
    standing = {"view": chosen.view.value} if chosen.view == View.STANDING else {}
    asked = {"start": str(day), "end": str(day), **standing, **_back(chosen, query)}
    calls = f"{reverse('stats:my_calls')}?{urlencode(asked)}"
    return {"today": figures, "today_calls": calls, "day": day}


def days_of(chosen: FigureFilter) -> dict[str, Any]:
    """The days that the form shows: the ones that are meant, or what was typed where it is no range of days."""
    shown = (chosen.first, chosen.last) if chosen.is_valid() else None
    typed = {name: chosen.data.get(name, "") for name in ("start", "end")}
    return {
        "ranges": day_ranges(chosen.today, shown, chosen.data.get(days.NAME, "")),
        "days": {"start": f"{shown[0]}", "end": f"{shown[1]}"} if shown else typed,
    }


def heads(types: list[BusinessType], sort: Sort) -> list[Head]:
    """The heads of the figures, in the order of a line's cells."""
    valid = [_type_head(type, sort) for type in types if type.valid]
    invalid = [_type_head(type, sort) for type in types if not type.valid]
    words = figure_columns.words()
    valid_sum, booking_sum, invalid_sum, total = (_head(words[name], name, sort, sub=True) for name in reports.SUMS)
    return [*valid, valid_sum, booking_sum, *invalid, invalid_sum, total, _head(words[SHARE], SHARE, sort)]


def shown_heads(types: list[BusinessType], sort: Sort, mask: list[bool]) -> dict[str, Any]:
    """The heads of the columns that are shown: those under valid and under invalid, and those that stand alone."""
    # Beside the valid types stand their sum and the bookings among it.
    middle = sum(type.valid for type in types) + 2
    spans = sum(mask[:middle]), sum(mask[middle:-2])
    found = list(compress(heads(types, sort), mask))
    return {
        "heads": found,
        "kind_heads": found[: sum(spans)],
        "end_heads": found[sum(spans) :],
        "valid_span": spans[0],
        "invalid_span": spans[1],
        "shows_share": mask[-1],
    }


def row_heads(by: By, sort: Sort) -> list[Head]:
    labels = {"agent": _("Agent"), "day": pgettext("figures", "Day")}
    return [_head(labels[key], key, sort, first="") for key in reports.KEYS[by]]


def width(types: list[BusinessType], by: By) -> int:
    """About how many pixels wide the table is: what rows are about, the types, and the sums."""
    keys = {By.AGENT: 90, By.DAY: 130, By.BOTH: 220}[by]
    return keys + sum(max(30, 7 * min(units(type.label), 15)) + 16 for type in types) + 264


def _type_head(type: BusinessType, sort: Sort) -> Head:
    return _head(type.label, f"t{type.pk}", sort, code=type.code, mark=type.mark)


def _head(label: str, name: str, sort: Sort, *, first: str = "-", **more: Any) -> Head:
    """A press sorts figures by the largest first, names by the first; the next press turns it round."""
    other = "" if sort.descending else "-"
    now = ("descending" if sort.descending else "ascending") if sort.name == name else ""
    return Head(label, f"{other if now else first}{name}", now, **more)


def lines(
    page: Page, report: Report, chosen: FigureFilter, back: Mapping[str, str], mask: list[bool]
) -> Iterator[Line]:
    """The rows of a page as they are shown; ``back`` is what leads from their calls back to them."""
    rows = [reports.row(values, report.columns) for values in page.rows]
    agents = User.objects.in_bulk([row.agent_id for row in rows if row.agent_id])
    for row in rows:
        yield Line(
            cells=list(compress(_cells(row, report, chosen, back), mask)),
            share=row.figures.share,
            agent=agents.get(row.agent_id) if row.agent_id else None,
            day=row.day,
            weekday=charts.weekday(row.day) if row.day else "",
        )


def _cells(row: Row, report: Report, chosen: FigureFilter, back: Mapping[str, str]) -> list[Cell]:
    arguments = {**chosen.arguments(), **back}
    if row.agent_id:
        arguments["agent"] = str(row.agent_id)
    if row.day:
        arguments |= {"start": str(row.day), "end": str(row.day)}
    page = reverse("stats:my_calls" if chosen.own else "stats:team_calls")
    href = f"{page}?{urlencode(arguments)}"

    def cell(count: int, type: str, *, sub: bool = False) -> Cell:
        return Cell(count, (f"{href}&type={type}" if type else href) if count else "", sub)

    figures: Figures = row.figures
    by_type = [(type, cell(figures.counts.get(type.pk, 0), str(type.pk))) for type in report.columns]
    return [
        *(found for type, found in by_type if type.valid),
        cell(figures.valid, "valid", sub=True),
        cell(figures.booking, "booking", sub=True),
        *(found for type, found in by_type if not type.valid),
        cell(figures.invalid, "invalid", sub=True),
        cell(figures.total, "", sub=True),
    ]


def _back(chosen: FigureFilter, query: QueryDict) -> dict[str, str]:
    return origin("mine" if chosen.own else "team", query)


def _chart_start(chosen: FigureFilter) -> Any:
    return chosen.first - DAYS_BEFORE if chosen.first == chosen.last else chosen.first
