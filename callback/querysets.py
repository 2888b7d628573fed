"""The adjectives of the call log."""

from datetime import UTC, date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Sum

from accounts.models import User
from config.models import BOOKING, NOT_CONNECTED, VALID_CODES, BusinessType
from phones.models import PaperLine

if TYPE_CHECKING:
    from callback.models import Call, HourTally, Tally  # noqa: F401 -- the classes below name them


class CallQuerySet(models.QuerySet["Call"]):
    def standing(self) -> Self:
        """The calls that count: all but those that were taken back."""
        return self.filter(withdrawn_at=None)

    def by(self, agent: User) -> Self:
        return self.filter(agent=agent)

    def at_the_desk(self) -> Self:
        """Those filed on the sheet, and not keyed in from paper; also where they were taken back since."""
        paper = {"sheet__agent": OuterRef("agent"), "sheet__at": OuterRef("taken_at"), "number": OuterRef("number")}
        return self.exclude(Exists(PaperLine.objects.filter(**paper)))

    def newest_first(self) -> Self:
        return self.order_by("-filed_at", "-pk")


class TallyQuerySet(models.QuerySet["Tally"]):
    def count_in(self, call: "Call") -> None:
        """Count a call that was just filed, in its own transaction."""
        self._add(call, call.type_id, filed=1, standing=1)

    def count_out(self, call: "Call") -> None:
        """Take out a call that was never amended and is withdrawn, in the same transaction."""
        self._add(call, call.type_id, filed=-1, standing=-1)

    def move(self, call: "Call", *, was: BusinessType, now: BusinessType) -> None:
        """Let a call stand under another type, in the transaction that amends it."""
        if was.pk != now.pk:
            self._add(call, was.pk, standing=-1)
            self._add(call, now.pk, standing=1)

    def _add(self, call: "Call", type_id: int, *, filed: int = 0, standing: int = 0) -> None:
        key = {
            "day": call.day,
            "agent_id": call.agent_id,
            "batch_id": call.batch_id,
            "carrier_id": call.carrier_id,
            "region_id": call.region_id,
            "type_id": type_id,
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


class HourTallyQuerySet(models.QuerySet["HourTally"]):
    def count_in(self, call: "Call") -> None:
        """Count a call that was just filed, in its own transaction."""
        self._add(call, 1)

    def count_out(self, call: "Call") -> None:
        """Take out a call that is withdrawn, in the same transaction."""
        self._add(call, -1)

    def _add(self, call: "Call", one: int) -> None:
        key = {
            "hour_at": call.filed_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0),
            "agent_id": call.agent_id,
            "carrier_id": call.carrier_id,
        }
        code = call.type.code
        steps = {
            "filed": one,
            "valid": one * (code in VALID_CODES),
            "booking": one * (code == BOOKING),
            "not_connected": one * (code == NOT_CONNECTED),
        }
        if not self.filter(**key).update(**{name: F(name) + step for name, step in steps.items()}):
            # The rows are one agent's, whose row is locked: nobody else makes this one at the same time.
            self.create(**key, **steps)
