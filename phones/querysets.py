"""The adjectives of the stock."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

from accounts.models import User
from config.models import Carrier

if TYPE_CHECKING:
    from phones.models import Batch, Job, Phone  # noqa: F401 -- the classes below name them

# A worker says that it lives far more often than this; past it, its job is taken up by another.
STALE_AFTER = timedelta(seconds=30)


class LastFour(models.Func):
    """The last four digits of a number, in the very words in which both databases have them indexed."""

    function = "RIGHT"
    template = "%(function)s(%(expressions)s, 4)"
    output_field = models.CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="SUBSTR(%(expressions)s, -4)", **context)


class PhoneQuerySet(models.QuerySet["Phone"]):
    def counted(self) -> Self:
        """All numbers but those of a batch that is still loading: nobody sees an import in half."""
        return self.exclude(batch__state="loading")

    def pending(self) -> Self:
        return self.filter(state="pending")

    def held(self) -> Self:
        return self.filter(state="held")

    def held_by(self, agent: User) -> Self:
        return self.filter(state="held", holder=agent)

    def held_for(self, agent: User) -> Self:
        """Held by the agent's screen or by a paper sheet of theirs."""
        return self.filter(Q(holder=agent) | Q(paper__agent=agent), state="held")

    def on_paper_of(self, agent: User) -> Self:
        """Held by the agent's paper sheets."""
        return self.filter(state="held", paper__agent=agent)

    def classified(self) -> Self:
        return self.filter(state="classified")

    def excluded(self) -> Self:
        return self.filter(state="excluded")

    def ever_taken(self) -> Self:
        return self.exclude(taken_at=None)

    def of_carrier(self, carrier: Carrier) -> Self:
        return self.filter(carrier=carrier)

    def in_regions(self, region_ids: Collection[int]) -> Self:
        """Those of an agent that is limited to some regions; an empty list limits nothing."""
        return self.filter(region__in=region_ids) if region_ids else self

    def lease_ended(self, now: datetime) -> Self:
        return self.held().filter(expires_at__lt=now)

    def states(self) -> dict[str, int]:
        """How many stand in each state; a state without numbers is not in it."""
        return dict(self.order_by().values_list("state").annotate(models.Count("pk")))


class BatchQuerySet(models.QuerySet["Batch"]):
    def ready(self) -> Self:
        return self.filter(state="ready")

    def shown(self) -> Self:
        """What the list of batches shows; a cancelled import has left nothing to look at."""
        return self.exclude(state="cancelled")


class JobQuerySet(models.QuerySet["Job"]):
    def open(self) -> Self:
        return self.filter(state__in=("waiting", "running"))

    def to_do(self, now: datetime) -> Self:
        """Waiting jobs, and those whose worker has fallen silent; the oldest first."""
        silent = Q(state="running") & (Q(heartbeat_at=None) | Q(heartbeat_at__lt=now - STALE_AFTER))
        return self.filter(Q(state="waiting") | silent).order_by("created_at", "pk")
