"""The adjectives of the call log."""

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q, Sum

from accounts.models import User
from config.models import BOOKING, VALID_CODES

if TYPE_CHECKING:
    from callback.models import Call, Tally  # noqa: F401 -- the classes below name them


class CallQuerySet(models.QuerySet["Call"]):
    def standing(self) -> Self:
        """The calls that count: all but those that were taken back."""
        return self.filter(withdrawn_at=None)

    def by(self, agent: User) -> Self:
        return self.filter(agent=agent)

    def newest_first(self) -> Self:
        return self.order_by("-filed_at", "-pk")


class TallyQuerySet(models.QuerySet["Tally"]):
    def add(self, call: "Call", *, day: date, filed: int = 0, standing: int = 0) -> None:
        """Count a call in, or out again with -1, in the transaction that files or withdraws it."""
        key = {
            "day": day,
            "agent_id": call.agent_id,
            "carrier_id": call.carrier_id,
            "region_id": call.region_id,
            "type_id": call.type_id,
        }
        changed = self.filter(**key).update(filed=F("filed") + filed, standing=F("standing") + standing)
        if not changed:
            # The rows are one agent's, whose row is locked: nobody else makes this one at the same time.
            self.create(**key, filed=filed, standing=standing)

    def today(self, agent: User, day: date) -> dict[str, int]:
        """An agent's figures of a day as they stand: total, valid, booking."""
        sums = self.filter(agent=agent, day=day).aggregate(
            total=Sum("standing"),
            valid=Sum("standing", filter=Q(type__code__in=VALID_CODES)),
            booking=Sum("standing", filter=Q(type__code=BOOKING)),
        )
        return {name: value or 0 for name, value in sums.items()}
