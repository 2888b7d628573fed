"""The columns of the tables of figures: the business types as the configuration has them, and what they add up to."""

from collections.abc import Collection, Iterable

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.tables import Column
from config.models import BusinessType
from stats import reports
from stats.reports import SUMS, on_offer

# What a row is about; the share that is valid; and all types that are on offer no more, which are shown with figures.
ROW, SHARE, OLD = "row", "share", "old"


def columns(row: str) -> tuple[Column, ...]:
    """What can be shown and hidden now, in the table's order; ``row`` is what the rows are about."""
    types = [kind for kind in BusinessType.objects.in_order() if on_offer(kind)]
    labels = {name_of(type): str(type) for type in types} | words()
    labels |= {ROW: row, OLD: _("Disabled and replaced types")}
    shown = (ROW, *names(reports.columns(types, ())), OLD)
    return tuple(Column(name, labels[name], figure=name != ROW) for name in shown)


def words() -> dict[str, str]:
    """The heads of the sums and of the share."""
    return {
        "valid": _("Valid"),
        "booking": _("Of which booked"),
        "invalid": _("Invalid"),
        "total": pgettext("figures", "Total"),
        SHARE: _("Valid share"),
    }


def name_of(type: BusinessType) -> str:
    return f"t{type.pk}" if on_offer(type) else OLD


def names(types: Iterable[BusinessType]) -> list[str]:
    """The names of a row's figures, in their order: beside the valid types stand their sum and the bookings."""
    kinds = list(types)
    valid, booking, invalid, total = SUMS
    return [
        *(name_of(type) for type in kinds if type.valid), valid, booking,
        *(name_of(type) for type in kinds if not type.valid), invalid, total, SHARE,
    ]  # fmt: skip


def mask(types: Iterable[BusinessType], shown: Collection[str] | None) -> list[bool]:
    """For each figure of a row whether its column is shown; all are where nothing is chosen."""
    return [shown is None or name in shown for name in names(types)]


def of(types: Iterable[BusinessType], shown: Collection[str] | None) -> list[BusinessType]:
    """The types whose columns are shown."""
    return [type for type in types if shown is None or name_of(type) in shown]
