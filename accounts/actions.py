"""Everything that happens to an operator's account.

Each action is one transaction and locks in one order: the administrators' rows, the operator's own and that of who acts,
by their keys. Two administrators who act on one another at once act one after the other.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from axes.utils import reset as unlock
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Lower

from accounts import audit
from accounts.models import Role, User
from accounts.modules import Module
from accounts.passwords import OneTimePassword
from config.models import Region
from config.uses import InUse, uses

# What other apps do when an operator loses the sheet: ``f(agent=…, by=…, now=…)``, inside the transaction that shuts the
# operator out, with the operator's row locked.
ON_SHUT_OUT: list[Callable[..., object]] = []

SERIAL_PREFIX = "op"


class BeyondReach(PermissionDenied):
    """Who is no administrator manages agents, and only those who may do no more than they themselves."""


class LastAdministrator(Exception):
    """One administrator must stay enabled."""


class NameTaken(Exception):
    """Somebody has this user name already; ``usernames`` says which."""

    def __init__(self, usernames: Iterable[str]) -> None:
        self.usernames = tuple(usernames)
        super().__init__(*self.usernames)


@dataclass(frozen=True)
class Person:
    """One line of a pasted list; without a user name the next free serial one is given."""

    name: str
    username: str = ""


# ── Who may do it ────────────────────────────────────────────────────────────────────────────────────────────


def grantable(by: User) -> set[str]:
    """The modules that a person may tick for others: their own, and the sheet, which every agent begins with."""
    return set(Module.values) if by.is_administrator else {*by.modules, Module.SHEET}


def may_manage(by: User, user: User) -> bool:
    """Whether a person may change an account; else they could lend themselves what it may do."""
    return by.is_administrator or (user.role == Role.AGENT and set(user.modules) <= grantable(by))


def is_last_administrator(user: User) -> bool:
    others = User.objects.administrators().enabled().exclude(pk=user.pk)
    return user.is_administrator and user.is_active and not others.exists()


def _lock(*, by: User, user: User | None = None) -> tuple[User, User | None]:
    """Both as they stand now, locked. Raises BeyondReach, and User.DoesNotExist for one deleted meanwhile."""
    keys = {by.pk, user.pk} if user else {by.pk}
    wanted = Q(role=Role.ADMINISTRATOR) | Q(pk__in=keys)
    rows = {row.pk: row for row in User.objects.select_for_update(no_key=True).filter(wanted).order_by("pk")}
    if by.pk not in rows or (user and user.pk not in rows):
        raise User.DoesNotExist
    now_by = rows[by.pk]
    now_user = rows[user.pk] if user else None
    allowed = now_by.is_active and now_by.may_open(Module.OPERATORS)
    if not allowed or (now_user and not may_manage(now_by, now_user)):
        raise BeyondReach
    return now_by, now_user


def _save(user: User, **options: object) -> None:
    """Raises NameTaken."""
    try:
        with transaction.atomic():
            user.save(**options)
    except IntegrityError as error:
        if User.objects.exclude(pk=user.pk).filter(username__iexact=user.username).exists():
            raise NameTaken([user.username]) from error
        raise


def _shut_out(user: User, *, by: User, now: datetime) -> None:
    for shut_out in ON_SHUT_OUT:
        shut_out(agent=user, by=by, now=now)


# ── What can happen ──────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def create(
    *,
    username: str,
    name: str,
    role: str,
    modules: Iterable[str],
    regions: Iterable[Region],
    password: OneTimePassword,
    by: User,
    now: datetime,
    address: str | None,
) -> User:
    """Make an account that begins with a one-time password. Raises NameTaken, BeyondReach."""
    by, _ = _lock(by=by)
    user = User(username=username, name=name, role=role, created_at=now, must_change_password=True)
    user.password = password.encoded
    user.modules = _in_order(modules)
    user.region_ids = sorted(region.pk for region in regions)
    if not may_manage(by, user):
        raise BeyondReach
    _save(user)
    audit.record(by=by, action="operator.create", about=user.username, address=address, **_rights(user))
    return user


@transaction.atomic
def create_several(
    *,
    people: list[Person],
    passwords: list[OneTimePassword],
    by: User,
    now: datetime,
    address: str | None,
) -> list[User]:
    """Make an agent's account for each person, all or none. Raises NameTaken with all the names that are."""
    by, _ = _lock(by=by)
    wanted = [person.username for person in people if person.username]
    taken = User.objects.alias(folded=Lower("username")).filter(folded__in=wanted)
    if names := list(taken.values_list("username", flat=True)):
        raise NameTaken(names)
    serials = _free_serials(len(people) - len(wanted), spoken_for=wanted)
    users = [
        User(
            username=person.username or serials.pop(0),
            name=person.name,
            password=password.encoded,
            modules=[Module.SHEET.value],
            must_change_password=True,
            created_at=now,
        )
        for person, password in zip(people, passwords, strict=True)
    ]
    for user in users:
        _save(user)
        audit.record(by=by, action="operator.create", about=user.username, address=address, **_rights(user))
    return users


@transaction.atomic
def edit(
    *,
    user: User,
    username: str,
    name: str,
    role: str,
    modules: Iterable[str],
    regions: Iterable[Region],
    is_active: bool,
    by: User,
    now: datetime,
    address: str | None,
) -> User:
    """Change an account; what it loses, it loses at once. Raises NameTaken, LastAdministrator, BeyondReach."""
    by, user = _lock(by=by, user=user)
    before = _rights(user)
    was_on_sheet = user.is_active and user.may_open(Module.SHEET)
    if is_last_administrator(user) and (role != Role.ADMINISTRATOR or not is_active):
        raise LastAdministrator
    user.username, user.name, user.role = username, name, role
    user.modules = _in_order(modules)
    user.region_ids = sorted(region.pk for region in regions)
    if user.is_active and not is_active:
        user.session_epoch += 1
    user.is_active = is_active
    if not may_manage(by, user):
        raise BeyondReach
    _save(user)
    if was_on_sheet and not (user.is_active and user.may_open(Module.SHEET)):
        _shut_out(user, by=by, now=now)
    audit.record(by=by, action="operator.edit", about=username, address=address, before=before, after=_rights(user))
    return user


@transaction.atomic
def disable(*, user: User, by: User, now: datetime, address: str | None) -> User:
    """Shut an operator out: the sessions end, and what it holds is freed. Raises LastAdministrator, BeyondReach."""
    by, user = _lock(by=by, user=user)
    if not user.is_active:
        return user
    if is_last_administrator(user):
        raise LastAdministrator
    user.is_active = False
    user.session_epoch += 1
    user.save(update_fields=["is_active", "session_epoch"])
    _shut_out(user, by=by, now=now)
    audit.record(by=by, action="operator.disable", about=user.username, address=address)
    return user


@transaction.atomic
def enable(*, user: User, by: User, now: datetime, address: str | None) -> User:
    by, user = _lock(by=by, user=user)
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record(by=by, action="operator.enable", about=user.username, address=address)
    return user


@transaction.atomic
def delete(*, user: User, by: User, now: datetime, address: str | None) -> User:
    """Delete an account that nothing refers to. Raises InUse, LastAdministrator, BeyondReach."""
    by, user = _lock(by=by, user=user)
    if is_last_administrator(user):
        raise LastAdministrator
    if found := uses(user):
        raise InUse(found)
    User.objects.filter(pk=user.pk).delete()
    audit.record(by=by, action="operator.delete", about=user.username, address=address, name=user.name)
    return user


@transaction.atomic
def reset_password(
    *, user: User, password: OneTimePassword, by: User, now: datetime, address: str | None
) -> User:
    """Give an operator a one-time password, end its sessions, and let it try again where it was locked out."""
    by, user = _lock(by=by, user=user)
    user.password = password.encoded
    user.must_change_password = True
    user.session_epoch += 1
    user.save(update_fields=["password", "must_change_password", "session_epoch"])
    unlock(username=user.username.lower())
    audit.record(by=by, action="operator.reset_password", about=user.username, address=address)
    return user


@transaction.atomic
def change_password(*, user: User, encoded: str, address: str | None) -> User:
    """Give oneself a new password; it ends every session but the one that is then told the new hash."""
    row = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    row.password = encoded
    row.must_change_password = False
    row.save(update_fields=["password", "must_change_password"])
    audit.record(by=row, action="password.change", about=row.username, address=address)
    return row


# ── Details ──────────────────────────────────────────────────────────────────────────────────────────────────


def _in_order(modules: Iterable[str]) -> list[str]:
    chosen = set(modules)
    return [module for module in Module.values if module in chosen]


def _rights(user: User) -> dict[str, object]:
    return {
        "username": user.username,
        "name": user.name,
        "role": str(user.role),
        "modules": list(user.modules),
        "regions": list(user.region_ids),
        "enabled": user.is_active,
    }


def _free_serials(count: int, *, spoken_for: Iterable[str]) -> list[str]:
    """The next user names of the form op001, after the highest there is."""
    taken = {*spoken_for, *User.objects.filter(username__istartswith=SERIAL_PREFIX).values_list("username", flat=True)}
    digits = [name[len(SERIAL_PREFIX) :] for name in taken]
    highest = max((int(text) for text in digits if text.isascii() and text.isdigit() and len(text) < 9), default=0)
    return [f"{SERIAL_PREFIX}{highest + step:03}" for step in range(1, count + 1)]
