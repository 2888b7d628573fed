"""What the configuration's pages list."""

from dataclasses import dataclass

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from config.models import FIXED_CODES, BusinessType, InOrder
from config.types import BOOKING_RANGE, INVALID_RANGE, VALID_RANGE
from config.uses import use_counts


@dataclass(frozen=True)
class Row:
    """One thing of an ordered list; the first cannot go up, nor the last down."""

    thing: Model
    first: bool
    last: bool
    used: int = 0


@dataclass(frozen=True)
class TypeGroup:
    title: str | Promise
    tone: str
    rows: list[Row]


def rows(things: InOrder, *, used: dict[int, int] | None = None) -> list[Row]:
    listed = list(things.in_order())
    end = len(listed) - 1
    counts = used or {}
    return [Row(thing, at == 0, at == end, counts.get(thing.pk, 0)) for at, thing in enumerate(listed)]


def type_groups() -> list[TypeGroup]:
    """The business types that stand now, in the four groups of the sheet."""
    used = use_counts(BusinessType)
    groups = (
        (_("Valid, 11–20"), "valid", VALID_RANGE),
        (_("Booking, 27: counts as valid"), "booking", BOOKING_RANGE),
        (_("Invalid, 21–26"), "", INVALID_RANGE),
        (_("Fixed, 28 and 29: count as invalid"), "", FIXED_CODES),
    )
    current = BusinessType.objects.current()
    return [TypeGroup(title, tone, rows(current.filter(code__in=codes), used=used)) for title, tone, codes in groups]
