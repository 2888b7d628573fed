"""The charts of one day: its curve against what is usual, and its hours as stacks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from stats.drawing import Box, Label, Tick, measure, polyline, round_step, stack, ticks
from stats.hours import HOUR, Sums, by_hour_of_day, hour_of

LEFT, WIDTH, TOP, BASE = 44, 690, 12, 138
# The hours that an office is open, shown whether anybody called or not.
OPEN = (8, 18)
# So much of the running hour must be over before it says what it will become.
ENOUGH = 1 / 6
# Above this share of the width, what is written at the last point stands before it.
TURN = 0.72

# How wide a digit beside the scale is drawn, and what the words under it need.
DIGIT, FOOT = 9, 22


@dataclass(frozen=True)
class Curve:
    """Calls by the hour; ``said`` has all its values in words."""

    ticks: list[Tick]
    labels: list[Label]
    today: str
    usual: str
    said: str
    x: str = ""
    y: str = ""
    text: str = ""
    text_x: str = ""
    text_y: str = ""
    anchor: str = "start"


def hours_shown(*hours: Mapping[int, object]) -> range:
    """The hours of an axis that has a place for all that were called in."""
    seen = [hour for each in hours for hour in each]
    return range(min([OPEN[0], *seen]), max([OPEN[1], *seen]) + 1)


def curve(today: Mapping[datetime, Sums], usual: Mapping[int, float], now: datetime) -> Curve:
    """The full hours of today and what the running one will become, against the usual day."""
    running = hour_of(now)
    filed = {hour: sums.filed for hour, sums in by_hour_of_day(today).items()}
    part, here = (now - running) / HOUR, timezone.localtime(running).hour
    so_far = filed.pop(here, 0)
    expected = round(so_far / part) if part >= ENOUGH else None
    # From the first hour that has calls to the last: who has gone home draws no line of noughts.
    points: dict[int, float] = {
        hour: filed.get(hour, 0) for hour in range(min(filed, default=0), max(filed, default=-1) + 1)
    }
    if expected:
        points[here] = expected
    axis = hours_shown(filed, usual, points)
    slot = (WIDTH - LEFT) / len(axis)
    step = round_step(max(1, *points.values(), *map(round, usual.values()), 1))
    scale = (BASE - TOP) / (4 * step)

    def place(hour: int, calls: float) -> tuple[float, float]:
        return LEFT + (axis.index(hour) + 0.5) * slot, BASE - calls * scale

    drawn = {
        "ticks": ticks(step, base=BASE, scale=scale),
        "labels": [Label(measure(place(hour, 0)[0]), f"{hour}:00") for hour in axis],
        "today": polyline(place(hour, calls) for hour, calls in sorted(points.items())),
        "usual": polyline(place(hour, usual.get(hour, 0)) for hour in axis if usual),
        "said": _said(points, here if expected else None, usual),
    }
    return Curve(**drawn, **(_head(points, place, expected) if points else {}))  # type: ignore[arg-type]


def _head(points: Mapping[int, float], place, expected: int | None) -> dict[str, str]:
    """The last point of today, and what is written beside it."""
    last = max(points)
    x, y = place(last, points[last])
    turned = x > LEFT + TURN * (WIDTH - LEFT)
    # Before the point there is the line: the words stand on the side that it does not come from.
    falls = points.get(last - 1, 0) > points[last]
    text = _("this hour about %(count)s") % {"count": number_format(expected)} if expected else ""
    return {
        "x": measure(x),
        "y": measure(y),
        "text": text,
        "text_x": measure(x + (-12 if turned else 12)),
        "text_y": measure(y + 18 if turned and falls else max(y - 8, TOP + 8)),
        "anchor": "end" if turned else "start",
    }


def _said(points: Mapping[int, float], running: int | None, usual: Mapping[int, float]) -> str:
    parts = [
        (_("%(hour)s:00 about %(count)s, still running") if hour == running else _("%(hour)s:00 %(count)s"))
        % {"hour": hour, "count": number_format(round(calls))}
        for hour, calls in sorted(points.items())
    ]
    said = _("Calls today by the hour: %(values)s.") % {"values": ", ".join(parts) or "0"}
    if usual:
        values = ", ".join(f"{hour}:00 {number_format(round(average))}" for hour, average in sorted(usual.items()))
        said += " " + _("Usually: %(values)s.") % {"values": values}
    return said


@dataclass(frozen=True)
class Stacks:
    """A day by the hour: valid, booked, and invalid calls one on another."""

    width: int
    height: int
    left: str
    text_x: str
    label_y: str
    ticks: list[Tick]
    labels: list[Label]
    boxes: list[Box]
    said: str


def stacks(hours: Mapping[datetime, Sums], *, width: int, height: int) -> Stacks:
    """The hours of a day."""
    found = by_hour_of_day(hours)
    axis = hours_shown(found)
    base = height - FOOT
    step = round_step(max([1, *(sums.filed for sums in found.values())]))
    scale = (base - TOP) / (4 * step)
    drawn = ticks(step, base=base, scale=scale)
    left = 12 + DIGIT * len(drawn[-1].text)
    slot = (width - left) / len(axis)
    middles = {hour: left + (place + 0.5) * slot for place, hour in enumerate(axis)}
    boxes = [
        box
        for hour, sums in found.items()
        for box in stack(_parts(sums), middle=middles[hour], width=slot * 0.62, foot=base, scale=scale)
    ]
    labels = [Label(measure(middle), str(hour)) for hour, middle in middles.items() if hour % 2 == 0]
    said = "; ".join(_said_of_hour(hour, sums) for hour, sums in sorted(found.items()))
    places = {"left": measure(left), "text_x": measure(left - 8), "label_y": measure(height - 5)}
    return Stacks(width, height, **places, ticks=drawn, labels=labels, boxes=boxes, said=said)


def _parts(sums: Sums) -> tuple[tuple[str, int], ...]:
    return (("valid", sums.valid - sums.booking), ("booking", sums.booking), ("invalid", sums.invalid))


def _said_of_hour(hour: int, sums: Sums) -> str:
    return _("%(hour)s:00 %(total)s calls, %(valid)s valid") % {
        "hour": hour,
        "total": number_format(sums.filed),
        "valid": number_format(sums.valid),
    }
