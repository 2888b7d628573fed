"""The calls behind a figure: exactly those that it counts, the newest first, a page at a time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from accounts.models import User
from accounts.modules import Module
from callback.models import Call
from phones.paging import LARGEST_ID
from stats.filters import THINGS, CallFilter
from stats.reports import View

# What a call of the list names.
SHOWN = ("type", "standing_type", "agent", "carrier", "region", "order_region", "standing_order_region", "batch")
# Wherever the room's clock stood when a call was filed, its day began and ended this near to the day by today's clock.
SLACK = timedelta(days=2)
# Up to so many days are read whole; beyond that, calls of which there are so few a day are looked for otherwise.
FEW_DAYS, FEW_A_DAY = 3, 8
# What calls that stand far apart have in common, the narrowest first: that is how they are found then.
NARROW = ("batch", "type", "standing_type", "region", "carrier")


@dataclass(frozen=True)
class Cursor:
    """A call's place in the list."""

    day: date
    pk: int

    def __str__(self) -> str:
        return f"{self.day}.{self.pk}"


@dataclass(frozen=True)
class Page:
    """Calls, and the places that the pages before and behind are asked for by; None where there are none."""

    rows: list[Call]
    newer: Cursor | None
    older: Cursor | None


def counts(chosen: CallFilter) -> dict[date, int]:
    """How many calls there are on each day that has any, the newest first: they add up to the figure."""
    days = chosen.tallies().order_by("-day").values_list("day").annotate(count=Sum(chosen.view.value))
    return dict(days.filter(count__gt=0))


def page(chosen: CallFilter, days: Mapping[date, int], query: Mapping[str, str], size: int) -> Page:
    """The page behind the place ``older``, or before the place ``newer``; the first where neither makes sense.

    ``days`` are the ``counts``: they say on which days the next calls stand, so that no other day is read.
    """
    newer, older = _cursor(query.get("newer")), _cursor(query.get("older"))
    if newer:
        before = Q(day__gt=newer.day) | Q(day=newer.day, pk__gt=newer.pk)
        wanted = _wanted([day for day in sorted(days) if day >= newer.day], days, newer, size)
        found = calls(chosen, wanted).filter(before).order_by("day", "pk").select_related(*SHOWN)[: size + 1]
        rows = list(found)
        return Page(rows[:size][::-1], _place(rows[size - 1]) if len(rows) > size else None, _last(rows[:1]))
    after = Q(day__lt=older.day) | Q(day=older.day, pk__lt=older.pk) if older else Q()
    wanted = _wanted([day for day in sorted(days, reverse=True) if not older or day <= older.day], days, older, size)
    rows = list(calls(chosen, wanted).filter(after).order_by("-day", "-pk").select_related(*SHOWN)[: size + 1])
    more = len(rows) > size
    return Page(rows[:size], _place(rows[0]) if older and rows else None, _last(rows[:size]) if more else None)


def calls(chosen: CallFilter, days: Mapping[date, int]) -> QuerySet[Call]:
    """The calls that are meant on some days, whose ``counts`` are given, in such words that the database finds them.

    It goes by the agent, if one is meant, or else by the days: by the index of a carrier or a type it would find all of
    its calls for each page, and sort them anew. Only calls that stand far apart are found by what they have in common.
    """
    queryset = Call.objects.standing()
    meant = {name: [thing.pk] for name in THINGS if (thing := chosen.cleaned_data[name])}
    if chosen.cleaned_data["type"]:
        meant["standing_type" if chosen.view == View.STANDING else "type"] = chosen.type_ids
    if chosen.whose:
        queryset = queryset.filter(agent=chosen.whose, day__in=days)
        if days:
            queryset = queryset.filter(filed_at__range=(_midnight(min(days)) - SLACK, _midnight(max(days)) + SLACK))
    elif scattered(days) and (common := next((name for name in NARROW if name in meant), None)):
        ends = (min(days), max(days))
        queryset = queryset.filter(**{f"{common}__in": meant.pop(common)}, day__range=ends)
    else:
        queryset = queryset.filter(day__in=days)
    for name, ids in meant.items():
        queryset = queryset.alias(**{f"this_{name}": F(f"{name}_id") + 0}).filter(**{f"this_{name}__in": ids})
    return queryset


def scattered(days: Mapping[date, int]) -> bool:
    """Whether calls stand so far apart that nearly all that was filed on their days would be read in vain."""
    return len(days) > FEW_DAYS and sum(days.values()) < FEW_A_DAY * len(days)


def opened_by(reader: User, calls: Iterable[Call]) -> set[int]:
    """The calls whose number's page the reader may open: with number lookup, an agent those of its own."""
    if not reader.may_open(Module.LOOKUP):
        return set()
    return {call.pk for call in calls if call.phone_id and (reader.is_administrator or call.agent_id == reader.pk)}


def _wanted(candidates: list[date], days: Mapping[date, int], from_place: Cursor | None, size: int) -> dict[date, int]:
    """The first of these days that hold a page of calls; of the day that a page begins in, part is behind it."""
    wanted: dict[date, int] = {}
    left = size + 1
    for day in candidates:
        if left <= 0:
            break
        wanted[day] = days[day]
        left -= 0 if from_place and day == from_place.day else days[day]
    return wanted


def _place(call: Call) -> Cursor:
    return Cursor(call.day, call.pk)


def _last(rows: list[Call]) -> Cursor | None:
    return _place(rows[-1]) if rows else None


def _cursor(text: str | None) -> Cursor | None:
    day, _point, pk = (text or "").partition(".")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 20):
        return None
    try:
        return Cursor(date.fromisoformat(day), min(int(pk), LARGEST_ID))
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
