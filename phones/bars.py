"""A bar whose parts are lengths from data: drawn by the server as SVG."""

from collections.abc import Iterable
from dataclasses import dataclass

WIDTH = 740
GAP = 2


@dataclass(frozen=True)
class Part:
    """A piece of the bar; where there is anything to show, it is wide enough to be seen."""

    tone: str
    x: int
    width: int


def bar(values: Iterable[tuple[str, int]]) -> list[Part]:
    """The parts of a bar for pairs of tone and count; a count of nought has none."""
    shown = [(tone, count) for tone, count in values if count]
    if not shown:
        return []
    total = sum(count for _tone, count in shown)
    room = WIDTH - GAP * (len(shown) - 1)
    widths = [max(GAP, count * room // total) for _tone, count in shown]
    widths[widths.index(max(widths))] += room - sum(widths)
    parts, x = [], 0
    for (tone, _count), width in zip(shown, widths, strict=True):
        parts.append(Part(tone, x, width))
        x += width + GAP
    return parts
