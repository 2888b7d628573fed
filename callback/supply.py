"""What an agent can be given: how many numbers there are, and why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.db.models import Count, Min

from accounts.models import User
from config.models import Carrier, Region
from phones import queue
from phones.models import Phone

# Counting a long queue costs far more than taking from it: the figure beside a carrier may be this old.
SECONDS = 10


# Nobody needs to know whether there are 40,000 or 50,000; counting them would take from those who call.
MOST = 10_000


@dataclass(frozen=True)
class Line:
    """A carrier that an agent can work on, and how many of its numbers are there for them, counted up to MOST."""

    carrier: Carrier
    left: int

    @property
    def more(self) -> bool:
        """Whether there are more than were counted."""
        return self.left >= MOST


@dataclass(frozen=True)
class Shortage:
    """Why there is no number: counts, and the moment that brings the first one back."""

    held: int
    held_until: datetime | None
    waiting: int
    due_at: datetime | None
    regions: tuple[Region, ...]


def line(agent: User, carrier: Carrier, now: datetime) -> Line:
    """A carrier as its queue stands now."""
    left = queue.left(carrier_id=carrier.pk, region_ids=agent.region_ids, now=now, at_most=MOST)
    cache.set(_key(agent, carrier), left, SECONDS)
    return Line(carrier, left)


def lines(agent: User, carriers: Sequence[Carrier], now: datetime) -> list[Line]:
    """Carriers with what they have left, or had a few seconds ago."""
    known = cache.get_many([_key(agent, carrier) for carrier in carriers])
    return [
        Line(carrier, known[key]) if (key := _key(agent, carrier)) in known else line(agent, carrier, now)
        for carrier in carriers
    ]


def _key(agent: User, carrier: Carrier) -> str:
    return f"left:{carrier.pk}:{','.join(map(str, sorted(agent.region_ids)))}"


def shortage(agent: User, carrier: Carrier, now: datetime) -> Shortage:
    """What will bring the next number of a carrier on which there is none to take."""
    stock = Phone.objects.of_carrier(carrier).in_regions(agent.region_ids)
    held = stock.held().exclude(paper__agent=agent).aggregate(count=Count("pk"), first=Min("expires_at"))
    coming = stock.pending().filter(due_at__gt=now).aggregate(count=Count("pk"), first=Min("due_at"))
    return Shortage(
        held=held["count"],
        held_until=held["first"],
        waiting=coming["count"],
        due_at=coming["first"],
        regions=tuple(Region.objects.filter(pk__in=agent.region_ids).in_order()),
    )
