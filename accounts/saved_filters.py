"""Filters that an operator has given a name, each of one table: kept as the query that asks for them."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict

from accounts.models import SavedFilter, User
from hwcall import days

# So many one operator keeps for one table: more make no menu.
MOST = 50
LONGEST_QUERY = 2000


class Taken(Exception):
    """The operator has a filter of this name for the table already."""


class TooMany(Exception):
    """The operator has as many filters for the table as there may be."""


def of(user: User, page: str) -> QuerySet[SavedFilter]:
    return SavedFilter.objects.filter(user=user, page=page).order_by("name", "pk")


def worth_saving(query: QueryDict, conditions: Collection[str], today: date) -> str:
    """What of a query is a choice of rows: its conditions, with the days by their name where they were chosen so.

    Neither the place that a page begins at nor anything unknown is in it.
    """
    named = days.by_name(query, today)
    kept = QueryDict(mutable=True)
    for name in conditions:
        if values := [value for value in dict.fromkeys(map(str.strip, named.getlist(name))) if value]:
            kept.setlist(name, values)
    return kept.urlencode()


@transaction.atomic
def save(*, by: User, page: str, name: str, query: str, replace: bool, now: datetime) -> SavedFilter:
    """Keep a query under a name; ``replace`` puts it in the place of the one that has the name.

    Raises Taken and TooMany.
    """
    # Whoever saves twice at once is answered one after the other.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    own = SavedFilter.objects.filter(user=by, page=page)
    saved = own.filter(name=name).first()
    if saved and saved.query != query and not replace:
        raise Taken
    if saved is None and own.count() >= MOST:
        raise TooMany
    saved = saved or SavedFilter(user=by, page=page, name=name)
    saved.query, saved.at = query, now
    saved.save()
    return saved


def find(*, by: User, pk: int) -> SavedFilter | None:
    """One of the operator's own; None where it is nobody's or another's."""
    try:
        return SavedFilter.objects.filter(user=by, pk=pk).first()
    except OverflowError:
        return None
