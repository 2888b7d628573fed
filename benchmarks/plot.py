"""A plot of lines over a logarithmic axis, as the text of an SVG file."""

import math
from html import escape

from stats.drawing import measure, polyline, round_step

LEFT, RIGHT, TOP, BASE = 60, 660, 40, 260
LINE_HEIGHT, TICKS = 18, 4
COLOURS = ("#2563a8", "#b4572b", "#3c7d4c", "#7a4b94", "#8a7a1f", "#4c6670")
HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    ' font-family="sans-serif" font-size="12" role="img" aria-label="{title}">'
    '<rect width="{width}" height="{height}" fill="#fff"/>'
)


def svg(title: str, lines: dict[str, list[tuple[float, float]]]) -> str:
    """Lines by their names; each is points of what grows and the milliseconds there."""
    height = BASE + 40 + LINE_HEIGHT * len(lines)
    xs = sorted({x for points in lines.values() for x, _y in points})
    step = round_step(max(y for points in lines.values() for _x, y in points))
    first, span = math.log10(xs[0]), max(math.log10(xs[-1] / xs[0]), 1e-9)

    def across(x: float) -> float:
        return LEFT + 20 + (math.log10(x) - first) / span * (RIGHT - LEFT - 40)

    def up(y: float) -> float:
        return BASE - y / (TICKS * step) * (BASE - TOP)

    parts = [HEAD.format(width=RIGHT + 40, height=height, title=escape(title)), _text(LEFT, 20, title, weight="bold")]
    for at in range(TICKS + 1):
        y = measure(up(at * step))
        parts.append(f'<path d="M{LEFT} {y}H{RIGHT}" stroke="#ddd"/>')
        parts.append(_text(LEFT - 8, up(at * step) + 4, f"{at * step:,}", anchor="end"))
    parts += [_text(across(x), BASE + 18, f"{x:,.0f}", anchor="middle") for x in xs]
    for at, (name, points) in enumerate(lines.items()):
        colour = COLOURS[at % len(COLOURS)]
        places = [(across(x), up(y)) for x, y in sorted(points)]
        parts.append(f'<polyline points="{polyline(places)}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{measure(x)}" cy="{measure(y)}" r="3.5" fill="{colour}"/>' for x, y in places]
        foot = BASE + 42 + at * LINE_HEIGHT
        parts.append(f'<path d="M{LEFT} {foot - 4}h20" stroke="{colour}" stroke-width="2"/>')
        parts.append(_text(LEFT + 28, foot, name))
    return "\n".join([*parts, "</svg>\n"])


def _text(x: float, y: float, words: str, *, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{measure(x)}" y="{measure(y)}" text-anchor="{anchor}" font-weight="{weight}" fill="#333">'
        f"{escape(words)}</text>"
    )
