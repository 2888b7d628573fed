"""How long requests took, by what was asked for and in which part of the shift."""

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Summary:
    """Requests of one kind; all but the count in milliseconds."""

    count: int
    p50: float
    p95: float
    p99: float
    longest: float


class Times:
    """Seconds by kind and part, and what went wrong besides."""

    def __init__(self) -> None:
        self.part = ""
        self.oddities: Counter[str] = Counter()
        self._seconds: dict[tuple[str, str], array[float]] = defaultdict(lambda: array("d"))

    def add(self, kind: str, seconds: float) -> None:
        self._seconds[kind, self.part].append(seconds)

    def odd(self, what: str) -> None:
        self.oddities[what] += 1

    def count(self, kind: str, parts: Iterable[str]) -> int:
        return sum(len(self._seconds.get((kind, part), ())) for part in parts)

    def kinds(self) -> list[tuple[str, str]]:
        """Kind and part of all that was asked for, in the order in which they first were."""
        return list(self._seconds)

    def summary(self, kind: str, parts: Iterable[str]) -> Summary | None:
        """None where nothing of the kind was asked for in these parts."""
        return summed_up(seconds for part in parts for seconds in self._seconds.get((kind, part), ()))


def summed_up(seconds: Iterable[float]) -> Summary | None:
    ordered = sorted(seconds)
    if not ordered:
        return None
    p50, p95, p99 = (1000 * percentile(ordered, share) for share in (0.5, 0.95, 0.99))
    return Summary(len(ordered), p50, p95, p99, 1000 * ordered[-1])


def percentile(ordered: list[float], share: float) -> float:
    """The least value that so large a share does not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
