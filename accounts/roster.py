"""The list of operators as a person may see it."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q

from accounts.actions import is_last_administrator, may_manage
from accounts.forms import OperatorFilter
from accounts.models import Role, User
from accounts.modules import Module
from config.models import Region

PAGE_SIZE = 50


@dataclass(frozen=True)
class Row:
    operator: User
    modules: list[str]
    regions: list[str]
    manageable: bool
    last_administrator: bool


@dataclass(frozen=True)
class Roster:
    """One page of the operators that a filter finds, and how many there are of each kind."""

    page: Page
    rows: list[Row]
    administrators: int
    agents: int
    hidden: int


def roster(*, by: User, chosen: OperatorFilter, number: str | None) -> Roster:
    """``number`` is the page's; one that makes no sense is the first page, one beyond the end the last."""
    found = chosen.apply(User.objects.all())
    page = Paginator(found.order_by("role", "name", "pk"), PAGE_SIZE).get_page(number)
    regions = dict(Region.objects.values_list("pk", "name"))
    labels = dict(Module.choices)
    last = {user.pk for user in User.objects.administrators().enabled()[:2] if is_last_administrator(user)}
    rows = [
        Row(
            operator=user,
            modules=[str(labels[module]) for module in user.modules if module in labels],
            regions=[regions[pk] for pk in user.region_ids if pk in regions],
            manageable=may_manage(by, user),
            last_administrator=user.pk in last,
        )
        for user in page
    ]
    of_role = Count("pk", filter=Q(role=Role.ADMINISTRATOR)), Count("pk", filter=Q(role=Role.AGENT))
    counts = found.aggregate(administrators=of_role[0], agents=of_role[1])
    everybody = chosen.apply(User.objects.all(), any_state=True).count()
    return Roster(page=page, rows=rows, hidden=everybody - page.paginator.count, **counts)
