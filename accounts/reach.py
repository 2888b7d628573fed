"""Who may act on whom, and the locks under which that is asked."""

from collections.abc import Collection, Iterable

from django.core.exceptions import PermissionDenied
from django.db.models import Q

from accounts.models import Role, User
from accounts.modules import Module
from config.actions import Gone


class BeyondReach(PermissionDenied):
    """Who is no administrator manages agents, and only those who may do no more than they themselves."""


class Unproven(Exception):
    """Nobody becomes an administrator, nor is given an administrator's login, by the press of somebody unknown.

    Who acts must have entered their own password just now; an open browser is not enough.
    """


def grantable(by: User) -> set[str]:
    """The modules that a person may tick for others: their own, and the sheet, which every agent begins with."""
    return set(Module.values) if by.is_administrator else {*by.modules, Module.SHEET}


def regions_of(by: User) -> list[int]:
    """The regions that a person gives out and no others; an empty list is no limit."""
    return [] if by.is_administrator else list(by.region_ids)


def _within_regions(by: User, region_ids: Collection[int]) -> bool:
    """Whether a limit to some regions is no wider than the person's own; an empty one is the widest."""
    limit = set(regions_of(by))
    return not limit or (bool(region_ids) and set(region_ids) <= limit)


def may_grant(by: User, role: str, modules: Iterable[str], region_ids: Collection[int]) -> bool:
    """Whether a person may make somebody all that, or manage one who is; else they could lend it to themselves."""
    lends = role == Role.AGENT and set(modules) <= grantable(by) and _within_regions(by, region_ids)
    return by.is_administrator or lends


def may_manage(by: User, user: User) -> bool:
    return may_grant(by, user.role, user.modules, user.region_ids)


def is_last_administrator(user: User) -> bool:
    others = User.objects.administrators().enabled().exclude(pk=user.pk)
    return user.is_administrator and user.is_active and not others.exists()


def lock(by: User, user: User) -> tuple[User, User]:
    """Who acts and who is acted on as they stand now, locked, and with them all administrators.

    Raises Gone, BeyondReach.
    """
    wanted = Q(role=Role.ADMINISTRATOR) | Q(pk__in=[by.pk, user.pk])
    rows = {row.pk: row for row in User.objects.select_for_update(no_key=True).filter(wanted).order_by("pk")}
    if by.pk not in rows or not (rows[by.pk].is_active and rows[by.pk].may_open(Module.OPERATORS)):
        raise BeyondReach
    if user.pk not in rows:
        raise Gone
    return rows[by.pk], rows[user.pk]


def lock_to_change(by: User, user: User) -> tuple[User, User]:
    """Raises BeyondReach also where the account is none that ``by`` manages."""
    by, user = lock(by, user)
    if not may_manage(by, user):
        raise BeyondReach
    return by, user
