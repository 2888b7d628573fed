"""Days by their names (today, this week …), as an address says them: so that it means the same whenever it is opened.

An address may name its days, or say the first and the last one; where it says both, they count, and the name only tells
that they were chosen by it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import QueryDict
from django.utils.translation import gettext as _

# What the name stands under in an address.
NAME = "days"
NAMES = ("today", "yesterday", "week", "last_week", "month", "last_month")
# Where there is little room for them.
FEW = ("today", "yesterday", "month", "last_month")


@dataclass(frozen=True)
class Range:
    """Days that are asked for often, at one press; ``current`` where they are the ones that are shown."""

    name: str
    label: str
    start: date
    end: date
    current: bool = False


def ends(name: str, today: date) -> tuple[date, date]:
    """The first and the last of the days that a name means; a week begins on Monday."""
    monday, month = today - timedelta(days=today.weekday()), today.replace(day=1)
    day, week = timedelta(days=1), timedelta(days=7)
    return {
        "today": (today, today),
        "yesterday": (today - day, today - day),
        "week": (monday, today),
        "last_week": (monday - week, monday - day),
        "month": (month, today),
        "last_month": ((month - day).replace(day=1), month - day),
    }[name]


def ranges(today: date, *, only: Collection[str] = NAMES, query: QueryDict | None = None) -> list[Range]:
    """The days that are asked for most, with the ones that a spelled out ``query`` shows as the current ones."""
    labels = {
        "today": _("Today"),
        "yesterday": _("Yesterday"),
        "week": _("This week"),
        "last_week": _("Last week"),
        "month": _("This month"),
        "last_month": _("Last month"),
    }
    names = [name for name in NAMES if name in only]
    shown = (query.get("start"), query.get("end")) if query else None
    # On a Monday this week is today: only one of them is marked, the one that was pressed if any was.
    alike = [name for name in names if tuple(map(str, ends(name, today))) == shown]
    current = next((name for name in alike if query and name == query.get(NAME)), next(iter(alike), ""))
    return [Range(name, labels[name], *ends(name, today), current=name == current) for name in names]


def spelled_out(query: QueryDict, today: date) -> QueryDict:
    """The query with the first and the last of the days that it names, unless it says some itself."""
    name = query.get(NAME, "")
    if name not in NAMES or query.get("start") or query.get("end"):
        return query
    spelled = query.copy()
    spelled["start"], spelled["end"] = map(str, ends(name, today))
    return spelled


def name_of(query: QueryDict, today: date) -> str:
    """The name of the days that a query means; empty where they were not chosen by it."""
    name = query.get(NAME, "")
    said = (query.get("start", ""), query.get("end", ""))
    return name if name in NAMES and said in (("", ""), tuple(map(str, ends(name, today)))) else ""


def by_name(query: QueryDict, today: date) -> QueryDict:
    """The query in such words that its days go along with the calendar, where they were chosen by their name."""
    named = query.copy()
    for key in ("start", "end") if name_of(query, today) else (NAME,):
        named.pop(key, None)
    return named
