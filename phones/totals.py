"""How many numbers a filter means, as far as that can be told at once."""

from dataclasses import dataclass

from django.db.models import F, Model, QuerySet, Sum

from phones.filters import PhoneFilter
from phones.models import Batch, Phone

# Beyond so many rows nobody reads the exact count off a page; the file that is made of them says it.
COUNTED = 10_000
# What all numbers of a batch have in common: by these alone, the batches know how many there are.
OF_BATCHES = {"carrier", "region", "batch"}


@dataclass(frozen=True)
class Total:
    """A count; ``more`` where there are more than that, and nobody has counted on."""

    count: int
    more: bool = False

    @property
    def many(self) -> bool:
        """Whether there are more rows than are counted one by one."""
        return self.count >= COUNTED


def of_numbers(chosen: PhoneFilter) -> Total:
    """How many numbers a valid filter means: exact up to 10,000, and beyond that where the batches know it."""
    asked = {name for name, value in chosen.cleaned_data.items() if value and name != "by"}
    if asked <= OF_BATCHES and not (chosen.cleaned_data["region"] and chosen.cleaned_data["by"] == "order"):
        return Total(_of_batches({name: chosen.cleaned_data[name] for name in asked}))
    # To ask each number for its batch would cost more than to count it, and mostly none is loading.
    loading = list(Batch.objects.filter(state=Batch.State.LOADING).values_list("pk", flat=True))
    return of(chosen.apply(Phone.objects.exclude(batch__in=loading)))


def of(rows: QuerySet) -> Total:
    """Some rows, counted up to a limit."""
    count = rows.order_by()[: COUNTED + 1].count()
    return Total(min(count, COUNTED), count > COUNTED)


def _of_batches(asked: dict[str, Model]) -> int:
    """Imported = pending + on sheets + classified + excluded + deleted, for each batch that is not still loading."""
    batches = Batch.objects.shown().exclude(state=Batch.State.LOADING)
    meant = batches.filter(**{"pk" if name == "batch" else name: thing.pk for name, thing in asked.items()})
    return meant.aggregate(count=Sum(F("new_count") - F("deleted_count")))["count"] or 0
