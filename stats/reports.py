"""The figures of the statistics: tallies in, plain rows out."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.expressions import OrderBy

from callback.models import Tally
from config.models import BOOKING, BusinessType

Kinds = Mapping[int, BusinessType]
Grouped = QuerySet[Tally, dict[str, Any]]


class View(StrEnum):
    """Which type a call counts under: the one that it was filed as, or the one that it stands as after amendments."""

    FILED = "filed"
    STANDING = "standing"


class By(StrEnum):
    """What a row of the table is about."""

    AGENT = "agent"
    DAY = "day"
    BOTH = "both"


# The sums of a row, in their order.
SUMS = ("valid", "booking", "invalid", "total")
KEYS = {By.AGENT: ["agent"], By.DAY: ["day"], By.BOTH: ["agent", "day"]}


@dataclass(frozen=True)
class Figures:
    """Calls by the id of their type, and what they add up to. The bookings are among the valid ones."""

    counts: Mapping[int, int]
    valid: int
    booking: int
    invalid: int

    @property
    def total(self) -> int:
        return self.valid + self.invalid

    @property
    def share(self) -> float | None:
        """How many of a hundred are valid; None where there are none at all."""
        return 100 * self.valid / self.total if self.total else None


@dataclass(frozen=True)
class Row:
    """The figures of an agent, of a day, or of an agent's day."""

    figures: Figures
    agent_id: int | None
    day: date | None


@dataclass(frozen=True)
class Sort:
    """The column that rows are sorted by: agent, day, one of the sums, share, or t and the id of a type."""

    name: str
    descending: bool

    def __str__(self) -> str:
        return f"-{self.name}" if self.descending else self.name


@dataclass(frozen=True)
class Report:
    """The columns in their order, the sums of them all, and the figures of each day that has any.

    The days may begin before the sums do: a chart shows more of them than a table of one day.
    """

    columns: list[BusinessType]
    sums: Figures
    days: dict[date, Figures]


def report(tallies: QuerySet[Tally], *, view: View, start: date) -> Report:
    """What the tallies say day by day, and in all from ``start`` on."""
    kinds = {kind.pk: kind for kind in BusinessType.objects.in_order()}
    daily: dict[date, dict[int, int]] = {}
    counted = tallies.order_by().values_list("day", "type").annotate(count=Sum(view.value)).filter(count__gt=0)
    for day, type_id, count in counted:
        daily.setdefault(day, {})[type_id] = count
    sums: Counter[int] = Counter()
    for day, counts in daily.items():
        if day >= start:
            sums.update(counts)
    days = {day: figures(daily[day], kinds) for day in sorted(daily)}
    return Report(columns(kinds.values(), sums), figures(sums, kinds), days)


def figures(counts: Mapping[int, int], kinds: Kinds) -> Figures:
    """What calls by the id of their type add up to."""
    valid = sum(count for pk, count in counts.items() if kinds[pk].valid)
    booking = sum(count for pk, count in counts.items() if kinds[pk].code == BOOKING)
    return Figures(counts, valid, booking, sum(counts.values()) - valid)


def columns(kinds: Iterable[BusinessType], used: Collection[int]) -> list[BusinessType]:
    """The types that have a column: those on offer, and of the others those with figures.

    They stand in the configuration's order, the valid ones first; at the end of their groups booking and the fixed two.
    """
    shown = [kind for kind in kinds if on_offer(kind) or kind.pk in used]
    return sorted(shown, key=lambda kind: (not kind.valid, kind.code == BOOKING, kind.fixed))


def on_offer(kind: BusinessType) -> bool:
    return kind.enabled and kind.retired_at is None


def sort_of(asked: str, by: By, types: Iterable[BusinessType]) -> Sort:
    """The sort that a query asks for; the grouping's own where it asks for none that there is."""
    name = asked.removeprefix("-")
    if name in {*KEYS[by], *SUMS, "share", *(f"t{type.pk}" for type in types)}:
        return Sort(name, asked.startswith("-"))
    return {By.AGENT: Sort("valid", True), By.DAY: Sort("day", False), By.BOTH: Sort("agent", False)}[by]


def grouped(tallies: QuerySet[Tally], types: list[BusinessType], *, view: View, by: By, sort: Sort) -> Grouped:
    """The rows of the table as the database counts and sorts them; ``row`` reads one. Rows without calls are left out.

    One statement counts all columns, so that a page of a long table costs no more than its order does.
    """
    valid, booking = [type.pk for type in types if type.valid], [type.pk for type in types if type.code == BOOKING]
    sums = {f"t{type.pk}": Sum(view.value, filter=Q(type=type.pk), default=0) for type in types}
    rows = tallies.order_by().values(*KEYS[by]).annotate(total=Sum(view.value), **sums).filter(total__gt=0)
    groups = {"valid": valid, "booking": booking}
    rows = rows.alias(**{name: Sum(view.value, filter=Q(type__in=ids), default=0) for name, ids in groups.items()})
    key: Any = F(sort.name)
    if sort.name == "agent":
        key = F("agent__name")
    elif sort.name == "invalid":
        key = F("total") - F("valid")
    elif sort.name == "share":
        key = F("valid") * 1.0 / F("total")
    ordered: Grouped = rows.order_by(OrderBy(key, descending=sort.descending), *KEYS[by])
    return ordered


def row(values: Mapping[str, Any], types: Collection[BusinessType]) -> Row:
    """A row of ``grouped``."""
    counts = {type.pk: int(values[f"t{type.pk}"]) for type in types}
    return Row(figures(counts, {type.pk: type for type in types}), values.get("agent"), values.get("day"))
