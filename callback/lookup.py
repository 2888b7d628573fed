"""Number lookup: a whole number, or those that end in four digits, among the numbers that somebody may see.

An administrator sees every number, also those that were deleted; an agent those that it called itself.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, Max, OuterRef, QuerySet

from accounts.models import User
from callback.models import Call
from phones.models import Event, Phone
from phones.querysets import LastFour

SIZE = 50
LAST = 4
HEAD = ("carrier", "region", "batch", "type", "order_region", "agent", "holder")
# Where a page begins: behind this number of the stock, or behind this call of a deleted number.
position = re.compile(r"([nc])([0-9]{1,18})", re.ASCII).fullmatch


@dataclass(frozen=True)
class Hit:
    """A number that was found: as it stands, unless it was deleted, and the last call that anybody made of it."""

    number: str
    phone: Phone | None
    call: Call | None


@dataclass(frozen=True)
class Found:
    """A page of the numbers that were found, how many there are on all pages, and how the next page is asked for."""

    hits: list[Hit]
    total: int
    after: str = ""

    @property
    def only(self) -> Hit | None:
        """The one number that was found, where it is one."""
        return self.hits[0] if self.total == 1 and self.hits else None


def find(query: str, *, reader: User, after: str = "") -> Found:
    """The numbers that ``query`` means, a whole number or four digits; ``after`` is where the page begins."""
    if len(query) > LAST:
        return _whole(query) if _may_see(reader, query) else Found([], 0)
    return _ending(query, after) if reader.is_administrator else _own(query, reader, after)


def phone_for(reader: User, pk: int) -> Phone | None:
    """A number of the stock with all that its page names; None where there is none, or the reader may not see it."""
    try:
        phone = Phone.objects.counted().select_related(*HEAD).filter(pk=pk).first()
    except OverflowError:
        return None
    return phone if phone and _may_see(reader, phone.number) else None


def _may_see(reader: User, number: str) -> bool:
    # The ending alone is asked for, since it has an index; SQLite passes it over where the number is asked for too.
    return reader.is_administrator or number in _called(reader, number[-LAST:]).values_list("number", flat=True)


def _called(agent: User, ending: str) -> QuerySet[Call]:
    """An agent's calls of numbers that end so; also those that were taken back, since it has seen the number."""
    return Call.objects.by(agent).alias(ending=LastFour("number")).filter(ending=ending)


def _by_last_call(calls: QuerySet[Call]) -> QuerySet[Any, Any]:
    """The numbers of some calls, the one that was called last at the front."""
    return calls.order_by().values("number").annotate(last=Max("pk")).order_by("-last")


def _own(digits: str, agent: User, after: str) -> Found:
    """The numbers that an agent called, the one that it called last at the front."""
    numbers = _by_last_call(_called(agent, digits))
    _kind, last = _position(after)
    rows = list((numbers.filter(last__lt=last) if last else numbers)[: SIZE + 1])
    shown = [row["number"] for row in rows[:SIZE]]
    stock = {phone.number: phone for phone in _stock().filter(number__in=shown)}
    more = f"c{rows[SIZE - 1]['last']}" if len(rows) > SIZE else ""
    return Found(_hits((number, stock.get(number)) for number in shown), numbers.count(), more)


def _whole(number: str) -> Found:
    phone = _stock().filter(number=number).first()
    deleted = {"number": number, "phone": None}
    if phone or Call.objects.filter(**deleted).exists() or Event.objects.filter(**deleted).exists():
        return Found(_hits([(number, phone)]), 1)
    return Found([], 0)


def _ending(digits: str, after: str) -> Found:
    """First the numbers of the stock, in the order of import, then the deleted ones that were ever called."""
    phones = _stock().alias(ending=LastFour("number")).filter(ending=digits).order_by("pk")
    calls = Call.objects.filter(phone=None).alias(ending=LastFour("number")).filter(ending=digits)
    deleted = _by_last_call(calls.exclude(Exists(Phone.objects.filter(number=OuterRef("number")))))
    total = phones.count() + deleted.count()
    kind, last = _position(after)
    rows: list[Any] = list(phones.filter(pk__gt=last)[: SIZE + 1]) if kind == "n" else []
    if len(rows) <= SIZE:
        rest = deleted.filter(last__lt=last) if kind == "c" else deleted
        rows += rest[: SIZE + 1 - len(rows)]
    shown = [(row.number, row) if isinstance(row, Phone) else (row["number"], None) for row in rows[:SIZE]]
    return Found(_hits(shown), total, _place(rows[SIZE - 1]) if len(rows) > SIZE else "")


def _stock() -> QuerySet[Phone]:
    return Phone.objects.counted().select_related(*HEAD)


def _position(after: str) -> tuple[str, int]:
    match = position(after)
    return (match[1], int(match[2])) if match else ("n", 0)


def _place(row: Any) -> str:
    return f"n{row.pk}" if isinstance(row, Phone) else f"c{row['last']}"


def _hits(found: Iterable[tuple[str, Phone | None]]) -> list[Hit]:
    pairs = list(found)
    calls = Call.objects.standing().select_related("agent", "standing_type")
    of_stock = calls.filter(phone__in=[phone for _number, phone in pairs if phone])
    of_deleted = calls.filter(phone=None, number__in=[number for number, phone in pairs if phone is None])
    last = {call.number: call for call in sorted([*of_stock, *of_deleted], key=lambda call: (call.filed_at, call.pk))}
    return [Hit(number, phone, last.get(number)) for number, phone in pairs]
