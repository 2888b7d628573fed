"""What a benchmark has found: a figure, the limit that was timed beside it, and the goal for their ratio."""

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Sizes:
    """How much there is to do. ``name`` is short or full."""

    name: str
    few: int
    many: int
    takes: int
    rows: int
    # In the statistics, where a year's tallies must be fewer than its calls.
    calls: int
    seconds: float
    seed: int = 2026


SHORT = Sizes("short", few=20_000, many=200_000, takes=4_000, rows=200_000, calls=2_000_000, seconds=4)
FULL = Sizes("full", few=1_000_000, many=10_000_000, takes=100_000, rows=1_000_000, calls=10_000_000, seconds=20)
SIZES = {sizes.name: sizes for sizes in (SHORT, FULL)}


@dataclass(frozen=True)
class Ratio:
    """``ours`` against ``limit``, in words and figures. Without a limit the figure itself has the goal."""

    item: int
    what: str
    ours: float
    unit: str
    goal: float
    against: str = ""
    limit: float | None = None
    # A rate should be high, a time low.
    at_least: bool = False
    database: str = ""

    @property
    def value(self) -> float:
        return self.ours if self.limit is None else self.ours / self.limit

    @property
    def met(self) -> bool:
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def as_data(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        sign = "at least" if self.at_least else "at most"
        goal = f"goal {sign} {self.goal:g}: {'met' if self.met else 'MISSED'}"
        if self.limit is None:
            return f"{self.what}: {figure(self.ours)} {self.unit} ({goal})"
        figures = f"{figure(self.ours)} against {figure(self.limit)} {self.unit} of {self.against}"
        return f"{self.what}: {figures} = {self.value:.2f} ({goal})"


@dataclass(frozen=True)
class Point:
    """One point of a line in a plot: milliseconds at a size."""

    series: str
    x: float
    p50: float
    p99: float
    database: str = ""

    def as_data(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.series} at {self.x:,.0f}: p50 {figure(self.p50)} ms, p99 {figure(self.p99)} ms"


def figure(value: float) -> str:
    """Three figures that mean something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def timed(work: Callable[[], object]) -> float:
    """The seconds that it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def best_of(times: int, work: Callable[[], object]) -> float:
    """The seconds of the quickest of several tries: what others on the machine took is least in it."""
    return min(timed(work) for _ in range(times))


def median_ms(seconds: Iterable[float]) -> float:
    return 1000 * statistics.median(seconds)


def quiet_median_ms(seconds: list[float], windows: int = 5) -> float:
    """The median of the quietest of several windows: what others on the machine took for a while is not in it."""
    size = max(1, len(seconds) // windows)
    return min(median_ms(seconds[at : at + size]) for at in range(0, len(seconds) - size + 1, size))
