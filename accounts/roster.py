"""The list of operators as a person may see it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts import entry, presence
from accounts.actions import stamp_of
from accounts.forms import OperatorFilter
from accounts.models import Role, User
from accounts.modules import Module
from accounts.reach import is_last_administrator, may_manage
from accounts.tables import USUAL_SIZE, Column, Table
from config.models import Region

OPERATORS = Table(
    page="accounts:operators",
    title=pgettext_lazy("module", "Operators"),
    columns=(
        Column("name", pgettext_lazy("person", "Name")),
        Column("username", _("User name")),
        Column("role", _("Role")),
        Column("modules", _("Modules")),
        Column("regions", _("Limited to regions")),
        Column("last_login", _("Last login")),
        Column("state", _("State")),
        Column("created", _("Created at"), usual=False),
        Column("held", _("Number held")),
    ),
    conditions=("q", "role", "state"),
    form=lambda query, user, today: OperatorFilter(query),
)
# What is held is for administrators alone to see.
OPERATORS_OF_DEPUTIES = replace(OPERATORS, columns=OPERATORS.columns[:-1])


@dataclass(frozen=True)
class Hold:
    """A number that somebody holds: since when, how long it is kept, and the token of the hold."""

    number: str
    since: datetime
    until: datetime
    token: UUID


@dataclass(frozen=True)
class Held:
    """What somebody holds: the number on the screen, if there is one, and how many on paper."""

    hold: Hold | None
    on_paper: int


# What later apps know of what operators hold: ``f(users)`` gives it by the user's key, for a whole page at once.
HOLDINGS: list[Callable[[Collection[User]], Mapping[int, Held]]] = []


@dataclass(frozen=True)
class Row:
    operator: User
    stamp: str
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


def roster(*, by: User, chosen: OperatorFilter, number: str | None, now: datetime, size: int = USUAL_SIZE) -> Roster:
    """``number`` is the page's; one that makes no sense is the first page, one beyond the end the last."""
    found = chosen.apply(User.objects.all(), now=now)
    page = Paginator(found.order_by("role", "name", "pk"), size).get_page(number)
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
            stamp=stamp_of(user),
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
