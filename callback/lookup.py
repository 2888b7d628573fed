"""Number lookup: a whole number, or those that end in four digits, among the numbers that somebody may see.

An administrator sees every number, also those that were deleted; an agent those that it called itself.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, Max, OuterRef, QuerySet

from accounts.models import User
from accounts.tables import USUAL_SIZE
from callback.models import Call
from phones.models import Event, Phone
from phones.named import hand_names
from phones.querysets import LastFour

LAST = 4
HEAD = ("carrier", "region", "batch", "type", "order_region", "agent", "holder", "paper")
CALLED = ("agent", "carrier", "region", "batch", "standing_type", "standing_order_region")
# Where a page begins or ends: at this number of the stock, or at this call of a deleted number.
position = re.compile(r"([nc])([0-9]{1,18})", re.ASCII).fullmatch


@dataclass(frozen=True)
class Hit:
    """A number that was found: as it stands, unless it was deleted, and the last call that anybody made of it."""

    number: str
    phone: Phone | None
    call: Call | None


@dataclass(frozen=True)
class Place:
    """Where a page stands in the list: behind a place, or before one; at its beginning where neither makes sense."""

    after: str = ""
    before: str = ""
    size: int = USUAL_SIZE

    @property
    def backward(self) -> bool:
        return position(self.before) is not None

    @property
    def end(self) -> tuple[str, int] | None:
        """The kind of the row that the page lies behind or before, and its number."""
        match = position(self.before) or position(self.after)
        return (match[1], int(match[2])) if match else None


@dataclass(frozen=True)
class Found:
    """A page of the numbers that were found, how many there are on all pages, and how those around it are asked for."""

    hits: list[Hit]
    total: int
    after: str = ""
    before: str = ""

    @property
    def only(self) -> Hit | None:
        """The one number that was found, where it is one."""
        return self.hits[0] if self.total == 1 and self.hits else None


def find(query: str, *, reader: User, place: Place = Place()) -> Found:
    """The numbers that ``query`` means, a whole number or four digits, as many as a page has room for."""
    if len(query) > LAST:
        return _whole(query) if _may_see(reader, query) else Found([], 0)
    return _ending(query, place) if reader.is_administrator else _own(query, reader, place)


def phone_for(reader: User, pk: int) -> Phone | None:
    """A number of the stock with all that its page names; None where there is none, or the reader may not see it."""
    try:
        phone = Phone.objects.counted().filter(pk=pk).first()
    except OverflowError:
        return None
    if phone is None or not _may_see(reader, phone.number):
        return None
    _hand_names([phone])
    return phone


def _may_see(reader: User, number: str) -> bool:
    # The ending alone is asked for, since it has an index; SQLite passes it over where the number is asked for too.
    return reader.is_administrator or number in _called(reader, number[-LAST:]).values_list("number", flat=True)


def _called(agent: User, ending: str) -> QuerySet[Call]:
    """An agent's calls of numbers that end so; also those that were taken back, since it has seen the number."""
    return Call.objects.by(agent).alias(ending=LastFour("number")).filter(ending=ending)


def _by_last_call(calls: QuerySet[Call]) -> QuerySet[Any, Any]:
    """The numbers of some calls, each with the last of them."""
    return calls.order_by().values("number").annotate(last=Max("pk"))


def _calls_at(numbers: QuerySet[Any, Any], place: Place) -> list[Any]:
    """The numbers whose last call lies on the page's side of its place, the nearest first, and one more."""
    last = place.end[1] if place.end and place.end[0] == "c" else None
    if place.backward:
        return list((numbers.filter(last__gt=last) if last else numbers).order_by("last")[: place.size + 1])
    return list((numbers.filter(last__lt=last) if last else numbers).order_by("-last")[: place.size + 1])


def _own(digits: str, agent: User, place: Place) -> Found:
    """The numbers that an agent called, the one that it called last at the front."""
    numbers = _by_last_call(_called(agent, digits))
    rows = _calls_at(numbers, place)
    shown = [row["number"] for row in rows[: place.size]]
    stock = {phone.number: phone for phone in Phone.objects.counted().filter(number__in=shown)}
    return _page([(row, stock.get(row["number"])) for row in rows], numbers.count(), place)


def _whole(number: str) -> Found:
    phone = Phone.objects.counted().filter(number=number).first()
    deleted = {"number": number, "phone": None}
    if phone or Call.objects.filter(**deleted).exists() or Event.objects.filter(**deleted).exists():
        return Found(_hits([(number, phone)]), 1)
    return Found([], 0)


def _ending(digits: str, place: Place) -> Found:
    """First the numbers of the stock, in the order of import, then the deleted ones that were ever called."""
    phones = Phone.objects.counted().alias(ending=LastFour("number")).filter(ending=digits)
    calls = Call.objects.filter(phone=None).alias(ending=LastFour("number")).filter(ending=digits)
    deleted = _by_last_call(calls.exclude(Exists(Phone.objects.filter(number=OuterRef("number")))))
    # The page goes on from the part of the list that its place is in to the other one.
    parts = [lambda: _phones_at(phones, place), lambda: _calls_at(deleted, place)]
    order = parts[::-1] if place.backward else parts
    if place.end and place.end[0] != ("c" if place.backward else "n"):
        order = order[1:]
    rows: list[Any] = []
    for part in order:
        if len(rows) <= place.size:
            rows += part()
    pairs = [(row, row if isinstance(row, Phone) else None) for row in rows[: place.size + 1]]
    return _page(pairs, phones.count() + deleted.count(), place)


def _phones_at(phones: QuerySet[Phone], place: Place) -> list[Phone]:
    """The numbers of the stock on the page's side of its place, the nearest first, and one more."""
    last = place.end[1] if place.end and place.end[0] == "n" else None
    if place.backward:
        return list((phones.filter(pk__lt=last) if last else phones).order_by("-pk")[: place.size + 1])
    return list((phones.filter(pk__gt=last) if last else phones).order_by("pk")[: place.size + 1])


def _page(rows: list[tuple[Any, Phone | None]], total: int, place: Place) -> Found:
    """The page of some rows, the nearest to its place first and maybe one too many, in the order of the list."""
    more, shown = len(rows) > place.size, rows[: place.size]
    if place.backward:
        shown.reverse()
    hits = _hits((row.number if isinstance(row, Phone) else row["number"], phone) for row, phone in shown)
    first, last = (_place(shown[0][0]), _place(shown[-1][0])) if shown else ("", "")
    before, after = (more, True) if place.backward else (place.end is not None, more)
    return Found(hits, total, after=last if after else "", before=first if before else "")


def _hand_names(phones: list[Phone]) -> None:
    hand_names(phones, *HEAD)
    hand_names([phone.paper for phone in phones if phone.paper], "agent")


def _place(row: Any) -> str:
    return f"n{row.pk}" if isinstance(row, Phone) else f"c{row['last']}"


def _hits(found: Iterable[tuple[str, Phone | None]]) -> list[Hit]:
    pairs = list(found)
    _hand_names([phone for _number, phone in pairs if phone])
    calls = Call.objects.standing()
    of_stock = calls.filter(phone__in=[phone for _number, phone in pairs if phone])
    of_deleted = calls.filter(phone=None, number__in=[number for number, phone in pairs if phone is None])
    last = {call.number: call for call in sorted([*of_stock, *of_deleted], key=lambda call: (call.filed_at, call.pk))}
    hand_names(last.values(), *CALLED)
    return [Hit(number, phone, last.get(number)) for number, phone in pairs]
