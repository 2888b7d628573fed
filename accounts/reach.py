"""Who may act on whom, and the locks under which that is asked."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db.models import Q

from accounts.models import Role, User
from accounts.modules import Module
from config.actions import Gone


class BeyondReach(PermissionDenied):
    """Who is no administrator manages agents, and only those who may do no more than they themselves."""


def grantable(by: User) -> set[str]:
    """The modules that a person may tick for others: their own, and the sheet, which every agent begins with."""
    return set(Module.values) if by.is_administrator else {*by.modules, Module.SHEET}


def may_grant(by: User, role: str, modules: Iterable[str]) -> bool:
    """Whether a person may make somebody all that, or manage one who is; else they could lend it to themselves."""
    return by.is_administrator or (role == Role.AGENT and set(modules) <= grantable(by))


def may_manage(by: User, user: User) -> bool:
    return may_grant(by, user.role, user.modules)


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
