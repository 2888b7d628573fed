"""At what hours people are reached: the share of calls that were connected, by weekday and hour."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import sqrt

from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from stats.filters import hour_of_week
from stats.hours import Sums, total
from stats.shares import percent

# Fewer calls than these say nothing about an hour.
FEW = 30
TONES = 5
# Shares that lie closer together than this are not painted as if they were worlds apart.
NARROW = 10
# How sure we want to be before an hour is called better than the others. It is the best of some fifty that were looked
# at: at 99 in a hundred, every second table of mere chance would have one.
SURE = 3.3


@dataclass(frozen=True)
class Cell:
    """The calls of one weekday and hour, or of several; ``tone`` is 1 to 5, and 0 where they are too few."""

    sums: Sums
    tone: int = 0

    @property
    def few(self) -> bool:
        return self.sums.filed < FEW


@dataclass(frozen=True)
class Line:
    """One hour of the day: its cell on each day of the week, and all of them together."""

    hour: int
    cells: list[Cell]
    all: Cell


@dataclass(frozen=True)
class Best:
    """A weekday and hour that stands out."""

    weekday: int
    hour: int
    sums: Sums


@dataclass(frozen=True)
class Week:
    """The hours of a week; without any call it has no lines. ``best`` and ``worst`` are None where none stands out."""

    lines: list[Line]
    days: list[Cell]
    all: Sums
    best: Best | None
    worst: Best | None
    few: int = FEW

    @property
    def whole(self) -> Cell:
        """All hours of all days."""
        return Cell(self.all)

    @property
    def weekdays(self) -> list[str]:
        return [str(WEEKDAYS[number]) for number in range(7)]

    @property
    def judged(self) -> bool:
        """Whether any hour has enough calls to say something."""
        return any(not cell.few for line in self.lines for cell in line.cells)


def week(hours: Mapping[datetime, Sums]) -> Week:
    """Sums by the hour, folded into one week by the room's clock."""
    found: dict[tuple[int, int], Sums] = {}
    for at, sums in hours.items():
        local = timezone.localtime(at)
        key = (local.weekday(), local.hour)
        found[key] = found.get(key, Sums()) + sums
    every = total(found.values())
    tone = _painter(found.values())
    lines = []
    for hour in sorted({hour for _weekday, hour in found}):
        across = [found.get((weekday, hour), Sums()) for weekday in range(7)]
        lines.append(Line(hour, [Cell(sums, tone(sums)) for sums in across], Cell(total(across))))
    days = [Cell(total(sums for (weekday, _hour), sums in found.items() if weekday == day)) for day in range(7)]
    return Week(lines, days, every, *_extremes(found, every))


def _painter(all_sums: Iterable[Sums]) -> Callable[[Sums], int]:
    """A function that says how strongly a share is painted, from the lowest to the highest that has enough calls."""
    shares = [sums.connected_share for sums in all_sums if sums.filed >= FEW and sums.connected_share is not None]
    low, high = min(shares, default=0), max(shares, default=0)
    width = max(high - low, NARROW)
    low = (low + high - width) / 2

    def tone(sums: Sums) -> int:
        if sums.filed < FEW or sums.connected_share is None:
            return 0
        return min(TONES, 1 + int((sums.connected_share - low) / width * TONES))

    return tone


def _extremes(found: Mapping[tuple[int, int], Sums], every: Sums) -> tuple[Best | None, Best | None]:
    """The hour at which most people are reached and the one with the fewest, where that can hardly be chance."""
    judged = [Best(*key, sums) for key, sums in found.items() if sums.filed >= FEW]
    if not judged or every.connected_share is None:
        return None, None
    best = max(judged, key=lambda each: interval(each.sums)[0])
    worst = min(judged, key=lambda each: interval(each.sums)[1])
    share = every.connected_share
    return (best if interval(best.sums)[0] > share else None, worst if interval(worst.sums)[1] < share else None)


def interval(sums: Sums) -> tuple[float, float]:
    """Between which shares the true one lies (E. B. Wilson's interval), in per cent: wide where calls are few."""
    calls, share = sums.filed, sums.connected / sums.filed
    middle = share + SURE**2 / (2 * calls)
    spread = SURE * sqrt(share * (1 - share) / calls + SURE**2 / (4 * calls**2))
    scale = 100 / (1 + SURE**2 / calls)
    return (middle - spread) * scale, (middle + spread) * scale


def words(found: Week) -> list[str]:
    """What the table says, in sentences."""
    if not found.judged:
        return [_("No hour has %(few)s calls yet: too few to say when people are reached best.") % {"few": found.few}]
    said = []
    if found.best:
        said.append(
            _said(_("Most people are reached on %(when)s: %(share)s%% (%(connected)s of %(calls)s calls)."), found.best)
        )
    if found.worst:
        said.append(_said(_("The fewest on %(when)s: %(share)s%% (%(connected)s of %(calls)s)."), found.worst))
    if not said:
        said.append(_("No hour stands out: what differs may be chance."))
    said.append(_("In all %(share)s%% of %(calls)s calls.") % _figures(found.all))
    return said


def _said(sentence: str, best: Best) -> str:
    return sentence % {"when": hour_of_week(best.weekday, best.hour), **_figures(best.sums)}


def _figures(sums: Sums) -> dict[str, str]:
    return {
        "share": percent(sums.connected_share or 0),
        "connected": number_format(sums.connected),
        "calls": number_format(sums.filed),
    }
