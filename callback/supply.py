"""What an agent can be given: how many numbers there are, and why there is none."""

from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.db.models import Count, Min

from accounts.models import User
from config.models import Carrier, Region
from phones.models import Phone

# Counting a long queue costs far more than taking from it: the figure beside a carrier may be this old.
SECONDS = 10


@dataclass(frozen=True)
class Line:
    """A carrier that an agent can work on, and how many of its numbers are pending for them."""

    carrier: Carrier
    left: int


@dataclass(frozen=True)
class Shortage:
    """Why there is no number: counts, and the moment that brings the first one back."""

    held: int
    held_until: datetime | None
    waiting: int
    due_at: datetime | None
    regions: tuple[Region, ...]


def left(agent: User, carrier: Carrier) -> int:
    """Roughly how many numbers of a carrier are pending for this agent."""
    key = f"left:{carrier.pk}:{','.join(map(str, sorted(agent.region_ids)))}"
    return cache.get_or_set(key, lambda: exactly_left(agent, carrier), SECONDS) or 0


def exactly_left(agent: User, carrier: Carrier) -> int:
    return Phone.objects.counted().pending().of_carrier(carrier).in_regions(agent.region_ids).count()


def lines(agent: User) -> list[Line]:
    """The enabled carriers with what they have left."""
    return [Line(carrier, left(agent, carrier)) for carrier in Carrier.objects.enabled().in_order()]


def available(agent: User, carrier: Carrier, now: datetime) -> bool:
    """Whether a take would find something now."""
    stock = Phone.objects.counted().of_carrier(carrier).in_regions(agent.region_ids)
    return stock.due(now).exists() or stock.lease_ended(now).exists()


def shortage(agent: User, carrier: Carrier, now: datetime) -> Shortage:
    """What will bring the next number of a carrier on which there is none to take."""
    stock = Phone.objects.of_carrier(carrier).in_regions(agent.region_ids)
    held = stock.held().aggregate(count=Count("pk"), first=Min("expires_at"))
    coming = stock.pending().filter(due_at__gt=now).aggregate(count=Count("pk"), first=Min("due_at"))
    return Shortage(
        held=held["count"],
        held_until=held["first"],
        waiting=coming["count"],
        due_at=coming["first"],
        regions=tuple(Region.objects.filter(pk__in=agent.region_ids).in_order()),
    )
