"""How the wall board is laid out: so many agents in a column, and beyond three columns one page after another."""

from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language

from stats import curves, hours
from stats.hours import Sums
from stats.wall import Snapshot

# For up to so many agents: how many stand in a column, and how closely.
SIZES = ((9, 9, "few"), (18, 9, "some"), (30, 10, "full"), (42, 14, "more"), (60, 20, "many"))
A_PAGE = SIZES[-1][0]
# A page stays for so long. Who stands beyond the last is found in the statistics.
PAGE_SECONDS, PAGES = 15, 5
# The chart beside one, two or three columns of agents: its width and height.
CHARTS = {1: (600, 420), 2: (420, 400), 3: (320, 480)}


@dataclass(frozen=True)
class Page:
    """Which of how many pages, from 0 on."""

    number: int
    of: int


def page_at(count: int, seconds: float) -> Page:
    """The page on which a board of so many agents stands at a moment: the same on every screen."""
    pages = max(1, min(PAGES, -(-count // A_PAGE)))
    return Page(int(seconds) // PAGE_SECONDS % pages, pages)


def html(snapshot: Snapshot) -> str:
    """The board in the reader's language, drawn once for all."""
    page = page_at(len(snapshot.rows), timezone.now().timestamp())
    key = get_language(), page.number
    if key not in snapshot.drawn:
        snapshot.drawn[key] = render_to_string("stats/_wall_board.html", layout(snapshot, page))
    return snapshot.drawn[key]


def layout(snapshot: Snapshot, page: Page) -> dict[str, Any]:
    """Everything that the template names."""
    count = len(snapshot.rows)
    _most, a_column, size = next((size for size in SIZES if count <= size[0]), SIZES[-1])
    shown = snapshot.rows[page.number * A_PAGE :][:A_PAGE]
    # No column is much longer than another.
    length = -(-len(shown) // -(-len(shown) // a_column)) if shown else 1
    columns = [shown[start : start + length] for start in range(0, len(shown), length)]
    day = snapshot.hours or (snapshot.earlier.hours if snapshot.earlier else {})
    # Before the first call the names stand in one column.
    wide = max(1, len(columns)) if snapshot.hours else 1
    width, height = CHARTS[wide]
    running = hours.hour_of(snapshot.at)
    return {
        "board": snapshot,
        "page": page,
        "columns": columns,
        "size": size,
        "wide": wide,
        "count": count,
        "first": shown[0].place if shown else 0,
        "last": shown[-1].place if shown else 0,
        "running": snapshot.hours.get(running, Sums()),
        "before": snapshot.hours.get(running - hours.HOUR, Sums()),
        "stacks": curves.stacks(day, width=width, height=height) if day else None,
    }
