"""The valid share over days, and beside it the share that was connected: as lines, and as a table of the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from stats import charts
from stats.best_hours import FEW
from stats.drawing import Label, Tick, measure, polyline, ticks
from stats.hours import Sums
from stats.reports import Figures
from stats.shares import percent

LEFT, WIDTH, TOP, BASE = 44, 690, 12, 178
# Of these the smallest is taken whose fourfold holds the highest share.
PERCENT_STEPS = (1, 2, 3, 5, 10, 15, 20, 25)
DIGIT = 6.8


@dataclass(frozen=True)
class Point:
    """A day, a week or a month that has calls; ``few`` where they are too few to mean much."""

    name: str
    first: date
    last: date
    calls: int
    valid: float
    connected: float
    x: str
    valid_y: str
    connected_y: str

    @property
    def few(self) -> bool:
        return self.calls < FEW


@dataclass(frozen=True)
class Trend:
    """``unit`` is day, week or month; ``said`` has all values in words."""

    unit: str
    ticks: list[Tick]
    labels: list[Label]
    points: list[Point]
    valid: str
    connected: str
    said: str


def trend(hours: Mapping[datetime, Sums], start: date, end: date) -> Trend:
    """The shares from start to end; by week or month where the days would be too many."""
    days = _by_day(hours)
    unit, spans = charts.spans_of({day: _figures(sums) for day, sums in days.items()}, start, end)
    _unit, reached = charts.spans_of({day: _reached(sums) for day, sums in days.items()}, start, end)
    slot = (WIDTH - LEFT) / len(spans)
    shares = [100 * each.valid / each.total for each in (*spans, *reached) if each.total]
    step = next(step for step in PERCENT_STEPS if 4 * step >= max(shares, default=0))
    scale = (BASE - TOP) / (4 * step)
    points, valid, connected = [], [], []
    lasts = [*(span.first - timedelta(days=1) for span in spans[1:]), end]
    for place, (span, also, last) in enumerate(zip(spans, reached, lasts, strict=True)):
        if span.total:
            x = LEFT + (place + 0.5) * slot
            share, connected_share = 100 * span.valid / span.total, 100 * also.valid / also.total
            valid.append((x, BASE - share * scale))
            connected.append((x, BASE - connected_share * scale))
            name = f"{span.first:%Y-%m}" if unit == "month" else f"{span.first}"
            heights = measure(valid[-1][1]), measure(connected[-1][1])
            points.append(Point(name, span.first, last, span.total, share, connected_share, measure(x), *heights))
    every = next(n for n in count(1) if len(spans[0].label) * DIGIT < n * slot)
    labels = [
        Label(measure(LEFT + (place + 0.5) * slot), span.label)
        for place, span in enumerate(spans)
        if place % every == 0
    ]
    return Trend(
        unit, ticks(step, base=BASE, scale=scale, unit="%"), labels, points, polyline(valid), polyline(connected),
        "; ".join(map(_said, points)),
    )  # fmt: skip


def _by_day(hours: Mapping[datetime, Sums]) -> dict[date, Sums]:
    days: dict[date, Sums] = {}
    for at, sums in hours.items():
        day = timezone.localdate(at)
        days[day] = days.get(day, Sums()) + sums
    return days


def _figures(sums: Sums) -> Figures:
    return Figures({}, sums.valid, sums.booking, sums.invalid)


def _reached(sums: Sums) -> Figures:
    """The same calls, told apart by whether they were connected."""
    return Figures({}, sums.connected, 0, sums.not_connected)


def _said(point: Point) -> str:
    return _("%(day)s: %(valid)s%% valid, %(connected)s%% connected, of %(calls)s calls") % {
        "day": point.name,
        "valid": percent(point.valid),
        "connected": percent(point.connected),
        "calls": number_format(point.calls),
    }
