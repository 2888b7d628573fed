"""Charts as plain geometry: what a template needs to draw them, in the words of the moment's language."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from config.models import BusinessType
from stats.drawing import THINNEST, Box, Tick, box, measure, round_step, stack, ticks
from stats.reports import Figures
from stats.shares import percent

# A chart of days has at most this many columns; longer ranges go by week, then by month.
COLUMNS = 31
LEFT, WIDTH, TOP, BASE = 44, 690, 20, 128
BAR = 38.8
# About how wide a digit of the labels is drawn.
DIGIT = 6.8

OUTCOMES_WIDTH, OUTCOMES_HEIGHT = 330, 150
OUTCOMES_LEFT, OUTCOMES_RIGHT = 104, 92
LABEL_UNITS = 15
PITCH = (15, 24)


@dataclass(frozen=True)
class Column:
    """A day, a week or a month: its bars, what is written under them, and the valid share above."""

    middle: str
    label: str
    above: str
    above_y: str
    boxes: list[Box]


@dataclass(frozen=True)
class Daily:
    """Calls through time; ``said`` has all its values in words, ``unit`` is day, week or month."""

    unit: str
    ticks: list[Tick]
    columns: list[Column]
    said: str


@dataclass(frozen=True)
class Bar:
    label: str
    text_y: str
    box: Box
    after: str
    text: str


@dataclass(frozen=True)
class Outcomes:
    """What came of the calls: a bar for each type that has any."""

    height: int
    bars: list[Bar]
    said: str


@dataclass
class Span:
    """A day, a week or a month, from its first day in the range on."""

    first: date
    valid: int = 0
    booking: int = 0
    invalid: int = 0
    label: str = field(default="")

    @property
    def total(self) -> int:
        return self.valid + self.invalid

    @property
    def parts(self) -> tuple[tuple[str, int], ...]:
        """What stands one on another, by its tone."""
        return (("valid", self.valid - self.booking), ("booking", self.booking), ("invalid", self.invalid))

    def share(self, digits: int) -> str:
        return percent(100 * self.valid / self.total, digits) if self.total else ""


def daily(days: Mapping[date, Figures], start: date, end: date) -> Daily:
    """The calls of each day from start to end, stacked; by week or month where the days would be too many."""
    unit, spans = spans_of(days, start, end)
    slot = (WIDTH - LEFT) / len(spans)
    step = round_step(max(span.total for span in spans))
    scale = (BASE - TOP) / (4 * step)
    every = next(n for n in count(1) if len(spans[0].label) * DIGIT < n * slot)
    digits = 1 if slot > 44 else 0
    drawn = [
        Column(
            middle=measure(LEFT + (place + 0.5) * slot),
            label=span.label if place % every == 0 else "",
            # Where columns are narrow, the legend alone says that these are hundredths.
            above=span.share(digits) + ("%" if digits else "") if span.total else "",
            above_y=measure(BASE - span.total * scale - 5),
            boxes=stack(
                span.parts, middle=LEFT + (place + 0.5) * slot, width=min(BAR, slot * 0.62), foot=BASE, scale=scale
            ),
        )
        for place, span in enumerate(spans)
    ]
    return Daily(unit, ticks(step, base=BASE, scale=scale), drawn, "; ".join(_said(span, unit) for span in spans))


def outcomes(types: Iterable[BusinessType], figures: Figures) -> Outcomes:
    """A bar for each type that has calls, in the order of the table's columns."""
    shown = [(type, figures.counts[type.pk]) for type in types if figures.counts.get(type.pk)]
    pitch = min(PITCH[1], max(PITCH[0], OUTCOMES_HEIGHT // max(1, len(shown))))
    longest = max((number for _type, number in shown), default=1)
    bars = []
    for place, (type, number) in enumerate(shown):
        middle, width = (place + 0.5) * pitch, (OUTCOMES_WIDTH - OUTCOMES_LEFT - OUTCOMES_RIGHT) * number / longest
        share = percent(100 * number / figures.total, 0)
        bars.append(
            Bar(
                label=_shortened(type.label),
                text_y=measure(middle + 4),
                box=box(type.tone or "invalid", OUTCOMES_LEFT, middle - 5, max(width, THINNEST), 10),
                after=measure(OUTCOMES_LEFT + width + 6),
                text=f"{number_format(number)} · {share}%",
            )
        )
    said = ", ".join(f"{type} {number_format(number)}" for type, number in shown)
    return Outcomes(max(OUTCOMES_HEIGHT, pitch * len(shown)), bars, said)


def units(text: str) -> int:
    """How wide a text is drawn, in halves of a Chinese character."""
    return sum(2 if unicodedata.east_asian_width(char) in "FW" else 1 for char in text)


def spans_of(days: Mapping[date, Figures], start: date, end: date) -> tuple[str, list[Span]]:
    """The days from start to end, or weeks or months where the days would be too many, and which of these they are."""
    length = (end - start).days + 1
    unit = "day" if length <= COLUMNS else "week" if length + start.weekday() <= 7 * COLUMNS else "month"
    spans: dict[date, Span] = {}
    for day in (start + timedelta(days=passed) for passed in range(length)):
        first = {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[unit]
        span = spans.setdefault(first, Span(max(first, start)))
        if figures := days.get(day):
            span.valid += figures.valid
            span.booking += figures.booking
            span.invalid += figures.invalid
    for span in spans.values():
        span.label = _label(span.first, unit, len(spans))
    return unit, list(spans.values())


def _label(first: date, unit: str, how_many: int) -> str:
    if unit == "month":
        return f"{first:%Y-%m}"
    if unit == "week" or how_many > 7:
        return f"{first:%d}".lstrip("0") if unit == "day" and how_many > 14 else f"{first:%m-%d}"
    return f"{first:%m-%d} {weekday(first)}"


def weekday(day: date) -> str:
    """The day of the week in its shortest form."""
    names = (
        pgettext("weekday", "Mon"),
        pgettext("weekday", "Tue"),
        pgettext("weekday", "Wed"),
        pgettext("weekday", "Thu"),
        pgettext("weekday", "Fri"),
        pgettext("weekday", "Sat"),
        pgettext("weekday", "Sun"),
    )
    return names[day.weekday()]


def _said(span: Span, unit: str) -> str:
    words = _("%(day)s: %(total)s calls, %(valid)s valid (%(booking)s of them bookings), %(invalid)s invalid")
    return words % {
        "day": f"{span.first:%Y-%m}" if unit == "month" else str(span.first),
        "total": number_format(span.total),
        "valid": number_format(span.valid),
        "booking": number_format(span.booking),
        "invalid": number_format(span.invalid),
    }


def _shortened(text: str) -> str:
    """A text that fits before its bar."""
    if units(text) <= LABEL_UNITS:
        return text
    while units(text) > LABEL_UNITS - 1:
        text = text[:-1]
    return f"{text}…"
