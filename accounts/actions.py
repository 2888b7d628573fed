"""Everything that happens to an operator's account.

Each action is one transaction and locks the administrators' rows, the operator's and that of who acts, in the order of
their keys: two administrators who act on one another at once act one after the other.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Lower

from accounts import audit
from accounts.logins import SESSION_FIELDS, end_all
from accounts.models import Role, User
from accounts.modules import Module
from accounts.passwords import OneTimePassword
from accounts.reach import (
    BeyondReach,
    Unproven,
    is_last_administrator,
    lock,
    lock_to_change,
    may_grant,
    regions_of,
)
from config.actions import AlreadySo
from config.models import Region
from config.uses import delete_unused
from hwcall.stamps import refuse_changed, stamp

# What other apps do when an operator loses the sheet: ``f(agent=…, by=…, now=…)``, inside the transaction that takes it
# away, with the operator's row locked.
ON_SHUT_OUT: list[Callable[..., object]] = []

SERIAL_PREFIX = "op"


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


def _save(user: User) -> None:
    """Raises NameTaken."""
    try:
        with transaction.atomic():
            user.save()
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
    proven: bool = False,
    by: User,
    now: datetime,
    address: str | None,
) -> User:
    """Make an account that begins with a one-time password.

    ``proven``: who acts has entered their own. Raises NameTaken, BeyondReach, Unproven.
    """
    by, _same = lock(by, by)
    modules, region_ids = _in_order(modules), _keys(regions)
    if not may_grant(by, role, modules, region_ids):
        raise BeyondReach
    if role == Role.ADMINISTRATOR and not proven:
        raise Unproven
    user = User(username=username, name=name, role=role, modules=modules, created_at=now, must_change_password=True)
    user.password = password.encoded
    user.region_ids = region_ids
    _save(user)
    audit.record(by=by, action="operator.create", about=user.username, address=address, at=now, **_rights(user))
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
    """Make an agent's account for each person, all or none; who is limited to regions limits them as well.

    Raises NameTaken with all the names that are.
    """
    by, _same = lock(by, by)
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
            region_ids=regions_of(by),
            must_change_password=True,
            created_at=now,
        )
        for person, password in zip(people, passwords, strict=True)
    ]
    for user in users:
        _save(user)
        audit.record(by=by, action="operator.create", about=user.username, address=address, at=now, **_rights(user))
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
    seen: str | None = None,
    proven: bool = False,
    by: User,
    now: datetime,
    address: str | None,
) -> User:
    """Change an account; what it loses, it loses at once.

    ``seen`` is the stamp of what was to be changed; ``proven``: who acts has entered their own password.
    Raises NameTaken, LastAdministrator, Changed, Gone, BeyondReach, Unproven.
    """
    by, user = lock_to_change(by, user)
    refuse_changed(seen, _rights(user), standing=user)
    modules, region_ids = _in_order(modules), _keys(regions)
    # Asked before anything is changed: who acts and who is acted on may be one and the same row.
    if not may_grant(by, role, modules, region_ids):
        raise BeyondReach
    _refuse_coming_and_going(user, role, is_active, proven=proven)
    before = _rights(user)
    was_on_sheet = user.is_active and user.may_open(Module.SHEET)
    user.username, user.name, user.role = username, name, role
    user.modules, user.region_ids = modules, region_ids
    if user.is_active and not is_active:
        end_all(user)
    user.is_active = is_active
    _save(user)
    if was_on_sheet and not (user.is_active and user.may_open(Module.SHEET)):
        _shut_out(user, by=by, now=now)
    after = _rights(user)
    audit.record(by=by, action="operator.edit", about=username, address=address, at=now, before=before, after=after)
    return user


def _refuse_coming_and_going(user: User, role: str, is_active: bool, *, proven: bool) -> None:
    """Raises Unproven where a new administrator would be let in, LastAdministrator where the last one would go."""
    will_be_one = role == Role.ADMINISTRATOR
    stays_one = user.is_administrator and (user.is_active or not is_active)
    if will_be_one and not stays_one and not proven:
        raise Unproven
    if is_last_administrator(user) and not (will_be_one and is_active):
        raise LastAdministrator


@transaction.atomic
def disable(*, user: User, seen: str | None = None, by: User, now: datetime, address: str | None) -> User:
    """Shut an operator out: the sessions end, and what it holds is freed.

    ``seen`` is the stamp of the account as it was shown. Raises LastAdministrator, AlreadySo, Changed, Gone,
    BeyondReach.
    """
    by, user = lock_to_change(by, user)
    if not user.is_active:
        raise AlreadySo
    refuse_changed(seen, _rights(user), standing=user)
    if is_last_administrator(user):
        raise LastAdministrator
    user.is_active = False
    end_all(user)
    user.save(update_fields=["is_active", *SESSION_FIELDS])
    _shut_out(user, by=by, now=now)
    audit.record(by=by, action="operator.disable", about=user.username, address=address, at=now)
    return user


@transaction.atomic
def enable(
    *,
    user: User,
    seen: str | None = None,
    proven: bool = False,
    by: User,
    now: datetime,
    address: str | None,
) -> User:
    """Let an operator in again. Raises AlreadySo, Changed, Gone, BeyondReach, and Unproven for an administrator."""
    by, user = lock_to_change(by, user)
    if user.is_active:
        raise AlreadySo
    refuse_changed(seen, _rights(user), standing=user)
    if user.is_administrator and not proven:
        raise Unproven
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record(by=by, action="operator.enable", about=user.username, address=address, at=now)
    return user


@transaction.atomic
def delete(*, user: User, seen: str | None = None, by: User, now: datetime, address: str | None) -> User:
    """Delete an account that nothing refers to. Raises InUse, LastAdministrator, Changed, Gone, BeyondReach."""
    by, user = lock_to_change(by, user)
    refuse_changed(seen, _rights(user), standing=user)
    if is_last_administrator(user):
        raise LastAdministrator
    delete_unused(user)
    audit.record(by=by, action="operator.delete", about=user.username, address=address, at=now, name=user.name)
    return user


# ── Details ──────────────────────────────────────────────────────────────────────────────────────────────────


def stamp_of(user: User) -> str:
    """The stamp of what the form on an account shows."""
    return stamp(_rights(user))


def _in_order(modules: Iterable[str]) -> list[str]:
    chosen = set(modules)
    return [module for module in Module.values if module in chosen]


def _keys(regions: Iterable[Region]) -> list[int]:
    return sorted(region.pk for region in regions)


def _rights(user: User) -> dict[str, Any]:
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
