"""What became of a batch: how many of its numbers were called, how many were reached, how many are valid."""

from dataclasses import dataclass

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from callback.models import Tally
from config.models import BOOKING, NOT_CONNECTED
from phones.batch_books import Books
from phones.models import Batch


@dataclass(frozen=True)
class Step:
    """A step of the funnel: how many numbers came so far, of a hundred of all and of the step before."""

    label: str
    count: int
    of_all: float
    of_before: float | None
    tone: str = ""


@dataclass(frozen=True)
class Funnel:
    """``calls`` are all that were filed for the batch's numbers, some of which were called more than once."""

    steps: list[Step]
    books: Books
    calls: int

    @property
    def called(self) -> int:
        return self.steps[1].count

    @property
    def calls_a_number(self) -> float | None:
        return self.calls / self.called if self.called else None


def funnel(batch: Batch) -> Funnel:
    """A batch's numbers as they stand now. One that was re-queued waits again and counts as not called."""
    books = Books(batch)
    called = sum(line.count for line in books.types)
    connected = called - sum(line.count for line in books.types if line.type.code == NOT_CONNECTED)
    valid = sum(line.count for line in books.types if line.type.valid)
    booking = sum(line.count for line in books.types if line.type.code == BOOKING)
    counts = (
        (_("Imported"), batch.new_count, ""),
        (_("Called"), called, ""),
        (_("Connected"), connected, ""),
        (_("Valid"), valid, "valid"),
        (_("Of which booked"), booking, "booking"),
    )
    steps: list[Step] = []
    for label, count, tone in counts:
        before = steps[-1].count if steps else 0
        share = 100 * count / batch.new_count if batch.new_count else 0
        steps.append(Step(label, count, share, 100 * count / before if before else None, tone))
    return Funnel(steps, books, _calls(batch))


def _calls(batch: Batch) -> int:
    """The tally goes by days: none of a batch's calls was filed before it came in."""
    since = timezone.localdate(batch.at)
    found = Tally.objects.filter(day__gte=since, batch=batch).aggregate(calls=Sum("standing"))
    return found["calls"] or 0
