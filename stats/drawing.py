"""What all charts are made of: rectangles, points and scales, whose measures are texts for SVG."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count

from django.utils.formats import number_format

# Bars of a stack stand so far apart, and what counts at all can be seen.
GAP, THINNEST = 1.2, 0.6
STEPS = (1, 2, 3, 5)


@dataclass(frozen=True)
class Box:
    """A rectangle; its measures are texts, so that no language writes them with its own separators."""

    tone: str
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True)
class Tick:
    y: str
    text_y: str
    text: str


@dataclass(frozen=True)
class Label:
    """A word under an axis."""

    x: str
    text: str


def measure(length: float) -> str:
    return f"{length:.1f}"


def box(tone: str, x: float, y: float, width: float, height: float) -> Box:
    return Box(tone, measure(x), measure(y), measure(width), measure(height))


def round_step(largest: float) -> int:
    """The round number of which four make a scale that holds the largest."""
    rising = (factor * 10**power for power in count() for factor in STEPS)
    return next(step for step in rising if 4 * step >= largest)


def ticks(step: int, *, base: float, scale: float, unit: str = "") -> list[Tick]:
    """Four steps and the line that they stand on."""
    heights = [(n * step, base - n * step * scale) for n in range(5)]
    return [Tick(measure(y), measure(y + 4), f"{number_format(value)}{unit}") for value, y in heights]


def stack(parts: Iterable[tuple[str, int]], *, middle: float, width: float, foot: float, scale: float) -> list[Box]:
    """Figures by their tone, as boxes one on another; what is 0 has none."""
    boxes = []
    for tone, number in parts:
        if number:
            height = number * scale
            boxes.append(box(tone, middle - width / 2, foot - height + GAP / 2, width, max(height - GAP, THINNEST)))
            foot -= height
    return boxes


def polyline(points: Iterable[tuple[float, float]]) -> str:
    """Points as SVG's polyline wants them."""
    return " ".join(f"{measure(x)},{measure(y)}" for x, y in points)
