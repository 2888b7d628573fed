"""The list of operators as a person may see it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q

from accounts import entry, presence
from accounts.forms import OperatorFilter
from accounts.models import Role, User
from accounts.modules import Module
from accounts.reach import is_last_administrator, may_manage
from config.models import Region

PAGE_SIZE = 50


@dataclass(frozen=True)
class Held:
    """A number that somebody holds: since when, how long it is kept, and the token of the hold."""

    number: str
    since: datetime
    until: datetime
    token: UUID


# What later apps know of what operators hold: ``f(users)`` gives it by the user's key, for a whole page at once.
HOLDINGS: list[Callable[[Collection[User]], Mapping[int, Held]]] = []


@dataclass(frozen=True)
class Row:
    operator: User
    modules: list[str]
    regions: list[str]
    manageable: bool
    last_administrator: bool
    online: bool
    locked: bool
    held: Held | None


@dataclass(frozen=True)
class Roster:
    """One page of the operators that a filter finds, and how many there are of each kind.

    Numbers are for administrators: for others ``shows_numbers`` is False, and no row has one.
    """

    page: Page
    rows: list[Row]
    shows_numbers: bool
    administrators: int
    agents: int
    hidden: int


def roster(*, by: User, chosen: OperatorFilter, number: str | None, now: datetime) -> Roster:
    """``number`` is the page's; one that makes no sense is the first page, one beyond the end the last."""
    found = chosen.apply(User.objects.all(), now=now)
    page = Paginator(found.order_by("role", "name", "pk"), PAGE_SIZE).get_page(number)
    of_role = Count("pk", filter=Q(role=Role.ADMINISTRATOR)), Count("pk", filter=Q(role=Role.AGENT))
    counts = found.aggregate(administrators=of_role[0], agents=of_role[1])
    everybody = chosen.apply(User.objects.all(), now=now, any_state=True).count()
    hidden = everybody - page.paginator.count
    return Roster(
        page=page, rows=_rows(list(page), by, now), shows_numbers=by.is_administrator, hidden=hidden, **counts
    )


def _rows(users: list[User], by: User, now: datetime) -> list[Row]:
    regions = dict(Region.objects.values_list("pk", "name"))
    labels = dict(Module.choices)
    last = {user.pk for user in User.objects.administrators().enabled()[:2] if is_last_administrator(user)}
    locks = entry.locks([user.username for user in users], now=now)
    held = holdings(users) if by.is_administrator else {}
    return [
        Row(
            operator=user,
            modules=[str(labels[module]) for module in user.modules if module in labels],
            regions=[regions[pk] for pk in user.region_ids if pk in regions],
            manageable=may_manage(by, user),
            last_administrator=user.pk in last,
            online=presence.is_online(user, now=now),
            locked=user.username in locks,
            held=held.get(user.pk),
        )
        for user in users
    ]


def holdings(users: Collection[User]) -> dict[int, Held]:
    """What each of some operators holds, by the operator's key."""
    return {key: held for ask in HOLDINGS for key, held in ask(users).items()}
