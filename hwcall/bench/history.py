"""What the clients saw, and whether the database agrees: no number with two agents, no acknowledged result lost."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import NamedTuple
from uuid import UUID


@dataclass(slots=True)
class Hold:
    """A number on an agent's sheet: since when it was seen there, and until when its result was acknowledged."""

    token: str
    number: str
    agent: int
    since: float
    until: float = inf


@dataclass(slots=True)
class Result:
    """A result that was sent, maybe several times, under one request id."""

    request_id: str
    hold: Hold
    code: int
    acknowledged: bool = False


class Filed(NamedTuple):
    """A call as the database has it."""

    request_id: str
    token: str
    number: str
    agent: int
    code: int


@dataclass
class Verdict:
    """What came of the comparison; the first three must be empty."""

    doubled: list[str]
    lost: list[str]
    unknown: list[str]
    acknowledged: int
    unacknowledged: int
    filed_unheard: int

    @property
    def clean(self) -> bool:
        return not (self.doubled or self.lost or self.unknown)


@dataclass
class History:
    """All that was shown to agents, and all that they sent."""

    holds: dict[str, Hold] = field(default_factory=dict)
    results: dict[str, Result] = field(default_factory=dict)

    def shown(self, token: str, number: str, agent: int, at: float) -> Hold:
        """A number stands on a sheet; seen again, it is the same hold."""
        return self.holds.setdefault(token, Hold(token, number, agent, at))

    def sent(self, request_id: str, hold: Hold, code: int) -> Result:
        return self.results.setdefault(request_id, Result(request_id, hold, code))

    def acknowledged(self, result: Result, at: float) -> None:
        result.acknowledged = True
        result.hold.until = at

    def compare(self, calls: Iterable[Filed]) -> Verdict:
        """With the calls of the database, all that there are."""
        filed = {call.request_id: call for call in calls}
        heard = [result for result in self.results.values() if result.acknowledged]
        unheard = [result for result in self.results.values() if not result.acknowledged]
        return Verdict(
            doubled=self.doubled(),
            lost=[result.request_id for result in heard if filed.get(result.request_id) != _as_filed(result)],
            unknown=[request_id for request_id in filed if request_id not in self.results],
            acknowledged=len(heard),
            unacknowledged=len(unheard),
            filed_unheard=sum(result.request_id in filed for result in unheard),
        )

    def doubled(self) -> list[str]:
        """The numbers that stood on two sheets at once."""
        by_number: dict[str, list[Hold]] = defaultdict(list)
        for hold in self.holds.values():
            by_number[hold.number].append(hold)
        found = []
        for number, holds in by_number.items():
            holds.sort(key=lambda hold: hold.since)
            if any(later.since < earlier.until for earlier, later in pairwise(holds)):
                found.append(number)
        return found


def _as_filed(result: Result) -> Filed:
    hold = result.hold
    return Filed(str(UUID(result.request_id)), hold.token, hold.number, hold.agent, result.code)
