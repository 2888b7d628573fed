"""How fast the room calls now, and how long the numbers that are left last at that pace."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import pgettext

from config.models import Carrier
from phones import queue
from stats.hours import HOUR, hour_of

# So many full hours and the running one say how fast it goes now.
FULL_HOURS = 2
SHORTEST = timedelta(minutes=30)
# Counting a long queue costs far more than it tells.
MOST = 10_000
# What lasts longer is told in working days; beyond so many nobody asks when it ends.
FULL_DAY, LONG = 24, 99


def since(first: datetime | None, now: datetime) -> datetime | None:
    """From when on the pace is measured, where work began in the hour ``first``; None where it is too early to say.

    The hour in which work began is left out, since nobody knows how much of it was worked, unless there is no other.
    """
    if first is None or now - first < HOUR:
        return None
    begin = max(first + HOUR, hour_of(now) - FULL_HOURS * HOUR)
    return begin if now - begin >= SHORTEST else first


def pace(counts: Mapping[datetime, int], begin: datetime | None, now: datetime) -> float | None:
    """Calls an hour since ``begin``, from the counts of each hour."""
    if begin is None:
        return None
    return sum(count for hour, count in counts.items() if hour >= begin) / ((now - begin) / HOUR)


@dataclass(frozen=True)
class Supply:
    """What is left of some numbers, counted up to a bound, and how long it lasts.

    ``pace`` is None where it is too early in the day to say. ``until`` is when work ends on such a day, None where no
    such day is known, or where it is over; ``day_hours`` is how many hours of one are worked.
    """

    left: int
    more: bool
    pace: float | None
    now: datetime
    until: datetime | None = None
    day_hours: int | None = None
    carrier: Carrier | None = None

    @property
    def hours(self) -> float | None:
        """How many hours they last; at least so many where there are more than were counted."""
        return self.left / self.pace if self.pace else None

    @property
    def rest(self) -> float | None:
        """How many hours are still worked today."""
        return (self.until - self.now) / HOUR if self.until else None

    @property
    def percent(self) -> int | None:
        """How much of the rest of the day they last for."""
        if self.hours is None or not self.rest:
            return None
        return 100 if self.more else min(100, int(100 * self.hours / self.rest))

    @property
    def dry_at(self) -> datetime | None:
        """When they end, if that is still today."""
        if self.more or not self.left or self.percent is None or self.percent >= 100 or self.hours is None:
            return None
        return self.now + self.hours * HOUR

    @property
    def lasts(self) -> tuple[str, str]:
        """How long they last as a figure and its unit; none where that cannot be said."""
        return span(self.hours, self.day_hours) if self.hours is not None else ("", "")


def span(hours: float, day_hours: int | None = None) -> tuple[str, str]:
    """A length of working time in one figure and its unit."""
    if hours > FULL_DAY and day_hours:
        days = hours / day_hours
        return f"{LONG}+" if days > LONG else f"{days:.0f}", pgettext("unit", "working days")
    if hours > LONG:
        return f"{LONG}+", pgettext("unit", "hours")
    if hours >= 10:
        return f"{hours:.0f}", pgettext("unit", "hours")
    if round(hours * 60) >= 60:
        return f"{hours:.1f}", pgettext("unit", "hours")
    return str(round(hours * 60)), pgettext("unit", "minutes")


def left(carrier: Carrier, now: datetime) -> int:
    """How many numbers of a carrier can be taken now, counted up to MOST."""
    return queue.left(carrier_id=carrier.pk, region_ids=[], now=now, at_most=MOST)
