"""Where a list of calls was opened from: it leads back to the very table, with all that was chosen there."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from stats.filters import CallFilter
from stats.tables import MINE, TEAM, TEAM_HOURS

# What the table stands under in the list's address: "team?days=week&sort=-total".
NAME = "back"
# The page of each, and what it can be asked by.
PAGES = {
    "team": (TEAM.page, (*TEAM.conditions, "page")),
    "hours": (TEAM_HOURS.page, TEAM_HOURS.conditions),
    "home": ("stats:home", ()),
}
OWN = {"mine": (MINE.page, (*MINE.conditions, "page"))}
LONGEST = 1000


def origin(page: str, query: QueryDict) -> dict[str, str]:
    """What a list's address says of the table that it is opened from."""
    asked = QueryDict(mutable=True)
    _name, conditions = (PAGES | OWN)[page]
    for name in conditions:
        if value := query.get(name):
            asked[name] = value
    said = f"{page}?{asked.urlencode()}" if asked else page
    return {NAME: said if len(said) <= LONGEST else page}


def address(query: Mapping[str, str], chosen: CallFilter) -> str:
    """The page that a list leads back to; where its address names none, the one with the same conditions."""
    page, _mark, asked = query.get(NAME, "").partition("?")
    tables = OWN if chosen.own else PAGES
    if page in tables and len(asked) <= LONGEST:
        # Nothing but what the table knows, whoever wrote the address.
        said = origin(page, QueryDict(asked))[NAME].partition("?")[2]
    elif chosen.is_valid():
        page = next(iter(OWN)) if chosen.own else "hours" if chosen.by_hour else "team"
        said = urlencode({name: text for name, text in chosen.arguments().items() if name in tables[page][1]})
    else:
        page, said = next(iter(tables)), ""
    return f"{reverse(tables[page][0])}{'?' if said else ''}{said}"
