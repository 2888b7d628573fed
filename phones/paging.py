"""Pages of a long table by the rows at their ends: the hundredth page costs what the first does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Model, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from accounts.tables import USUAL_SIZE
from hwcall.pager import END

SIZE = USUAL_SIZE
LARGEST_ID = (1 << 63) - 1


@dataclass(frozen=True)
class Page:
    """Rows in their order, and the ids that the pages around are asked for by; None where there is none."""

    rows: list[Any]
    before: Any
    after: Any


@dataclass(frozen=True)
class Order:
    """Rows by a column, and by their id where it is the same; ``field`` is empty where the id alone counts.

    With ``by_index`` the database goes along the order itself, and looks at each row whether it is meant. Where few
    are, it finds them by what they have in common, and puts them in order then.
    """

    field: str = ""
    descending: bool = False
    by_index: bool = True

    def of_few(self) -> "Order":
        return replace(self, by_index=False)

    def over(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows with what they are put in order by, in words that no index knows where none shall be used."""
        if self.by_index:
            return queryset
        named: dict[str, Any] = {"plain_pk": F("pk") + 0}
        if self.field:
            named["plain_field"] = Coalesce(self.field, Value(""))
        return queryset.alias(**named)

    def of(self, *, backward: bool) -> list[str]:
        sign = "-" if self.descending != backward else ""
        return [f"{sign}{name}" for name in self._names if name]

    def behind(self, row: Model, *, backward: bool) -> Q:
        """The rows on the one side or the other of a row."""
        side = "lt" if self.descending != backward else "gt"
        field, key = self._names
        beyond = Q(**{f"{key}__{side}": row.pk})
        if not field:
            return beyond
        value = getattr(row, self.field)
        # The first condition is what an index goes by; the second is exact.
        return Q(**{f"{field}__{side}e": value}) & (Q(**{f"{field}__{side}": value}) | beyond)

    @property
    def _names(self) -> tuple[str, str]:
        if self.by_index:
            return self.field, "pk"
        return "plain_field" if self.field else "", "plain_pk"


BY_ID = Order()
NEWEST_FIRST = Order(descending=True)
# What the pages of a list that begins with the newest are asked for by.
NEWER_OLDER = ("newer", "older")


def page(
    queryset: QuerySet[Any],
    query: Mapping[str, str],
    *,
    order: Order = BY_ID,
    size: int = USUAL_SIZE,
    names: tuple[str, str] = ("before", "after"),
) -> Page:
    """The page behind the row ``after``, or before the row ``before``; the first one where neither makes sense.

    Both are ids, so that an address holds nothing else of a row; ``before=end`` is the last page.
    """
    asked_before, asked_after = (query.get(name, "") for name in names)
    end = asked_before == END
    place = None if end else _place(queryset, asked_before or asked_after, order)
    backward = end or bool(place and asked_before)
    found = order.over(queryset)
    if place:
        found = found.filter(order.behind(place, backward=backward))
    found = found.order_by(*order.of(backward=backward))[: size + 1]
    rows = list(found) if order.by_index else _of_keys(queryset, found.values_list("pk", flat=True))
    more, rows = len(rows) > size, rows[:size]
    if not rows:
        return Page([], None, None)
    if backward:
        rows.reverse()
        return Page(rows, rows[0].pk if more else None, rows[-1].pk if place else None)
    return Page(rows, rows[0].pk if place else None, rows[-1].pk if more else None)


def by_id(queryset: QuerySet[Any], query: Mapping[str, str], size: int = USUAL_SIZE) -> Page:
    """The page of the rows in the order of their ids."""
    return page(queryset, query, size=size)


def _of_keys(queryset: QuerySet[Any], keys: Iterable[Any]) -> list[Any]:
    """Some rows in the order of their ids: what they name is looked up for them alone, not for all that is sorted."""
    wanted = list(keys)
    rows = {row.pk: row for row in queryset.filter(pk__in=wanted)}
    return [rows[key] for key in wanted if key in rows]


def _place(queryset: QuerySet[Any], text: str, order: Order) -> Any:
    """The row that an id names; where the id alone counts, it may be one that is there no more."""
    if not text.isascii():
        return None
    try:
        key = queryset.model._meta.pk.to_python(text)
    except ValidationError:
        return None
    if isinstance(key, int) and not 0 < key <= LARGEST_ID:
        return None
    return queryset.model.objects.filter(pk=key).first() if order.field else queryset.model(pk=key)
