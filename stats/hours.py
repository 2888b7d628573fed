"""Calls by the hour: hour tallies in, plain sums out."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils import timezone

from callback.models import HourTally
from callback.querysets import hour_of as hour_of

HOUR = timedelta(hours=1)
COUNTS = ("filed", "valid", "booking", "not_connected")
# The same under names that are not the columns' own.
SUMS = {f"{name}_sum": Sum(name) for name in COUNTS}


@dataclass(frozen=True)
class Sums:
    """Calls as they were first filed, and what came of them. The bookings are among the valid ones."""

    filed: int = 0
    valid: int = 0
    booking: int = 0
    not_connected: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(*map(sum, zip(astuple(self), astuple(other), strict=True)))

    @property
    def invalid(self) -> int:
        return self.filed - self.valid

    @property
    def connected(self) -> int:
        return self.filed - self.not_connected

    @property
    def share(self) -> float | None:
        """How many of a hundred are valid; None where there are none at all."""
        return 100 * self.valid / self.filed if self.filed else None

    @property
    def connected_share(self) -> float | None:
        """How many of a hundred calls reached somebody."""
        return 100 * self.connected / self.filed if self.filed else None


def total(sums: Iterable[Sums]) -> Sums:
    return sum(sums, Sums())


def sums_of(row: Mapping[str, Any]) -> Sums:
    """What a row of ``grouped`` holds."""
    return Sums(*(row[name] for name in SUMS))


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def on_days(first: date, last: date) -> QuerySet[HourTally]:
    """The tallies of the hours that begin on these days, by the room's clock."""
    return HourTally.objects.filter(hour_at__gte=midnight(first), hour_at__lt=midnight(last + timedelta(days=1)))


def grouped(tallies: QuerySet[HourTally], *by: str, **more: Any) -> QuerySet[HourTally, dict[str, Any]]:
    """A row for each group that has calls, in their order: what it is grouped by, its SUMS, and ``more``."""
    rows: Any = tallies.order_by(*by).values(*by).annotate(**SUMS, **more)
    found: QuerySet[HourTally, dict[str, Any]] = rows.filter(filed_sum__gt=0)
    return found


def by_hour(tallies: QuerySet[HourTally]) -> dict[datetime, Sums]:
    """The sums of each hour that has any, in their order."""
    return {row["hour_at"]: sums_of(row) for row in grouped(tallies, "hour_at")}


def by_hour_of_day(hours: Mapping[datetime, Sums]) -> dict[int, Sums]:
    """The same by the hour that the room's clock shows."""
    found: dict[int, Sums] = {}
    for at, sums in hours.items():
        hour = timezone.localtime(at).hour
        found[hour] = found.get(hour, Sums()) + sums
    return found
