"""The adjectives of the stock."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Exists, OuterRef, Q

# A worker says that it lives far more often than this; past it, its job is taken up by another.
STALE_AFTER = timedelta(seconds=30)


class PhoneQuerySet(models.QuerySet):
    def counted(self):
        """All numbers but those of a batch that is still loading: nobody sees an import in half."""
        return self.exclude(batch__state="loading")

    def pending(self):
        return self.filter(state="pending")

    def held(self):
        return self.filter(state="held")

    def held_by(self, agent):
        return self.filter(state="held", holder=agent)

    def classified(self):
        return self.filter(state="classified")

    def excluded(self):
        return self.filter(state="excluded")

    def ever_taken(self):
        return self.exclude(taken_at=None)

    def of_carrier(self, carrier):
        return self.filter(carrier=carrier)

    def in_regions(self, region_ids):
        """Those of an agent that is limited to some regions; an empty list limits nothing."""
        return self.filter(region__in=region_ids) if region_ids else self

    def due(self, now: datetime):
        """What can be taken at this moment: the main line, and of the come-back line what has come due."""
        return self.pending().filter(Q(due_at=None) | Q(due_at__lte=now))

    def lease_ended(self, now: datetime):
        return self.held().filter(expires_at__lt=now)

    def states(self) -> dict[str, int]:
        """How many stand in each state; a state without numbers is not in it."""
        return dict(self.order_by().values_list("state").annotate(models.Count("pk")))


class BatchQuerySet(models.QuerySet):
    def ready(self):
        return self.filter(state="ready")

    def shown(self):
        """What the list of batches shows; a cancelled import has left nothing to look at."""
        return self.exclude(state="cancelled")

    def with_taken(self):
        """Each with ``taken``: whether any of its numbers was ever on a sheet."""
        taken = self.model._meta.get_field("phones").related_model.objects.filter(batch=OuterRef("pk")).ever_taken()
        return self.annotate(taken=Exists(taken))


class JobQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state__in=("waiting", "running"))

    def to_do(self, now: datetime):
        """Waiting jobs, and those whose worker has fallen silent; the oldest first."""
        silent = Q(state="running") & (Q(heartbeat_at=None) | Q(heartbeat_at__lt=now - STALE_AFTER))
        return self.filter(Q(state="waiting") | silent).order_by("created_at", "pk")
