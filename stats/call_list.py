"""The calls behind a figure: exactly those that it counts, in the order of time, a page at a time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from accounts.models import User
from accounts.modules import Module
from callback.models import Call
from hwcall.pager import END
from phones.named import hand_names
from phones.paging import LARGEST_ID
from stats import hour_calls
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
    if chosen.by_hour:
        return hour_calls.counts(chosen)
    days = chosen.tallies().order_by("-day").values_list("day").annotate(count=Sum(chosen.view.value))
    return dict(days.filter(count__gt=0))


def page(chosen: CallFilter, days: Mapping[date, int], query: Mapping[str, str], size: int) -> Page:
    """The page behind the place ``older``, or before the place ``newer``; the first where neither makes sense.

    ``days`` are the ``counts``: they say on which days the next calls stand, so that no other day is read. The end of
    the list is a place as well. Where the oldest come first, it is the same list read upwards.
    """
    newer, older = _cursor(query.get("newer")), _cursor(query.get("older"))
    ends = END in (query.get("newer"), query.get("older"))
    upwards = bool(newer) or (not older and (query.get("newer") == END if ends else chosen.oldest_first))
    place = newer or older
    rows = _walk(chosen, days, place, size, upwards=upwards)
    more, rows = len(rows) > size, rows[:size]
    if not rows:
        return Page([], None, None)
    newest, oldest = (rows[-1], rows[0]) if upwards else (rows[0], rows[-1])
    beyond_newest, beyond_oldest = (more, place is not None) if upwards else (place is not None, more)
    return Page(
        rows=rows if upwards == chosen.oldest_first else rows[::-1],
        newer=_place(chosen, newest) if beyond_newest else None,
        older=_place(chosen, oldest) if beyond_oldest else None,
    )


def _walk(
    chosen: CallFilter, days: Mapping[date, int], place: Cursor | None, size: int, *, upwards: bool
) -> list[Call]:
    """The next calls from a place on, towards the newest or towards the oldest, and one more if there is one."""
    side, sign = ("gt", "") if upwards else ("lt", "-")
    name, behind, candidates = day_name(chosen), Q(), sorted(days, reverse=not upwards)
    if place:
        behind = Q(**{f"{name}__{side}": place.day}) | Q(**{name: place.day, f"pk__{side}": place.pk})
        candidates = [day for day in candidates if (day >= place.day if upwards else day <= place.day)]
    wanted = _wanted(candidates, days, place, size)
    rows: list[Call] = []

    def following(on: Mapping[date, int], where: Q) -> list[Call]:
        found = calls(chosen, on).filter(where).order_by(f"{sign}{name}", f"{sign}pk")
        return list(found[: size + 1 - len(rows)])

    if place and place.day in wanted and not scattered(wanted):
        # Asked for together with other days, all of this day up to the place would be looked at and left out.
        here = {place.day: wanted.pop(place.day)}
        rows = following(here, Q(**{name: place.day, f"pk__{side}": place.pk}))
    if wanted and len(rows) <= size:
        rows += following(wanted, behind)
    hand_names(rows, *SHOWN)
    return rows


def calls(chosen: CallFilter, days: Mapping[date, int]) -> QuerySet[Call]:
    """The calls that are meant on some days, whose ``counts`` are given, in such words that the database finds them.

    It goes by the agent, if one is meant, or else by the days: by the index of a carrier or a type it would find all of
    its calls for each page, and sort them anew. Only calls that stand far apart are found by what they have in common.
    """
    if chosen.by_hour:
        return hour_calls.calls(chosen, days)
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


def day_name(chosen: CallFilter) -> str:
    """What the calls' day is called in a query: hours are those of the room's clock today, and so is their day."""
    return "local_day" if chosen.by_hour else "day"


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


def _place(chosen: CallFilter, call: Call) -> Cursor:
    return Cursor(timezone.localdate(call.filed_at) if chosen.by_hour else call.day, call.pk)


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
