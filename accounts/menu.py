"""The menu: what an operator may open, and where they are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from django.http import HttpRequest
from django.utils.functional import Promise

from accounts.models import User
from accounts.modules import ENTRIES, GROUPS, Entry, Module

# Modules whose pages an agent sits at all day stand in the desk's top bar; the others make an office.
DESK = (Module.SHEET, Module.MINE, Module.LOOKUP)
# Where somebody lands instead of their first module, asked in this order: each is ``f(user)``, the name of a URL or
# None. Later apps add to it when Django starts.
LANDINGS: list[Callable[[User], str | None]] = []


@dataclass(frozen=True)
class Item:
    entry: Entry
    current: bool


@dataclass(frozen=True)
class Menu:
    groups: tuple[tuple[str | Promise, tuple[Item, ...]], ...]
    desk: tuple[Item, ...]
    office: Entry | None

    @property
    def frame(self) -> str:
        """The frame of a page that agents and the office both open: who has nothing else stays at the desk."""
        return "office.html" if self.office else "desk_page.html"


def allowed(user: User) -> tuple[Entry, ...]:
    """The menu's entries that an operator may open, in the manual's order."""
    return tuple(entry for entry in ENTRIES if user.may_open(entry.module))


def first_page(user: User) -> str | None:
    """The name of the URL where an operator lands after login; None for one without any module."""
    entries = allowed(user)
    landing = next((name for ask in LANDINGS if (name := ask(user))), None)
    return landing or (entries[0].url_name if entries else None)


def for_request(request: HttpRequest) -> Menu:
    here = request.resolver_match.view_name if request.resolver_match else ""
    module = getattr(request, "module", None)
    entries = allowed(cast(User, request.user))

    def item(entry: Entry) -> Item:
        return Item(entry, entry.url_name == here or entry.module == module)

    groups = ((group.title, tuple(item(entry) for entry in group.entries if entry in entries)) for group in GROUPS)
    return Menu(
        groups=tuple((title, items) for title, items in groups if items),
        desk=tuple(item(entry) for entry in entries if entry.module in DESK),
        office=next((entry for entry in entries if entry.module not in DESK), None),
    )
