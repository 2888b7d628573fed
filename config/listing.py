"""What the configuration's pages list."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from config.actions import Thing, row_stamp
from config.models import FIXED_CODES, BusinessType
from config.types import BOOKING_RANGE, INVALID_RANGE, VALID_RANGE
from config.uses import MOST, use_counts


@dataclass(frozen=True)
class Row:
    """One thing of an ordered list; the first cannot go up, nor the last down."""

    thing: Thing
    first: bool
    last: bool
    used: int = 0

    @property
    def stamp(self) -> str:
        """What its buttons carry, so that whoever presses one after a change is told."""
        return row_stamp(self.thing)

    @property
    def more(self) -> bool:
        """Whether it is used more often than was counted."""
        return self.used >= MOST


@dataclass(frozen=True)
class TypeGroup:
    title: str | Promise
    tone: str
    rows: list[Row]


def rows(listed: Sequence[Thing], *, used: dict[int, int] | None = None) -> list[Row]:
    end = len(listed) - 1
    counts = used or {}
    return [Row(thing, at == 0, at == end, counts.get(thing.pk, 0)) for at, thing in enumerate(listed)]


def type_groups(types: Sequence[BusinessType]) -> list[TypeGroup]:
    """The business types that stand now, in the four groups of the sheet."""
    used = use_counts(types)
    groups = (
        (_("Valid, 11–20"), "valid", VALID_RANGE),
        (_("Booking, 27: counts as valid"), "booking", BOOKING_RANGE),
        (_("Invalid, 21–26"), "", INVALID_RANGE),
        (_("Fixed, 28 and 29: count as invalid"), "", FIXED_CODES),
    )
    return [
        TypeGroup(title, tone, rows([type for type in types if type.code in codes], used=used))
        for title, tone, codes in groups
    ]
