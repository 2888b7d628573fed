"""The links to the pages around one page of a table, for ``_pager.html``."""

from dataclasses import dataclass

from django.http import QueryDict

# As a place: the end of the table that lies farthest in the direction that the place is asked for.
END = "end"


@dataclass(frozen=True)
class Pager:
    """The queries of the first page, the one before, the next and the last; None where there is none to go to."""

    first: str | None
    previous: str | None
    next: str | None
    last: str | None

    @property
    def needed(self) -> bool:
        return any((self.first, self.previous, self.next))


def between(query: QueryDict, before: object, after: object, *, names: tuple[str, str] = ("before", "after")) -> Pager:
    """The links around a page whose neighbours begin at these places; ``names`` are what the two are asked for by.

    Whatever a page has behind it in its order is asked for by ``after``, and the end of it all by ``before=end``.
    """
    backward, onward = names

    def link(**places: object) -> str:
        asked = query.copy()
        for name in names:
            asked.pop(name, None)
        asked.update({name: str(place) for name, place in places.items()})
        return f"?{asked.urlencode()}"

    away = any(query.get(name) for name in names)
    return Pager(
        first=link() if away and before is not None else None,
        previous=link(**{backward: before}) if before is not None else None,
        next=link(**{onward: after}) if after is not None else None,
        last=link(**{backward: END}) if after is not None else None,
    )


def numbered(query: QueryDict, number: int, count: int) -> Pager:
    """The links around the page of this number, of so many."""

    def link(wanted: int) -> str:
        asked: QueryDict = query.copy()
        asked["page"] = str(wanted)
        return f"?{asked.urlencode()}"

    return Pager(
        first=link(1) if number > 1 else None,
        previous=link(number - 1) if number > 1 else None,
        next=link(number + 1) if number < count else None,
        last=link(count) if number < count else None,
    )
