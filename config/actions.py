"""Everything that can be done to carriers and regions.

All changes of the configuration wait for one another at the room's row, so that what an action has looked at stays so.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction

from config.models import BusinessType, Carrier, Region, Room
from config.record import tell
from config.uses import delete_unused
from hwcall.stamps import refuse_changed, stamp

Thing = Carrier | Region | BusinessType
Some = TypeVar("Some", bound=Thing)


class NameTaken(Exception):
    """Another one of its kind is called so."""


class Gone(Exception):
    """It was deleted or retired meanwhile."""


class AlreadySo(Exception):
    """There is nothing to do: it stands as is wished, since somebody was faster."""


def lock() -> None:
    """Wait until nobody else changes the configuration."""
    Room.objects.select_for_update().first()


def kind_of(thing: type[Thing] | Thing) -> str:
    """The word for it in the log."""
    return "business_type" if thing._meta.model is BusinessType else thing._meta.model_name or ""


def fresh(thing: Some) -> Some:
    """The row as it stands now. Raises Gone."""
    row: Some | None = type(thing)._default_manager.filter(pk=thing.pk).first()  # type: ignore[assignment]
    if row is None:
        raise Gone
    return row


def _shown(thing: Thing) -> tuple[str, str]:
    return thing.name, getattr(thing, "product", "")


def _row(thing: Thing) -> tuple[str, str, bool]:
    return *_shown(thing), thing.enabled


def stamp_of(thing: Thing) -> str:
    """The stamp of what a form on it shows."""
    return stamp(*_shown(thing))


def row_stamp(thing: Thing) -> str:
    """The stamp of what a list shows of it."""
    return stamp(*_row(thing))


def order_stamp(things: Iterable[Thing]) -> str:
    """The stamp of a list as it is shown."""
    return stamp(*[thing.pk for thing in things])


def refuse_renamed(thing: Thing, seen: str | None) -> None:
    """Raises Changed where a thing reads otherwise than was ``seen``."""
    refuse_changed(seen, *_shown(thing), standing=thing)


def refuse_other_row(thing: Thing, seen: str | None) -> None:
    """Raises Changed where a thing stands in its list otherwise than was ``seen``."""
    refuse_changed(seen, *_row(thing), standing=thing)


def refuse_moved(things: Iterable[Thing], seen: str | None) -> None:
    """Raises Changed where a list stands otherwise than was ``seen``: one place up would be another place by now."""
    refuse_changed(seen, *[thing.pk for thing in things])


def save(thing: Thing) -> None:
    """Raises NameTaken where the database knows of one that the caller could not see."""
    try:
        with transaction.atomic():
            thing.save()
    except IntegrityError as error:
        raise NameTaken from error


def _refuse_taken(model: type[Carrier] | type[Region], name: str, *, besides: int | None = None) -> None:
    if model.objects.filter(name__iexact=name).exclude(pk=besides or 0).exists():
        raise NameTaken


@transaction.atomic
def add(
    *,
    model: type[Carrier] | type[Region],
    name: str,
    product: str = "",
    by: AbstractBaseUser,
    now: datetime,
    address: str | None,
) -> Carrier | Region:
    """Add a carrier or a region at the end. Raises NameTaken."""
    lock()
    _refuse_taken(model, name)
    last = model.objects.in_order().last()
    thing = model(name=name, position=last.position + 1 if last else 0)
    if isinstance(thing, Carrier):
        thing.product = product
    save(thing)
    tell(by=by, action=f"{kind_of(model)}.add", about=name, address=address, at=now)
    return thing


@transaction.atomic
def rename(
    *,
    thing: Carrier | Region,
    name: str,
    product: str = "",
    seen: str | None = None,
    by: AbstractBaseUser,
    now: datetime,
    address: str | None,
) -> Carrier | Region:
    """``seen`` is the stamp of what was to be renamed. Raises NameTaken, Changed, Gone."""
    lock()
    thing = fresh(thing)
    refuse_renamed(thing, seen)
    _refuse_taken(type(thing), name, besides=thing.pk)
    before = thing.name
    thing.name = name
    if isinstance(thing, Carrier):
        thing.product = product
    save(thing)
    tell(by=by, action=f"{kind_of(thing)}.rename", about=name, address=address, at=now, before=before)
    return thing


@transaction.atomic
def set_enabled(
    *,
    thing: Thing,
    enabled: bool,
    seen: str | None = None,
    by: AbstractBaseUser,
    now: datetime,
    address: str | None,
) -> Thing:
    """Offer it, or offer it no longer; what stands in the records stays readable.

    ``seen`` is the stamp of its row as it was shown. Raises AlreadySo, Changed, Gone.
    """
    lock()
    thing = fresh(thing)
    if thing.enabled == enabled:
        raise AlreadySo
    refuse_other_row(thing, seen)
    thing.enabled = enabled
    thing.save(update_fields=["enabled"])
    verb = "enable" if enabled else "disable"
    tell(by=by, action=f"{kind_of(thing)}.{verb}", about=thing, address=address, at=now)
    return thing


@transaction.atomic
def move(
    *,
    thing: Carrier | Region,
    step: int,
    seen: str | None = None,
    by: AbstractBaseUser,
    now: datetime,
    address: str | None,
) -> Carrier | Region:
    """Put it one place up (-1) or down (1); at the end of the list it stays.

    ``seen`` is the stamp of the list in which it was to be moved. Raises Changed, Gone.
    """
    lock()
    thing = fresh(thing)
    row: list[Carrier | Region] = list(type(thing).objects.in_order())
    refuse_moved(row, seen)
    swap(row, thing, step, first=0)
    tell(by=by, action=f"{kind_of(thing)}.move", about=thing, address=address, at=now, step=step)
    return thing


def swap(row: list[Some], thing: Some, step: int, *, first: int) -> None:
    """Let a thing change places with its neighbour in ``row``, whose places are then counted from ``first``."""
    at = next(index for index, other in enumerate(row) if other.pk == thing.pk)
    to = min(max(at + step, 0), len(row) - 1)
    row.insert(to, row.pop(at))
    for place, other in enumerate(row, start=first):
        if other.position != place:
            other.position = place
            other.save(update_fields=["position"])


@transaction.atomic
def delete(
    *, thing: Carrier | Region, seen: str | None = None, by: AbstractBaseUser, now: datetime, address: str | None
) -> str:
    """Delete what nothing refers to; its name is returned. Raises InUse, Changed, Gone.

    ``seen`` is the stamp of its row as it was shown.
    """
    lock()
    thing = fresh(thing)
    refuse_other_row(thing, seen)
    delete_unused(thing)
    tell(by=by, action=f"{kind_of(thing)}.delete", about=thing, address=address, at=now)
    return thing.name
