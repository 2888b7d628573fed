"""The adjectives of the call log."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, F, OuterRef

from accounts.models import User
from config.models import BOOKING, NOT_CONNECTED, VALID_CODES, BusinessType
from phones.models import PaperLine

if TYPE_CHECKING:
    from callback.models import Call, HourTally, Tally  # noqa: F401 -- the classes below name them


def hour_of(at: datetime) -> datetime:
    """The hour that a moment lies in, as the tallies name it: its beginning in UTC."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def kinds_of(call: "Call") -> dict[str, int]:
    """What a call counts as in its hour, as it was filed."""
    code = call.type.code
    return {
        "valid": int(code in VALID_CODES),
        "booking": int(code == BOOKING),
        "not_connected": int(code == NOT_CONNECTED),
    }


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


class HourTallyQuerySet(models.QuerySet["HourTally"]):
    def count_out(self, call: "Call") -> None:
        """Take out a call that is withdrawn, in the same transaction."""
        of_call = self.filter(hour_at=hour_of(call.filed_at), agent=call.agent_id, carrier=call.carrier_id)
        of_call.update(filed=F("filed") - 1, **{name: F(name) - one for name, one in kinds_of(call).items()})
