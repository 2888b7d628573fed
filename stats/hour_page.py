"""What the page of hours and trend shows."""

from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from stats import best_hours, hours
from stats.hour_filter import HourFilter
from stats.origins import origin
from stats.trend import trend


def context(chosen: HourFilter, query: QueryDict) -> dict[str, Any]:
    """Everything that the template names, for a valid filter: one query counts it all.

    ``query`` is what the page was asked by, to which the lists behind its figures lead back.
    """
    found = hours.by_hour(chosen.hours())
    page, narrowed = reverse("stats:team_calls"), chosen.things() | origin("hours", query)
    week = best_hours.week(found)
    return {
        "week": week,
        "words": best_hours.words(week) if week.lines else [],
        "trend": trend(found, chosen.first, chosen.last),
        "calls": f"{page}?{urlencode(narrowed | chosen.arguments())}",
        "calls_on": f"{page}?{urlencode(narrowed)}",
    }


def days_of(chosen: HourFilter) -> dict[str, str]:
    """The days that the form shows: the ones that are meant, or what was typed where it is no range of days."""
    if chosen.is_valid():
        return {"start": f"{chosen.first}", "end": f"{chosen.last}"}
    return {name: chosen.data.get(name, "") for name in ("start", "end")}
