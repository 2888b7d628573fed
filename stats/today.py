"""The day so far: what was filed by hour and by agent, how fast it goes, and how such a day usually runs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Min, Q, Sum
from django.utils import timezone

from callback.models import HourTally
from config.models import Carrier
from stats import hours, pace
from stats.hours import HOUR, Sums
from stats.pace import Supply

# A day is compared with the same days of the week before it.
WEEKS = 4


@dataclass(frozen=True)
class AgentDay:
    """What an agent has filed on a day, and calls an hour of late; None where it is too early to say."""

    sums: Sums
    pace: float | None


class Today:
    """The room's day until now. Each of its parts is one query, asked when it is wanted."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.day: date = timezone.localdate(now)

    @cached_property
    def _by_carrier(self) -> dict[datetime, dict[int, Sums]]:
        found: dict[datetime, dict[int, Sums]] = {}
        for row in hours.grouped(hours.on_days(self.day, self.day), "hour_at", "carrier"):
            found.setdefault(row["hour_at"], {})[row["carrier"]] = hours.sums_of(row)
        return found

    @cached_property
    def hours(self) -> dict[datetime, Sums]:
        """The sums of each hour that has any."""
        return {hour: hours.total(carriers.values()) for hour, carriers in self._by_carrier.items()}

    @cached_property
    def sums(self) -> Sums:
        return hours.total(self.hours.values())

    @property
    def begin(self) -> datetime | None:
        """From when on the room's pace is measured."""
        return pace.since(min(self.hours, default=None), self.now)

    @cached_property
    def agents(self) -> dict[int, AgentDay]:
        """Everybody who has filed anything, by their id."""
        running = hours.hour_of(self.now)
        late = {f"late{back}": running - back * HOUR for back in range(pace.FULL_HOURS + 1)}
        counted = {name: Sum("filed", filter=Q(hour_at=hour), default=0) for name, hour in late.items()}
        rows = hours.grouped(hours.on_days(self.day, self.day), "agent", first=Min("hour_at"), **counted)
        return {row["agent"]: self._agent(row, {hour: row[name] for name, hour in late.items()}) for row in rows}

    def _agent(self, row: dict[str, Any], counts: dict[datetime, int]) -> AgentDay:
        begin = pace.since(row["first"], self.now)
        return AgentDay(hours.sums_of(row), pace.pace(counts, begin, self.now))

    @cached_property
    def usual(self) -> "Usual":
        """How the same days of the last weeks went."""
        return Usual(self.day)

    @cached_property
    def until(self) -> datetime | None:
        """When work ends today, as it did on such days; None where it is over, or nobody knows."""
        last = self.usual.last_hour
        end = None if last is None else hours.midnight(self.day) + (last + 1) * HOUR
        return end if end and end > self.now else None

    def supplies(self, carriers: Iterable[Carrier]) -> Iterator[Supply]:
        """What is left of each carrier, and how long it lasts."""
        for carrier in carriers:
            counts = {hour: found[carrier.pk].filed for hour, found in self._by_carrier.items() if carrier.pk in found}
            left = pace.left(carrier, self.now)
            speed = pace.pace(counts, self.begin, self.now)
            yield Supply(left, left >= pace.MOST, speed, self.now, self.until, self.usual.worked, carrier)


class Usual:
    """The average of the same day of the week in the last weeks, of those on which anybody called."""

    def __init__(self, day: date) -> None:
        days = [day - timedelta(weeks=back) for back in range(1, WEEKS + 1)]
        conditions = Q()
        for each in days:
            conditions |= Q(hour_at__gte=hours.midnight(each), hour_at__lt=hours.midnight(each + timedelta(days=1)))
        found = hours.by_hour(HourTally.objects.filter(conditions))
        self.count = len({timezone.localdate(hour) for hour in found})
        self.hours: dict[int, float] = {
            hour: sums.filed / self.count for hour, sums in hours.by_hour_of_day(found).items()
        }

    @property
    def _busy(self) -> list[int]:
        """The hours in which work goes on; somebody who stays longer for once is not counted."""
        enough = max(self.hours.values(), default=0) / 10
        return [hour for hour, average in self.hours.items() if average >= enough]

    @property
    def last_hour(self) -> int | None:
        return max(self._busy, default=None)

    @property
    def worked(self) -> int | None:
        """How many hours are worked; None where no such day is known."""
        return len(self._busy) or None
