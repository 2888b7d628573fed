"""Everything that can be done to business types."""

from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from config.actions import Gone, NameTaken, lock, refuse_moved, refuse_other_row, refuse_renamed, save, swap
from config.actions import set_enabled as set_thing_enabled
from config.models import BOOKING, BusinessType
from config.record import tell
from config.uses import InUse, delete_unused

VALID_RANGE = range(11, 21)
INVALID_RANGE = range(21, 27)
BOOKING_RANGE = range(BOOKING, BOOKING + 1)
RANGES = (VALID_RANGE, BOOKING_RANGE, INVALID_RANGE)


class Fixed(Exception):
    """28 and 29 are neither renamed nor disabled nor deleted."""


class NoFreeCode(Exception):
    """Every code of the range has its business type."""


def range_of(code: int) -> range:
    """The codes among which a type is sorted; a fixed one stands alone."""
    return next((codes for codes in RANGES if code in codes), range(code, code + 1))


def free_codes(codes: range) -> list[int]:
    taken = set(BusinessType.objects.current().filter(code__in=codes).values_list("code", flat=True))
    return [code for code in codes if code not in taken]


def _fresh(type: BusinessType) -> BusinessType:
    """The row as it stands now. Raises Gone, and Fixed where it can't be changed."""
    row = BusinessType.objects.current().filter(pk=type.pk).first()
    if row is None:
        raise Gone
    if row.fixed:
        raise Fixed
    return row


def _refuse_taken(name: str, *, besides: int | None = None) -> None:
    if BusinessType.objects.current().filter(name__iexact=name).exclude(pk=besides).exists():
        raise NameTaken


@transaction.atomic
def add(*, codes: range, name: str, by: AbstractBaseUser, now: datetime, address: str | None) -> BusinessType:
    """Add a type under the first free code of a range, sorted last in it. Raises NoFreeCode, NameTaken."""
    lock()
    _refuse_taken(name)
    free = free_codes(codes)
    if not free:
        raise NoFreeCode
    row = list(BusinessType.objects.current().filter(code__in=codes).in_order())
    type = BusinessType(code=free[0], name=name, position=codes.start + len(row))
    save(type)
    swap([*row, type], type, 0, first=codes.start)
    tell(by=by, action="business_type.add", about=type, address=address, at=now)
    return type


@transaction.atomic
def respell(
    *,
    type: BusinessType,
    name: str,
    seen: str | None = None,
    by: AbstractBaseUser,
    now: datetime,
    address: str | None,
) -> BusinessType:
    """Correct a name: the calls filed under the type show the new spelling.

    ``seen`` is the stamp of what was to be renamed. Raises NameTaken, Fixed, Changed, Gone.
    """
    lock()
    type = _fresh(type)
    refuse_renamed(type, seen)
    _refuse_taken(name, besides=type.pk)
    before = type.name
    type.name = name
    save(type)
    tell(by=by, action="business_type.rename", about=type, address=address, at=now, before=before)
    return type


@transaction.atomic
def replace(
    *,
    type: BusinessType,
    name: str,
    seen: str | None = None,
    by: AbstractBaseUser,
    now: datetime,
    address: str | None,
) -> BusinessType:
    """Give the code to a new type: the calls filed so far keep the old one and its name.

    ``seen`` is the stamp of what was to be replaced. Raises NameTaken, Fixed, Changed, Gone.
    """
    lock()
    old = _fresh(type)
    refuse_renamed(old, seen)
    _refuse_taken(name, besides=old.pk)
    old.retired_at = now
    old.save(update_fields=["retired_at"])
    new = BusinessType(code=old.code, name=name, position=old.position, enabled=old.enabled)
    save(new)
    tell(by=by, action="business_type.replace", about=new, address=address, at=now, before=old.name)
    return new


@transaction.atomic
def set_enabled(
    *,
    type: BusinessType,
    enabled: bool,
    seen: str | None = None,
    by: AbstractBaseUser,
    now: datetime,
    address: str | None,
) -> BusinessType:
    """Offer it on the sheet, or offer it no longer.

    ``seen`` is the stamp of its row as it was shown. Raises AlreadySo, Fixed, Changed, Gone.
    """
    lock()
    set_thing_enabled(thing=_fresh(type), enabled=enabled, seen=seen, by=by, now=now, address=address)
    return _fresh(type)


@transaction.atomic
def move(
    *,
    type: BusinessType,
    step: int,
    seen: str | None = None,
    by: AbstractBaseUser,
    now: datetime,
    address: str | None,
) -> BusinessType:
    """Put it one place up (-1) or down (1) inside its range.

    ``seen`` is the stamp of the list of all types in which it was to be moved. Raises Fixed, Changed, Gone.
    """
    lock()
    type = _fresh(type)
    refuse_moved(BusinessType.objects.current().in_order(), seen)
    codes = range_of(type.code)
    swap(list(BusinessType.objects.current().filter(code__in=codes).in_order()), type, step, first=codes.start)
    tell(by=by, action="business_type.move", about=type, address=address, at=now, step=step)
    return type


@transaction.atomic
def remove(
    *, type: BusinessType, seen: str | None = None, by: AbstractBaseUser, now: datetime, address: str | None
) -> BusinessType:
    """Take a type away: an unused one is deleted. Of the used ones only the booking can go, retired.

    ``seen`` is the stamp of its row as it was shown. Raises InUse, Fixed, Changed, Gone.
    """
    lock()
    type = _fresh(type)
    refuse_other_row(type, seen)
    try:
        delete_unused(type)
    except InUse:
        if type.code != BOOKING:
            raise
        type.retired_at = now
        type.save(update_fields=["retired_at"])
    retired = type.retired_at is not None
    tell(by=by, action="business_type.delete", about=type, address=address, at=now, retired=retired)
    return type
